"""Answers that fit what the patient told, and asking for a fact that they depend on."""

from __future__ import annotations

import pytest

from actions.about_last_answer import ActionExplainSimply, ActionMoreExplanation
from actions.answer_topic import ActionAnswerTopic
from rasa_project.conversation.texts import texts
from rasa_project.names import SLOT_ASKED, SLOT_ASKED_BEFORE, SLOT_LAST_TOPIC
from tests.actions.conftest import PHONES, take

pytestmark = pytest.mark.usefixtures("dutch")
NOTES = {
    "pregnant": "Je bent zwanger",
    "leg_pain": "Je hebt ook pijn in je been",
    "no_leg_pain": "Je been doet geen pijn",
    "heavy_work": "Je werk is zwaar",
    "chronic": "Je hebt al lang pijn",
    "acute": "Je hebt nog kort pijn",
}


def notes_in(text: str) -> list:
    return [name for name, words in NOTES.items() if words in text]


@pytest.mark.parametrize(
    ("topic", "facts", "note"),
    [
        ("rusten", {"leg_pain": True}, ["leg_pain"]),
        ("rusten", {"leg_pain": False}, ["no_leg_pain"]),
        ("rusten", {"pregnant": True}, ["pregnant"]),
        ("rusten", {"pregnant": False, "leg_pain": True}, ["leg_pain"]),
        # One note, the first that holds.
        ("rusten", {"leg_pain": True, "pregnant": True}, ["pregnant"]),
        ("duur", {"pain_days": 3.0}, ["acute"]),
        ("duur", {"pain_days": 365.0}, ["chronic"]),
        ("duur", {"pain_days": 60.0}, []),
        ("duur", {"pain_days": 3.0, "work": "heavy"}, ["heavy_work"]),
        ("duur", {"pain_days": 3.0, "work": "sitting"}, ["acute"]),
        # Nothing in this answer depends on them.
        ("duur", {"leg_pain": True, "age": 80, "operated": True}, []),
        ("warmte", {"leg_pain": True, "pain_days": 3.0, "pregnant": True}, []),
        ("rusten", {}, []),
    ],
)
async def test_the_note_fits_what_was_told(topic, facts, note):
    turn = await take(ActionAnswerTopic(), topic, slots=facts)
    assert notes_in(turn.text) == note
    assert turn.text.startswith(f"Het korte antwoord over {topic}.")
    assert turn.contract["topics"] == [topic]


async def test_a_fact_in_the_question_itself_counts_at_once():
    turn = await take(ActionAnswerTopic(), "rusten", entities={"leg_pain": True})
    assert notes_in(turn.text) == ["leg_pain"]
    assert turn.slots.get(SLOT_ASKED) is None


async def test_a_note_stands_between_its_answer_and_the_sources():
    turn = await take(ActionAnswerTopic(), "rusten", slots={"pregnant": True, "leg_pain": True})
    answer, note, sources = turn.text.split("\n\n")
    assert answer.startswith("Het korte antwoord")
    assert note == "Je bent zwanger: vraag het je fysiotherapeut."
    assert sources.startswith("Bronnen:")


async def test_of_two_answers_each_has_its_own_note_under_its_heading():
    facts = {"leg_pain": False, "pain_days": 3.0}
    turn = await take(ActionAnswerTopic(), slots=facts, questions=["duur", "rusten"])
    parts = [part.split("\n")[0] for part in turn.text.split("\n\n")]
    assert [notes_in(part) for part in parts] == [[], ["acute"], [], ["no_leg_pain"], []]
    assert (parts[0], parts[2]) == ("duur", "rusten")


@pytest.mark.parametrize(("topic", "fact"), [("rusten", "leg_pain"), ("duur", "pain_days")])
async def test_a_fact_that_an_answer_depends_on_is_asked_for_after_the_answer(topic, fact):
    turn = await take(ActionAnswerTopic(), topic)
    assert turn.text.startswith(f"Het korte antwoord over {topic}.")
    assert turn.text.split("\n\n")[-1] == texts().ask[fact].question
    # A choice is sent as a message of its own: it must tell the fact.
    assert turn.payloads == [*texts().ask[fact].choices, "/meer-uitleg", "/bronnen-tonen"]
    assert turn.slots[SLOT_ASKED] == fact
    assert turn.slots[SLOT_ASKED_BEFORE] == [fact]
    assert turn.contract == {"topics": [topic], "urgency": "none", "outcome": "answered"}


@pytest.mark.parametrize(
    ("topic", "known"),
    [
        ("rusten", {"leg_pain": True}),
        ("rusten", {"leg_pain": False}),
        ("duur", {"pain_days": 60.0}),
        ("duur", {"pain_days": 0.0}),
    ],
)
async def test_a_known_fact_is_not_asked_for(topic, known):
    turn = await take(ActionAnswerTopic(), topic, slots=known)
    assert turn.slots.get(SLOT_ASKED) is None
    assert SLOT_ASKED_BEFORE not in turn.slots
    assert turn.payloads[0] == "/meer-uitleg"


async def test_a_fact_is_asked_for_once_in_a_conversation():
    first = await take(ActionAnswerTopic(), "rusten")
    again = await take(ActionAnswerTopic(), "rusten", slots=first.slots)
    assert again.slots[SLOT_ASKED] is None
    assert texts().ask["leg_pain"].question not in again.text


async def test_another_fact_may_be_asked_for_later_and_both_are_remembered():
    first = await take(ActionAnswerTopic(), "rusten")
    second = await take(ActionAnswerTopic(), "duur", slots=first.slots)
    assert second.slots[SLOT_ASKED] == "pain_days"
    assert second.slots[SLOT_ASKED_BEFORE] == ["leg_pain", "pain_days"]


async def test_an_answer_that_depends_on_nothing_asks_nothing():
    assert (await take(ActionAnswerTopic(), "warmte")).slots.get(SLOT_ASKED) is None


@pytest.mark.parametrize(
    ("practice", "patient", "short", "therapist"),
    [
        ("NL", None, "Het korte antwoord", "fysiotherapeut"),
        ("NL", "BE", "De Belgische nummers", "kinesitherapeut"),
        ("BE", "NL", "Het korte antwoord", "fysiotherapeut"),
        ("BE", None, "De Belgische nummers", "kinesitherapeut"),
    ],
)
async def test_the_wording_is_of_the_country_where_the_patient_lives(
    serve, practice, patient, short, therapist
):
    serve(practice)
    facts = {"country": patient, "pregnant": True}
    numbers = await take(ActionAnswerTopic(), "spoednummers-nl-be", slots=facts)
    assert numbers.text.startswith(short)
    after = {**facts, SLOT_LAST_TOPIC: "warmte"}
    more = await take(ActionMoreExplanation(), slots=after)
    assert more.text.endswith(f"Vraag het je {therapist}.")
    note = (await take(ActionAnswerTopic(), "rusten", slots=facts)).text
    assert f"vraag het je {therapist}." in note


async def test_the_number_stays_that_of_the_practice_wherever_the_patient_lives():
    turn = await take(ActionAnswerTopic(), "warmte", entities={"country": "BE"})
    assert PHONES["NL"] in turn.text
    assert PHONES["BE"] not in turn.text


async def test_the_simple_text_asks_nothing_back():
    turn = await take(ActionExplainSimply(), slots={SLOT_LAST_TOPIC: "rusten"})
    assert turn.slots.get(SLOT_ASKED) is None
