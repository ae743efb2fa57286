"""When the assistant is not sure, or there is nothing to read."""

from __future__ import annotations

import pytest

from actions.clarify import ActionBadInput, ActionClarify
from rasa_project.conversation.texts import texts
from rasa_project.names import SLOT_MISSES
from tests.actions.conftest import PHONES, take

pytestmark = pytest.mark.usefixtures("dutch")
LIKELY = [
    ("nlu_fallback", 0.6),
    ("warmte", 0.3),
    ("begroeting", 0.2),
    ("koude", 0.2),
    ("chatbot-grenzen", 0.1),
    ("spoednummers-nl-be", 0.08),
]


async def test_a_first_miss_asks_which_of_the_likeliest_topics_is_meant():
    turn = await take(ActionClarify(), "nlu_fallback", ranking=LIKELY)
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "clarify"}
    assert turn.payloads == ["/warmte", "/koude", "/chatbot-grenzen"]
    assert [button["title"] for button in turn.message["buttons"]][0] == "Wat is warmte?"
    assert "Bedoel je" in turn.text
    assert turn.slots == {SLOT_MISSES: 1}


async def test_two_candidates_are_enough_to_ask():
    turn = await take(ActionClarify(), ranking=LIKELY[:4])
    assert turn.payloads == ["/warmte", "/koude"]


@pytest.mark.parametrize("ranking", [[], LIKELY[:2], [("warmte", 0.03), ("koude", 0.02)]])
async def test_a_first_miss_without_two_likely_topics_asks_for_other_words(ranking):
    turn = await take(ActionClarify(), ranking=ranking)
    assert turn.contract["outcome"] == "fallback"
    assert not turn.message["buttons"]
    assert "andere woorden" in turn.text
    assert turn.slots == {SLOT_MISSES: 1}


async def test_a_second_miss_offers_a_human():
    turn = await take(ActionClarify(), slots={SLOT_MISSES: 1.0}, ranking=LIKELY)
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "handoff"}
    assert turn.payloads == ["/warmte", "/koude", "/mens-spreken"]
    assert PHONES["NL"] in turn.text
    assert "We zijn nu " in turn.text
    assert turn.slots == {SLOT_MISSES: 2}


async def test_a_second_miss_offers_a_human_even_without_a_guess():
    turn = await take(ActionClarify(), slots={SLOT_MISSES: 1.0})
    assert turn.payloads == ["/mens-spreken"]
    assert turn.contract["outcome"] == "handoff"


async def test_a_third_miss_still_offers_a_human():
    turn = await take(ActionClarify(), slots={SLOT_MISSES: 2.0}, ranking=LIKELY)
    assert "/mens-spreken" in turn.payloads
    assert turn.slots == {SLOT_MISSES: 3}


async def test_a_human_is_offered_once_when_a_human_is_also_the_likeliest_guess():
    ranking = [("mens-spreken", 0.3), ("warmte", 0.2), ("koude", 0.1)]
    turn = await take(ActionClarify(), slots={SLOT_MISSES: 1.0}, ranking=ranking)
    assert turn.payloads == ["/warmte", "/koude", "/mens-spreken"]


async def test_asking_back_keeps_the_urgency_that_is_held():
    turn = await take(ActionClarify(), slots={"urgency": "soon"}, ranking=LIKELY)
    assert turn.contract["urgency"] == "soon"


@pytest.mark.parametrize("kind", ["leeg", "zonder_woorden", "te_lang"])
async def test_a_message_that_holds_no_question_gets_its_own_sentence(kind):
    turn = await take(ActionBadInput(), "onleesbaar-bericht", bad_input=kind)
    assert turn.text == texts().bad_input[kind].strip()
    assert turn.contract["outcome"] == "fallback"
    assert turn.slots == {}


async def test_a_typed_name_of_the_intent_counts_as_an_empty_message():
    turn = await take(ActionBadInput(), "onleesbaar-bericht")
    assert turn.text == texts().bad_input["leeg"].strip()
