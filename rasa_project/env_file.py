"""Read a ``.env`` file: lines of NAME=value, as a practice's IT supplier knows them; add to it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
from pathlib import Path
from typing import Callable, Dict, Iterator

_LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")
_QUOTED = re.compile(r"""^(["'])(.*?)\1\s*(?:#.*)?$""")
_COMMENT = re.compile(r"(?:^|\s+)#.*$")


def read_env_file(path: Path) -> Dict[str, str]:
    """The settings in a file; none when it isn't there or can't be read.

    Lines that are no setting are left out without a word: a secret may stand in them.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    found = (_LINE.match(line) for line in lines)
    return {match[1]: _value(match[2]) for match in found if match}


def _value(text: str) -> str:
    quoted = _QUOTED.match(text)
    return quoted[2] if quoted else _COMMENT.sub("", text)


def set_once(path: Path, name: str, make: Callable[[], str]) -> str:
    """The value of a setting in a file, made and written if it has none.

    What stands in the file stays. The file is replaced at once, readable for its user only; of
    several programs that do this at the same moment one makes the value, and all get it.

    Args:
        path: The file; it may not be there yet.
        name: Of the setting.
        make: Makes the value.

    Raises:
        OSError: The file can't be read or written.
    """
    # What is meant may be a link to a file elsewhere.
    path = path.resolve()
    with _held(path.parent):
        known = read_env_file(path).get(name)
        if known:
            return known
        before = path.read_bytes() if path.exists() else b""
        value = make()
        line = f"{name}={value}\n".encode()
        _replace(path, before + (b"\n" if before and not before.endswith(b"\n") else b"") + line)
    return value


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Nobody else of us writes there meanwhile; the lock goes with the process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, content: bytes) -> None:
    # mkstemp makes a file that only this user may read.
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            owner = path.stat()
            with contextlib.suppress(PermissionError):
                os.chown(name, owner.st_uid, owner.st_gid)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
