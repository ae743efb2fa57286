"""The request to be called back: step by step, kept over a restart, and honest at the end."""

from __future__ import annotations

from typing import Any

import pytest

from rasa_project.conversation.states import State
from rasa_project.handoff.expectations import CALLBACK, CONSENT, GO_ON, HUMAN, STOP
from tests.storage.desk import (
    ALARM,
    HOURS,
    HUMAN_WANTED,
    ME,
    MONDAY_EVENING,
    MONDAY_TEN,
    Desk,
    payloads,
    said,
)

pytestmark = pytest.mark.usefixtures("rules_read_once")


@pytest.fixture
def desk(database: str, serve_practice: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Monday evening: closed."""
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_EVENING)
    serve_practice(hours=HOURS)
    return Desk(database)


@pytest.fixture
def asked_name(desk: Desk) -> Desk:
    desk.says("Kan ik iemand spreken?", HUMAN_WANTED)
    assert "Hoe heet je?" in said(desk.presses(CALLBACK))
    return desk


def test_from_the_question_to_the_confirmation(asked_name):
    desk = asked_name
    assert "telefoonnummer of mailadres" in said(desk.says("Jan de Vries"))
    moments = desk.says("06-12345678")
    assert "Wanneer" in said(moments)
    consent = desk.says("In de ochtend")
    for word in ("Jan de Vries", "0612345678", "In de ochtend", "De Brug"):
        assert word in said(consent)
    assert payloads(consent) == [CONSENT, STOP]
    assert desk.requests()[-1].consent_at is None
    done = desk.presses(CONSENT)
    assert "Morgen" not in said(done)
    assert "We openen morgen om 08:00 uur" in said(done)
    assert "010 - 123 45 67" in said(done)
    request = desk.requests()[-1]
    assert (request.step, request.name, request.contact, request.moment, request.why) == (
        "done", "Jan de Vries", "0612345678", "In de ochtend", "asked",
    )  # fmt: skip
    assert request.consent_at is not None
    assert request.finished_at is not None
    assert desk.state is State.BOT
    assert desk.says("Mag ik tillen?")["author"] == "assistant"


def test_nothing_that_is_entered_reaches_the_assistant(asked_name):
    for text in ("Jan de Vries", "jan@voorbeeld.nl", "maakt niet uit", "ja"):
        assert asked_name.says(text)["author"] == "system"
        assert asked_name.routed.is_settled


def test_no_yes_no_request(asked_name):
    for text in ("Jan", "jan@voorbeeld.nl", "morgen"):
        asked_name.says(text)
    again = asked_name.says("misschien")
    assert payloads(again) == [CONSENT, STOP]
    asked_name.says("nee")
    request = asked_name.requests()[-1]
    assert (request.step, request.name, request.contact) == ("stopped", "", "")
    assert request.consent_at is None


@pytest.mark.parametrize(
    ("text", "payload"), [("knop", STOP), ("stop", None), ("laat maar", None), ("knop", GO_ON)]
)
@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_stop_always_works_and_forgets(asked_name, steps, text, payload):
    for entered in ("Jan", "jan@voorbeeld.nl", "morgen")[:steps]:
        asked_name.says(entered)
    told = asked_name.says(text, payload=payload)
    assert "niet bewaard" in said(told)
    request = asked_name.requests()[-1]
    assert (request.step, request.name, request.contact, request.moment) == ("stopped", "", "", "")
    assert asked_name.says("Mag ik tillen?")["author"] == "assistant"


def test_who_does_not_manage_gets_the_number(asked_name):
    asked_name.says("Jan")
    first = asked_name.says("weet ik niet")
    assert "010 - 123 45 67" not in said(first)
    second = asked_name.says("06 123")
    assert "010 - 123 45 67" in said(second)
    assert "Wanneer" in said(asked_name.says("06 12 34 56 78"))
    assert asked_name.requests()[-1].misses == 0


def test_an_alarm_comes_first_and_the_form_goes_on(asked_name):
    asked_name.says("Jan")
    told = asked_name.says(ALARM)
    assert told["alarm"] == "same_day"
    assert said(told).index("huisarts") < said(told).index("telefoonnummer of mailadres")
    assert not asked_name.of().alarm_seen
    assert "Wanneer" in said(asked_name.says("jan@voorbeeld.nl"))
    for text in ("morgen", "ja"):
        done = asked_name.says(text)
    assert said(done).startswith("Je noemde een alarmteken.")
    asked_name.says("Mag ik tillen?")
    assert asked_name.routed.untold == ALARM, "the assistant must know it before it answers"


def test_half_a_form_outlives_the_process(asked_name):
    asked_name.says("Jan de Vries")
    again = Desk.__new__(Desk)
    again.__dict__.update(asked_name.__dict__)
    again.router = type(asked_name.router)(asked_name.database, asked_name.clock)
    again.says("jan@voorbeeld.nl")
    again.says("morgen")
    again.says("ja, dat is goed")
    assert [(r.step, r.name) for r in again.requests()][-1] == ("done", "Jan de Vries")


def test_another_button_is_answered_and_the_form_asks_again(asked_name):
    asked_name.says("Jan")
    told = asked_name.presses("/tillen")
    assert told["author"] == "assistant"
    assert said(told).startswith("Dat mag.\n\nJe was nog bezig")
    assert asked_name.requests()[-1].step == "contact"


def test_a_human_who_is_there_again_is_preferred(asked_name, monkeypatch):
    asked_name.says("Jan")
    told = asked_name.presses(HUMAN)
    assert "telefoonnummer of mailadres" in said(told)
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_TEN)
    asked_name.person()
    asked_name.presses(HUMAN, HUMAN_WANTED)
    assert asked_name.state is State.WAITING
    assert asked_name.requests()[-1].step == "stopped"


def test_it_can_be_asked_for_in_words(desk):
    assert "Hoe heet je?" in said(desk.says("Kunnen jullie me terugbellen?"))


def test_name_and_number_in_one_message(asked_name):
    assert "Wanneer" in said(asked_name.says("Jan de Vries, 06 12345678"))
    request = asked_name.requests()[-1]
    assert (request.name, request.contact) == ("Jan de Vries", "0612345678")


class TestWhileWaiting:
    @pytest.fixture
    def waiting(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
        monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_TEN)
        desk.anna = desk.person()  # type: ignore[attr-defined]
        desk.says("Kan ik iemand spreken?", HUMAN_WANTED)
        return desk

    def test_the_form_leads_back_to_the_assistant(self, waiting):
        assert "Hoe heet je?" in said(waiting.presses(CALLBACK))
        for text in ("Jan", "jan@voorbeeld.nl", "morgen"):
            waiting.says(text)
            assert waiting.state is State.WAITING
        told = waiting.says("ja")
        assert "nemen contact op zodra er iemand vrij is" in said(told)
        assert (waiting.state, waiting.of().why) == (State.BOT, "callback")

    def test_who_stops_keeps_waiting(self, waiting):
        waiting.presses(CALLBACK)
        told = waiting.says("stop")
        assert "staat al klaar" in said(told)
        assert waiting.state is State.WAITING

    def test_a_human_who_comes_ends_the_form(self, waiting):
        waiting.presses(CALLBACK)
        waiting.says("Jan")
        waiting.ownerships.claim(ME, waiting.anna)
        assert waiting.says("jan@voorbeeld.nl")["kind"] == "noted"
        assert waiting.requests()[-1].step == "stopped"
