"""Follow-ups, and the topics that are one question to patients."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import List, Set

import pytest

from rasa_project.dialogue.context import twins
from rasa_project.knowledge.files import Knowledge
from rasa_project.nlu.follow_ups import FollowUpExample
from rasa_project.nlu.words import words
from tests.data.conftest import PROJECT

LEAST_EXAMPLES = 10
ABOUT_THE_ANSWER = {"meer-uitleg", "snap-ik-niet", "bronnen-tonen"}
SETS = sorted((PROJECT / "tests" / "language" / "sets").glob("follow_ups*.tsv"))


@pytest.fixture(scope="module")
def topics(knowledge: Knowledge) -> Set[str]:
    return {entry.id for _, entry in knowledge.topics}


def test_after_every_topic_there_are_enough_follow_ups(
    follow_ups: List[FollowUpExample], topics: Set[str]
) -> None:
    counts = Counter(example.before for example in follow_ups)
    assert set(counts) - topics == set()
    assert {topic: counts[topic] for topic in topics if counts[topic] < LEAST_EXAMPLES} == {}


def test_every_follow_up_means_a_topic_or_something_about_the_answer(
    follow_ups: List[FollowUpExample], topics: Set[str]
) -> None:
    assert {example.means for example in follow_ups} - topics - ABOUT_THE_ANSWER == set()


def test_all_that_can_be_asked_about_an_answer_is_shown_after_every_topic(
    follow_ups: List[FollowUpExample], topics: Set[str]
) -> None:
    shown = {(example.before, example.means) for example in follow_ups}
    wanted = {(topic, meaning) for topic in topics for meaning in ABOUT_THE_ANSWER}
    assert wanted - shown == set()


def test_no_follow_up_means_the_topic_that_was_just_answered(
    follow_ups: List[FollowUpExample],
) -> None:
    assert [example for example in follow_ups if example.before == example.means] == []


def test_the_same_words_after_the_same_topic_mean_one_thing(
    follow_ups: List[FollowUpExample],
) -> None:
    meanings: dict = {}
    for example in follow_ups:
        meanings.setdefault((tuple(words(example.text)), example.before), set()).add(example.means)
    assert {key: found for key, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_no_follow_up_that_is_measured_with_is_trained_on(
    path: Path, follow_ups: List[FollowUpExample]
) -> None:
    trained = {(tuple(words(example.text)), example.before) for example in follow_ups}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) > 50
    pairs = [(row["text"], row["before"]) for row in rows]
    assert [
        (text, before) for text, before in pairs if (tuple(words(text)), before) in trained
    ] == []


def test_there_are_development_sets_of_follow_ups() -> None:
    assert {path.name for path in SETS} >= {"follow_ups.tsv", "follow_ups_fresh.tsv"}


def test_twins_are_two_different_topics(topics: Set[str]) -> None:
    assert twins()
    assert [set(pair) for pair in twins() if len(pair) != 2 or not pair <= topics] == []
