"""Whether the database can be reached and written, is of our form, and has room."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Iterator, Optional

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.errors import StorageError
from rasa_project.operations.findings import Finding, fine, mind, wrong
from rasa_project.settings import Settings
from rasa_project.storage.engine import engine_for, plain_reason
from rasa_project.storage.migrate import alembic_config, newest_revision

_MB = 1_000_000
LITTLE_ROOM, NO_ROOM = 1_000 * _MB, 200 * _MB


def sqlite_file(url: str) -> Optional[Path]:
    """The file of an SQLite database; None for any other database."""
    try:
        parsed = sa.engine.make_url(url)
    except (SQLAlchemyError, ValueError):
        return None
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    if not is_file or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        return None
    return Path(parsed.database)


def check_database(settings: Settings) -> Iterator[Finding]:
    """Reachable, whole, migrated and writable."""
    file = sqlite_file(settings.database_url)
    if file is not None and not file.exists():
        yield mind(f"There is no database {file} yet: `make run` makes it.")
        return
    try:
        with engine_for(settings.database_url).connect() as connection:
            yield from _form(connection)
            yield _writable(connection)
    except StorageError as error:
        yield wrong(str(error))
    except SQLAlchemyError as error:
        yield wrong(plain_reason(error, settings.database_url))


def _form(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        verdict = connection.execute(sa.text("PRAGMA quick_check(1)")).scalar_one()
        if verdict != "ok":
            yield wrong(f"The database is damaged ({verdict}): put a backup in its place.")
    if not sa.inspect(connection).has_table("alembic_version"):
        yield wrong("The database holds no tables of ours: run `make migrate`.")
        return
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    newest = newest_revision()
    known = {one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if found == newest:
        yield fine(f"The database can be read, and its form is the newest ({newest}).")
    elif found in known:
        yield wrong(f"The tables are of form {found}, not {newest}: run `make migrate`.")
    else:
        yield wrong(f"The database was made by a newer Ruggesteun ({found}): install that version.")


def _writable(connection: Connection) -> Finding:
    try:
        # Writes nothing new, and is taken back.
        connection.execute(sa.text("UPDATE alembic_version SET version_num = version_num"))
        connection.rollback()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        return wrong(
            f"The database can't be written ({reason}): make it writable for this user, or stop "
            "the program that holds it."
        )
    return fine("The database can be written.")


def check_room(settings: Settings) -> Iterator[Finding]:
    """Room on the disk; without it nothing can be stored."""
    file = sqlite_file(settings.database_url)
    folder = file.parent if file is not None and file.parent.exists() else settings.project
    free = shutil.disk_usage(folder).free
    said = f"{free / _MB:.0f} MB are free on the disk of {folder}"
    if free < NO_ROOM:
        yield wrong(f"Only {said}: free some, or messages can't be stored.")
    elif free < LITTLE_ROOM:
        yield mind(f"Only {said}.")
    else:
        yield fine(f"{said}.")
