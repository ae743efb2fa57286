"""What a patient may expect: honest, and never nothing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from rasa_project.handoff import expectations
from rasa_project.handoff.expectations import (
    CALLBACK,
    GO_ON,
    HUMAN,
    Circumstances,
    counts_as_open,
    place_in_line,
)
from rasa_project.redflags.urgency import Urgency
from tests.storage.desk import HOURS, MONDAY_EVENING, MONDAY_TEN

THEN = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)
NAMES = ["Anna de Wit", "Karim Haddad", "Lies Maes"]


@pytest.fixture
def practice(serve_practice, monkeypatch):
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_TEN)
    return serve_practice(hours=HOURS, handoff={"minutes_to_answer": 7})


def text(said) -> str:
    return said.part["text"]


@pytest.mark.parametrize(
    ("present", "who"),
    [
        (NAMES[:1], "Anna de Wit kijkt"),
        (NAMES[:2], "Anna de Wit of Karim Haddad kijkt"),
        (NAMES, "Een fysiotherapeut van De Brug kijkt"),
    ],
)
def test_who_comes(practice, present, who):
    said = text(expectations.waiting(Circumstances(True, present), practice))
    assert said.startswith(f"{who} met je mee, meestal binnen 7 minuten.")


def test_in_flanders_it_is_a_kinesitherapeut(serve_practice):
    practice = serve_practice(country="BE")
    said = text(expectations.waiting(Circumstances(True, NAMES), practice))
    assert "Een kinesitherapeut van" in said


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(0, "als eerste aan de beurt"), (1, "nog 1 iemand voor je"), (3, "nog 3 mensen voor je")],
)
def test_the_place_in_the_line(practice, ahead, words):
    now = Circumstances(True, NAMES[:1], ahead)
    assert words in text(expectations.waiting(now, practice))


@pytest.mark.parametrize(
    ("now", "comes"),
    [
        (Circumstances(True, NAMES[:1]), True),
        (Circumstances(True, ()), False),
        (Circumstances(False, NAMES), False),
    ],
)
def test_only_who_is_there_within_hours_is_promised(now, comes):
    assert now.somebody_comes is comes


def test_without_hours_presence_alone_decides(serve_practice):
    evening = datetime.fromisoformat(MONDAY_EVENING)
    assert counts_as_open(serve_practice(), evening)
    assert not counts_as_open(serve_practice(hours=HOURS), evening)


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("urgency", list(Urgency))
def test_every_way_out_has_a_button_and_the_flag_comes_first(practice, is_open, urgency):
    now = Circumstances(is_open, (), 0, urgency)
    for said in (
        expectations.nobody(now),
        expectations.takes_long(now),
        expectations.therapist_gone("Anna", now, practice),
        expectations.closing(now),
    ):
        assert {button.payload for button in said.buttons} == {CALLBACK, GO_ON}
        flag = {
            Urgency.NONE: "",
            Urgency.SOON: "Je noemde iets waar je huisarts",
        }.get(urgency, "Je noemde een alarmteken.")
        assert text(said).startswith(flag)
        if not flag:
            assert "alarmteken" not in text(said)


def test_a_human_is_offered_only_when_somebody_can_come(practice):
    offered = expectations.offer(Circumstances(True, NAMES[:1]), practice)
    assert [button.payload for button in offered.buttons] == [HUMAN]
    offered = expectations.offer(Circumstances(False, NAMES[:1]), practice)
    assert [button.payload for button in offered.buttons] == [CALLBACK]
    assert "Anna" not in text(offered)


def test_the_most_urgent_and_then_the_first_is_first():
    def waits(name: str, urgency: Urgency, minutes: int):
        return urgency, THEN + timedelta(minutes=minutes), name

    first = waits("a", Urgency.NONE, 0)
    second = waits("b", Urgency.NONE, 1)
    urgent = waits("c", Urgency.SAME_DAY, 5)
    everybody = [first, second, urgent]
    assert [place_in_line(one, everybody) for one in everybody] == [1, 2, 0]
    assert place_in_line(waits("d", Urgency.NONE, 9), everybody) == 3
