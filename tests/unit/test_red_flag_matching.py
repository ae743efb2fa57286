"""Term lists, and patterns of them that stand together."""

from __future__ import annotations

import pytest

from rasa_project.redflags.catalogue import Pattern
from rasa_project.redflags.matching import TermIndex, find
from rasa_project.redflags.text import tokenise

INDEX = TermIndex(
    {
        "plassen": ["plas*"],
        "kan-niet": ["kan niet", "niet kan"],
        "dood": ["=dood"],
        "gevallen": ["gevallen"],
        "exact": ["=benauwd"],
        "loopt": ["de trap* op"],
        "kort": ["koud"],
        "lang": ["koortsig*"],
    }
)


def places(message: str):
    return INDEX.places(tokenise(message, {}))


@pytest.mark.parametrize(
    ("message", "name", "place"),
    [
        ("ik moet plasje doen", "plassen", (2, 3)),
        ("ik kan niet meer", "kan-niet", (1, 3)),
        ("wil dood", "dood", (1, 2)),
        ("ik ben gevalen", "gevallen", (2, 3)),
        ("ik ben gevlalen", "gevallen", (2, 3)),
        ("hij komt de trappen op", "loopt", (2, 5)),
        ("zo koorstigheid", "lang", (1, 2)),
    ],
)
def test_words_beginnings_phrases_and_typing_errors_are_found(message, name, place):
    assert places(message) == {name: [place]}


@pytest.mark.parametrize(
    "message",
    ["ik kan het niet", "doodmoe", "benauwt", "benauwdheid", "gevalln meer", "hout", "gvaln", ""],
)
def test_what_only_looks_alike_is_not_found(message):
    expected = {"gevallen"} if "gevalln" in message else set()
    assert set(places(message)) == expected


def test_a_word_that_is_a_term_itself_is_not_read_as_a_typing_error_of_another():
    index = TermIndex({"a": ["slapper"], "b": ["slapper", "knapper"], "c": ["klapper"]})
    assert set(index.places(tokenise("klapper", {}))) == {"c"}


def pattern(*terms: str, **options) -> Pattern:
    return Pattern(terms=list(terms), **options)


def test_a_pattern_needs_every_term_list():
    assert find(pattern("a", "b"), {"a": [(0, 1)]}) is None
    assert find(pattern("a"), {"a": [(3, 4)]}).first == (3, 4)


def test_the_window_counts_from_the_first_to_the_last_token():
    found = {"a": [(0, 1)], "b": [(4, 5)]}
    assert find(pattern("a", "b", window=4), found) is None
    match = find(pattern("a", "b", window=5), found)
    assert (match.start, match.end, match.first) == (0, 5, (0, 1))


def test_an_ordered_pattern_wants_the_order_written():
    found = {"a": [(2, 3)], "b": [(0, 1)]}
    assert find(pattern("a", "b", ordered=True), found) is None
    assert find(pattern("b", "a", ordered=True), found) is not None
    assert find(pattern("a", "b"), found) is not None


def test_two_terms_can_not_be_the_same_words():
    assert find(pattern("a", "b"), {"a": [(1, 3)], "b": [(2, 3)]}) is None


def test_the_tightest_place_is_given():
    match = find(pattern("a", "b", window=9), {"a": [(0, 1), (5, 6)], "b": [(7, 8)]})
    assert (match.start, match.end) == (5, 8)


def test_a_match_does_not_reach_across_a_barrier():
    found = {"a": [(0, 1)], "b": [(3, 4)]}
    assert find(pattern("a", "b"), found, barriers=[2]) is None
    assert find(pattern("a", "b"), found, barriers=[4]) is not None


def test_a_barrier_inside_a_phrase_is_part_of_it():
    assert find(pattern("a"), {"a": [(0, 3)]}, barriers=[1]) is not None


def test_a_phrase_longer_than_the_window_still_counts():
    assert find(pattern("a", window=2), {"a": [(0, 4)]}) is not None
