"""A PostgreSQL server of the tests' own: free port, own folder, thrown away afterwards."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Iterator, List, Optional

from tests.ports import free_port

_PROGRAMS = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))


def why_not() -> Optional[str]:
    """Why no server can be started here, or None."""
    if not _PROGRAMS:
        return "PostgreSQL's programs are not under /usr/lib/postgresql"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "root can't run PostgreSQL, and there is no setpriv to become another user"
    return None


def _as_somebody() -> List[str]:
    """PostgreSQL refuses to run as root; nobody will do."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def _tell_of_crashes(log: Path) -> None:
    """A server that began anew in the middle says why only in its log, which is thrown away."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    crashes = [line for line in lines if "PANIC" in line or "was terminated by signal" in line]
    if crashes:
        warnings.warn(RuntimeWarning(f"PostgreSQL crashed: {crashes}"), stacklevel=1)


def serve() -> Iterator[str]:
    """Start a server; gives its address, to which a database name can be added."""
    programs = Path(_PROGRAMS[-1]).parent
    folder = Path(tempfile.mkdtemp(prefix="ruggesteun-pg-"))
    folder.chmod(0o777)
    data, port = folder / "data", free_port()

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*_as_somebody(), str(programs / program), *arguments],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )

    try:
        run("initdb", "-D", str(data), "-U", "ruggesteun", "-A", "trust", "-N", "-E", "UTF8")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://ruggesteun@127.0.0.1:{port}/"
        finally:
            _tell_of_crashes(folder / "log")
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
