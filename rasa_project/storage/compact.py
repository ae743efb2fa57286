"""Write a database's files anew, without what was changed or deleted in them."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.storage.engine import engine_for, plain_reason
from rasa_project.storage.tables import Base

logger = logging.getLogger(__name__)


def compact(url: str) -> bool:
    """Write the files anew; nobody else should use the database.

    Returns:
        False when it could not be done: others use the database, or the disk is full. Then older
        text may still stand in its files until it is overwritten.
    """
    engine = engine_for(url)
    is_sqlite = engine.dialect.name == "sqlite"
    try:
        # VACUUM refuses to run inside a transaction.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if is_sqlite:
                connection.execute(sa.text("VACUUM"))
                row = connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
                return int(row[0]) == 0
            # It ends with this, and so does what is set in it.
            connection.detach()
            connection.execute(sa.text("SET lock_timeout = '10s'"))
            connection.execute(sa.text("SET statement_timeout = 0"))
            there = set(sa.inspect(connection).get_table_names())
            for table in sorted(there & {*Base.metadata.tables, "events"}):
                connection.execute(sa.text(f'VACUUM FULL "{table}"'))
            return True
    except SQLAlchemyError as error:
        logger.warning("The database's files could not be tidied up: %s", plain_reason(error, url))
        return False
