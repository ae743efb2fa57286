"""Make sure that what was deleted is gone from the disk too, as far as a database lets us."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.errors import StorageError
from rasa_project.storage.engine import engine_for, plain_reason
from rasa_project.storage.tables import Base

_RASA = "events"


def wipe(url: str) -> bool:
    """Wipe what deleted rows left behind.

    SQLite overwrites deleted rows (``secure_delete``), but its write-ahead log still holds
    them until it is emptied. PostgreSQL gives their space free, and overwrites it in time:
    there an encrypted disk is needed as well (docs/privacy.md).

    Returns:
        False when others were reading, so that the log could not be emptied yet.

    Raises:
        StorageError: The database can't be reached.
    """
    engine = engine_for(url)
    try:
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                row = connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
                return int(row[0]) == 0
        tables = [*Base.metadata.tables, _RASA]
        # VACUUM refuses to run inside a transaction.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # It ends with this, and so does what is set in it.
            connection.detach()
            connection.execute(sa.text("SET statement_timeout = 0"))
            there = set(sa.inspect(connection).get_table_names())
            for table in sorted(there & set(tables)):
                connection.execute(sa.text(f'VACUUM "{table}"'))
        return True
    except SQLAlchemyError as error:
        raise StorageError(plain_reason(error, url)) from error
