"""The patient replies to the question that we asked."""

from __future__ import annotations

import pytest

from actions.answer_topic import ActionAnswerTopic, ActionTakeInFact
from rasa_project.names import SLOT_ASKED, SLOT_LAST_TOPIC, SLOT_MISSES
from tests.actions.conftest import PHONES, take

pytestmark = pytest.mark.usefixtures("dutch")
LEG_ASKED = {SLOT_ASKED: "leg_pain", SLOT_LAST_TOPIC: "rusten", SLOT_MISSES: 1}
DAYS_ASKED = {SLOT_ASKED: "pain_days", SLOT_LAST_TOPIC: "duur"}
LEG = "Je hebt ook pijn in je been: rust korter."
NO_LEG = "Je been doet geen pijn: rust zo min mogelijk."


@pytest.mark.parametrize(
    ("slots", "entities", "note"),
    [
        (LEG_ASKED, {"leg_pain": True}, LEG),
        (LEG_ASKED, {"leg_pain": False}, NO_LEG),
        (DAYS_ASKED, {"pain_days": 7.0}, "Je hebt nog kort pijn: het gaat vaak vlot."),
        (DAYS_ASKED, {"pain_days": 365.0}, "Je hebt al lang pijn: het gaat langzamer."),
    ],
)
async def test_a_reply_that_tells_the_fact_gets_the_note_that_fits(slots, entities, note):
    turn = await take(ActionTakeInFact(), slots=slots, entities=entities)
    assert turn.text == note
    topic = slots[SLOT_LAST_TOPIC]
    assert turn.contract == {"topics": [topic], "urgency": "none", "outcome": "answered"}
    assert turn.payloads == [
        "/meer-uitleg",
        "/koude" if topic != "koude" else "/warmte",
        "/bronnen-tonen",
    ]
    assert turn.kept == {**entities, SLOT_MISSES: 0}


@pytest.mark.parametrize(
    ("intent", "told", "note"), [("bevestigen", True, LEG), ("ontkennen", False, NO_LEG)]
)
async def test_yes_and_no_tell_whether_there_is_leg_pain(intent, told, note):
    turn = await take(ActionTakeInFact(), intent, slots=LEG_ASKED, text="ja of nee")
    assert turn.text == note
    assert turn.slots["leg_pain"] is told


async def test_what_the_words_tell_comes_before_yes_or_no():
    turn = await take(
        ActionTakeInFact(), "bevestigen", slots=LEG_ASKED, entities={"leg_pain": False}
    )
    assert turn.text == NO_LEG


async def test_the_note_is_about_what_was_asked_and_not_about_what_was_known():
    # "pregnant" comes first among the notes.
    turn = await take(
        ActionTakeInFact(), slots={**LEG_ASKED, "pregnant": True}, entities={"leg_pain": True}
    )
    assert turn.text == LEG


async def test_a_later_answer_remembers_what_was_told_by_yes():
    slots = dict(LEG_ASKED)
    slots.update((await take(ActionTakeInFact(), "bevestigen", slots=slots)).slots)
    turn = await take(ActionAnswerTopic(), "rusten", slots=slots)
    assert LEG in turn.text
    assert turn.slots.get(SLOT_ASKED) is None


async def test_a_held_urgency_stays():
    turn = await take(
        ActionTakeInFact(), slots={**LEG_ASKED, "urgency": "soon"}, entities={"leg_pain": True}
    )
    assert turn.contract["urgency"] == "soon"


async def test_a_fact_that_makes_no_difference_is_thanked_for():
    slots = {**DAYS_ASKED, SLOT_LAST_TOPIC: "warmte"}
    turn = await take(ActionTakeInFact(), slots=slots, entities={"pain_days": 7.0})
    assert "maakt dat niet veel uit" in turn.text
    assert turn.contract["topics"] == ["warmte"]
    assert turn.slots["pain_days"] == 7.0


@pytest.mark.parametrize(
    ("slots", "intent", "entities"),
    [
        pytest.param(
            {**LEG_ASKED, SLOT_LAST_TOPIC: "weggehaald"}, None, {"leg_pain": True}, id="no answer"
        ),
        pytest.param({SLOT_LAST_TOPIC: "rusten"}, "bevestigen", {}, id="nothing was asked"),
    ],
)
async def test_where_nothing_fits_nothing_is_claimed_and_the_number_is_given(
    slots, intent, entities
):
    turn = await take(ActionTakeInFact(), intent, slots=slots, entities=entities)
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "fallback"}
    assert PHONES["NL"] in turn.text
