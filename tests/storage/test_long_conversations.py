"""A conversation may go on for ever: a turn costs the same, and nothing is lost."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import AnySlot

from rasa_project.conversation.log import ConversationLog
from rasa_project.errors import StorageError
from rasa_project.names import SLOT_LAST_TOPIC, SLOT_URGENCY
from rasa_project.storage.rasa_events import add, row_of
from rasa_project.storage.tracker_store import RuggesteunTrackerStore

TURNS = 40
RANKING = [{"name": f"topic-{number}", "confidence": 0.01} for number in range(156)]


def domain() -> Domain:
    names = (SLOT_URGENCY, SLOT_LAST_TOPIC)
    slots = [AnySlot(name, mappings=[{}], influence_conversation=False) for name in names]
    return Domain([], [], slots, {}, [], {}, {})


@pytest.fixture
def stores(database, monkeypatch):
    """Two workers on one database."""
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", database)
    return RuggesteunTrackerStore(domain=domain()), RuggesteunTrackerStore(domain=domain())


def say(tracker, text: str, **slots: str) -> None:
    """What a turn adds."""
    tracker.update(UserUttered(text, {"name": text}, parse_data={"intent_ranking": RANKING}))
    tracker.update(ActionExecuted("action_answer_topic"))
    tracker.update(BotUttered(f"over {text}"))
    for name, value in slots.items():
        tracker.update(SlotSet(name, value))
    tracker.update(ActionExecuted("action_listen"))


async def turn(store, sender: str, text: str, **slots: str) -> None:
    tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
    if not tracker.events:
        tracker.update(SessionStarted())
        tracker.update(ActionExecuted("action_listen"))
    say(tracker, text, **slots)
    await store.save(tracker)


def count(store, table: str) -> int:
    with store.engine.connect() as connection:
        return connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()


@contextmanager
def counted(engine, what: str):
    seen = []

    def note(*_given) -> None:
        seen.append(what)

    sa.event.listen(engine, what, note)
    yield seen
    sa.event.remove(engine, what, note)


async def test_what_is_loaded_does_not_grow_and_an_alarm_of_the_first_turn_still_holds(stores):
    store, _ = stores
    loaded, sizes = [], []
    for number in range(TURNS):
        first = {SLOT_URGENCY: "emergency"} if number == 0 else {}
        await turn(store, "web:1", f"vraag {number}", **first, **{SLOT_LAST_TOPIC: f"t{number}"})
        tracker = await store.retrieve("web:1")
        loaded.append(len(tracker.events))
        with store.engine.connect() as connection:
            query = sa.text("SELECT length(data) FROM rasa_snapshot")
            sizes.append(connection.execute(query).scalar_one())
        assert tracker.get_slot(SLOT_URGENCY) == "emergency"
        assert tracker.get_slot(SLOT_LAST_TOPIC) == f"t{number}"
        assert tracker.latest_message.text == f"vraag {number}"
        assert tracker.latest_action_name == "action_listen"
    assert max(loaded) == loaded[3] == loaded[-1] < 20
    assert max(sizes[3:]) < sizes[3] + 50
    # Long lists of guesses are for the record only.
    assert max(sizes) < 4000


async def test_the_record_holds_everything_and_only_our_store_reads_it(stores, database):
    store, _ = stores
    for number in range(TURNS):
        await turn(store, "web:1", f"vraag {number}", **{SLOT_LAST_TOPIC: f"t{number}"})
    assert count(store, "events") == 2 + TURNS * 5
    assert count(store, "rasa_snapshot") == 1
    full = await store.retrieve_full_tracker("web:1")
    said = [event.text for event in full.events if isinstance(event, UserUttered)]
    assert said == [f"vraag {number}" for number in range(TURNS)]
    assert full.latest_message.parse_data["intent_ranking"] == RANKING
    assert full.current_slot_values() == (await store.retrieve("web:1")).current_slot_values()
    # It is encrypted, so Rasa's own store finds the rows and can't read them.
    stock = SQLTrackerStore(domain=domain(), host=database)
    with pytest.raises(SystemExit):
        await stock.retrieve("web:1")
    stock.engine.dispose()


async def test_a_turn_is_one_commit_also_the_first(stores):
    store, _ = stores
    for number in range(3):
        with counted(store.engine, "commit") as commits:
            await turn(store, "web:1", f"vraag {number}")
        assert len(commits) == 1


async def test_saving_what_has_nothing_new_asks_nothing_of_the_database(stores):
    store, _ = stores
    await turn(store, "web:1", "vraag")
    tracker = await store.retrieve("web:1")
    with counted(store.engine, "before_cursor_execute") as asked:
        await store.save(tracker)
    assert asked == []


async def test_a_worker_sees_what_another_worker_wrote(stores):
    one, other = stores
    for number in range(6):
        await turn(one if number % 2 else other, "web:1", f"vraag {number}")
        for store in stores:
            assert (await store.retrieve("web:1")).latest_message.text == f"vraag {number}"
    await turn(one, "web:1", "ik kan niet plassen", **{SLOT_URGENCY: "same_day"})
    assert (await other.retrieve("web:1")).get_slot(SLOT_URGENCY) == "same_day"


async def test_events_that_another_program_added_are_seen(stores):
    """With our keys: it adds events, and knows of no snapshot."""
    store, _ = stores
    await turn(store, "web:1", "vraag")
    tracker = await store.retrieve("web:1")
    known = len(tracker.events)
    say(tracker, "nog een", **{SLOT_URGENCY: "soon"})
    rows = [row_of("web:1", event.as_dict()) for event in list(tracker.events)[known:]]
    with store.engine.begin() as connection:
        add(connection, rows)
    read = await store.retrieve("web:1")
    assert (read.latest_message.text, read.get_slot(SLOT_URGENCY)) == ("nog een", "soon")
    await turn(store, "web:1", "een derde")
    assert (await store.retrieve("web:1")).get_slot(SLOT_URGENCY) == "soon"
    assert count(store, "events") == 2 + 3 * 4 + 1


async def test_two_workers_at_the_same_moment_lose_neither_turn(stores, caplog):
    one, other = stores
    await turn(one, "web:1", "vraag")
    mine, theirs = await one.retrieve("web:1"), await other.retrieve("web:1")
    say(mine, "ik kan niet plassen", **{SLOT_URGENCY: "emergency"})
    say(theirs, "mag ik fietsen")
    await one.save(mine)
    await other.save(theirs)
    assert "Two workers" in caplog.text
    read = await one.retrieve("web:1")
    assert read.get_slot(SLOT_URGENCY) == "emergency"
    said = [event.text for event in read.events if isinstance(event, UserUttered)]
    assert said == ["vraag", "ik kan niet plassen", "mag ik fietsen"]
    await turn(other, "web:1", "en nu")
    assert (await one.retrieve("web:1")).get_slot(SLOT_URGENCY) == "emergency"


async def test_the_same_for_the_first_turn_of_a_conversation(stores):
    trackers = [await store.get_or_create_tracker("web:1") for store in stores]
    for store, tracker, urgency in zip(stores, trackers, ("emergency", None), strict=True):
        say(tracker, "hallo", **({SLOT_URGENCY: urgency} if urgency else {}))
        await store.save(tracker)
    assert (await stores[1].retrieve("web:1")).get_slot(SLOT_URGENCY) == "emergency"


async def test_a_new_session_begins_empty_but_with_what_rasa_carries_over(stores):
    store, _ = stores
    for number in range(5):
        await turn(store, "web:1", f"vraag {number}", **{SLOT_URGENCY: "soon"})
    tracker = await store.retrieve("web:1")
    tracker.update(SessionStarted())
    tracker.update(ActionExecuted("action_listen"))
    say(tracker, "dagen later", **{SLOT_LAST_TOPIC: "slapen"})
    await store.save(tracker)
    for _ in range(4):
        await turn(store, "web:1", "verder")
    read = await store.retrieve("web:1")
    # Rasa's own action writes what it carries over; this test did not.
    assert read.get_slot(SLOT_URGENCY) is None
    assert read.get_slot(SLOT_LAST_TOPIC) == "slapen"


async def test_erasing_leaves_nothing(stores, database):
    store, _ = stores
    log = ConversationLog(database)
    for conversation in ("web:1", "web:2"):
        log.begin(conversation, "website", conversation, timedelta(days=1))
        await turn(store, conversation, "vraag", **{SLOT_URGENCY: "soon"})
    log.erase("web:1")
    assert await store.retrieve("web:1") is None
    assert (await store.retrieve("web:2")).get_slot(SLOT_URGENCY) == "soon"
    assert count(store, "rasa_snapshot") == 1
    assert list(await store.keys()) == ["web:2"]
    await turn(store, "web:1", "opnieuw")
    assert (await store.retrieve("web:1")).get_slot(SLOT_URGENCY) is None


async def test_a_snapshot_of_events_that_are_gone_counts_for_nothing(stores):
    store, _ = stores
    await turn(store, "web:1", "vraag", **{SLOT_URGENCY: "soon"})
    with store.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM events"))
    assert await store.retrieve("web:1") is None


async def test_a_database_that_fails_is_an_error_and_never_an_empty_conversation(stores):
    store, _ = stores
    await turn(store, "web:1", "vraag")
    with store.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE events"))
    with pytest.raises(StorageError):
        await store.retrieve("web:1")
