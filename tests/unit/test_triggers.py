"""When a conversation goes to a human."""

from __future__ import annotations

from typing import Any, Dict, Optional

import pytest

from rasa_project.handoff.triggers import (
    Act,
    Trigger,
    TurnDone,
    asks_something,
    is_second_miss,
    trigger,
)

HUMAN, OFFER = Act.HUMAN, Act.OFFER


def content(outcome: str, *topics: str, alarm: str = "") -> Dict[str, Any]:
    return {"outcome": outcome, "topics": list(topics), "alarm": alarm, "parts": []}


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (TurnDone(content("answered", "tillen")), None),
        (TurnDone(content("handoff", "mens-spreken")), Trigger(HUMAN, "asked")),
        (TurnDone(content("handoff", "tillen", "mens-spreken")), Trigger(HUMAN, "asked")),
        # The button is honoured whatever the reply is: an alarm, or a failure.
        (TurnDone(content("fallback"), payload="/mens-spreken"), Trigger(HUMAN, "asked")),
        (
            TurnDone(content("triage", alarm="same_day"), payload="/mens-spreken", asks=True),
            Trigger(HUMAN, "asked"),
        ),
        (
            TurnDone(content("triage", alarm="same_day"), intent="mens-spreken"),
            Trigger(HUMAN, "asked"),
        ),
        (
            TurnDone(content("triage", alarm="emergency"), alarm_is_open=True),
            Trigger(HUMAN, "alarm"),
        ),
        # First the question that may make it more urgent.
        (TurnDone(content("triage", alarm="same_day"), alarm_is_open=True, asks=True), None),
        # Seen by the practice, or the patient chose to go on.
        (TurnDone(content("triage", alarm="same_day")), None),
        (TurnDone(content("triage"), asks=True), None),
        (TurnDone(content("answered", "klacht")), Trigger(HUMAN, "topic")),
        (TurnDone(content("handoff")), Trigger(OFFER, "misses")),
        (TurnDone(content("fallback"), before="clarify"), Trigger(OFFER, "misses")),
        (TurnDone(content("fallback"), before="answered"), None),
        (TurnDone(content("smalltalk")), None),
    ],
)
def test_what_a_turn_gives_rise_to(turn: TurnDone, expected: Optional[Trigger]) -> None:
    assert trigger(turn, ["klacht"]) == expected


@pytest.mark.parametrize(
    ("outcome", "topics", "before", "expected"),
    [
        ("fallback", [], "fallback", True),
        ("fallback", [], "clarify", True),
        ("fallback", [], None, False),
        # "Ja" to a choice is no second miss; the assistant counts that itself.
        ("clarify", [], "clarify", False),
        ("handoff", [], "answered", True),
        ("handoff", ["mens-spreken"], "fallback", False),
    ],
)
def test_two_misses_in_a_row(outcome: str, topics: Any, before: Any, expected: bool) -> None:
    assert is_second_miss(outcome, topics, before) is expected


def test_a_question_is_known_by_its_buttons() -> None:
    def parts(*titles: str) -> Dict[str, Any]:
        return {"parts": [{"text": "", "buttons": [{"title": title} for title in titles]}]}

    assert asks_something(parts("Ja", "Nee", "Weet ik niet"), ("Ja", "Nee"))
    assert not asks_something(parts("Ik wil een mens spreken"), ("Ja", "Nee"))
    assert not asks_something({}, ("Ja", "Nee"))
