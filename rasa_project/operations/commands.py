"""The commands that take arguments: migrate, retention, backup and restore."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rasa_project.operations.backup import back_up, restore
from rasa_project.operations.upgrade import upgrade_and_tell
from rasa_project.privacy.retention import retention_of
from rasa_project.settings import Settings, current_practice


def migrate_database(settings: Settings, given: argparse.Namespace) -> None:
    """Create or upgrade the tables; with a backup first, when older ones are there."""
    upgrade_and_tell(settings.database_url, with_backup=not given.no_backup)


def retention(settings: Settings, given: argparse.Namespace) -> None:
    """Erase the conversations that were kept long enough (practice.yml: retention)."""
    run = retention_of(current_practice(), settings.database_url)
    print(f"{'Would erase' if given.dry_run else 'Erased'}: {run.run(dry=given.dry_run)}.")


def backup_database(settings: Settings, given: argparse.Namespace) -> None:
    """Write the whole database into one file; the assistant may run on."""
    size = back_up(settings.database_url, given.file, given.force)
    print(
        f"Backup: {given.file} ({size / 1e6:.1f} MB). It holds what patients wrote: keep it as "
        "safe as the database, and no longer than needed."
    )


def restore_database(settings: Settings, given: argparse.Namespace) -> None:
    """Put a backup in the place of the database; stop the assistant first."""
    restore(settings.database_url, given.file, given.force)
    # What was due since the backup was made has come back with it.
    erased = retention_of(current_practice(), settings.database_url).run()
    print(
        f"Restored: {given.file}. Erased again what was kept long enough: {erased}. What patients "
        "erased themselves since the backup was made is back: erase it again."
    )


def add_commands(commands: Any) -> None:
    """Add them to the parser of ``ruggesteun``; each sets ``run``."""
    command = _add(commands, "migrate", migrate_database)
    command.add_argument("--no-backup", action="store_true", help="you made a backup yourself")
    command = _add(commands, "retention", retention)
    command.add_argument("--dry-run", action="store_true", help="only say how much it would be")
    for name, function in (("backup", backup_database), ("restore", restore_database)):
        command = _add(commands, name, function)
        command.add_argument("file", type=Path, metavar="FILE")
        command.add_argument("--force", action="store_true", help="overwrite what is there")


def _add(commands: Any, name: str, function: Any) -> Any:
    command = commands.add_parser(name, help=function.__doc__.splitlines()[0])
    command.set_defaults(run=function)
    return command
