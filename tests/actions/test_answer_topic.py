"""The answer to one question."""

from __future__ import annotations

import pytest

from actions.about_last_answer import ActionMoreExplanation
from actions.answer_topic import ActionAnswerTopic
from rasa_project.names import SLOT_LAST_TOPIC, SLOT_MISSES, SLOT_SHOWN
from tests.actions.conftest import PHONES, take

pytestmark = pytest.mark.usefixtures("dutch")


async def test_a_known_topic_is_answered_with_its_sources_and_review():
    turn = await take(ActionAnswerTopic(), "warmte")
    assert turn.text == (
        f"Het korte antwoord over warmte. Bel {PHONES['NL']}.\n\n"
        "Bronnen: richtlijn (2021). Concept: nog niet nagekeken door een zorgverlener."
    )
    assert turn.contract == {"topics": ["warmte"], "urgency": "none", "outcome": "answered"}
    assert turn.kept == {SLOT_LAST_TOPIC: "warmte", SLOT_SHOWN: "short", SLOT_MISSES: 0}


async def test_an_answer_offers_more_two_follow_ups_and_the_sources():
    turn = await take(ActionAnswerTopic(), "warmte")
    assert turn.payloads == ["/meer-uitleg", "/koude", "/mens-spreken", "/bronnen-tonen"]


async def test_a_held_urgency_stays_in_the_contract_of_an_answer():
    turn = await take(ActionAnswerTopic(), "warmte", slots={"urgency": "soon"})
    assert turn.contract["urgency"] == "soon"


@pytest.mark.parametrize("intent", ["onbekend", "begroeting", None])
async def test_a_topic_without_an_answer_is_not_claimed_and_the_number_is_given(intent):
    turn = await take(ActionAnswerTopic(), intent)
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "fallback"}
    assert PHONES["NL"] in turn.text
    assert SLOT_LAST_TOPIC not in turn.slots


async def test_asking_for_a_human_is_a_handoff_that_says_whether_the_practice_is_open():
    turn = await take(ActionAnswerTopic(), "mens-spreken")
    assert turn.contract["outcome"] == "handoff"
    assert turn.contract["topics"] == ["mens-spreken"]
    assert PHONES["NL"] in turn.text
    assert "We zijn nu " in turn.text


async def test_the_number_once_more_is_the_answer_about_emergency_numbers():
    turn = await take(ActionAnswerTopic(), "nummer-herhalen")
    assert turn.contract["topics"] == ["spoednummers-nl-be"]


async def test_a_belgian_practice_gives_belgian_wording_and_its_own_number(serve):
    serve("BE")
    assert "De Belgische nummers" in (await take(ActionAnswerTopic(), "spoednummers-nl-be")).text
    assert PHONES["BE"] in (await take(ActionAnswerTopic(), "warmte")).text
    more = await take(ActionMoreExplanation(), slots={SLOT_LAST_TOPIC: "warmte"})
    assert "kinesitherapeut" in more.text
