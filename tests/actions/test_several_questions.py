"""Two or more questions in one message."""

from __future__ import annotations

import pytest

from actions.answer_topic import ActionAnswerTopic
from rasa_project.conversation.texts import texts
from rasa_project.names import SLOT_ASKED, SLOT_LAST_TOPIC, SLOT_OFFERED
from tests.actions.conftest import PHONES, take

pytestmark = pytest.mark.usefixtures("dutch")


@pytest.mark.parametrize("topics", [["warmte", "koude"], ["koude", "warmte"]])
async def test_two_questions_are_answered_in_order_under_headings(topics):
    turn = await take(ActionAnswerTopic(), topics[0], questions=topics)
    first, second, _ = turn.text.split("\n\n")
    assert first == f"{topics[0]}\nHet korte antwoord over {topics[0]}. Bel {PHONES['NL']}."
    assert second == f"{topics[1]}\nHet korte antwoord over {topics[1]}. Bel {PHONES['NL']}."
    assert turn.contract == {"topics": topics, "urgency": "none", "outcome": "answered"}


async def test_two_answers_have_one_line_with_the_sources_of_both():
    turn = await take(ActionAnswerTopic(), questions=["warmte", "chatbot-grenzen"])
    assert turn.text.count("Bronnen:") == 1
    assert turn.text.split("\n\n")[-1] == (
        "Bronnen: richtlijn (2021), artikel. Concept: nog niet nagekeken door een zorgverlener."
    )


async def test_the_order_of_the_questions_counts_and_not_the_likeliest_intent():
    turn = await take(ActionAnswerTopic(), "koude", questions=["warmte", "koude"])
    assert turn.contract["topics"] == ["warmte", "koude"]


async def test_what_comes_next_is_about_the_last_answer():
    turn = await take(ActionAnswerTopic(), questions=["warmte", "chatbot-grenzen"])
    assert turn.slots[SLOT_LAST_TOPIC] == "chatbot-grenzen"


async def test_two_answers_offer_follow_ups_that_were_not_answered_just_now():
    # koude follows warmte, and warmte follows chatbot-grenzen.
    assert (await take(ActionAnswerTopic(), questions=["warmte", "rusten"])).payloads == ["/koude"]
    assert (await take(ActionAnswerTopic(), questions=["warmte", "koude"])).payloads == []


@pytest.mark.parametrize("human_at", [0, 1])
async def test_asking_for_a_human_beside_a_question_is_a_handoff(human_at):
    topics = ["warmte"]
    topics.insert(human_at, "mens-spreken")
    turn = await take(ActionAnswerTopic(), questions=topics)
    assert turn.contract == {"topics": topics, "urgency": "none", "outcome": "handoff"}
    assert "We zijn nu " in turn.text


async def test_a_third_question_is_offered_and_not_claimed():
    turn = await take(ActionAnswerTopic(), questions=["warmte", "koude", "duur"])
    assert turn.contract["topics"] == ["warmte", "koude"]
    assert turn.text.split("\n\n")[-1] == texts().one_more
    assert "over duur" not in turn.text
    assert turn.payloads == ["/duur"]
    assert turn.slots[SLOT_OFFERED] == ["duur"]


async def test_a_third_and_a_fourth_question_are_offered_in_order():
    turn = await take(ActionAnswerTopic(), questions=["warmte", "koude", "duur", "rusten"])
    assert turn.text.split("\n\n")[-1] == texts().some_more
    assert turn.payloads == ["/duur", "/rusten"]
    assert turn.slots[SLOT_OFFERED] == ["duur", "rusten"]


@pytest.mark.parametrize(
    ("text", "intent", "topic"),
    [
        ("de tweede", None, "rusten"),
        ("1", None, "duur"),
        ("doe maar de laatste", "bevestigen", "rusten"),
    ],
)
async def test_what_was_offered_can_be_chosen(text, intent, topic):
    slots = {SLOT_OFFERED: ["duur", "rusten"]}
    turn = await take(ActionAnswerTopic(), intent, slots=slots, text=text)
    assert turn.contract["topics"] == [topic]


async def test_yes_to_the_one_question_that_was_offered_answers_it():
    turn = await take(
        ActionAnswerTopic(), "bevestigen", slots={SLOT_OFFERED: ["koude"]}, text="ja graag"
    )
    assert turn.contract["topics"] == ["koude"]


async def test_a_follow_up_is_answered_as_what_it_means():
    turn = await take(
        ActionAnswerTopic(),
        "nlu_fallback",
        slots={SLOT_LAST_TOPIC: "warmte"},
        text="en koud?",
        follow_up={"koude": -1.0, "rusten": -9.0},
    )
    assert turn.contract["topics"] == ["koude"]


@pytest.mark.parametrize(
    "ranking", [[("rusten", 0.5), ("duur", 0.4)], [("duur", 0.5), ("rusten", 0.4)]]
)
async def test_between_two_topics_that_are_one_to_patients_both_are_answered(ranking):
    turn = await take(ActionAnswerTopic(), ranking[0][0], ranking=ranking)
    assert turn.contract["topics"] == [name for name, _ in ranking]


@pytest.mark.parametrize("topics", [["warmte", "rusten"], ["rusten", "warmte"]])
async def test_two_answers_ask_nothing_back_although_one_depends_on_a_fact(topics):
    turn = await take(ActionAnswerTopic(), questions=topics)
    assert turn.slots.get(SLOT_ASKED) is None
    assert texts().ask["leg_pain"].question not in turn.text


async def test_of_two_topics_only_the_one_with_an_answer_is_claimed():
    turn = await take(ActionAnswerTopic(), questions=["weggehaald", "warmte"])
    assert turn.text.startswith("Het korte antwoord over warmte.")
    assert turn.contract["topics"] == ["warmte"]


async def test_two_topics_without_an_answer_give_the_number():
    turn = await take(ActionAnswerTopic(), questions=["weggehaald", "ook-weg"])
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "fallback"}
    assert PHONES["NL"] in turn.text


async def test_a_topic_without_an_answer_is_not_offered():
    turn = await take(ActionAnswerTopic(), questions=["warmte", "koude", "weggehaald"])
    assert turn.slots.get(SLOT_OFFERED) is None
    assert texts().one_more not in turn.text
