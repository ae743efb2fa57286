"""Nobody waits in vain: what a patient gets when nobody does anything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rasa_project.conversation.states import State
from rasa_project.handoff.expectations import CALLBACK, GO_ON
from rasa_project.handoff.sweeper import Sweeper
from tests.storage.desk import (
    ALARM_REPLY,
    HOURS,
    HUMAN_WANTED,
    ME,
    MONDAY_EVENING,
    MONDAY_TEN,
    OTHER,
    Desk,
    payloads,
    said,
)

pytestmark = pytest.mark.usefixtures("rules_read_once")

GIVEN_BACK = {"parts": [{"text": "De assistent gaat verder.", "buttons": []}]}


@pytest.fixture
def desk(database: str, serve_practice: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Monday at ten, Anna is there, and the patient waits."""
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_TEN)
    serve_practice(hours=HOURS)
    made = Desk(database)
    made.anna = made.person()  # type: ignore[attr-defined]
    made.sweeper = Sweeper(database, made.clock)  # type: ignore[attr-defined]
    made.says("Kan ik iemand spreken?", HUMAN_WANTED)
    return made


def later(desk: Desk, minutes: float, present: bool = True) -> Any:
    """Time goes by; Anna's inbox stays open, or not."""
    desk.clock.later(minutes)
    if present:
        desk.seen(desk.anna)  # type: ignore[attr-defined]
    return desk.sweeper.sweep()  # type: ignore[attr-defined]


def test_nothing_is_due_yet(desk):
    assert later(desk, 9) == []
    assert desk.state is State.WAITING


def test_when_nobody_comes_a_call_is_offered_once_and_the_place_is_kept(desk):
    assert later(desk, 10) == [ME]
    assert "Het duurt langer dan ik zei" in said(desk.last())
    assert payloads(desk.last()) == [CALLBACK, GO_ON]
    assert desk.state is State.WAITING
    assert later(desk, 30) == []
    assert "Hoe heet je?" in said(desk.says("ja graag"))
    desk.ownerships.claim(ME, desk.anna)
    assert desk.state is State.HUMAN


def test_who_says_no_to_a_call_keeps_waiting(desk):
    later(desk, 10)
    desk.says("nee")
    assert desk.state is State.WAITING


def test_who_is_leaving_a_number_is_not_disturbed(desk):
    desk.presses(CALLBACK)
    assert later(desk, 15) == []


def test_at_closing_time_nobody_is_left_waiting(desk, monkeypatch):
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_EVENING)
    assert later(desk, 1) == [ME]
    told = said(desk.last())
    assert "niet meer gelukt" in told
    assert "Morgen zijn we open vanaf 08:00 uur." in told
    assert payloads(desk.last()) == [CALLBACK, GO_ON]
    assert (desk.state, desk.of().why) == (State.BOT, "closing")
    assert later(desk, 1) == []
    assert "Hoe heet je?" in said(desk.says("ja"))


def test_at_closing_time_a_flag_is_named_first(desk, monkeypatch):
    desk.ownerships.claim(ME, desk.anna)
    desk.ownerships.give_back(ME, desk.anna, GIVEN_BACK)
    desk.says("Ik kan niet plassen", ALARM_REPLY)
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_EVENING)
    later(desk, 1)
    told = said(desk.last())
    assert told.index("alarmteken") < told.index("niet meer gelukt") < told.index("nummer of mail")
    assert "huisartsenpost" in told


def test_at_closing_time_a_form_goes_on(desk, monkeypatch):
    desk.presses(CALLBACK)
    desk.says("Jan de Vries")
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_EVENING)
    later(desk, 1)
    assert desk.state is State.BOT
    assert "telefoonnummer of mailadres" in said(desk.last())
    for text in ("jan@voorbeeld.nl", "morgen", "ja"):
        desk.says(text)
    assert desk.requests()[-1].step == "done"


class TestWithHuman:
    @pytest.fixture
    def talking(self, desk: Desk) -> Desk:
        desk.ownerships.claim(ME, desk.anna)  # type: ignore[attr-defined]
        desk.ownerships.write(ME, desk.anna, "Dag.", "client-a")  # type: ignore[attr-defined]
        return desk

    def test_who_was_answered_is_left_alone(self, talking):
        assert later(talking, 60) == []
        assert talking.state is State.HUMAN

    def test_who_is_not_answered_goes_back_into_the_queue(self, talking):
        talking.says("Ben je er nog?")
        assert later(talking, 9.5) == []
        talking.says("Hallo?")
        assert later(talking, 0.5) == [ME]
        assert (talking.state, talking.of().why) == (State.WAITING, "no_answer")
        left, told = talking.seen_by_patient()[-2:]
        assert (left["kind"], left["name"], left["to"]) == ("left", "Anna de Wit", "waiting")
        assert said(told).startswith("Anna de Wit kan nu even niet antwoorden")
        assert payloads(told) == [CALLBACK, GO_ON]
        assert later(talking, 1) == []

    def test_a_colleague_who_is_there_is_promised_and_nobody_else(self, talking):
        karim = talking.person("Karim Haddad")
        talking.says("Ben je er nog?")
        talking.clock.later(10)
        talking.seen(karim)
        later(talking, 0)
        assert "Meestal leest iemand binnen 5 minuten mee." in said(talking.last())

    def test_who_went_away_is_not_waited_for_so_long(self, talking):
        talking.says("Ben je er nog?")
        assert later(talking, 1.5, present=False) == []
        assert later(talking, 1, present=False) == [ME]
        assert talking.of().why == "away"
        assert "010 - 123 45 67" in said(talking.last())

    def test_thanks_need_no_answer(self, talking):
        talking.says("Dank je wel!")
        assert later(talking, 60, present=False) == []

    def test_who_came_and_never_wrote_is_taken_back(self, desk):
        desk.says("Het is mijn rug")
        desk.ownerships.claim(ME, desk.anna)
        assert later(desk, 10) == [ME]

    def test_nobody_there_any_more_and_then_closing_time(self, talking, monkeypatch):
        talking.says("Ben je er nog?")
        later(talking, 3, present=False)
        monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_EVENING)
        later(talking, 1, present=False)
        assert talking.state is State.BOT


def test_a_human_who_comes_and_goes_leaves_no_form_behind(desk):
    desk.presses(CALLBACK)
    desk.ownerships.claim(ME, desk.anna)
    later(desk, 1)
    desk.ownerships.give_back(ME, desk.anna, GIVEN_BACK)
    assert desk.says("Dank je")["author"] == "assistant"
    assert desk.requests()[-1].step == "stopped"


def test_who_becomes_first_is_told_once(desk):
    desk.says("Een mens graag", HUMAN_WANTED, conversation=OTHER)
    assert later(desk, 1) == []
    desk.ownerships.claim(ME, desk.anna)
    assert later(desk, 1) == [OTHER]
    assert said(desk.last(OTHER)) == "Je bent nu als eerste aan de beurt."
    assert later(desk, 1) == []


def test_a_form_left_for_a_day_is_wiped_and_said_so(desk):
    desk.says("laat maar")
    desk.presses(CALLBACK)
    desk.says("Jan de Vries")
    assert later(desk, 24 * 60 - 1) == []
    assert later(desk, 1) == [ME]
    request = desk.requests()[-1]
    assert (request.step, request.name) == ("stopped", "")
    assert "gewist" in said(desk.last())
    assert payloads(desk.last()) == [CALLBACK]
    assert later(desk, 1) == []


def test_of_several_servers_one_does_it(desk):
    desk.clock.later(10)
    desk.seen(desk.anna)
    with ThreadPoolExecutor(4) as pool:
        sweeps = [pool.submit(Sweeper(desk.database, desk.clock).sweep) for _ in range(4)]
        changed = [one for sweep in sweeps for one in sweep.result()]
    assert changed == [ME]
    offers = [e for e in desk.seen_by_patient() if "Het duurt langer" in said(e)]
    assert len(offers) == 1
