"""Who steals the database reads none of what was said; and this search would have found it."""

from __future__ import annotations

import base64

import pytest
import sqlalchemy as sa

from rasa_project.conversation.log import ConversationLog
from rasa_project.inbox.search import conversations_with
from rasa_project.storage import keyring
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.sealing import Sealer
from tests.data_keys import KEYS, opened
from tests.privacy.at_rest import TELEGRAM, WEB, WORDS, places_found, talk


class NotSealed(Sealer):
    """What the database would hold without encryption."""

    def seal(self, text: str) -> str:
        return text

    def open(self, stored: str) -> str:
        return stored


class OnlyCoded(NotSealed):
    """Looks unreadable, and isn't."""

    def seal(self, text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode()

    def open(self, stored: str) -> str:
        return base64.urlsafe_b64decode(stored).decode()


@pytest.fixture(autouse=True)
def _this_database(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", database)


async def test_no_word_stands_in_the_raw_database(database, tmp_path):
    await talk(database)
    assert places_found(database, tmp_path) == set()
    # It is there all the same: for the assistant, and for the inbox's search.
    events = ConversationLog(database).events(WEB)
    assert events[0]["text"] == f"Ik heb {WORDS['website']} in mijn rug."
    with session_for(database) as session:
        assert conversations_with(session, WORDS["telegram"].upper()) == [TELEGRAM]
        assert conversations_with(session, "zetelpoot") == [TELEGRAM, WEB]


async def test_every_word_was_stored(database):
    await talk(database)
    with engine_for(database).connect() as connection:
        stored = "\n".join(
            str(tuple(map(opened, row)))
            for table in sa.inspect(connection).get_table_names()
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"'))
        )
    assert {place for place, word in WORDS.items() if word not in stored} == set()


async def test_the_search_finds_every_word_that_is_not_encrypted(database, tmp_path, monkeypatch):
    monkeypatch.setattr(keyring, "_sealer", lambda: NotSealed([KEYS]))
    # The record of keys was made with the real one.
    monkeypatch.setattr(keyring, "_check", lambda *_: None)
    await talk(database)
    assert places_found(database, tmp_path) == set(WORDS)


async def test_the_search_finds_every_word_that_is_only_coded(database, tmp_path, monkeypatch):
    monkeypatch.setattr(keyring, "_sealer", lambda: OnlyCoded([KEYS]))
    # The record of keys was made with the real one.
    monkeypatch.setattr(keyring, "_check", lambda *_: None)
    await talk(database)
    assert places_found(database, tmp_path) == set(WORDS)
