"""Messages that hold no question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.nlu.input_check import EMPTY, NO_WORDS, TOO_LONG, bad_input
from rasa_project.nlu.words import MAX_CHARACTERS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", EMPTY),
        (" \n\t\u00a0", EMPTY),
        ("\u200b\u202e\x00", EMPTY),
        pytest.param("\u200b" * (MAX_CHARACTERS + 1), EMPTY, id="long-empty"),
        ("???", NO_WORDS),
        ("😀👍", NO_WORDS),
        ("112", NO_WORDS),
        pytest.param("a" * (MAX_CHARACTERS + 1), TOO_LONG, id="long"),
        pytest.param("9" * (MAX_CHARACTERS + 1), TOO_LONG, id="long-number"),
        pytest.param("a" * MAX_CHARACTERS, None, id="longest"),
        ("rug?", None),
        ("ή", None),
    ],
)
def test_what_is_wrong_with_a_message(text, problem):
    assert bad_input(text) == problem


@given(st.text())
def test_any_text_is_fine_or_has_a_known_problem(text):
    problem = bad_input(text)
    assert problem in (None, EMPTY, NO_WORDS, TOO_LONG)
    if problem is None:
        assert any(char.isalpha() for char in text)
