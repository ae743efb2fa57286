"""What we ask back can be answered: each choice tells the fact, and leads to a note."""

from __future__ import annotations

from datetime import date
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from rasa_project.conversation.texts import texts
from rasa_project.dialogue.reading import Kind, read_in_context
from rasa_project.facts.patient_facts import patient_facts, read_fact_words
from rasa_project.knowledge.files import Knowledge
from rasa_project.knowledge.told import ASKED_FOR, conditions, fitting_note
from rasa_project.names import SLOT_ASKED, SLOT_LAST_TOPIC
from rasa_project.nlu.follow_ups import ContextScores
from tests.data.conftest import PROJECT, load_yaml

TODAY = date(2026, 11, 22)
CHOICES = [
    (fact, choice)
    for fact, asked in load_yaml(PROJECT / "data" / "texts.yml")["ask"].items()
    for choice in asked["choices"]
]
each_choice = pytest.mark.parametrize(("fact", "choice"), CHOICES)


def told_by(choice: str) -> Dict[str, Any]:
    """What the assistant understands when a patient presses this button."""
    return dict(patient_facts(choice, read_fact_words(PROJECT / "data" / "facts.yml"), TODAY))


def asking(knowledge: Knowledge, fact: str) -> Iterator[Tuple[str, List[Tuple[str, str]]]]:
    """The topics that ask for a fact, with their notes."""
    for _, entry in knowledge.topics:
        if entry.ask == fact:
            yield entry.id, [(note.when.value, note.text) for note in entry.notes]


def test_every_fact_that_an_answer_asks_for_has_a_question(knowledge: Knowledge) -> None:
    asked = {entry.ask for _, entry in knowledge.topics if entry.ask}
    assert asked == set(texts().ask) == set(ASKED_FOR)


@each_choice
def test_a_choice_tells_the_fact_that_is_asked_for_and_no_other(fact: str, choice: str) -> None:
    assert set(told_by(choice)) == {fact}


@each_choice
def test_a_choice_is_taken_as_the_reply_to_the_question(fact: str, choice: str) -> None:
    entities = [{"entity": name, "value": value} for name, value in told_by(choice).items()]
    reading = read_in_context(
        {"text": choice, "entities": entities},
        {SLOT_ASKED: fact, SLOT_LAST_TOPIC: "een-onderwerp"},
        ContextScores([]),
    )
    assert reading is not None
    assert reading.kind is Kind.TOLD
    assert reading.topics == ("een-onderwerp",)


@each_choice
def test_a_choice_has_a_note_in_every_topic_that_asks_for_it(
    knowledge: Knowledge, fact: str, choice: str
) -> None:
    value = told_by(choice)[fact]
    topics = dict(asking(knowledge, fact))
    assert topics
    without = [
        topic for topic, notes in topics.items() if not fitting_note(notes, {fact: value}, fact)
    ]
    assert without == []


@pytest.mark.parametrize("fact", sorted(ASKED_FOR))
def test_the_choices_of_a_question_lead_each_to_a_condition_of_its_own(fact: str) -> None:
    """Or a patient who chose "Korter dan 6 weken" hears what is for somebody else."""
    held = [conditions(told_by(choice)) & ASKED_FOR[fact] for choice in texts().ask[fact].choices]
    assert sorted(when for found in held for when in found) == sorted(ASKED_FOR[fact])
    assert all(len(found) == 1 for found in held)
