"""Patients' writing as tokens."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rasa_project.redflags.text import MAX_CHARACTERS, plain, tokenise

ALIASES = {"kannie": ("kan", "niet"), "k": ("ik",)}


def texts_of(message: str):
    return [token.text for token in tokenise(message, ALIASES)]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Ik KAN niet plassen", ["ik", "kan", "niet", "plassen"]),
        ("k kannie plassen", ["ik", "kan", "niet", "plassen"]),
        ("één geïrriteerde zenuw", ["een", "geirriteerde", "zenuw"]),
        ("e\u0301e\u0301n been", ["een", "been"]),
        ("zeeeeer veel pijnnn", ["zer", "veel", "pijn"]),
        ("pla\u200bssen gaat ni\u00adet", ["plassen", "gaat", "niet"]),
        ("39,5 graden om 10:30", ["39,5", "graden", "om", "10:30"]),
        ("𝐊𝐚𝐧 𝑛𝑖𝑒𝑡", ["kan", "niet"]),
        ("ﾞ rug", ["rug"]),
        ("rug-pijn/been_pijn", ["rug", "pijn", "been", "pijn"]),
        ("😀", []),
        ("", []),
    ],
)
def test_a_message_becomes_comparable_words(message, expected):
    assert texts_of(message) == expected


def test_the_parts_of_an_alias_share_its_place():
    kan, niet = tokenise("ik kannie", ALIASES)[1:]
    assert (kan.start, kan.end) == (niet.start, niet.end) == (3, 9)


def test_the_place_counts_invisible_characters():
    message = "ik \u200bpla\u200bssen nu"
    token = tokenise(message, {})[1]
    assert message[token.start : token.end] == "pla\u200bssen"


def test_sentences_are_numbered():
    tokens = tokenise("Ik viel. Van de trap, gisteren!\nNu niet", {})
    assert [token.sentence for token in tokens] == [0, 0, 1, 1, 1, 1, 1, 3, 3]


def test_what_stands_after_the_limit_is_not_read():
    assert tokenise(" " * MAX_CHARACTERS + "rug", {}) == []


@given(st.text())
@example("ℌ ﾞ ﷺ e\u0301 ẞ İ")
@example("\u200b\u200b")
def test_positions_always_lie_inside_the_text_and_in_order(message):
    tokens = tokenise(message, ALIASES)
    for token in tokens:
        assert 0 <= token.start < token.end <= len(message)
        assert token.text
    assert [token.start for token in tokens] == sorted(token.start for token in tokens)


@given(st.text())
@example("𝐊𝐀𝐍 ℌ İ")
def test_a_plain_word_has_no_capitals(word):
    assert plain(word) == plain(word).lower()
