"""The topic classifier on a handful of utterances."""

from __future__ import annotations

import numpy as np
import pytest

from rasa_project.nlu.terms import vectorisers
from rasa_project.nlu.topic_model import TopicModel, _side_by_side
from rasa_project.nlu.words import words

EXAMPLES = {
    "tillen": ["mag ik tillen", "zware dozen tillen", "hoe til ik iets op"],
    "slapen": ["hoe kan ik slapen", "welke houding in bed", "slecht slapen door de pijn"],
    "kosten": ["wat kost het", "prijs van een behandeling", "hoe duur is een afspraak"],
    "warmte": ["helpt warmte", "mag er een kruik op", "warm bad"],
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
INTENTS = [intent for intent, texts in EXAMPLES.items() for _ in texts]


def train(texts=TEXTS, intents=INTENTS) -> TopicModel:
    return TopicModel.train(texts, intents, words, sharpness=10.0, regularisation=0.5)


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return train()


@pytest.fixture
def saved(model, tmp_path):
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_all_intents_are_ranked_with_probabilities_that_sum_to_one(model):
    ranking = model.rank("mag ik zwaar tillen")
    assert ranking[0][0] == "tillen"
    assert {name for name, _ in ranking} == set(EXAMPLES)
    assert sum(probability for _, probability in ranking) == pytest.approx(1.0)
    assert [p for _, p in ranking] == sorted((p for _, p in ranking), reverse=True)


def test_a_typing_error_is_seen_through(model):
    assert model.rank("slaapen in bedt")[0][0] == "slapen"


@pytest.mark.parametrize("text", ["", "😀", "qqq zzz", "a" * 10_000], ids=range(4))
def test_a_text_without_known_words_still_gets_probabilities(model, text):
    assert np.isfinite(model.probabilities([text])).all()


def test_training_twice_gives_the_same_model(model):
    assert (model.probabilities(TEXTS) == train().probabilities(TEXTS)).all()


def test_a_saved_and_loaded_model_gives_equal_results(model, saved):
    loaded = TopicModel.load(saved, words)
    assert loaded.intents == model.intents
    assert loaded.sharpness == model.sharpness
    asked = [*TEXTS, "iets heel anders", ""]
    assert (loaded.probabilities(asked) == model.probabilities(asked)).all()


def test_the_features_are_those_of_the_vectorisers_that_it_was_trained_with(model):
    asked = [*TEXTS, "hoe hoe hoe kan ik zwaar tillen", "iets heel anders", ""]
    expected = _side_by_side(
        {name: v.fit(TEXTS).transform(asked) for name, v in vectorisers(words).items()}
    )
    for text, row in zip(asked, expected.toarray(), strict=True):
        columns, values = model._features(text)
        ours = np.zeros(expected.shape[1])
        ours[columns] = values
        assert abs(ours - row).max() < 1e-6


def test_the_weights_are_those_that_were_learned(model):
    weights = model._learned.weights
    kinds = np.diff(weights.indptr) / weights.shape[1]
    assert (kinds > 0.5).any(), "no feature that says something of most intents"
    assert ((kinds > 0) & (kinds <= 0.2)).any() or weights.shape[1] < 5
    for text in [*TEXTS, "iets heel anders", ""]:
        columns, values = model._features(text)
        row = np.zeros(weights.shape[0])
        row[columns] = values
        assert abs(model._weights.sums(columns, values) - row @ weights.toarray()).max() < 1e-5


def test_a_loaded_model_can_not_be_saved_again(saved, tmp_path):
    with pytest.raises(ValueError, match="loaded"):
        TopicModel.load(saved, words).save(tmp_path / "again")


@pytest.mark.parametrize("name", ["about.json", "words.json", "lemmas.json", "letters.json"])
def test_a_model_file_that_is_no_json_raises(saved, name):
    (saved / name).write_bytes((saved / name).read_bytes()[:-5])
    with pytest.raises(ValueError, match=r".+"):
        TopicModel.load(saved, words)


def test_a_vocabulary_that_lacks_a_word_raises(saved):
    text = (saved / "words.json").read_text("utf-8")
    (saved / "words.json").write_text("[" + text.split(", ", 1)[1], "utf-8")
    with pytest.raises(ValueError, match=r".+"):
        TopicModel.load(saved, words)


@pytest.mark.parametrize("kept", [0, 10, 200, -1])
def test_a_cut_off_file_of_weights_raises(saved, kept):
    path = saved / "arrays.npz"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r".+"):
        TopicModel.load(saved, words)


def test_a_changed_byte_in_the_weights_raises(saved):
    path = saved / "arrays.npz"
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(ValueError, match="damaged"):
        TopicModel.load(saved, words)


def test_about_without_its_intents_raises(saved):
    (saved / "about.json").write_text("{}", "utf-8")
    with pytest.raises(ValueError, match="damaged"):
        TopicModel.load(saved, words)


@pytest.mark.parametrize("name", ["about.json", "words.json", "arrays.npz"])
def test_a_missing_file_raises(saved, name):
    (saved / name).unlink()
    with pytest.raises(OSError, match=name):
        TopicModel.load(saved, words)


def test_fewer_than_three_intents_can_not_be_learned():
    with pytest.raises(ValueError, match="at least three"):
        train(TEXTS[:6], INTENTS[:6])
