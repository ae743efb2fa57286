"""Bring a database to the newest form."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.errors import StorageError
from rasa_project.storage.compact import compact
from rasa_project.storage.engine import engine_for, plain_reason
from rasa_project.storage.keyring import keys_on_record, make_sure_keys_fit, put_on_record

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    """Alembic's settings, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def migrate(url: str) -> None:
    """Create or upgrade all tables. Safe to run again.

    Raises:
        DataKeyError: The keys can't read what the database holds; nothing was changed.
        SettingsError: There is no key to encrypt texts with, and none can be made.
        StorageError: The database can't be reached or written.
    """
    config = alembic_config()
    make_sure_keys_fit(url)
    was_plain = not keys_on_record(url)
    try:
        with engine_for(url).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise StorageError(
            f"The database was made by a newer Ruggesteun ({error}): install that version."
        ) from error
    except SQLAlchemyError as error:
        raise StorageError(plain_reason(error, url)) from error
    put_on_record(url)
    if was_plain:
        # What was encrypted now is to be gone from the files too.
        compact(url)
