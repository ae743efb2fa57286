"""Several questions in one message, with a model that knows a word per topic."""

from __future__ import annotations

import re
from typing import Dict, List, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.nlu.clauses import QuestionWords
from rasa_project.nlu.questions import (
    MAX_CUTS,
    MAX_PARTS,
    Part,
    QuestionSplitter,
    SplitWeights,
    candidates,
)

WORDS = QuestionWords(
    connectives=["en", "of"],
    question_words=["hoe", "wat"],
    verbs=["mag", "helpt"],
    pronouns=["ik", "dat"],
    announcements=["vraag me af"],
)
TOPICS = frozenset(["fietsen", "warmte", "kosten", "slapen", "werken"])
GREETING = "hallo"


class WordModel:
    """Stands for a TopicModel: it hears intents by their names, the first one best."""

    intents = sorted([*TOPICS, GREETING])

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.array([[self._heard(name, text) for name in self.intents] for text in texts])
        return rows / rows.sum(axis=1, keepdims=True)

    def _heard(self, name: str, text: str) -> float:
        named = [word for word in re.findall(r"\w+", text) if word in self.intents]
        return 100.0 if named[:1] == [name] else 30.0 if name in named else 1.0


def weights(**each: float) -> SplitWeights:
    """Weights of the features named, on their own scale."""
    bias = each.pop("bias", 0.0)
    size = len(each)
    return SplitWeights(
        tuple(each), np.zeros(size), np.ones(size), np.array(list(each.values())), bias
    )


# Sure of a cut when both sides are recognised surely.
BOTH_SURE = weights(weakest=4.0, bias=4.5)


def splitter(fitted: SplitWeights = BOTH_SURE, threshold: float = 0.5) -> QuestionSplitter:
    return QuestionSplitter(WordModel(), TOPICS, WORDS, fitted, threshold)


def asked(text: str, **given: object) -> Dict[str, str]:
    """Each topic found, with the words that ask about it."""
    return {part.topic: text[part.start : part.end] for part in splitter(**given).parts(text)}


def features(text: str) -> List[Dict[str, float]]:
    return [row.features for row in candidates(text, WordModel(), TOPICS, WORDS)]


def test_two_questions_are_found_in_the_order_asked_with_their_words():
    text = "Mag ik nu fietsen? En helpt warmte ook?"
    assert list(asked(text).items()) == [
        ("fietsen", "Mag ik nu fietsen?"),
        ("warmte", "En helpt warmte ook?"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fietsen",
        "mag ik nu fietsen",
        "mag ik nu fietsen? en hoe dat fietsen dan",  # twice the same
        "hallo daar vriend. mag ik nu fietsen",  # a greeting is no topic
        "het is koud. mag ik nu fietsen",  # the first half is about nothing
    ],
)
def test_one_question_is_left_whole(text):
    assert splitter().parts(text) == []


def test_three_questions_are_found_when_each_cut_is_sure():
    text = "mag ik fietsen, helpt warmte ook, en wat zijn de kosten"
    assert list(asked(text)) == ["fietsen", "warmte", "kosten"]
    assert asked(text)["kosten"] == "en wat zijn de kosten"


def test_a_further_cut_must_be_surer_than_the_first():
    even = weights(bias=0.2, differ=0.0)  # each cut has a probability of 0.55
    text = "mag ik fietsen, helpt warmte ook, en wat zijn de kosten"
    assert len(splitter(even, threshold=0.5).parts(text)) == 2
    assert len(splitter(even, threshold=0.3).parts(text)) == 3


def test_a_cut_counts_from_the_threshold_on():
    text = "mag ik nu fietsen? en helpt warmte"
    even = weights(differ=0.0)  # a probability of one half
    assert splitter(even, threshold=0.5).parts(text)
    assert not splitter(even, threshold=0.51).parts(text)


def test_the_surest_cut_is_taken():
    text = "mag ik fietsen en lopen. helpt warmte ook"
    assert asked(text, fitted=weights(at_stop=9.0))["fietsen"] == "mag ik fietsen en lopen"


def test_a_sure_cut_between_two_sides_about_the_same_does_not_hide_another():
    text = "mag ik fietsen. fietsen is leuk, helpt warmte ook"
    found = asked(text, fitted=weights(at_stop=9.0))
    assert found == {"fietsen": "mag ik fietsen. fietsen is leuk", "warmte": "helpt warmte ook"}


def test_a_topic_asked_twice_is_named_once():
    text = "mag ik fietsen, helpt warmte ook, en hoe dan fietsen"
    assert list(asked(text)) == ["fietsen", "warmte"]


def test_more_questions_than_can_be_answered_are_not_looked_for():
    text = ", ".join(f"mag ik {topic}" for topic in sorted(TOPICS))
    found = splitter().parts(text)
    assert len(found) == MAX_PARTS < len(TOPICS)


def test_a_long_message_is_cut_in_so_many_places_only():
    assert len(candidates("en fietsen " * 200, WordModel(), TOPICS, WORDS)) == MAX_CUTS


@given(
    st.lists(st.sampled_from([*sorted(TOPICS), "en", "mag ik", "?", ". ", ",", "\n"]), max_size=30)
)
def test_the_parts_lie_in_the_text_one_after_the_other(pieces):
    text = " ".join(pieces)
    found = splitter(weights(differ=9.0)).parts(text)
    topics = [part.topic for part in found]
    assert len(found) != 1
    assert len(set(topics)) == len(topics)
    ends = [0]
    for part in found:
        assert ends[-1] <= part.start < part.end <= len(text)
        assert text[part.start : part.end].strip(" \n,") == text[part.start : part.end]
        ends.append(part.end)


def test_both_sides_of_a_candidate_are_recognised_among_the_topics_only():
    text = "hallo daar fietsen. helpt warmte"
    (row,) = candidates(text, WordModel(), TOPICS, WORDS)
    assert isinstance(row.left, Part)
    assert (row.left.topic, row.right.topic) == ("fietsen", "warmte")
    assert text[row.right.start : row.right.end] == "helpt warmte"
    # Most of it was heard as the greeting.
    assert row.left.confidence < 0.5 < row.right.confidence
    assert row.features["left_no_topic"] > row.features["right_no_topic"]


def test_the_features_say_what_stands_at_the_cut():
    (row,) = features("mag ik nu fietsen? en mag ik warmte")[:1]
    assert (row["at_mark"], row["at_connective"], row["at_en"]) == (1.0, 0.0, 1.0)
    assert (row["left_mark"], row["right_mark"], row["both_marks"]) == (1.0, 0.0, 0.0)
    assert (row["left_words"], row["right_words"]) == (4.0, 4.0)
    assert row["both_ask"] == 1.0
    assert row["differ"] == 1.0


def test_two_sides_about_the_same_say_so():
    (row,) = features("mag ik nu fietsen? hoe dan fietsen")[:1]
    assert (row["differ"], row["left_is_whole"], row["right_is_whole"]) == (0.0, 1.0, 1.0)
    assert row["weakest_if_they_differ"] == 0.0 > row["weakest"]


@pytest.mark.parametrize("text", ["", "?", "mag ik fietsen", "fietsen en warmte"])
def test_a_text_that_can_not_be_cut_has_no_candidates(text):
    assert candidates(text, WordModel(), TOPICS, WORDS) == []


def test_every_feature_is_a_finite_number_whatever_the_text():
    for text in ("mag ik ????? en . , ;", "en en en en", "x " * 300 + "en fietsen y"):
        for row in features(text):
            assert np.isfinite(list(row.values())).all()
