"""The real assistant erases by itself, while it serves."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Callable

import pytest

from rasa_project.channels.tokens import conversation_of, hash_of
from tests.dialogues.conftest import Assistant
from tests.dialogues.web_chat import WebChat
from tests.privacy.filled import files_with, stored_with, where_in_database

WORD = "kwabbelsnor"


@pytest.mark.model
def test_a_conversation_of_the_assistant_is_erased_with_rasas_events(
    launch: Callable[..., Assistant], practice_nl: Path
) -> None:
    server = launch(RUGGESTEUN_PRACTICE=str(practice_nl))
    url = f"sqlite:///{server.database}"
    assert WebChat(server).say(f"Ik kan niet meer plassen {WORD}")["parts"]
    server.say(f"Helpt paracetamol? {WORD}")
    places = where_in_database(url, WORD)
    assert {place.split(".")[0] for place in places} >= {"events", "conversation_event"}
    stored = stored_with(url, WORD)
    # Somebody is there today: else it would be the clock that is wrong.
    today = conversation_of(hash_of(WebChat(server).token))
    server.stop()
    # As if it had been said long ago.
    old = datetime.now(timezone.utc) - timedelta(days=31)
    with closing(sqlite3.connect(server.database)) as connection, connection:
        text = old.strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute("UPDATE events SET timestamp = ?", (old.timestamp(),))
        connection.execute(
            "UPDATE conversation SET last_used_at = ?, expires_at = ? WHERE id != ?",
            (text, text, today),
        )
        connection.execute("UPDATE conversation_event SET happened_at = ?", (text,))
        connection.execute("UPDATE red_flag_event SET happened_at = ?", (text,))
    server.start()
    deadline = time.monotonic() + 20
    while where_in_database(url, WORD) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert where_in_database(url, WORD) == []
    assert server.say("Helpt paracetamol tegen rugpijn?").topics == ("paracetamol",)
    server.stop()
    assert [text for text in stored if files_with(server.database, text)] == []
