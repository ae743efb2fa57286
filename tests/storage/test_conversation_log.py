"""The log of conversations: nothing lost, nothing double, and erased to the last row."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from rasa_project.channels.tokens import LIFETIME, is_valid, later_expiry
from rasa_project.conversation.events import PatientMessage
from rasa_project.conversation.log import ConversationGone, ConversationLog
from rasa_project.errors import StorageError
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.red_flag_log import RedFlagLog
from rasa_project.storage.tables import ConversationEventRow, ConversationRow

ME, OTHER = "web:me", "web:other"
REPLY = {
    "parts": [{"text": "Ja.", "buttons": [{"title": "Meer", "payload": "/meer-uitleg"}]}],
    "alarm": "same_day",
    "outcome": "triage",
    "topics": [],
}
FINDING = {"flag": "RF01", "sign": "RF01-plassen", "urgency": "same_day"}


class Clock:
    now = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(database, clock) -> ConversationLog:
    made = ConversationLog(database, clock)
    for conversation in (ME, OTHER):
        made.begin(conversation, "website", f"hash of {conversation}", LIFETIME)
    return made


def opened(log: ConversationLog, conversation: str = ME):
    return log.conversation_of(f"hash of {conversation}", is_valid, later_expiry)


def count(url: str, table: str, where: str = "1 = 1") -> int:
    with engine_for(url).connect() as connection:
        return connection.execute(sa.text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar()


# ---- whose conversation it is


def test_a_token_opens_its_own_conversation_only(log):
    assert opened(log) == ME
    assert opened(log, OTHER) == OTHER
    assert opened(log, "nobody") is None


def test_a_token_expires_twelve_hours_after_its_last_use(log, clock):
    clock.now += timedelta(hours=11, minutes=59)
    assert opened(log) == ME
    clock.now += timedelta(hours=11, minutes=59)
    assert opened(log) == ME
    clock.now += timedelta(hours=12)
    assert opened(log) is None
    assert opened(log, OTHER) is None


def test_using_a_conversation_is_written_at_most_once_a_minute(log, clock, database):
    def last_used() -> datetime:
        with session_for(database) as session:
            moment = session.get(ConversationRow, ME).last_used_at
            return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)

    began = clock.now
    clock.now += timedelta(seconds=30)
    opened(log)
    assert last_used() == began
    clock.now += timedelta(seconds=31)
    opened(log)
    assert last_used() == clock.now


def test_two_conversations_cannot_have_one_token(log):
    with pytest.raises(StorageError):
        log.begin("web:third", "website", f"hash of {ME}", LIFETIME)


def test_conversations_of_a_channel_without_tokens_stand_beside_each_other(log):
    log.begin("telegram:1", "telegram", None, LIFETIME)
    log.begin("telegram:2", "telegram", None, LIFETIME)
    assert log.add_message("telegram:2", "update-1", "hallo").is_new


# ---- what was said


def test_events_come_back_whole_and_in_order(log, clock):
    said = log.add_message(ME, "client-1", "Warmte 😀", "/warmte")
    answered = log.add_reply(ME, said.event, REPLY)
    joined = log.add_joined(ME, "Anna de Wit")
    wrote = log.add_therapist_message(ME, "Anna de Wit", "Dag.")
    left = log.add_left(ME, "Anna de Wit")
    empty = {
        "at": clock.now.isoformat(),
        "kind": "message",
        "name": None,
        "client_id": None,
        "text": None,
        "parts": [],
        "alarm": "",
        "outcome": None,
        "topics": [],
        "reply_to": None,
        "useful": None,
        "to": None,
    }
    anna = {**empty, "author": "therapist", "name": "Anna de Wit"}
    assert log.events(ME) == [
        {
            **empty,
            "id": said.event,
            "author": "patient",
            "client_id": "client-1",
            "text": "Warmte 😀",
        },
        {
            **empty,
            "id": answered.event,
            "author": "assistant",
            "reply_to": said.event,
            **REPLY,
        },
        {**anna, "id": joined, "kind": "joined"},
        {**anna, "id": wrote, "text": "Dag."},
        {**anna, "id": left, "kind": "left"},
    ]
    assert said.event < answered.event < joined < wrote < left
    assert log.events(OTHER) == []


def test_only_what_came_after_is_given(log):
    numbers = [log.add_message(ME, f"client-{n}", str(n)).event for n in range(3)]
    assert [event["id"] for event in log.events(ME, numbers[0])] == numbers[1:]
    assert log.events(ME, numbers[-1]) == []
    assert log.events(ME, 10**17) == []


def test_the_same_client_id_again_is_the_same_message(log):
    first = log.add_message(ME, "client-1", "hallo")
    again = log.add_message(ME, "client-1", "iets anders")
    assert (first.is_new, again.is_new) == (True, False)
    assert first.event == again.event == log.message(ME, "client-1")
    assert [event["text"] for event in log.events(ME)] == ["hallo"]
    assert log.message(ME, "client-2") is None


def test_client_ids_of_two_conversations_do_not_meet(log):
    assert log.add_message(ME, "client-1", "hallo").is_new
    assert log.add_message(OTHER, "client-1", "hallo").is_new
    assert log.message(OTHER, "client-1") != log.message(ME, "client-1")


def test_many_at_the_same_moment_add_one_message(log):
    barrier = threading.Barrier(8)

    def add(_: int):
        barrier.wait()
        return log.add_message(ME, "client-1", "hallo")

    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(add, range(8)))
    assert len({event for event, _ in stored}) == 1
    assert [is_new for _, is_new in stored].count(True) == 1
    assert len(log.events(ME)) == 1


def test_a_message_is_answered_once_however_many_try(log):
    said = log.add_message(ME, "client-1", "hallo")
    barrier = threading.Barrier(8)

    def reply(_: int):
        barrier.wait()
        return log.add_reply(ME, said.event, REPLY)

    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(reply, range(8)))
    assert [is_new for _, is_new in stored].count(True) == 1
    assert len({event for event, _ in stored}) == 1
    assert len(log.events(ME)) == 2


def test_no_event_shows_up_after_one_with_a_higher_id(log):
    """A reader that goes on from the newest id it saw must in the end have seen all."""
    done = threading.Event()
    seen: list = []

    def read() -> None:
        while True:
            is_last = done.is_set()
            seen.extend(event["id"] for event in log.events(ME, seen[-1] if seen else 0))
            if is_last:
                return

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(lambda n: log.add_message(ME, f"client-{n}", "x"), range(80)))
    done.set()
    reader.join(30)
    assert seen == sorted(event for event, _ in stored)


def test_what_is_unanswered_is_found_first_come_first(log):
    assert log.first_unanswered(ME) is None
    first = log.add_message(ME, "client-1", "Warmte", "/warmte")
    second = log.add_message(ME, "client-2", "hallo")
    log.add_therapist_message(ME, "Anna", "Dag.")
    log.add_message(OTHER, "client-1", "van een ander")
    assert log.first_unanswered(ME) == PatientMessage(first.event, "Warmte", "/warmte")
    log.add_reply(ME, first.event, REPLY)
    assert log.first_unanswered(ME) == PatientMessage(second.event, "hallo", None)
    log.add_reply(ME, second.event, REPLY)
    assert log.first_unanswered(ME) is None


def test_nothing_can_be_added_to_a_conversation_that_is_not_there(log):
    said = log.add_message(ME, "client-1", "hallo")
    for add in (
        lambda: log.add_message("web:nobody", "client-1", "hallo"),
        lambda: log.add_reply("web:nobody", said.event, REPLY),
        lambda: log.add_therapist_message("web:nobody", "Anna", "Dag."),
        lambda: log.add_joined("web:nobody", "Anna"),
        lambda: log.add_left("web:nobody", "Anna"),
    ):
        with pytest.raises(ConversationGone):
            add()


# ---- feedback


def test_feedback_is_kept_changed_and_taken_back(log, database):
    said = log.add_message(ME, "client-1", "hallo")
    answer = log.add_reply(ME, said.event, REPLY).event
    for useful in (True, False, False, None, None, True):
        assert log.give_feedback(ME, answer, useful)
        assert log.events(ME)[1]["useful"] is useful
    assert count(database, "feedback") == 1


def test_feedback_is_only_about_answers_of_ones_own_conversation(log, database):
    said = log.add_message(ME, "client-1", "hallo")
    answer = log.add_reply(ME, said.event, REPLY).event
    assert not log.give_feedback(OTHER, answer, True)
    assert not log.give_feedback(ME, said.event, True)
    assert not log.give_feedback(ME, answer + 1_000, True)
    assert count(database, "feedback") == 0


def test_feedback_of_two_tabs_at_once_is_one(log, database):
    said = log.add_message(ME, "client-1", "hallo")
    answer = log.add_reply(ME, said.event, REPLY).event
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: log.give_feedback(ME, answer, True), range(16)))
    assert count(database, "feedback") == 1


# ---- erasing


def fill(log: ConversationLog, url: str, conversation: str) -> None:
    said = log.add_message(conversation, "client-1", "hallo")
    answer = log.add_reply(conversation, said.event, REPLY)
    log.give_feedback(conversation, answer.event, True)
    RedFlagLog(url).record(conversation, [FINDING], "v1")


def add_rasas_table(url: str) -> None:
    with engine_for(url).begin() as connection:
        connection.execute(sa.text("CREATE TABLE events (id INTEGER, sender_id VARCHAR(255))"))
        for number, sender in enumerate((ME, ME, OTHER)):
            connection.execute(
                sa.text("INSERT INTO events VALUES (:id, :sender)"),
                {"id": number, "sender": sender},
            )


def rows_about(url: str, conversation: str) -> dict:
    """How many rows of which table are about a conversation."""
    found = {}
    for table in sa.inspect(engine_for(url)).get_table_names():
        for column in sa.inspect(engine_for(url)).get_columns(table):
            if str(column["type"]).startswith("VARCHAR"):
                rows = count(url, table, f"{column['name']} = '{conversation}'")
                if rows:
                    found[table] = rows
    return found


def test_erasing_leaves_no_row_of_it_and_all_of_the_others(log, database):
    add_rasas_table(database)
    fill(log, database, ME)
    fill(log, database, OTHER)
    before = rows_about(database, OTHER)
    assert set(rows_about(database, ME)) == set(before)
    assert set(before) == {
        "conversation",
        "conversation_event",
        "feedback",
        "red_flag_event",
        "events",
    }
    log.erase(ME)
    assert opened(log) is None
    assert rows_about(database, ME) == {}
    assert rows_about(database, OTHER) == before


def test_erasing_needs_no_table_of_rasa(log, database):
    fill(log, database, ME)
    log.erase(ME)
    log.erase(ME)
    assert log.events(ME) == []


def test_an_erased_id_never_comes_back(log):
    last = log.add_message(OTHER, "client-9", "hallo").event
    log.erase(OTHER)
    assert log.add_message(ME, "client-1", "hallo").event > last


def test_when_erasing_fails_nothing_is_erased(log, database):
    fill(log, database, ME)
    with engine_for(database).begin() as connection:
        # Rasa's table, but not as we know it.
        connection.execute(sa.text("CREATE TABLE events (id INTEGER)"))
    with pytest.raises(StorageError):
        log.erase(ME)
    assert len(log.events(ME)) == 2
    assert opened(log) == ME


# ---- for the watcher


def test_the_watcher_sees_where_something_came(log):
    assert (log.newest(), log.changed_since(0)) == (0, {})
    first = log.add_message(ME, "client-1", "hallo").event
    second = log.add_message(OTHER, "client-1", "hallo").event
    third = log.add_message(ME, "client-2", "hallo").event
    assert log.newest() == third
    assert log.changed_since(0) == {ME: third, OTHER: second}
    assert log.changed_since(first) == {ME: third, OTHER: second}
    assert log.changed_since(second) == {ME: third}
    assert log.changed_since(third) == {}


# ---- what can be stored


@pytest.mark.parametrize("text", ["😀" * 2_000, "regel\nregel", "\u2028", "'; DROP TABLE x; --"])
def test_any_text_comes_back_as_it_was(log, text):
    log.add_message(ME, "client-1", text)
    assert log.events(ME)[0]["text"] == text


def test_the_database_itself_refuses_a_second_message_with_the_same_client_id(log, database):
    log.add_message(ME, "client-1", "hallo")
    with pytest.raises(StorageError), session_for(database) as session:
        session.add(
            ConversationEventRow(
                conversation=ME,
                happened_at=Clock.now,
                author="patient",
                kind="message",
                client_id="client-1",
                content={},
            )
        )


def test_a_database_that_fails_is_told_as_such(tmp_path):
    log = ConversationLog(f"sqlite:///{tmp_path / 'empty.db'}")
    for use in (
        lambda: log.begin(ME, "website", "hash", LIFETIME),
        lambda: opened(log),
        lambda: log.add_message(ME, "client-1", "hallo"),
        lambda: log.events(ME),
        lambda: log.first_unanswered(ME),
        lambda: log.erase(ME),
        log.newest,
    ):
        with pytest.raises(StorageError, match="make migrate"):
            use()
    engine_for.cache_clear()
