"""Encrypt everything anew with the first key, row by row, while the assistant may run."""

from __future__ import annotations

import time
from typing import Iterator, List, NamedTuple, Sequence, Tuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.errors import RuggesteunError, StorageError
from rasa_project.storage.engine import engine_for, plain_reason
from rasa_project.storage.keyring import (
    keys_on_record,
    make_sure_keys_fit,
    put_on_record,
    sealer,
    take_off_record,
)
from rasa_project.storage.sealed import SealedJSON, SealedText
from rasa_project.storage.sealing import Sealer
from rasa_project.storage.tables import Base

_BATCH = 200
# Between two batches others get to write: SQLite has one writer at a time, and no queue.
_PAUSE_SECONDS = 0.01
# What was written with an older key meanwhile is done in another round.
_ROUNDS = 3
_OF_RASA = ("events", "id", "data")


class RotationError(RuggesteunError):
    """Not everything could be encrypted with the first key."""


class Rotated(NamedTuple):
    """What was done.

    Attributes:
        texts: How many were encrypted anew.
        tag: Of the key that everything is encrypted with now.
        needless: Tags of the keys that nothing needs any more.
    """

    texts: int
    tag: str
    needless: Tuple[str, ...]


def sealed_columns() -> List[Tuple[str, str, str]]:
    """Table, key and column of everything that is encrypted; new columns join by themselves."""
    return [
        *(
            (table.name, table.primary_key.columns.values()[0].name, column.name)
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if isinstance(column.type, (SealedText, SealedJSON))
        ),
        _OF_RASA,
    ]


def rotate_key(url: str) -> Rotated:
    """Encrypt everything with the first key.

    It can be broken off at any moment and begun again: each batch is one commit, and what is done
    is seen by its tag.

    Raises:
        RotationError: Somebody still writes with an older key.
        DataKeyError: A key is missing.
        StorageError: The database can't be read or written.
    """
    make_sure_keys_fit(url)
    put_on_record(url)
    ours = sealer()
    texts = 0
    for _ in range(_ROUNDS):
        done = sum(_rotate(url, ours, *where) for where in sealed_columns())
        texts += done
        if not done:
            break
    else:
        raise RotationError(
            "Another program still writes with an older key: stop it, start it with the new key in "
            "front, and run this again."
        )
    older = {key.tag for key in keys_on_record(url)} - {ours.tag}
    take_off_record(url, sorted(older))
    needless = [tag for tag in ours.tags if tag != ours.tag]
    return Rotated(texts, ours.tag, tuple(needless))


def count_others(connection: Connection, tags: Sequence[str]) -> int:
    """How many texts none of these keys encrypted."""
    return sum(
        int(connection.execute(sa.select(sa.func.count()).where(*conditions)).scalar_one())
        for _, _, conditions in _rows_without(connection, tags)
    )


def _rows_without(connection: Connection, tags: Sequence[str]) -> Iterator[Tuple[str, str, list]]:
    there = set(sa.inspect(connection).get_table_names())
    for table, _, column in sealed_columns():
        if table in there:
            text = sa.table(table, sa.column(column, sa.Text)).c[column]
            yield table, column, [text.is_not(None), *(text.not_like(f"{tag}:%") for tag in tags)]


def _rotate(url: str, ours: Sealer, table: str, key: str, column: str) -> int:
    """Do one column; gives how many texts it was."""
    rows = sa.table(table, sa.column(key), sa.column(column, sa.Text))
    its_key, its_text = rows.c[key], rows.c[column]
    query = sa.select(its_key, its_text).order_by(its_key).limit(_BATCH)
    query = query.where(its_text.is_not(None), its_text.not_like(f"{ours.tag}:%"))
    update = (
        sa.update(rows)
        # Not what somebody changed since it was read.
        .where(its_key == sa.bindparam("the_key"), its_text == sa.bindparam("before"))
        .values({column: sa.bindparam("after")})
    )
    count, last = 0, None
    try:
        if not sa.inspect(engine_for(url)).has_table(table):
            return 0
        while True:
            with engine_for(url).begin() as connection:
                batch = query if last is None else query.where(its_key > last)
                found = connection.execute(batch).all()
                if not found:
                    return count
                changes = [
                    {"the_key": one, "before": text, "after": ours.seal(ours.open(text))}
                    for one, text in found
                ]
                connection.execute(update, changes)
            count, last = count + len(found), found[-1][0]
            time.sleep(_PAUSE_SECONDS)
    except SQLAlchemyError as error:
        raise StorageError(plain_reason(error, url)) from error
