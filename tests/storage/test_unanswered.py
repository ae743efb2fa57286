"""What waits for an answer: found at once in a conversation of any length, and after a restart."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Callable, List

import pytest
import sqlalchemy as sa

from rasa_project.channels.tokens import LIFETIME
from rasa_project.conversation import left_over as left_over_module
from rasa_project.conversation.events import ASSISTANT, NOTED, PATIENT, PatientMessage
from rasa_project.conversation.left_over import LOOK_BACK, answer_left_over, left_over
from rasa_project.conversation.log import ConversationLog
from rasa_project.errors import StorageError
from rasa_project.storage.engine import engine_for
from rasa_project.storage.tables import ConversationEventRow
from tests.storage.desk import ANSWER, ME, Clock

LONG, SHORT = "web:long", "web:short"


@pytest.fixture
def log(database: str) -> ConversationLog:
    log = ConversationLog(database, Clock())
    for name in (LONG, SHORT, ME):
        log.begin(name, "website", f"hash of {name}", LIFETIME)
    return log


def fill(database: str, conversation: str, messages: int) -> None:
    """So many messages with their replies, written at once."""
    rows = ConversationEventRow.__table__
    with engine_for(database).begin() as connection:
        first = (connection.execute(sa.select(sa.func.max(rows.c.id))).scalar() or 0) + 1
        given: List[dict] = []
        for number in range(messages):
            same = {"conversation": conversation, "happened_at": Clock()(), "kind": "message"}
            told, reply = first + 2 * number, first + 2 * number + 1
            given.append({**same, "id": told, "author": PATIENT, "content": {"text": "x"},
                          "client_id": f"message-{number}", "reply_to": None})  # fmt: skip
            given.append({**same, "id": reply, "author": ASSISTANT, "content": ANSWER,
                          "client_id": None, "reply_to": told})  # fmt: skip
        connection.execute(sa.insert(rows), given)
        if connection.dialect.name == "postgresql":
            # Its sequence doesn't know ids that were given.
            connection.execute(sa.text(
                "SELECT setval('conversation_event_id_seq', max(id)) FROM conversation_event"
            ))  # fmt: skip
            connection.execute(sa.text("ANALYZE conversation_event"))


def steps_of(database: str, question: Callable[[], Any]) -> int:
    """What a question costs: SQLite's own steps, or the rows that PostgreSQL looked at."""
    engine, steps = engine_for(database), [0]
    if engine.dialect.name == "sqlite":

        def step() -> int:
            steps[0] += 1
            return 0

        def count(connection: Any, _record: Any, _proxy: Any) -> None:
            connection.set_progress_handler(step, 1)

        def stop(connection: Any, _record: Any) -> None:
            connection.set_progress_handler(None, 1)

        sa.event.listen(engine, "checkout", count)
        sa.event.listen(engine, "checkin", stop)
        try:
            question()
        finally:
            sa.event.remove(engine, "checkout", count)
            sa.event.remove(engine, "checkin", stop)
        return steps[0]

    def explain(
        connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any
    ) -> None:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
        steps[0] += _rows_in(cursor.fetchone()[0][0]["Plan"])

    sa.event.listen(engine, "before_cursor_execute", explain)
    try:
        question()
    finally:
        sa.event.remove(engine, "before_cursor_execute", explain)
    return steps[0]


def _rows_in(plan: dict) -> int:
    here = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    below = sum(_rows_in(part) for part in plan.get("Plans", []))
    return int(plan["Actual Loops"] * here + below)


@pytest.mark.parametrize("waits", [False, True], ids=["all is answered", "one waits"])
def test_five_thousand_messages_cost_no_more_than_five(log, database, waits):
    fill(database, SHORT, 5)
    fill(database, LONG, 5_000)
    for name in (SHORT, LONG):
        if waits:
            event = log.add_message(name, "the-last-one", "hallo").event
            assert log.first_unanswered(name) == PatientMessage(event, "hallo", None)
        else:
            assert log.first_unanswered(name) is None
    short, long = (
        steps_of(database, lambda n=name: log.first_unanswered(n)) for name in (SHORT, LONG)
    )
    assert short > 0
    assert long <= 2 * short, f"{long} steps in a long one, {short} in a short one"


def test_the_measure_would_notice_a_reading_of_everything(log, database):
    fill(database, SHORT, 5)
    fill(database, LONG, 500)
    short, long = (steps_of(database, lambda n=name: log.events(n)) for name in (SHORT, LONG))
    assert long > 20 * short


def test_the_oldest_that_waits_comes_first_also_behind_what_others_said(log):
    first = log.add_message(ME, "message-1", "een").event
    log.add_reply(ME, first, ANSWER)
    second = log.add_message(ME, "message-2", "twee").event
    third = log.add_message(ME, "message-3", "drie").event
    log.add_therapist_message(ME, "Anna", "Ik kijk even mee.")
    assert log.first_unanswered(ME).event == second
    log.add_reply(ME, second, {}, kind=NOTED)
    assert log.first_unanswered(ME).event == third


# ---- after a restart


def test_what_is_left_over_is_found_the_longest_waiting_first(log, database):
    clock = Clock()
    for name in (SHORT, LONG):
        log.add_reply(name, log.add_message(name, "message-1", "een").event, ANSWER)
    for name in (LONG, ME, LONG):
        log.add_message(name, f"message-{name[4:]}", "twee")
    log.add_therapist_message(SHORT, "Anna", "Dag.")
    assert left_over(database, "website", clock() - LOOK_BACK) == [LONG, ME]
    assert left_over(database, "telegram", clock() - LOOK_BACK) == []
    assert left_over(database, "website", clock() + timedelta(seconds=1)) == []


async def test_who_answers_is_woken_for_each_also_when_the_database_comes_late(
    log, database, monkeypatch
):
    monkeypatch.setattr(left_over_module, "_AGAIN_SECONDS", 0.01)
    log.add_message(ME, "message-1", "Ik kan niet meer plassen")
    log.add_message(LONG, "message-2", "hoi")
    real, failures = left_over, [StorageError("gone"), StorageError("gone")]

    def late(*given: Any) -> List[str]:
        if failures:
            raise failures.pop()
        return real(*given)

    monkeypatch.setattr(left_over_module, "left_over", late)
    woken: List[str] = []

    def wake(name: str) -> None:
        woken.append(name)
        # The first time it fails, as when the database is held.
        if woken.count(name) > 1 or name == ME:
            log.add_reply(name, log.first_unanswered(name).event, ANSWER)

    await asyncio.wait_for(answer_left_over(database, "website", wake, Clock()), 20)
    assert woken == [ME, LONG, LONG]
