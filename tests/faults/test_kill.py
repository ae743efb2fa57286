"""``kill -9`` at random moments under load. ``make kill`` does the same hundreds of times."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest

from tests.faults.judge import Event, judge
from tests.faults.killing import fits_to_light, kill_light
from tests.faults.light_server import answer_to
from tests.faults.patients import Conversation, Said


def test_ten_kills_on_sqlite_lose_nothing(quiet_servers: Path) -> None:
    figures = kill_light(f"sqlite:///{quiet_servers / 'killed.db'}", quiet_servers, kills=10)
    print(figures)
    assert figures.kills == 10
    # Otherwise nothing was put to the test.
    assert figures.confirmed > 20
    assert figures.unanswered_at_a_kill > 5


@pytest.mark.postgres
def test_five_kills_on_postgresql_lose_nothing(quiet_servers: Path, new_postgres: str) -> None:
    figures = kill_light(new_postgres, quiet_servers, kills=5, telegram=False)
    print(figures)
    assert figures.confirmed > 10


# ---- the judge itself


def event(number: int, **more: Any) -> Event:
    return {"id": number, "author": "patient", "reply_to": None, "client_id": None, **more}


def reply(number: int, to: int, text: str) -> Event:
    parts = [{"text": answer_to(text)}]
    return event(number, author="assistant", reply_to=to, parts=parts, alarm="")


def sound() -> Tuple[Conversation, List[Event]]:
    """Two messages with their replies, all of it seen."""
    events = [
        event(1, client_id="aaaaaaaa", text="een"),
        event(2, client_id="bbbbbbbb", text="twee"),
        reply(3, 1, "een"),
        reply(4, 2, "twee"),
    ]
    said = [Said("aaaaaaaa", "een", 1), Said("bbbbbbbb", "twee", 2)]
    return Conversation("token", said, {e["id"]: deepcopy(e) for e in events}), events


def test_a_sound_conversation_is_found_sound() -> None:
    conversation, events = sound()
    judge(conversation, events, fits_to_light)


def _lost(conversation: Conversation, events: List[Event]) -> None:
    conversation.seen.clear()
    del events[2], events[0]


def _seen_and_gone(conversation: Conversation, events: List[Event]) -> None:
    conversation.seen[9] = event(9)


def _changed(conversation: Conversation, events: List[Event]) -> None:
    events[2]["parts"] = [{"text": answer_to("een") + " "}]


def _twice(conversation: Conversation, events: List[Event]) -> None:
    events.append(event(5, client_id="aaaaaaaa", text="een"))


def _answered_twice(conversation: Conversation, events: List[Event]) -> None:
    events.append(reply(5, 1, "een"))


def _unanswered(conversation: Conversation, events: List[Event]) -> None:
    del conversation.seen[4], events[3]


def _mixed_up(conversation: Conversation, events: List[Event]) -> None:
    conversation.seen.clear()
    events[2]["reply_to"], events[3]["reply_to"] = 2, 1


def _of_another(conversation: Conversation, events: List[Event]) -> None:
    conversation.seen.clear()
    events[3]["parts"] = [{"text": answer_to("een")}]


def _invented(conversation: Conversation, events: List[Event]) -> None:
    del conversation.said[1]


def _another_order(conversation: Conversation, events: List[Event]) -> None:
    conversation.said.reverse()


def _refused(conversation: Conversation, events: List[Event]) -> None:
    conversation.problems.append("503")


DAMAGES = [
    _lost, _seen_and_gone, _changed, _twice, _answered_twice, _unanswered, _mixed_up,
    _of_another, _invented, _another_order, _refused,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def test_whatever_is_wrong_is_found(damage: Callable[..., None]) -> None:
    conversation, events = sound()
    damage(conversation, events)
    with pytest.raises(AssertionError):
        judge(conversation, events, fits_to_light)


def test_a_message_that_was_never_confirmed_may_be_there_or_not() -> None:
    conversation, events = sound()
    conversation.said.append(Said("cccccccc", "drie"))
    judge(conversation, events, fits_to_light)
    more: List[Dict[str, Any]] = [event(5, client_id="cccccccc", text="drie"), reply(6, 5, "drie")]
    judge(conversation, [*events, *more], fits_to_light)
