"""The commands of operation: migrate, retention, backup, restore, new-key, rotate-key."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rasa_project.data_keys import new_key
from rasa_project.operations.backup import back_up, restore
from rasa_project.operations.rotate_key import rotate_key
from rasa_project.operations.upgrade import upgrade_and_tell
from rasa_project.privacy.retention import retention_of
from rasa_project.privacy.wipe import wipe
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
        f"Backup: {given.file} ({size / 1e6:.1f} MB). Texts in it are encrypted with "
        "RUGGESTEUN_DATA_KEYS: without that key it is worth nothing, beside it it is open. Keep "
        "them apart, and the backup no longer than needed."
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


def print_new_key(settings: Settings, given: argparse.Namespace) -> None:
    """Print a new key for RUGGESTEUN_DATA_KEYS; nothing is changed."""
    print(new_key())


def rotate(settings: Settings, given: argparse.Namespace) -> None:
    """Encrypt everything with the first of RUGGESTEUN_DATA_KEYS; the assistant may run on."""
    done = rotate_key(settings.database_url)
    # What was encrypted with the older key is to be gone too.
    wipe(settings.database_url)
    print(f"Encrypted anew: {done.texts} texts. Everything is encrypted with the key {done.tag}.")
    if done.needless:
        print(
            f"Take the other keys ({', '.join(done.needless)}) out of RUGGESTEUN_DATA_KEYS, and "
            "start the assistant anew. Older backups still need them."
        )
    elif not done.texts:
        print(
            "For another key: put a new one in front of it (`ruggesteun new-key`, a comma between "
            "them), start the assistant anew, and run this again."
        )


def add_commands(commands: Any) -> None:
    """Add them to the parser of ``ruggesteun``; each sets ``run``."""
    command = _add(commands, "migrate", migrate_database)
    command.add_argument("--no-backup", action="store_true", help="you made a backup yourself")
    command = _add(commands, "retention", retention)
    command.add_argument("--dry-run", action="store_true", help="only say how much it would be")
    _add(commands, "new-key", print_new_key)
    _add(commands, "rotate-key", rotate)
    for name, function in (("backup", backup_database), ("restore", restore_database)):
        command = _add(commands, name, function)
        command.add_argument("file", type=Path, metavar="FILE")
        command.add_argument("--force", action="store_true", help="overwrite what is there")


def _add(commands: Any, name: str, function: Any) -> Any:
    command = commands.add_parser(name, help=function.__doc__.splitlines()[0])
    command.set_defaults(run=function)
    return command
