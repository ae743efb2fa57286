"""Who a message is for, before and after the assistant: on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from rasa_project.contract import Outcome
from rasa_project.conversation.states import State
from rasa_project.handoff.expectations import CALLBACK, GO_ON, HUMAN
from rasa_project.redflags.urgency import Urgency
from tests.storage.desk import (
    ALARM,
    ALARM_REPLY,
    ANSWER,
    EMERGENCY,
    HOURS,
    HUMAN_WANTED,
    ME,
    MISSED_TWICE,
    MONDAY_EVENING,
    MONDAY_TEN,
    OTHER,
    Desk,
    payloads,
    reply,
    said,
)

pytestmark = pytest.mark.usefixtures("rules_read_once")

QUESTION = "Mag ik tillen?"
WORSE_BUTTONS = [{"title": title, "payload": title} for title in ("Ja", "Nee", "Weet ik niet")]
RETAINED = reply(
    Outcome.TRIAGE, Urgency.SAME_DAY, text="Bel nu.\n\nWordt het erger?", buttons=WORSE_BUTTONS
)
GIVEN_BACK = {"parts": [{"text": "De assistent gaat verder.", "buttons": []}]}


@pytest.fixture
def desk(database: str, serve_practice: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Monday at ten: open, and nobody there yet."""
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_TEN)
    serve_practice(hours=HOURS)
    return Desk(database)


@pytest.fixture
def closed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_EVENING)
    return desk


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """Anna is there, and the patient waits."""
    desk.anna = desk.person()  # type: ignore[attr-defined]
    desk.says("Kan ik iemand spreken?", HUMAN_WANTED)
    assert desk.state is State.WAITING
    return desk


def test_a_question_is_for_the_assistant(desk):
    settled = desk.says(QUESTION)
    assert (settled["author"], said(settled), desk.state) == ("assistant", "Dat mag.", State.BOT)


# ---- asked for


def test_who_asks_while_somebody_is_there_waits_and_knows_what_to_expect(desk):
    desk.person()
    told = desk.says("Kan ik iemand spreken?", HUMAN_WANTED)
    assert "Anna de Wit kijkt met je mee, meestal binnen 5 minuten." in said(told)
    assert "als eerste aan de beurt" in said(told)
    assert "na 10 minuten" in said(told)
    assert payloads(told) == [GO_ON, CALLBACK]
    assert (told["outcome"], told["topics"]) == ("handoff", ["mens-spreken"])
    now = desk.of()
    assert (now.state, now.why, now.waiting_since) == (State.WAITING, "asked", desk.clock.now)
    (change,) = desk.ownerships.history(ME)
    assert (change["before"], change["after"], change["actor"]) == ("bot", "waiting", "patient")


def test_the_most_urgent_is_helped_first_and_the_others_are_told(waiting):
    told = waiting.says("Een mens graag", HUMAN_WANTED, conversation=OTHER)
    assert "Er is nog 1 iemand voor je." in said(told)


def test_an_urgent_patient_goes_before_who_waits_already(waiting):
    told = waiting.says(ALARM, ALARM_REPLY, conversation=OTHER)
    assert "als eerste aan de beurt" in said(told)


@pytest.mark.parametrize("present", [(), ("afwezig",), ("meekijker",)])
def test_who_asks_while_nobody_can_come_is_offered_to_be_called(desk, present):
    if "afwezig" in present:
        desk.person(present=False)
    if "meekijker" in present:
        desk.person(role="meekijker")
    told = desk.says("Kan ik iemand spreken?", HUMAN_WANTED)
    assert desk.state is State.BOT
    assert "010 - 123 45 67" in said(told)
    assert payloads(told) == [CALLBACK, GO_ON]


def test_somebody_who_was_last_seen_a_while_ago_is_not_there(desk):
    desk.person()
    desk.clock.later(2.5)
    desk.says("Kan ik iemand spreken?", HUMAN_WANTED)
    assert desk.state is State.BOT


def test_in_the_evening_the_next_opening_is_told(closed):
    closed.person()
    told = closed.says("Kan ik iemand spreken?", HUMAN_WANTED)
    assert closed.state is State.BOT
    assert "Morgen zijn we open vanaf 08:00 uur." in said(told)
    assert "huisartsenpost" in said(told)
    assert payloads(told) == [CALLBACK, GO_ON]


def test_with_an_active_flag_what_to_do_comes_first(closed):
    closed.says(ALARM, ALARM_REPLY)
    told = closed.says("Kan ik iemand spreken?", HUMAN_WANTED)
    assert said(told).startswith("Je noemde een alarmteken.")


@pytest.mark.parametrize(
    ("text", "payload"), [("Ik wil een mens spreken", HUMAN), ("Kan ik iemand spreken?", None)]
)
def test_while_a_flag_is_active_a_human_can_be_asked_for(desk, monkeypatch, text, payload):
    desk.person()
    desk.says(ALARM, RETAINED)
    assert desk.state is State.BOT
    intent = "mens-spreken"
    monkeypatch.setattr("rasa_project.conversation.after_rasa.last_intent", lambda *_: intent)
    told = desk.says(text, ALARM_REPLY, payload)
    assert desk.state is State.WAITING
    assert said(told).startswith("Bel nu je huisarts.")
    assert "Wacht daar niet op" in said(told)


def test_after_the_answer_to_another_question_both_are_said(desk):
    desk.person()
    both = reply(Outcome.HANDOFF, topics=["tillen", "mens-spreken"], text="Tillen mag.")
    told = desk.says("Mag ik tillen en kan ik iemand spreken?", both)
    assert said(told).startswith("Tillen mag.")
    assert "Anna de Wit" in said(told)


def test_a_topic_can_always_go_to_a_human(desk, serve_practice):
    serve_practice(hours=HOURS, handoff={"always_human": ["tillen"]})
    desk.person()
    told = desk.says(QUESTION)
    assert said(told).startswith("Dat mag.\n\nOver dit onderwerp praat je beter met een mens.")
    assert (desk.state, desk.of().why) == (State.WAITING, "topic")


# ---- offered


def test_after_two_misses_a_human_is_offered_and_not_forced(desk):
    desk.person()
    told = desk.says("blub", MISSED_TWICE)
    assert desk.state is State.BOT
    assert "Anna de Wit is er nu" in said(told)
    assert payloads(told) == [HUMAN]


def test_who_says_yes_to_the_offer_waits(desk):
    desk.person()
    desk.says("blub", MISSED_TWICE)
    told = desk.says("ja graag")
    assert desk.state is State.WAITING
    assert "Anna de Wit kijkt met je mee" in said(told)


def test_who_asks_something_else_is_answered(desk):
    desk.says("blub", MISSED_TWICE)
    assert desk.says(QUESTION)["author"] == "assistant"
    assert desk.says("ja")["author"] == "assistant", "the offer holds for one message"


def test_after_two_misses_with_nobody_there_a_call_is_offered(desk):
    told = desk.says("blub", MISSED_TWICE)
    assert payloads(told) == [CALLBACK]
    assert "Hoe heet je?" in said(desk.says("ja"))


def test_two_answers_that_could_not_be_given_are_two_misses(desk):
    nothing = reply(Outcome.FALLBACK, text="Daar heb ik geen antwoord op.")
    assert payloads(desk.says("een", nothing)) == []
    assert payloads(desk.says("twee", nothing)) == [CALLBACK]


def test_two_thumbs_down_offer_a_human_once(desk):
    first, second = desk.says(QUESTION), desk.says(QUESTION)
    assert desk.log.give_feedback(ME, first["id"], False)
    assert not desk.router.after_feedback(ME)
    assert desk.log.give_feedback(ME, second["id"], False)
    assert desk.router.after_feedback(ME)
    assert not desk.router.after_feedback(ME)
    offer = desk.last()
    assert (offer["author"], payloads(offer)) == ("system", [CALLBACK])
    third = desk.says(QUESTION)
    desk.log.give_feedback(ME, third["id"], False)
    assert not desk.router.after_feedback(ME), "it takes two after the last offer"


# ---- alarms


def test_an_alarm_is_held_and_unseen_and_a_human_is_told(desk):
    desk.person()
    told = desk.says(ALARM, ALARM_REPLY)
    assert said(told).startswith("Bel nu je huisarts.")
    assert "leest ook met je mee" in said(told)
    now = desk.of()
    assert (now.state, now.why, now.urgency, now.alarm_seen) == (
        State.WAITING, "alarm", Urgency.SAME_DAY, False,
    )  # fmt: skip


def test_the_question_that_may_make_it_worse_comes_first(desk):
    desk.person()
    desk.says(ALARM, RETAINED)
    assert desk.state is State.BOT
    desk.says("nee", ALARM_REPLY)
    assert desk.state is State.WAITING


def test_an_alarm_while_nobody_is_there_stays_with_the_assistant(closed):
    told = closed.says(ALARM, ALARM_REPLY)
    assert said(told) == "Bel nu je huisarts."
    assert (closed.state, closed.of().alarm_seen) == (State.BOT, False)


def test_who_goes_on_with_the_assistant_is_not_sent_to_the_queue_each_turn(desk):
    desk.person()
    desk.says(ALARM, ALARM_REPLY)
    desk.presses(GO_ON)
    desk.says(QUESTION, ALARM_REPLY)
    assert desk.state is State.BOT
    desk.says(ALARM, ALARM_REPLY)
    assert desk.state is State.WAITING, "a new alarm is another matter"


def test_what_was_given_back_is_not_sent_to_the_queue_by_a_repetition(desk):
    anna = desk.person()
    desk.says(ALARM, ALARM_REPLY)
    desk.ownerships.claim(ME, anna)
    desk.ownerships.give_back(ME, anna, GIVEN_BACK)
    desk.says(QUESTION, ALARM_REPLY)
    assert desk.state is State.BOT
    desk.says(ALARM, ALARM_REPLY)
    assert not desk.of().alarm_seen


# ---- while waiting


def test_one_line_says_what_becomes_of_messages_and_then_they_are_kept_quietly(waiting):
    first = waiting.says("Het begon gisteren")
    assert (first["kind"], first["author"]) == ("message", "system")
    assert "fysiotherapeut leest het" in said(first)
    second = waiting.says("En het trekt naar mijn been")
    assert second["kind"] == "noted"
    assert waiting.last()["text"] == "En het trekt naar mijn been"
    assert waiting.log.first_unanswered(ME) is None


@pytest.mark.parametrize(
    ("text", "payload"),
    [("knop", GO_ON), ("Laat maar", None), ("ik wil verder met de assistent", None)],
)
def test_who_changes_their_mind_goes_on_with_the_assistant(waiting, text, payload):
    told = waiting.says(text, payload=payload)
    assert "Je praat weer met mij" in said(told)
    assert (waiting.state, waiting.of().why) == (State.BOT, "changed_mind")
    assert waiting.says(QUESTION)["author"] == "assistant"


def test_who_asks_again_hears_the_place_in_the_line(waiting):
    told = waiting.presses(HUMAN)
    assert "Je vraag om een mens staat al klaar." in said(told)
    assert "als eerste" in said(told)
    assert len(waiting.ownerships.history(ME)) == 1


def test_an_alarm_while_waiting_is_answered_at_once(waiting):
    for text, urgency in ((ALARM, Urgency.SAME_DAY), (EMERGENCY, Urgency.EMERGENCY)):
        told = waiting.says(text)
        assert (told["kind"], told["alarm"]) == ("message", urgency.value)
        now = waiting.of()
        assert (now.state, now.urgency, now.alarm_seen) == (State.WAITING, urgency, False)
    assert "112" in said(told)


def test_the_assistant_learns_of_an_alarm_that_it_did_not_read(waiting):
    waiting.says(ALARM)
    waiting.says("laat maar")
    waiting.says(QUESTION)
    assert waiting.routed.untold == ALARM
    waiting.says(QUESTION)
    assert waiting.routed.untold == ""


def test_what_a_therapist_read_is_not_told_to_the_assistant(waiting):
    waiting.says(ALARM)
    waiting.ownerships.claim(ME, waiting.anna)
    waiting.ownerships.give_back(ME, waiting.anna, GIVEN_BACK)
    waiting.says(QUESTION)
    assert waiting.routed.untold == ""


# ---- with a human


def test_who_wants_the_assistant_back_gets_it_from_a_human_too(waiting):
    waiting.ownerships.claim(ME, waiting.anna)
    told = waiting.presses(GO_ON)
    assert "Je praat weer met mij" in said(told)
    left = [e for e in waiting.seen_by_patient() if e["kind"] == "left"]
    assert [(e["name"], e["to"]) for e in left] == [("Anna de Wit", "bot")]
    assert waiting.state is State.BOT


def test_messages_to_a_human_are_kept_and_not_answered(waiting):
    waiting.ownerships.claim(ME, waiting.anna)
    settled = waiting.says("Mag ik tillen?")
    assert (settled["kind"], settled["author"]) == ("noted", "system")
    assert waiting.last()["author"] == "patient"
    assert waiting.log.first_unanswered(ME) is None


def test_an_emergency_to_a_human_is_answered_at_once(waiting):
    waiting.ownerships.claim(ME, waiting.anna)
    told = waiting.says(EMERGENCY)
    assert (told["kind"], told["alarm"], "112" in said(told)) == ("message", "emergency", True)
    assert not waiting.of().alarm_seen


def test_a_lesser_alarm_to_a_human_is_for_the_human(waiting):
    waiting.ownerships.claim(ME, waiting.anna)
    settled = waiting.says(ALARM)
    assert settled["kind"] == "noted"
    (noted,) = [e for e in waiting.contents() if "findings" in e]
    assert noted["findings"][0]["flag"] == "RF01"
    assert noted["alarm"] == noted["urgency"] == "same_day"
    assert waiting.of().urgency is Urgency.SAME_DAY


def test_a_reply_that_comes_after_the_human_is_only_for_the_practice(desk):
    anna = desk.person()
    message = desk.sends(QUESTION)
    assert not desk.router.before(ME, message).is_settled
    desk.ownerships.claim(ME, anna)
    desk.log.add_reply(ME, message.event, ANSWER, also=desk.router.after(message, ANSWER))
    assert [event["kind"] for event in desk.seen_by_patient()] == ["message", "joined"]
    assert desk.staff()[-1]["kind"] == "noted"
    assert desk.state is State.HUMAN


def test_but_an_alarm_is_said_all_the_same(desk):
    anna = desk.person()
    message = desk.sends(ALARM)
    desk.router.before(ME, message)
    desk.ownerships.claim(ME, anna)
    also = desk.router.after(message, ALARM_REPLY)
    desk.log.add_reply(ME, message.event, ALARM_REPLY, also=also)
    assert said(desk.last()) == "Bel nu je huisarts."
    assert (desk.state, desk.of().alarm_seen) == (State.HUMAN, False)


def test_who_writes_in_a_closed_conversation_begins_with_the_assistant(waiting):
    waiting.ownerships.claim(ME, waiting.anna)
    waiting.ownerships.close(ME, waiting.anna, "klaar", GIVEN_BACK)
    assert waiting.says(QUESTION)["author"] == "assistant"
    assert waiting.state is State.BOT


def test_a_message_is_settled_once(waiting):
    message = waiting.sends("Het begon gisteren")
    assert waiting.router.before(ME, message) == waiting.router.before(ME, message)
    assert len([e for e in waiting.staff() if e["reply_to"] == message.event]) == 1
