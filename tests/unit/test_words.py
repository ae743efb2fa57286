"""Words and lemmas."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rasa_project.nlu import words as module
from rasa_project.nlu.words import (
    BLANK_MODEL,
    MAX_CHARACTERS,
    SPACY_MODEL,
    available_model,
    lemmatiser,
    plain_text,
    words,
)


def test_words_are_plain_letters_and_digits():
    assert words("Eén ZERE rug, L4/L5!") == ["een", "zere", "rug", "l4", "l5"]


def test_composed_and_decomposed_accents_are_the_same():
    assert plain_text("gee\u0308rgerd") == plain_text("geërgerd") == "geergerd"


def test_a_text_is_cut_off():
    assert len(plain_text("a" * 5_000)) == MAX_CHARACTERS


def test_simplemma_gives_the_lemma_of_each_word():
    assert lemmatiser(BLANK_MODEL)("Mijn oefeningen") == ["mijn", "oefening"]


def test_the_blank_model_is_taken_when_the_dutch_one_is_missing(monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    assert available_model() == BLANK_MODEL
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: object())
    assert available_model() == SPACY_MODEL


def test_an_unknown_spacy_model_raises():
    with pytest.raises(OSError, match="nl_unknown"):
        lemmatiser("nl_unknown")


@given(st.text())
@example("𝐊𝐀𝐍 ℌ")
def test_plain_text_has_no_capitals(text):
    assert plain_text(text) == plain_text(text).lower()
