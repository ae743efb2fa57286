"""The keys of this process, and whether they fit what the database holds."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import lru_cache
from typing import Iterator, List, NamedTuple, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from rasa_project.data_keys import HOW_TO_MAKE, NAME, new_key, read_data_keys
from rasa_project.env_file import set_once
from rasa_project.errors import SettingsError, StorageError
from rasa_project.settings import LOCAL, Settings, env_file, forget_env_file, read_settings
from rasa_project.storage.engine import engine_for, plain_reason
from rasa_project.storage.sealing import DataKeyError, Sealer

# What is encrypted to see later whether a key is the right one.
_PROOF = "Ruggesteun"
_TRIES = 5
# The tables are described with columns that need this module.
_RECORD = sa.table(
    "data_key",
    sa.column("number", sa.Integer),
    sa.column("tag", sa.String),
    sa.column("proof", sa.Text),
    sa.column("added_at", sa.DateTime(timezone=True)),
)


class KeyOnRecord(NamedTuple):
    """A key with which something in the database may be encrypted.

    Attributes:
        number: 1 for the first one.
        tag: What it is called.
        proof: A known text, encrypted with it.
    """

    number: int
    tag: str
    proof: str


def sealer() -> Sealer:
    """Encrypts and decrypts what stands in the database.

    Raises:
        DataKeyError: The database holds encrypted texts, and no key is set.
        SettingsError: No key is set, and none can be made here.
    """
    return _sealer()


@lru_cache(maxsize=1)
def _sealer() -> Sealer:
    settings = read_settings()
    return Sealer(settings.data_keys or _first_key(settings))


def forget_keys() -> None:
    """Read the keys anew next time."""
    _sealer.cache_clear()


def _first_key(settings: Settings) -> Sequence[str]:
    """Make the first key of an installation."""
    if keys_on_record(settings.database_url):
        raise DataKeyError(_missing("The database"))
    if settings.profile != LOCAL:
        raise SettingsError(f"{NAME} is not set, and the profile is {settings.profile}: {_HOW}")
    made: List[str] = []

    def make() -> str:
        made.append(new_key())
        return made[0]

    file = env_file()
    try:
        value = set_once(file, NAME, make)
    except OSError as error:
        raise SettingsError(
            f"{NAME} is not set, and no key can be written into {file} ({error.strerror}): {_HOW}"
        ) from error
    forget_env_file()
    if made:
        print(
            f"A key for the texts in the database was made: {NAME} in {file}. Keep a copy of it "
            "in another place: without it nobody can read them.",
            file=sys.stderr,
            flush=True,
        )
    return read_data_keys(value)


_HOW = f"{HOW_TO_MAKE}, and put it into the environment or into .env (docs/security.md)"


def _missing(what: str) -> str:
    return (
        f"{what} holds encrypted texts, and {NAME} is not set: put the key back with which "
        "they were encrypted. A new one can't read them."
    )


# ---- the record in the database


def keys_on_record(url: str) -> List[KeyOnRecord]:
    """The keys with which something in the database may be encrypted, the oldest first.

    Raises:
        StorageError: The database can't be read.
    """
    with _told(url), engine_for(url).connect() as connection:
        return _read(connection)


def _read(connection: Connection) -> List[KeyOnRecord]:
    if not sa.inspect(connection).has_table(_RECORD.name):
        return []
    query = sa.select(_RECORD.c.number, _RECORD.c.tag, _RECORD.c.proof)
    return [KeyOnRecord(*row) for row in connection.execute(query.order_by(_RECORD.c.number))]


def make_sure_keys_fit(url: str) -> None:
    """Refuse keys that can't read what the database holds.

    Raises:
        DataKeyError: They can't; the text says which key is missing.
        SettingsError: No key is set, and none can be made here.
        StorageError: The database can't be read.
    """
    _check(keys_on_record(url), sealer(), "The database")


def check_keys(known: Sequence[KeyOnRecord], keys: Sequence[str], what: str) -> None:
    """Refuse keys that can't read everything.

    Args:
        known: The keys with which something may be encrypted.
        keys: Ours, as in the settings; may be none.
        what: What is to be read; begins the sentence.

    Raises:
        DataKeyError: One of them isn't ours.
    """
    if known and not keys:
        raise DataKeyError(_missing(what))
    if known:
        _check(known, Sealer(keys), what)


def _check(known: Sequence[KeyOnRecord], ours: Sealer, what: str) -> None:
    for key in known:
        if key.tag not in ours.tags or ours.open(key.proof) != _PROOF:
            raise DataKeyError(
                f"{what} holds texts that were encrypted with the key {key.tag}, and {NAME} has "
                f"only {', '.join(ours.tags)}: put that key back, behind a comma if there is a "
                "newer one (docs/security.md)."
            )


def put_on_record(url: str) -> None:
    """Write down that texts may be encrypted with our first key from now on.

    Raises:
        DataKeyError: Another program has just begun with another key.
        StorageError: The database can't be written.
    """
    ours = sealer()
    for _ in range(_TRIES):
        with _told(url):
            try:
                with engine_for(url).begin() as connection:
                    known = _read(connection)
                    _check(known, ours, "The database")
                    if ours.tag not in [key.tag for key in known]:
                        _add(connection, known[-1].number + 1 if known else 1, ours)
                return
            except IntegrityError:
                # Somebody else was first: look what they wrote.
                continue
    raise StorageError("The record of keys in the database can't be written: try again.")


def begin_record(connection: Connection) -> None:
    """Write down our first key, in the transaction that encrypts what was plain."""
    _add(connection, 1, sealer())


def _add(connection: Connection, number: int, ours: Sealer) -> None:
    row = {"number": number, "tag": ours.tag, "proof": ours.seal(_PROOF)}
    row["added_at"] = datetime.now(timezone.utc)
    connection.execute(sa.insert(_RECORD).values(row))


def take_off_record(url: str, tags: Sequence[str]) -> None:
    """Write down that nothing is encrypted with these keys any more."""
    with _told(url), engine_for(url).begin() as connection:
        connection.execute(sa.delete(_RECORD).where(_RECORD.c.tag.in_(tags)))


@contextmanager
def _told(url: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        raise StorageError(plain_reason(error, url)) from error
