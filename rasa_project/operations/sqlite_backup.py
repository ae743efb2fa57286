"""Back up SQLite by its own online backup: a sound copy while others write."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import List

import sqlalchemy as sa

from rasa_project.operations.backup_errors import BackupError
from rasa_project.storage.keyring import KeyOnRecord

_SECONDS = 10.0
_DAMAGED = "is damaged: take another backup"


def file_of(url: str) -> Path:
    """The file of an SQLite database.

    Raises:
        BackupError: It is in memory, or opened in a way of its own.
    """
    database = sa.engine.make_url(url).database
    if not database or database == ":memory:" or database.startswith("file:"):
        raise BackupError("RUGGESTEUN_DATABASE_URL must name a file: sqlite:////path/to/file.db.")
    return Path(database)


def back_up(url: str, file: Path) -> None:
    """Copy a database into an empty file, and check the copy."""
    source = file_of(url)
    if not source.is_file():
        raise BackupError(f"There is no database {source} yet: nothing to back up.")
    try:
        _copy(source, file)
        _check(file)
    except sqlite3.Error as error:
        raise BackupError(f"The database {source} can't be backed up ({error}).") from error


def _copy(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=_SECONDS)) as live,
        closing(sqlite3.connect(target, timeout=_SECONDS)) as copy,
    ):
        # All at once: writers go on, and what they write then isn't in it.
        live.backup(copy)
        # One file, without a write-ahead log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")


def _check(file: Path) -> None:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
        verdict = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(str(verdict))
        # SQLite reads a last page that is cut off as if its end were empty.
        pages = copy.execute("PRAGMA page_count").fetchone()[0]
        page_size = copy.execute("PRAGMA page_size").fetchone()[0]
        if file.stat().st_size != pages * page_size:
            raise sqlite3.DatabaseError("the file is cut off")


def has_tables(url: str) -> bool:
    """Whether there is a file that holds anything, be it damaged."""
    file = file_of(url)
    return file.exists() and file.stat().st_size > 0


def keys_in(backup: Path) -> List[KeyOnRecord]:
    """With which keys a backup is encrypted.

    Raises:
        BackupError: It can't be read.
    """
    there = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'data_key'"
    query = "SELECT number, tag, proof FROM data_key ORDER BY number"
    try:
        _check(backup)
        with closing(sqlite3.connect(f"file:{backup}?mode=ro", uri=True)) as copy:
            is_there = copy.execute(there).fetchone()[0]
            return [KeyOnRecord(*row) for row in copy.execute(query)] if is_there else []
    except sqlite3.Error as error:
        raise BackupError(f"{backup} {_DAMAGED}, or no backup of Ruggesteun ({error}).") from error


def restore(backup: Path, url: str) -> None:
    """Put a backup in the place of a database that nobody has open."""
    target = file_of(url)
    try:
        _check(backup)
        with closing(sqlite3.connect(f"file:{backup}?mode=ro", uri=True)) as copy:
            copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"{backup} {_DAMAGED}, or no backup of Ruggesteun ({error}).") from error
    _make_sure_nobody_has_it_open(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        try:
            shutil.copyfile(backup, name)
            for ending in ("-wal", "-shm", "-journal"):
                Path(f"{target}{ending}").unlink(missing_ok=True)
            os.replace(name, target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(f"{target} can't be written: {error.strerror}.") from error


def _make_sure_nobody_has_it_open(target: Path) -> None:
    if not target.is_file():
        return
    try:
        with closing(sqlite3.connect(target, timeout=1)) as connection:
            # Leaving the write-ahead log needs the file for oneself alone.
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.rollback()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BackupError(
                f"Another program has {target} open: stop the assistant, and try again."
            ) from error
        raise BackupError(f"{target} can't be replaced ({error}).") from error
    except sqlite3.DatabaseError:
        # It is damaged; that is why it is replaced.
        return
