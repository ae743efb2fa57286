"""Making the weights that decide where a message is cut, out of a few utterances."""

from __future__ import annotations

import json
import random

import pytest

from rasa_project.nlu import fit_questions
from rasa_project.nlu.clauses import read_question_words
from rasa_project.nlu.fit_questions import (
    background,
    composed,
    fit,
    read_utterances,
    with_background,
)
from rasa_project.nlu.questions import SplitWeights, candidates
from rasa_project.nlu.topic_model import TopicModel
from rasa_project.nlu.words import words
from tests.builders import write_yaml
from tests.conftest import PROJECT

WORDS = read_question_words(PROJECT / "data" / "questions.yml")
ASKED = {
    "fietsen": ["Mag ik {} fietsen?", "Hoe lang kan ik {} op de fiets?"],
    "warmte": ["Helpt een kruik {} tegen de pijn?", "Is {} een warm bad goed?"],
    "kosten": ["Wat kost {} een behandeling?", "Hoe duur is het {} bij jullie?"],
}
EXTRAS = ["nu", "morgen", "eigenlijk", "ook", "vandaag", "straks", "gewoon", "meestal"]
EXAMPLES = [
    (topic, f"{story}{question.format(extra)}")
    for topic, questions in ASKED.items()
    for question in questions
    for extra in EXTRAS
    for story in ("", "Mijn rug doet zeer. Ik slaap slecht. ")
] + [("begroeting", f"hallo {extra}") for extra in EXTRAS]


@pytest.fixture
def few(monkeypatch) -> None:
    """A fit of a second instead of minutes."""
    monkeypatch.setattr(fit_questions, "PAIRS", 60)
    monkeypatch.setattr(fit_questions, "SINGLES", 30)
    monkeypatch.setattr(fit_questions, "STORIES", 10)


def drawn(make, times: int = 300) -> set:
    return {make(random.Random(seed)) for seed in range(times)}  # noqa: S311


def test_two_questions_are_put_together_in_many_ways_and_both_stay_whole():
    made = drawn(lambda rng: composed("Mag ik fietsen?", "Helpt warmte?", rng))
    assert len(made) > 20
    for text in made:
        plain = text.lower()
        assert plain.startswith("mag ik fietsen")
        assert plain.rstrip("?").endswith("helpt warmte")
        assert "??" not in text


def test_a_full_stop_between_questions_leaves_the_mark_of_the_first():
    made = drawn(lambda rng: composed("Mag ik fietsen", "Helpt warmte?", rng))
    assert {"Mag ik fietsen. helpt warmte?", "Mag ik fietsen? helpt warmte?"} <= made


def test_some_people_type_without_marks_or_capitals():
    made = drawn(lambda rng: composed("Mag ik fietsen?", "Helpt warmte?", rng))
    assert "mag ik fietsen en helpt warmte" in made
    assert any(text.endswith("Helpt warmte?") for text in made)


def test_the_same_seed_composes_the_same_message():
    first, second = (composed("Mag ik fietsen?", "Helpt warmte?", random.Random(4)) for _ in "ab")
    assert first == second


def test_a_background_is_what_stands_before_the_only_question():
    assert background(
        [
            ("a", "Ik val vaak. Het doet pijn! Mag ik fietsen?"),
            ("a", "Mag ik fietsen?"),  # nothing before it
            ("a", "Mag ik fietsen? Ik val vaak."),  # the question is not the last
            ("a", "Wat nu? Mag ik fietsen?"),  # two questions
            ("a", "Ik val vaak. Het doet pijn."),  # no question
        ]
    ) == ["Ik val vaak. Het doet pijn!"]


def test_a_question_gets_one_to_three_different_stories_before_it():
    stories = ["Een.", "Twee.", "Drie."]
    made = drawn(lambda rng: with_background(stories, "Mag ik fietsen?", rng))
    told = [text.removesuffix(" Mag ik fietsen?").split() for text in made]
    assert {len(sentences) for sentences in told} == {1, 2, 3}
    assert all(len(set(sentences)) == len(sentences) for sentences in told)


def test_the_utterances_of_all_files_are_read_with_their_intents(tmp_path):
    items = [
        {"intent": "fietsen", "examples": "- mag ik fietsen?\n- en - dan - fietsen\n"},
        {"intent": "warmte", "examples": "- helpt warmte\n"},
    ]
    write_yaml(tmp_path / "b.yml", {"version": "3.1", "nlu": items[1:]})
    write_yaml(tmp_path / "a.yml", {"version": "3.1", "nlu": items[:1]})
    assert read_utterances(tmp_path) == [
        ("fietsen", "mag ik fietsen?"),
        ("fietsen", "en - dan - fietsen"),
        ("warmte", "helpt warmte"),
    ]


def test_a_fit_gives_the_same_weights_each_time(few):
    first = fit(EXAMPLES, list(ASKED), WORDS)
    assert fit(EXAMPLES, list(ASKED), WORDS) == first
    assert fit(EXAMPLES, list(ASKED), WORDS, seed=1) != first


def test_the_fitted_file_can_be_read_and_prefers_two_questions_to_a_story(few, tmp_path):
    (tmp_path / "questions.yml").write_bytes((PROJECT / "data" / "questions.yml").read_bytes())
    path = fit_questions.write_split_weights(EXAMPLES, list(ASKED), tmp_path)
    fitted = SplitWeights.read(path)
    model = TopicModel.train(
        [text for _, text in EXAMPLES],
        [topic for topic, _ in EXAMPLES],
        words,
        sharpness=8.0,
        regularisation=0.5,
    )

    def surest(text: str) -> float:
        rows = candidates(text, model, frozenset(ASKED), WORDS)
        return max(fitted.probabilities([row.features for row in rows]))

    one = surest("Mijn rug doet zeer. Mag ik volgende week fietsen?")
    assert surest("Mag ik volgende week fietsen? En wat kost dan een behandeling?") > one


def test_every_feature_of_the_fit_is_a_plain_number(few):
    fitted = json.loads(json.dumps(fit(EXAMPLES, list(ASKED), WORDS)))
    (row, *_) = candidates(
        "mag ik fietsen? helpt een kruik",
        TopicModel.train(
            [text for _, text in EXAMPLES], [topic for topic, _ in EXAMPLES], words, 8.0, 0.5
        ),
        frozenset(ASKED),
        WORDS,
    )
    assert list(fitted["features"]) == list(row.features)
    assert all(of["scale"] > 0 for of in fitted["features"].values())
