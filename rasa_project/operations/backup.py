"""Back up and restore the whole database: SQLite by itself, PostgreSQL by its own programs."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Dict, Iterator, List, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.operations import postgres_backup, sqlite_backup
from rasa_project.operations.backup_errors import BackupError
from rasa_project.settings import read_settings
from rasa_project.storage.engine import engine_for, plain_reason
from rasa_project.storage.keyring import KeyOnRecord, check_keys
from rasa_project.storage.migrate import migrate
from rasa_project.storage.sealing import DataKeyError


class _Way(NamedTuple):
    """How one kind of database is backed up.

    Attributes:
        name: What people call it.
        begins_with: The first bytes of its backups.
        back_up: From a database URL into a file that is there and empty.
        has_tables: Whether anything would be overwritten.
        keys_in: With which keys a backup is encrypted; none for one of an older version.
        restore: From a file into a database URL, all or nothing.
    """

    name: str
    begins_with: bytes
    back_up: Callable[[str, Path], None]
    has_tables: Callable[[str], bool]
    keys_in: Callable[[Path], List[KeyOnRecord]]
    restore: Callable[[Path, str], None]


_WAYS: Dict[str, _Way] = {
    "sqlite": _Way(
        "SQLite",
        b"SQLite format 3\0",
        sqlite_backup.back_up,
        sqlite_backup.has_tables,
        sqlite_backup.keys_in,
        sqlite_backup.restore,
    ),
    "postgresql": _Way(
        "PostgreSQL",
        b"PGDMP",
        postgres_backup.back_up,
        postgres_backup.has_tables,
        postgres_backup.keys_in,
        postgres_backup.restore,
    ),
}


def back_up(url: str, file: Path, force: bool = False) -> int:
    """Write everything into one file that only this user may read; the assistant may run on.

    Args:
        url: The database.
        file: Where to; it appears only when it is complete.
        force: Overwrite a file that is there.

    Returns:
        Its size in bytes.

    Raises:
        BackupError: It could not be done; nothing is left behind.
    """
    way = _way(url)
    if file.exists() and not force:
        raise BackupError(f"{file} is there already: give another name, or --force to replace it.")
    with _beside(file) as unfinished:
        way.back_up(url, unfinished)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(unfinished, file)
    return file.stat().st_size


def restore(url: str, file: Path, force: bool = False) -> None:
    """Put a backup in the place of the database, and bring it to the newest form.

    Args:
        url: The database.
        file: A backup.
        force: Replace what the database holds.

    Raises:
        BackupError: It could not be done; the database is as it was.
        StorageError: The database can't be reached.
    """
    way = _way(url)
    try:
        with file.open("rb") as backup:
            beginning = backup.read(16)
    except OSError as error:
        raise BackupError(f"{file} can't be read: {error.strerror}.") from error
    if not beginning.startswith(way.begins_with):
        raise BackupError(
            f"{file} is no backup of a {way.name} database, and RUGGESTEUN_DATABASE_URL names one."
        )
    if not force and way.has_tables(url):
        raise BackupError(
            "The database holds something already: nothing is changed. With --force it is "
            "replaced by the backup; make a backup of it first."
        )
    try:
        check_keys(way.keys_in(file), read_settings().data_keys, "The backup")
    except DataKeyError as error:
        raise BackupError(f"{error} Nothing is changed.") from error
    # Nobody of this process may hold on to what is replaced.
    engine_for(url).dispose()
    way.restore(file, url)
    engine_for(url).dispose()
    migrate(url)


def _way(url: str) -> _Way:
    try:
        return _WAYS[sa.engine.make_url(url).get_backend_name()]
    except (SQLAlchemyError, ValueError) as error:
        raise BackupError(plain_reason(error, url)) from error
    except KeyError:
        raise BackupError(
            "Only SQLite and PostgreSQL can be backed up with this command."
        ) from None


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """An empty file in the same folder that only this user may read; gone afterwards."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise BackupError(f"Can't write in {file.parent}: {error.strerror}.") from error
    os.close(handle)
    try:
        yield Path(name)
    except OSError as error:
        raise BackupError(f"The backup can't be written: {error.strerror}.") from error
    finally:
        Path(name).unlink(missing_ok=True)
