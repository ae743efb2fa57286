"""Bring a database to the newest form."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.errors import StorageError
from rasa_project.storage.compact import compact
from rasa_project.storage.engine import engine_for, hold_for_start, plain_reason
from rasa_project.storage.keyring import keys_on_record, make_sure_keys_fit, put_on_record

MIGRATIONS = Path(__file__).parent / "migrations"
_HEAD, _ENCRYPTED_SINCE = "head", "0009"


def alembic_config() -> Config:
    """Alembic's settings, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def newest_revision() -> str:
    """The form of the tables that this version works with."""
    return str(ScriptDirectory.from_config(alembic_config()).get_current_head())


def is_older(revision: str) -> bool:
    """Whether a database of that form has to be upgraded; not when it is newer."""
    known = {one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    return revision in known and revision != newest_revision()


def revision_of(url: str) -> Optional[str]:
    """The form that a database has; None when it holds no tables of ours.

    Raises:
        StorageError: The database can't be reached.
    """
    try:
        with engine_for(url).connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            query = sa.text("SELECT version_num FROM alembic_version")
            found = connection.execute(query).scalar()
            return None if found is None else str(found)
    except SQLAlchemyError as error:
        raise StorageError(plain_reason(error, url)) from error


def migrate(url: str, revision: str = _HEAD) -> None:
    """Create or upgrade all tables, all of it or nothing. Safe to run again.

    Args:
        url: SQLAlchemy URL.
        revision: Up to which form; by default the newest.

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
            _alone(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except CommandError as error:
        raise StorageError(
            f"The database was made by a newer Ruggesteun ({error}): install that version."
        ) from error
    except SQLAlchemyError as error:
        raise StorageError(plain_reason(error, url)) from error
    if revision != _HEAD and revision < _ENCRYPTED_SINCE:
        return
    put_on_record(url)
    if was_plain:
        # What was encrypted now is to be gone from the files too.
        compact(url)


def _alone(connection: Connection) -> None:
    """Be the only one who upgrades, until the commit."""
    if connection.dialect.name == "sqlite":
        # Python's driver would commit each CREATE TABLE by itself: whoever is killed in between
        # leaves a half that can't be upgraded any more.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        hold_for_start(connection)
