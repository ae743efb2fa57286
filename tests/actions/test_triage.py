"""The triage dialogue: a suspicion, its replies, and the check."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from actions.answer_topic import ActionAnswerTopic
from actions.triage import ActionTriage
from rasa_project.conversation.triage_file import triage_file
from rasa_project.names import (
    SLOT_CHECK_AT,
    SLOT_DENIED,
    SLOT_FLAGS,
    SLOT_TRIAGE,
    SLOT_URGENCY,
    SLOT_WEAK_SIGNS,
)
from rasa_project.redflags.urgency import Urgency
from tests.actions.conftest import Turn, take
from tests.builders import small_catalogue

pytestmark = pytest.mark.usefixtures("dutch")
SUSPECTED = {"flag": "RF01", "sign": "RF01-second-reader", "urgency": "same_day"}
CHECK = triage_file().check


async def asked() -> Turn:
    return await take(ActionTriage(), "warmte", suspected=SUSPECTED, text="is warmte goed")


async def reply(text: str, before: Dict[str, Any]) -> Turn:
    return await take(ActionTriage(), text=text, slots=before)


async def test_a_suspicion_is_asked_about_before_the_answer():
    turn = await asked()
    assert turn.text.endswith("Voelt het doof?")
    assert turn.payloads == ["Ja", "Nee", "Weet ik niet"]
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "triage"}


async def test_after_an_unclear_reply_the_question_is_asked_once_more():
    again = await reply("ik ben 54 trouwens", (await asked()).slots)
    assert "Voelt het doof?" in again.text
    assert again.contract == {"topics": [], "urgency": "none", "outcome": "triage"}
    alarm = await reply("ik snap de vraag niet zo goed", again.slots)
    assert alarm.contract["urgency"] == "same_day"
    answered = await reply("Nee", (await reply("Nee", again.slots)).slots)
    assert answered.contract["urgency"] == "same_day"


@pytest.mark.parametrize("text", ["Ja", "Weet ik niet"])
async def test_yes_and_not_knowing_raise_the_alarm(text):
    turn = await reply(text, (await asked()).slots)
    assert turn.text.startswith("Bel nu de huisartsenpost.")
    assert turn.contract["urgency"] == "same_day"
    assert turn.slots[SLOT_FLAGS] == ["RF01"]


async def test_after_no_twice_the_question_that_was_put_is_answered():
    first = await asked()
    second = await reply("Nee", first.slots)
    assert second.text.endswith("Kun je plassen?")
    third = await reply("Ja", second.slots)
    assert third.contract["topics"] == ["warmte"]
    assert "Het korte antwoord over warmte" in third.text
    assert third.slots[SLOT_DENIED] == ["RF01"]
    assert third.slots[SLOT_TRIAGE] is None


async def test_a_helpline_stands_beside_the_question_and_after_its_no():
    suspected = {**SUSPECTED, "flag": "RF17"}
    first = await take(ActionTriage(), "warmte", suspected=suspected, text="is warmte goed")
    assert first.text.endswith("Denk je aan de dood?\n\nPraten kan: 113.")
    after = await reply("Nee", first.slots)
    assert "Praten kan: 113." in after.text
    assert after.contract["topics"] == ["warmte"]


async def test_112_stands_beside_a_question_about_an_emergency(serve):
    rules = small_catalogue()
    flag = rules.flags["RF01"]
    urgent = [question.copy(update={"urgency": Urgency.EMERGENCY}) for question in flag.confirm]
    flags = {**rules.flags, "RF01": flag.copy(update={"confirm": urgent})}
    serve(red_flags=rules.copy(update={"flags": flags}))
    assert (await asked()).text.endswith("Bel dan meteen 112, en wacht niet op mij.")


async def test_the_answer_that_means_alarm_may_be_no():
    second = await reply("Nee", (await asked()).slots)
    turn = await reply("Nee", second.slots)
    assert turn.contract["urgency"] == "same_day"


async def test_a_reply_to_the_question_beside_an_alarm_can_raise_it():
    held = {
        SLOT_URGENCY: "same_day",
        SLOT_FLAGS: ["RF01"],
        SLOT_TRIAGE: {"kind": "worse", "flag": "RF01", "urgency": "same_day"},
    }
    worse = await reply("Nee", held)
    assert worse.text == "Bel nu 112 voor je rug."
    assert worse.slots[SLOT_URGENCY] == "emergency"
    same = await reply("Ja", held)
    assert "Bel nog eens de huisartsenpost." in same.text
    assert same.contract["urgency"] == "same_day"
    assert SLOT_URGENCY not in same.slots


async def check_until(number: int) -> Turn:
    turn = await take(ActionTriage(), text="Is mijn rugpijn ernstig?")
    for _ in range(number - 1):
        turn = await reply("Nee", turn.slots)
    return turn


async def test_the_check_shows_its_progress_and_has_a_clear_end():
    total = len(CHECK.questions)
    for number in range(1, total + 1):
        assert f"Vraag {number} van {total}." in (await check_until(number)).text
    end = await reply("Nee", (await check_until(total)).slots)
    assert end.text == CHECK.clear
    assert end.slots[SLOT_TRIAGE] is None
    assert end.contract["urgency"] == "none"


async def test_the_check_says_first_when_to_call_112():
    first = await check_until(1)
    assert "112" in first.text
    assert first.payloads == ["Ja", "Nee", "Weet ik niet", "Stop met de check"]


@pytest.mark.parametrize("text", ["Ja", "Weet ik niet"])
async def test_a_strong_sign_ends_the_check_with_the_alarm(text):
    turn = await reply(text, (await check_until(1)).slots)
    assert turn.contract["urgency"] == "same_day"


async def test_the_check_can_be_stopped_and_resumed():
    stopped = await reply("Stop met de check", (await check_until(3)).slots)
    assert stopped.payloads == ["Verder met de check"]
    assert stopped.slots[SLOT_CHECK_AT] == 2
    resumed = await reply("Verder met de check", stopped.slots)
    assert "Vraag 3 van" in resumed.text


async def test_another_message_leaves_the_check_where_it_was():
    during = await check_until(2)
    turn = await take(ActionAnswerTopic(), "warmte", slots=during.slots)
    assert turn.contract["topics"] == ["warmte"]
    assert turn.slots[SLOT_CHECK_AT] == 1
    assert "Verder met de check" in turn.payloads


async def test_weak_signs_are_kept():
    turn = await take(ActionAnswerTopic(), "warmte", weak_signs=["nachtpijn"])
    assert turn.slots[SLOT_WEAK_SIGNS] == ["nachtpijn"]
    again = await take(ActionAnswerTopic(), "warmte", slots=turn.slots, weak_signs=["nachtpijn"])
    assert SLOT_WEAK_SIGNS not in again.slots


async def test_beside_an_alarm_the_check_is_not_offered_again():
    # At level 1 nothing is asked beside the number, so no open question replaces the check.
    held = {SLOT_TRIAGE: {"kind": "check", "number": 0}, SLOT_URGENCY: "emergency"}
    alarm = await reply("Ja", held)
    assert alarm.contract["outcome"] == "triage"
    assert SLOT_URGENCY in alarm.slots
    assert "Verder met de check" not in alarm.payloads
