"""What both sides learn and what both are asked: drawn once and for all from data/nlu."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Dict, List, Tuple

from rasa_project.knowledge.files import read_knowledge
from rasa_project.nlu.fit_questions import read_utterances
from rasa_project.settings import PROJECT

INTENTS, UTTERANCES, QUESTIONS = 50, 20, 6
# Besides the topics both learn what is none, so that either can tell.
NO_TOPICS = ("begroeting", "bedankt", "afscheid", "buiten-onderwerp")


@dataclass(frozen=True)
class Material:
    """The same for both sides.

    Attributes:
        taught: Per intent the utterances to learn.
        questions: Topic and text of the messages that clients send; none was taught.
        answers: Per topic the text that answers it.
    """

    taught: Dict[str, List[str]]
    questions: List[Tuple[str, str]]
    answers: Dict[str, str]


def material() -> Material:
    """50 topics with 20 utterances each, and other utterances of them to ask."""
    rng = random.Random(0)
    knowledge = read_knowledge(PROJECT / "data" / "knowledge")
    answers = {entry.id: entry.short for _, entry in knowledge.topics}
    by_intent: Dict[str, List[str]] = {}
    for intent, text in read_utterances(PROJECT / "data" / "nlu"):
        by_intent.setdefault(intent, []).append(text)
    topics = sorted(rng.sample(sorted(set(answers) & set(by_intent)), INTENTS))
    taught: Dict[str, List[str]] = {}
    questions: List[Tuple[str, str]] = []
    for intent in [*topics, *NO_TOPICS]:
        drawn = rng.sample(by_intent[intent], UTTERANCES + QUESTIONS)
        taught[intent] = drawn[:UTTERANCES]
        if intent in answers:
            questions += [(intent, text) for text in drawn[UTTERANCES:]]
    rng.shuffle(questions)
    return Material(taught, questions, {topic: str(answers[topic]) for topic in topics})
