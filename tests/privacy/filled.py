"""A database with a patient's words wherever something of a conversation is kept."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List

import sqlalchemy as sa

from rasa_project.storage.engine import engine_for
from rasa_project.storage.keyring import sealer
from rasa_project.storage.sealed import SealedJSON
from rasa_project.storage.tables import Base
from tests.data_keys import opened

WORD = "kwabbelsnor"
# It tells who did what with which conversation, and holds no word of a patient.
WITHOUT_WORDS = {"audit"}
EVENTS = sa.Table(
    "events",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("type_name", sa.String(255), nullable=False),
    sa.Column("timestamp", sa.Float),
    sa.Column("intent_name", sa.String(255)),
    sa.Column("action_name", sa.String(255)),
    sa.Column("data", sa.Text),
)


def tables_of_conversations() -> List[sa.Table]:
    """Every table of ours that keeps something of a conversation; new ones join by themselves."""
    return [table for table in Base.metadata.sorted_tables if "conversation" in table.columns]


class Filler:
    """Puts words everywhere; each call another conversation."""

    def __init__(self, url: str):
        self.url = url
        self._engine = engine_for(url)
        self.word = "a colleague"
        with self._engine.begin() as connection:
            EVENTS.metadata.create_all(connection)
            # A second filler of a database goes on with other numbers.
            accounts = connection.execute(sa.text("SELECT count(*) FROM account")).scalar_one()
            self._count = 1000 * int(accounts)
            self._account = self._insert(connection, Base.metadata.tables["account"], {})
        self.word = WORD

    def conversation(self, name: str, used: datetime, plain: bool = False) -> None:
        """A conversation that was last used then; in all tables, or without a hand-off."""
        with self._engine.begin() as connection:
            row = {"id": name, "created_at": used, "last_used_at": used, "expires_at": used}
            row |= {"channel": "website", "token_hash": f"hash of {name}", "state": "bot"}
            connection.execute(sa.insert(Base.metadata.tables["conversation"]).values(row))
            filled = ["conversation_event", "feedback", "red_flag_event", "telegram_chat"]
            for table in tables_of_conversations():
                if not plain or table.name in [*filled, "telegram_button"]:
                    self._row_of(connection, table, name, used)
        self.rasa_events(name, used)

    def rasa_events(self, name: str, used: datetime) -> None:
        data = sealer().seal(json.dumps({"text": self.word}))
        row = {"sender_id": name, "type_name": "user", "data": data}
        with self._engine.begin() as connection:
            connection.execute(sa.insert(EVENTS).values(timestamp=used.timestamp(), **row))

    def red_flag(self, name: str, used: datetime) -> None:
        with self._engine.begin() as connection:
            self._row_of(connection, Base.metadata.tables["red_flag_event"], name, used)

    def _row_of(self, connection: Any, table: sa.Table, name: str, used: datetime) -> None:
        given: Dict[str, Any] = {"conversation": name}
        if table.name == "conversation_event":
            given |= {"author": "patient", "kind": "message", "reply_to": None}
        if table.name == "feedback":
            events = Base.metadata.tables["conversation_event"]
            query = sa.select(events.c.id).where(events.c.conversation == name).limit(1)
            given["event"] = connection.execute(query).scalar_one()
        if table.name == "conversation_change":
            given["after"] = "waiting"
        if table.name in WITHOUT_WORDS:
            given |= {"action": "read", "detail": "", "name": "Anna", "source": "127.0.0.1"}
        self._insert(connection, table, given, used)

    def _insert(
        self, connection: Any, table: sa.Table, given: Dict[str, Any], used: Any = None
    ) -> int:
        self._count += 1
        row = dict(given)
        for column in table.columns:
            is_own_key = column.primary_key and isinstance(column.type, sa.Integer)
            if column.name in row or (is_own_key and not column.foreign_keys):
                continue
            row[column.name] = self._value(column, used or datetime(2020, 1, 1))
        result = connection.execute(sa.insert(table).values(row))
        return int(result.inserted_primary_key[0]) if table.name == "account" else 0

    def _value(self, column: sa.Column, used: datetime) -> Any:
        if column.foreign_keys:
            return self._account
        if isinstance(column.type, sa.Boolean):
            return True
        if isinstance(column.type, (sa.Integer, sa.BigInteger)):
            return self._count
        if isinstance(column.type, sa.DateTime):
            return used
        if isinstance(column.type, SealedJSON):
            return {"text": self.word}
        # Unique where it has to be, and never longer than the column.
        return f"{self._count}{self.word}"[: getattr(column.type, "length", None) or 99]


def where_in_database(url: str, word: str) -> List[str]:
    """Every table and column of the whole database that holds a word, decrypted or as it is."""
    found: List[str] = []
    with engine_for(url).connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')).mappings():
                found += [
                    f"{table}.{key}" for key, value in row.items() if word in str(opened(value))
                ]
    return sorted(set(found))


def files_with(database: Path, word: str) -> List[str]:
    """Which of the files of an SQLite database hold a word."""
    files = [Path(f"{database}{ending}") for ending in ("", "-wal", "-shm")]
    return [file.name for file in files if file.exists() and word.encode() in file.read_bytes()]


def stored_with(url: str, word: str) -> List[str]:
    """What is stored where a word stands, as it is in the database: encrypted."""
    with engine_for(url).connect() as connection:
        return [
            value
            for table in sa.inspect(connection).get_table_names()
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"'))
            for value in row
            if word in str(opened(value))
        ]
