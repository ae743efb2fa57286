"""Back up PostgreSQL by its own programs: pg_dump, pg_restore and psql."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import subprocess  # noqa: S404 - PostgreSQL's own programs, with fixed arguments
import tempfile
from pathlib import Path
from typing import Dict, List

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.operations.backup_errors import BackupError
from rasa_project.storage.engine import engine_for, plain_reason
from rasa_project.storage.keyring import KeyOnRecord

# Of our migrations; they go with the tables.
_FUNCTIONS = ("audit_refuse", "audit_refuse_young", "audit_limit_check")
_SECONDS = 3600
_WITHOUT_OWNER = ("--no-owner", "--no-privileges")


def _program(name: str) -> str:
    # A server's own folder comes last: it is often not the client that is meant to be used.
    found = shutil.which(name)
    beside_servers = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    if found is None and not beside_servers:
        raise BackupError(
            f"{name} is not installed, and PostgreSQL is backed up with it: install "
            "postgresql-client in the version of your server (or newer)."
        )
    return found or beside_servers[-1]


def _target(url: str) -> str:
    """The address without its password: other users can read a program's arguments."""
    parsed = sa.engine.make_url(url)
    plain = sa.engine.URL.create(
        "postgresql",
        username=parsed.username,
        host=parsed.host,
        port=parsed.port,
        database=parsed.database,
        query=parsed.query,
    )
    return str(plain)


def _environment(url: str) -> Dict[str, str]:
    password = sa.engine.make_url(url).password
    # Without one PostgreSQL's programs would ask, and nobody answers.
    return {**os.environ, "PGCONNECT_TIMEOUT": "10"} | (
        {"PGPASSWORD": str(password)} if password else {}
    )


def _run(command: List[str], url: str, is_read: bool = False) -> str:
    """Run a program; gives what it printed when that is to be read."""
    try:
        done = subprocess.run(  # noqa: S603
            command,
            env=_environment(url),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if is_read else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackupError(f"{Path(command[0]).name} could not be run ({error}).") from error
    if done.returncode != 0:
        raise _failed(command[0], done.stderr)
    return done.stdout or ""


def _failed(program: str, said: str) -> BackupError:
    # The lines below the first may quote rows.
    first = next((line for line in said.splitlines() if "error" in line.lower()), said[:200])
    return BackupError(f"{Path(program).name} failed: {first.strip()[:300]}")


def back_up(url: str, file: Path) -> None:
    """Dump a database into a file."""
    command = [_program("pg_dump"), "--format=custom", *_WITHOUT_OWNER, "--no-password"]
    _run([*command, f"--file={file}", f"--dbname={_target(url)}"], url)


def has_tables(url: str) -> bool:
    """Whether the database holds any table."""
    return bool(_tables(url))


def _tables(url: str) -> List[str]:
    try:
        return sorted(sa.inspect(engine_for(url)).get_table_names())
    except SQLAlchemyError as error:
        raise BackupError(plain_reason(error, url)) from error


def keys_in(backup: Path) -> List[KeyOnRecord]:
    """With which keys a backup is encrypted.

    Raises:
        BackupError: It can't be read.
    """
    command = [_program("pg_restore"), "--data-only", "--table=data_key", "--file=-"]
    lines = _run([*command, str(backup)], "postgresql://", is_read=True).splitlines()
    begins = [at for at, line in enumerate(lines) if line.startswith("COPY ")]
    if not begins:
        return []
    # "COPY public.data_key (number, tag, proof, added_at) FROM stdin;", rows, and a last line.
    names = lines[begins[0]].partition("(")[2].partition(")")[0].split(", ")
    found = []
    for line in lines[begins[0] + 1 :]:
        if line == "\\.":
            break
        row = dict(zip(names, line.split("\t"), strict=True))
        found.append(KeyOnRecord(int(row["number"]), row["tag"], row["proof"]))
    return sorted(found)


def restore(backup: Path, url: str) -> None:
    """Replace all tables by those of a dump, in one transaction."""
    reader, writer = _program("pg_restore"), _program("psql")
    _run([reader, "--list", str(backup)], url)
    _make_sure_nobody_is_connected(url)
    script = ["BEGIN;", *(f'DROP TABLE IF EXISTS "{table}" CASCADE;' for table in _tables(url))]
    script += [f"DROP FUNCTION IF EXISTS {name}() CASCADE;" for name in _FUNCTIONS]
    engine_for(url).dispose()
    _replay(
        [reader, *_WITHOUT_OWNER, "--file=-", str(backup)],
        [writer, "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"]
        + [f"--dbname={_target(url)}", "--output=/dev/null"],
        "\n".join(script) + "\n",
        url,
    )


def _replay(reader: List[str], writer: List[str], before: str, url: str) -> None:
    """Let psql read what pg_restore writes; the rows never stand in a file of ours.

    It is committed only after the last line: a backup that breaks off changes nothing.
    """
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603
            reader, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as source,
        subprocess.Popen(  # noqa: S603
            writer,
            env=_environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
        ) as target,
    ):
        assert source.stdout is not None  # noqa: S101 - both are pipes
        assert target.stdin is not None  # noqa: S101
        # When psql ended early, it says itself why.
        with contextlib.suppress(BrokenPipeError):
            target.stdin.write(before.encode())
            shutil.copyfileobj(source.stdout, target.stdin)
            if source.wait(_SECONDS) == 0:
                target.stdin.write(b"COMMIT;\n")
            target.stdin.close()
        ended = target.wait(_SECONDS)
        said.seek(0)
        if ended != 0:
            raise _failed(writer[0], said.read().decode("utf-8", "replace"))
        # It may still be writing to a psql that is gone.
        source.stdout.close()
        if source.wait(_SECONDS) != 0:
            raise BackupError("The backup could not be read to its end: take another one.")


def _make_sure_nobody_is_connected(url: str) -> None:
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    try:
        with engine_for(url).connect() as connection:
            others = int(connection.execute(query).scalar_one())
    except SQLAlchemyError as error:
        raise BackupError(plain_reason(error, url)) from error
    if others:
        raise BackupError(
            f"{others} others are connected to the database: stop the assistant, and try again."
        )
