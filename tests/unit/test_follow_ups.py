"""Messages that lean on the answer before: their examples and the model."""

from __future__ import annotations

import math

import pytest

from rasa_project.errors import DataFileError
from rasa_project.names import INTENT_MORE, INTENT_SIMPLER
from rasa_project.nlu.follow_ups import (
    ContextScores,
    FollowUpExample,
    FollowUpModel,
    read_follow_ups,
)
from rasa_project.nlu.words import words

HEADER = "text\tbefore\tmeans\n"
EXAMPLES = [
    FollowUpExample(*row)
    for row in (
        ("en fietsen?", "zwemmen", "fietsen"),
        ("en op de fiets?", "zwemmen", "fietsen"),
        ("en met de fiets dan", "warmte", "fietsen"),
        ("en zwemmen?", "fietsen", "zwemmen"),
        ("en in het zwembad dan", "fietsen", "zwemmen"),
        ("en een warm bad dan?", "zwemmen", "warmte"),
        ("en een kruik?", "fietsen", "warmte"),
        ("waarom is dat?", "fietsen", INTENT_MORE),
        ("waarom dan?", "warmte", INTENT_MORE),
    )
]
UTTERANCES = [
    ("fietsen", "mag ik met deze rugpijn weer gaan fietsen"),
    ("fietsen", "is fietsen goed voor mijn rug"),
    ("zwemmen", "mag ik gaan zwemmen met rugpijn"),
    ("zwemmen", "is zwemmen goed voor mijn lage rug"),
    ("warmte", "helpt warmte tegen pijn in mijn rug"),
    ("warmte", "mag ik een kruik op mijn rug leggen"),
    ("begroeting", "goedemorgen allemaal"),
    ("begroeting", "hallo daar"),
    (INTENT_SIMPLER, "ik snap het niet"),
    (INTENT_MORE, "vertel me meer"),
]


def train(examples=EXAMPLES, utterances=UTTERANCES) -> FollowUpModel:
    return FollowUpModel.train(examples, utterances, words, gate_sharpness=3.0)


@pytest.fixture(scope="module")
def model() -> FollowUpModel:
    return train()


def test_the_examples_of_all_files_are_read_in_order(tmp_path):
    (tmp_path / "b.tsv").write_text(f"{HEADER}waarom?\twarmte\tmeer-uitleg\n", "utf-8")
    (tmp_path / "a.tsv").write_text(f'{HEADER}en "fietsen"?\tzwemmen\tfietsen\n', "utf-8")
    (tmp_path / "notes.txt").write_text("no examples", "utf-8")
    assert read_follow_ups(tmp_path) == [
        FollowUpExample('en "fietsen"?', "zwemmen", "fietsen"),
        FollowUpExample("waarom?", "warmte", "meer-uitleg"),
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("en fietsen?\tzwemmen\tfietsen\n", 1),
        ("text\tmeans\tbefore\n", 1),
        (f"{HEADER}en fietsen?\tzwemmen\n", 2),
        (f"{HEADER}a\tb\tc\na\tb\tc\td\n", 3),
        (f"{HEADER}a\tb\tc\n\n", 3),
        (f"{HEADER}a\tb\tc\n{HEADER}", 3),
    ],
)
def test_a_wrong_line_is_named_with_its_file(tmp_path, content, line):
    (tmp_path / "good.tsv").write_text(f"{HEADER}a\tb\tc\n", "utf-8")
    (tmp_path / "wrong.tsv").write_text(content, "utf-8")
    with pytest.raises(DataFileError, match=rf"wrong\.tsv, line {line}: .*three columns"):
        read_follow_ups(tmp_path)


def test_a_message_that_leans_on_the_answer_before_is_told_from_a_whole_question(model):
    leaning = model.probability("en hardlopen dan?")
    assert leaning > 0.5
    for whole in ("mag ik weer fietsen met mijn lage rugpijn", "hallo goedemorgen"):
        assert model.probability(whole) < leaning


@pytest.mark.parametrize(
    ("text", "means"),
    [("en de fiets?", "fietsen"), ("en zwembad?", "zwemmen"), ("waarom toch", INTENT_MORE)],
)
def test_the_words_of_a_follow_up_say_what_it_means(model, text, means):
    scores = model.scores(text, {})
    assert max(scores, key=scores.__getitem__) == means


def test_what_a_message_means_on_its_own_counts_too(model):
    alone = model.scores("en dan?", {})
    with_topic = model.scores("en dan?", {"warmte": 0.9})
    assert with_topic["warmte"] > alone["warmte"]
    assert with_topic["fietsen"] == alone["fietsen"]


def test_what_was_never_likely_has_a_finite_score(model):
    assert all(math.isfinite(score) for score in model.scores("", {}).values())


def test_a_whole_question_that_is_long_teaches_no_meaning():
    long = [("slapen", "hoe kan ik met deze pijn het beste gaan slapen vannacht")]
    leaning = [*EXAMPLES, FollowUpExample("en dan?", "slapen", "warmte")]
    assert "slapen" not in train(leaning, [*UTTERANCES, *long]).scores("slapen", {})
    short = [("slapen", "hoe slapen")]
    assert "slapen" in train(leaning, [*UTTERANCES, *short]).scores("slapen", {})


def test_a_saved_and_loaded_model_gives_equal_results(model, tmp_path):
    model.save(tmp_path)
    loaded = FollowUpModel.load(tmp_path, words)
    for text in ("en fietsen?", "waarom?", "", "iets heel anders"):
        assert loaded.probability(text) == model.probability(text)
        assert loaded.scores(text, {"warmte": 0.4}) == model.scores(text, {"warmte": 0.4})


@pytest.mark.parametrize("part", ["gate", "meanings"])
def test_a_missing_or_damaged_part_raises(model, tmp_path, part):
    model.save(tmp_path)
    about = tmp_path / part / "about.json"
    about.write_text("{}", "utf-8")
    with pytest.raises(ValueError, match="damaged"):
        FollowUpModel.load(tmp_path, words)
    about.unlink()
    with pytest.raises(OSError, match=part):
        FollowUpModel.load(tmp_path, words)


def test_what_often_follows_a_topic_scores_highest_after_it():
    context = ContextScores(EXAMPLES)
    # After "zwemmen" two of three examples mean "fietsen"; after "fietsen" none does.
    assert context.score("zwemmen", "fietsen") > context.score("zwemmen", "warmte")
    assert context.score("zwemmen", "fietsen") > context.score("fietsen", "fietsen")


def test_after_a_topic_without_examples_counts_what_is_often_meant_at_all():
    context = ContextScores(EXAMPLES)
    assert context.score("slapen", "fietsen") > context.score("slapen", "zwemmen")
    assert context.score("slapen", "zwemmen") > context.score("slapen", "never-meant")
    assert math.isfinite(context.score("slapen", "never-meant"))


def test_asking_for_a_score_leaves_the_scores_as_they_are():
    context = ContextScores(EXAMPLES)
    before = context.score("slapen", "fietsen")
    context.score("onbekend", "onbekend")
    assert context.score("slapen", "fietsen") == before
    assert math.isfinite(ContextScores([]).score("slapen", "fietsen"))
