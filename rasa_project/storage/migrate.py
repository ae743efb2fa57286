"""Bring a database to the newest form."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.errors import StorageError
from rasa_project.storage.engine import engine_for, plain_reason

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    """Alembic's settings, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def migrate(url: str) -> None:
    """Create or upgrade all tables. Safe to run again.

    Raises:
        StorageError: The database can't be reached or written.
    """
    config = alembic_config()
    try:
        with engine_for(url).begin() as connection:
            if connection.dialect.name == "postgresql":
                # A change of large tables may take its time; nobody waits for an answer.
                connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise StorageError(
            f"The database was made by a newer Ruggesteun ({error}): install that version."
        ) from error
    except SQLAlchemyError as error:
        raise StorageError(plain_reason(error, url)) from error
