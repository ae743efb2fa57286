"""The texts of an existing installation are encrypted by the migration, and nothing is left."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict

import pytest
import sqlalchemy as sa
from alembic import command

from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.migrate import migrate
from rasa_project.storage.rasa_events import events_after
from rasa_project.storage.tables import (
    AccountRow,
    CallbackRow,
    ConversationEventRow,
    NoteRow,
    RedFlagEventRow,
    TelegramButtonRow,
)
from tests.data_keys import opened
from tests.privacy.at_rest import raw
from tests.storage.test_migrate import insert, run

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
WORD = "kwabbelsnor"
EVENT = {"event": "user", "text": WORD}
MORE_THAN_A_BATCH = 600
ROWS: Dict[str, Dict[str, Any]] = {
    "account": {
        "id": 1, "login": "a@b.nl", "name": "Anna", "role": "therapeut", "active": True,
        "password_hash": "x", "totp_secret": WORD, "created_at": NOW,
    },
    "conversation": {
        "id": "web:1", "channel": "website", "created_at": NOW, "last_used_at": NOW,
        "expires_at": NOW,
    },
    "conversation_event": {
        "id": 1, "conversation": "web:1", "happened_at": NOW, "author": "patient",
        "kind": "message", "content": json.dumps({"text": WORD}),
    },
    "feedback": {"event": 1, "conversation": "web:1", "useful": True, "given_at": NOW},
    "red_flag_event": {
        "id": 1, "conversation": "web:1", "happened_at": NOW, "flag": "RF01", "sign": WORD,
        "urgency": "soon", "rules_version": "1", "qualifiers": json.dumps([WORD]), "shown": WORD,
    },
    "callback_request": {
        "id": 1, "conversation": "web:1", "created_at": NOW, "step": "done", "name": WORD,
        "contact": WORD, "moment": WORD, "why": "asked",
    },
    "conversation_note": {
        "id": 1, "conversation": "web:1", "written_at": NOW, "account": 1, "name": "Anna",
        "text": WORD,
    },
    "telegram_button": {
        "id": "b", "conversation": "web:1", "event": 1, "title": WORD, "payload": WORD,
    },
    "rasa_snapshot": {"sender_id": "web:1", "last_event": 1, "data": json.dumps([EVENT])},
}  # fmt: skip


@pytest.fixture
def old(empty_database: str) -> str:
    """A database of the version before, with plain words everywhere."""
    run(empty_database, command.upgrade, "0008")
    for table, row in ROWS.items():
        insert(empty_database, table, row)
    with engine_for(empty_database).begin() as connection:
        connection.execute(
            sa.text(
                "CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255) NOT NULL,"
                " type_name VARCHAR(255) NOT NULL, timestamp FLOAT, intent_name VARCHAR(255),"
                " action_name VARCHAR(255), data TEXT)"
            )
        )
        connection.execute(
            sa.text("INSERT INTO events VALUES (:id, 'web:1', 'user', 1.0, :word, :word, :data)"),
            [
                {"id": number, "word": WORD, "data": json.dumps({**EVENT, "number": number})}
                for number in range(1, MORE_THAN_A_BATCH)
            ],
        )
    return empty_database


def test_all_is_encrypted_and_can_be_read(old, tmp_path):
    assert WORD.encode() in raw(old, tmp_path)
    migrate(old)
    with session_for(old) as session:
        assert session.execute(sa.select(ConversationEventRow.content)).scalar_one() == {
            "text": WORD
        }
        flag = session.execute(sa.select(RedFlagEventRow)).scalar_one()
        assert (flag.flag, flag.sign, flag.qualifiers, flag.shown) == ("RF01", WORD, [WORD], WORD)
        form = session.execute(sa.select(CallbackRow)).scalar_one()
        assert (form.name, form.contact, form.moment) == (WORD, WORD, WORD)
        button = session.execute(sa.select(TelegramButtonRow)).scalar_one()
        assert (button.title, button.payload) == (WORD, WORD)
        assert session.execute(sa.select(NoteRow.text)).scalar_one() == WORD
        assert session.execute(sa.select(AccountRow.totp_secret)).scalar_one() == WORD
    with engine_for(old).connect() as connection:
        events = events_after(connection, "web:1", 0)
        assert [event["number"] for _, event in events] == list(range(1, MORE_THAN_A_BATCH))
        (snapshot,) = connection.execute(sa.text("SELECT data FROM rasa_snapshot")).one()
        assert json.loads(opened(snapshot)) == [EVENT]
    engine_for(old).dispose()
    assert WORD.encode() not in raw(old, tmp_path)
    # Twice changes nothing.
    migrate(old)
    with engine_for(old).connect() as connection:
        assert connection.execute(sa.text("SELECT data FROM rasa_snapshot")).one() == (snapshot,)


def test_ids_that_were_given_out_do_not_come_back(old):
    with engine_for(old).begin() as connection:
        row = {**ROWS["conversation_event"], "id": 7}
        connection.execute(
            sa.text(
                "INSERT INTO conversation_event (id, conversation, happened_at, author, kind, "
                "content) VALUES (:id, :conversation, :happened_at, :author, :kind, :content)"
            ),
            row,
        )
        if old.startswith("postgresql"):
            connection.execute(sa.text("SELECT setval('conversation_event_id_seq', 7)"))
        connection.execute(sa.text("DELETE FROM conversation_event WHERE id = 7"))
    migrate(old)
    with session_for(old) as session:
        new = ConversationEventRow(
            conversation="web:1", happened_at=NOW, author="patient", kind="message", content={}
        )
        session.add(new)
        session.flush()
        assert new.id == 8


def test_it_can_be_taken_back(old, tmp_path):
    migrate(old)
    run(old, command.downgrade, "0008")
    with engine_for(old).connect() as connection:
        for table, row in ROWS.items():
            found = connection.execute(sa.text(f'SELECT * FROM "{table}"')).mappings().one()
            for name in ("content", "text", "title", "shown", "contact", "totp_secret", "data"):
                if name in row:
                    stored = found[name]
                    is_text = isinstance(stored, str)
                    assert (stored if is_text else json.dumps(stored)) == row[name]
        data = connection.execute(sa.text("SELECT data FROM events WHERE id = 1")).scalar_one()
    assert json.loads(data) == {**EVENT, "number": 1}
    migrate(old)
    assert WORD.encode() not in raw(old, tmp_path)


def test_what_breaks_off_in_the_middle_changes_nothing(old, monkeypatch):
    """A key that fails half-way stands for a power cut: one transaction, also on SQLite."""
    from rasa_project.storage.sealing import Sealer

    sealed, seal = [], Sealer.seal

    def fails(self: Sealer, text: str) -> str:
        sealed.append(text)
        if len(sealed) == 550:
            raise KeyboardInterrupt
        return seal(self, text)

    monkeypatch.setattr(Sealer, "seal", fails)
    with pytest.raises(KeyboardInterrupt):
        migrate(old)
    monkeypatch.undo()
    with engine_for(old).connect() as connection:
        assert not sa.inspect(connection).has_table("data_key")
        data = connection.execute(sa.text("SELECT data FROM events WHERE id = 1")).scalar_one()
        assert json.loads(data)["text"] == WORD
    migrate(old)
    with engine_for(old).connect() as connection:
        assert len(events_after(connection, "web:1", 0)) == MORE_THAN_A_BATCH - 1


def test_the_key_must_be_there_before_anything_is_changed(old, tmp_path: Path, monkeypatch):
    from rasa_project.errors import SettingsError
    from rasa_project.storage.keyring import forget_keys

    monkeypatch.setenv("RUGGESTEUN_PROFILE", "server")
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", old)
    monkeypatch.setenv("RUGGESTEUN_DATA_KEYS", "")
    forget_keys()
    try:
        with pytest.raises(SettingsError, match="new-key"):
            migrate(old)
    finally:
        forget_keys()
    with engine_for(old).connect() as connection:
        version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    assert version == "0008"
