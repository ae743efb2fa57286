"""Rasa's conversations in our database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project.errors import StorageError
from rasa_project.names import SLOT_URGENCY
from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from rasa_project.storage.tracker_store import RuggesteunTrackerStore


def slots() -> list:
    # A domain adds its own to the list that it is given.
    return [AnySlot(SLOT_URGENCY, mappings=[{}], influence_conversation=False)]


@pytest.fixture
def store(database, monkeypatch):
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", database)
    made = RuggesteunTrackerStore(domain=Domain([], [], slots(), {}, [], {}, {}))
    yield made
    made.engine.dispose()


def conversation(sender: str) -> DialogueStateTracker:
    return DialogueStateTracker.from_events(
        sender,
        [
            ActionExecuted("action_session_start"),
            ActionExecuted("action_listen"),
            UserUttered("ik kan niet plassen 😟", parse_data={"red_flags": [{"flag": "RF01"}]}),
            SlotSet(SLOT_URGENCY, "same_day"),
        ],
        slots(),
    )


async def test_a_conversation_is_saved_and_read_back(store):
    await store.save(conversation("web:1"))
    read = await store.retrieve("web:1")
    assert read.get_slot(SLOT_URGENCY) == "same_day"
    assert read.latest_message.text == "ik kan niet plassen 😟"
    assert read.latest_message.parse_data["red_flags"] == [{"flag": "RF01"}]


async def test_saving_again_adds_only_what_is_new(store):
    tracker = conversation("web:1")
    await store.save(tracker)
    tracker.update(SlotSet(SLOT_URGENCY, "emergency"))
    await store.save(tracker)
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM events")).scalar_one() == 5
    assert (await store.retrieve("web:1")).get_slot(SLOT_URGENCY) == "emergency"


async def test_an_unknown_conversation_is_none(store):
    assert await store.retrieve("nobody") is None


def break_rows(store, table: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {table} SET data = '{{' WHERE sender_id = 'web:1'"))


async def test_a_snapshot_that_cant_be_read_is_made_anew_from_the_events(store):
    await store.save(conversation("web:1"))
    break_rows(store, "rasa_snapshot")
    assert (await store.retrieve("web:1")).get_slot(SLOT_URGENCY) == "same_day"


async def test_one_unreadable_row_raises_for_its_own_conversation_only(store):
    await store.save(conversation("web:1"))
    await store.save(conversation("web:2"))
    break_rows(store, "events")
    break_rows(store, "rasa_snapshot")
    # Rasa's own store ends the process here with SystemExit.
    with pytest.raises(StorageError, match="is not encrypted, or was cut off"):
        await store.retrieve("web:1")
    assert (await store.retrieve("web:2")).get_slot(SLOT_URGENCY) == "same_day"


async def test_rasas_table_and_ours_live_in_one_database(store, database):
    await store.save(conversation("web:1"))
    migrate(database)
    names = set(sa.inspect(engine_for(database)).get_table_names())
    assert {"events", "topic", "red_flag_event"} <= names
    assert len((await store.retrieve("web:1")).events) == 4


def test_sqlite_is_tuned_for_rasas_table_too(tmp_path, monkeypatch):
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'x.db'}")
    store = RuggesteunTrackerStore(domain=Domain.empty())
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(sa.text("PRAGMA synchronous")).scalar_one() == 1
    store.engine.dispose()
