"""More, simpler, or the sources of the answer before."""

from __future__ import annotations

import pytest

from actions.about_last_answer import (
    ActionExplainSimply,
    ActionMoreExplanation,
    ActionShowSources,
)
from actions.answer_topic import ActionAnswerTopic
from rasa_project.conversation.texts import filled, texts
from rasa_project.names import SLOT_LAST_TOPIC, SLOT_MISSES, SLOT_SHOWN
from tests.actions.conftest import PHONES, take

pytestmark = pytest.mark.usefixtures("dutch")
# "mens-spreken" is one of the follow-ups of "warmte".
AFTER_WARMTE = {SLOT_LAST_TOPIC: "warmte"}
MORE, SIMPLER, SOURCES = ActionMoreExplanation, ActionExplainSimply, ActionShowSources


async def taken_after(topic: str, *actions):
    """The last turn of a conversation in which a topic was answered, and then this was asked."""
    slots = {}
    turn = await take(ActionAnswerTopic(), topic)
    for action in actions:
        slots.update(turn.slots)
        turn = await take(action(), slots=slots)
    return turn


async def test_more_explanation_is_about_the_last_answer():
    turn = await take(MORE(), slots={**AFTER_WARMTE, SLOT_MISSES: 1})
    assert turn.text == "Het lange antwoord over warmte. Vraag het je fysiotherapeut."
    assert turn.contract == {"topics": ["warmte"], "urgency": "none", "outcome": "answered"}
    assert turn.payloads == ["/koude", "/mens-spreken", "/bronnen-tonen", "/snap-ik-niet"]
    assert turn.kept == {SLOT_SHOWN: "more", SLOT_MISSES: 0}


async def test_the_simple_text_is_about_the_last_answer():
    turn = await take(SIMPLER(), slots={**AFTER_WARMTE, SLOT_MISSES: 1})
    assert turn.text == "Het simpele antwoord over warmte."
    assert turn.contract == {"topics": ["warmte"], "urgency": "none", "outcome": "answered"}
    assert turn.payloads == ["/meer-uitleg", "/koude", "/mens-spreken"]
    assert turn.kept == {SLOT_SHOWN: "simple", SLOT_MISSES: 0}


async def test_the_sources_of_the_last_answer_are_listed():
    turn = await take(SOURCES(), slots=AFTER_WARMTE)
    assert "- Richtlijn Lage rugpijn: richtlijn (2021), https://kngf.nl/richtlijn" in turn.text
    assert "Concept" in turn.text
    assert turn.contract["topics"] == ["warmte"]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param([MORE, MORE], id="more twice"),
        pytest.param([MORE, SOURCES, MORE], id="more, sources, more"),
        pytest.param([MORE, MORE, MORE], id="more three times"),
    ],
)
async def test_when_there_is_no_more_that_is_said_and_a_human_is_offered_once(asked):
    turn = await taken_after("warmte", *asked)
    assert turn.text == filled(texts().no_more)
    assert PHONES["NL"] in turn.text
    assert turn.payloads.count("/mens-spreken") == 1
    assert turn.contract["urgency"] == "none"


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param([SIMPLER, SIMPLER], id="simpler twice"),
        pytest.param([SIMPLER, SOURCES, SIMPLER], id="simpler, sources, simpler"),
        pytest.param([MORE, SIMPLER, SIMPLER], id="more, simpler twice"),
    ],
)
async def test_what_is_too_hard_in_simple_words_too_leads_to_a_human_first(asked):
    turn = await taken_after("warmte", *asked)
    assert turn.text == filled(texts().not_simpler)
    assert PHONES["NL"] in turn.text
    assert turn.payloads[0] == "/mens-spreken"
    assert turn.payloads.count("/mens-spreken") == 1


async def test_a_human_is_offered_where_the_follow_ups_name_none():
    assert "/mens-spreken" in (await taken_after("koude", MORE, MORE)).payloads
    assert "/mens-spreken" in (await taken_after("koude", SIMPLER, SIMPLER)).payloads


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        pytest.param([MORE, SIMPLER], "Het simpele antwoord over warmte.", id="more, simpler"),
        pytest.param([SIMPLER, MORE], "Het lange antwoord over warmte.", id="simpler, more"),
    ],
)
async def test_more_and_simpler_can_follow_each_other(asked, text):
    assert (await taken_after("warmte", *asked)).text.startswith(text)


async def test_after_a_new_answer_there_is_more_again():
    slots = dict((await taken_after("warmte", MORE, MORE)).slots)
    slots.update((await take(ActionAnswerTopic(), "koude", slots=slots)).slots)
    assert (await take(MORE(), slots=slots)).text.startswith("Het lange antwoord over koude.")


@pytest.mark.parametrize("action", [MORE, SIMPLER])
@pytest.mark.parametrize("last", [None, "", "weggehaald"])
async def test_without_an_answer_before_is_asked_what_about(action, last):
    turn = await take(action(), slots={SLOT_LAST_TOPIC: last})
    assert "Waarover wil je meer weten" in turn.text
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "fallback"}
    assert turn.kept == {}


async def test_sources_without_an_answer_before_tell_what_answers_rest_on():
    turn = await take(SOURCES())
    assert turn.contract["topics"] == ["chatbot-grenzen"]
    assert turn.slots[SLOT_LAST_TOPIC] == "chatbot-grenzen"


@pytest.mark.parametrize("action", [MORE, SIMPLER, SOURCES])
async def test_a_held_urgency_stays(action):
    turn = await take(action(), slots={**AFTER_WARMTE, "urgency": "soon"})
    assert turn.contract["urgency"] == "soon"
