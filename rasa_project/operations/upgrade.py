"""Upgrade the tables of an installation, with a backup of what was there before."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import List, Optional

from rasa_project.clock import utc_now
from rasa_project.errors import RuggesteunError
from rasa_project.operations.backup import back_up
from rasa_project.operations.backup_errors import BackupError
from rasa_project.operations.check_database import sqlite_file
from rasa_project.settings import PROJECT
from rasa_project.storage.migrate import is_older, migrate, revision_of

logger = logging.getLogger(__name__)
_MARK = ".before-"


class UpgradeRefused(RuggesteunError):
    """The tables are older than the program, and could not be backed up first."""


def upgrade(url: str, with_backup: bool = True) -> Optional[Path]:
    """Create or upgrade the tables; first a backup, when older ones are there.

    Args:
        url: SQLAlchemy URL.
        with_backup: Whether to make one.

    Returns:
        The backup, if one was made.

    Raises:
        UpgradeRefused: The backup could not be made; nothing was changed.
        StorageError: The database can't be reached, or is newer than the program.
    """
    found = revision_of(url)
    file: Optional[Path] = None
    if with_backup and found is not None and is_older(found):
        file = _file_for(url, found)
        try:
            back_up(url, file)
        except BackupError as error:
            raise UpgradeRefused(
                f"The tables are of form {found} and must be upgraded, but no backup could be "
                f"made: {error} Nothing is changed. Make a backup yourself and run `ruggesteun "
                "migrate --no-backup`."
            ) from error
    migrate(url)
    return file


def upgrade_and_tell(url: str, with_backup: bool = True) -> None:
    """As :func:`upgrade`, and print what was done."""
    file = upgrade(url, with_backup)
    if file is not None:
        print(
            f"Backup of the database before the upgrade: {file}. It holds what patients wrote: "
            "delete it when the new version works.",
            flush=True,
        )
    print("The database is up to date.", flush=True)


def forget_backups(url: str, days: int, now: Optional[datetime] = None) -> List[Path]:
    """Delete such backups older than conversations are kept; what is erased lives on in them.

    Args:
        url: Whose.
        days: How long they may stay.
        now: This moment.

    Returns:
        What was deleted.
    """
    place = _place_for(url)
    limit = (now or utc_now()) - timedelta(days=days)
    old = [
        file
        for file in sorted(place.parent.glob(f"{place.name}{_MARK}*.backup"))
        if datetime.fromtimestamp(file.stat().st_mtime, timezone.utc) < limit
    ]
    for file in old:
        file.unlink(missing_ok=True)
        logger.warning("The backup %s of before an upgrade was old, and is deleted.", file.name)
    return old


def _file_for(url: str, revision: str) -> Path:
    place = _place_for(url)
    return place.with_name(f"{place.name}{_MARK}{revision}-{utc_now():%Y%m%dT%H%M%S}.backup")


def _place_for(url: str) -> Path:
    """Beside the file of SQLite; for a database server in the project's own folder."""
    return sqlite_file(url) or PROJECT / "var" / "ruggesteun-postgresql"
