"""When the assistant is not sure, or there is nothing to read."""

from __future__ import annotations

import pytest

from actions.clarify import ActionBadInput, ActionClarify
from rasa_project.conversation.texts import texts
from rasa_project.names import SLOT_LAST_TOPIC, SLOT_MISSES, SLOT_OFFERED
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
    assert turn.kept == {
        SLOT_MISSES: 1,
        SLOT_OFFERED: ["warmte", "koude", "chatbot-grenzen"],
    }


async def test_two_candidates_are_enough_to_ask():
    turn = await take(ActionClarify(), ranking=LIKELY[:4])
    assert turn.payloads == ["/warmte", "/koude"]


@pytest.mark.parametrize("ranking", [[], LIKELY[:2], [("warmte", 0.03), ("koude", 0.02)]])
async def test_a_first_miss_without_two_likely_topics_asks_for_other_words(ranking):
    turn = await take(ActionClarify(), ranking=ranking)
    assert turn.contract["outcome"] == "fallback"
    assert not turn.message["buttons"]
    assert "andere woorden" in turn.text
    assert turn.kept == {SLOT_MISSES: 1}


async def test_a_second_miss_offers_a_human():
    turn = await take(ActionClarify(), slots={SLOT_MISSES: 1.0}, ranking=LIKELY)
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "handoff"}
    assert turn.payloads == ["/warmte", "/koude", "/mens-spreken"]
    assert PHONES["NL"] in turn.text
    assert "We zijn nu " in turn.text
    assert turn.slots[SLOT_MISSES] == 2


async def test_a_second_miss_offers_a_human_even_without_a_guess():
    turn = await take(ActionClarify(), slots={SLOT_MISSES: 1.0})
    assert turn.payloads == ["/mens-spreken"]
    assert turn.contract["outcome"] == "handoff"


async def test_a_third_miss_still_offers_a_human():
    turn = await take(ActionClarify(), slots={SLOT_MISSES: 2.0}, ranking=LIKELY)
    assert "/mens-spreken" in turn.payloads
    assert turn.slots[SLOT_MISSES] == 3


async def test_a_human_is_offered_once_when_a_human_is_also_the_likeliest_guess():
    ranking = [("mens-spreken", 0.3), ("warmte", 0.2), ("koude", 0.1)]
    turn = await take(ActionClarify(), slots={SLOT_MISSES: 1.0}, ranking=ranking)
    assert turn.payloads == ["/warmte", "/koude", "/mens-spreken"]


@pytest.mark.parametrize("misses", [0.0, 1.0, 2.0])
@pytest.mark.parametrize(
    "ranking",
    [LIKELY, LIKELY[:4], LIKELY[:2], [], [("mens-spreken", 0.3), ("warmte", 0.2), ("koude", 0.1)]],
)
async def test_what_is_offered_is_what_is_seen_in_that_order(misses, ranking):
    # Or "de derde" means another topic than the third button.
    turn = await take(ActionClarify(), slots={SLOT_MISSES: misses}, ranking=ranking)
    assert [f"/{topic}" for topic in turn.slots[SLOT_OFFERED] or []] == turn.payloads


async def test_an_unsure_follow_up_asks_about_its_likeliest_meanings():
    turn = await take(
        ActionClarify(),
        "nlu_fallback",
        slots={SLOT_LAST_TOPIC: "warmte"},
        ranking=[("chatbot-grenzen", 0.3), ("mens-spreken", 0.2)],
        follow_up={"rusten": -1.0, "meer-uitleg": -1.1, "duur": -1.2, "koude": -1.3},
    )
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "clarify"}
    assert turn.payloads == ["/rusten", "/duur", "/koude"]
    assert turn.slots[SLOT_OFFERED] == ["rusten", "duur", "koude"]


@pytest.mark.parametrize("misses", [0.0, 1.0, 2.0])
async def test_yes_to_several_offered_topics_asks_which_and_is_no_miss(misses):
    turn = await take(
        ActionClarify(),
        "bevestigen",
        slots={SLOT_OFFERED: ["duur", "rusten"], SLOT_MISSES: misses},
        text="ja",
        ranking=[("bevestigen", 0.9), ("warmte", 0.05), ("koude", 0.04)],
    )
    assert turn.text == texts().which_one
    assert turn.contract["outcome"] == "clarify"
    assert turn.payloads == ["/duur", "/rusten"]
    assert turn.kept == {SLOT_MISSES: misses, SLOT_OFFERED: ["duur", "rusten"]}


async def test_a_topic_that_was_taken_away_is_not_offered():
    turn = await take(
        ActionClarify(), "bevestigen", slots={SLOT_OFFERED: ["weg", "duur", "rusten"]}, text="ja"
    )
    assert turn.payloads == ["/duur", "/rusten"]


async def test_asking_back_keeps_the_urgency_that_is_held():
    turn = await take(ActionClarify(), slots={"urgency": "soon"}, ranking=LIKELY)
    assert turn.contract["urgency"] == "soon"


@pytest.mark.parametrize("kind", ["leeg", "zonder_woorden", "te_lang"])
async def test_a_message_that_holds_no_question_gets_its_own_sentence(kind):
    turn = await take(ActionBadInput(), "onleesbaar-bericht", bad_input=kind)
    assert turn.text == texts().bad_input[kind].strip()
    assert turn.contract["outcome"] == "fallback"
    assert turn.kept == {}


async def test_a_typed_name_of_the_intent_counts_as_an_empty_message():
    turn = await take(ActionBadInput(), "onleesbaar-bericht")
    assert turn.text == texts().bad_input["leeg"].strip()
