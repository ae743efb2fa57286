"""One slip of the thumb is seen through; a real word never is."""

from __future__ import annotations

import pytest

from rasa_project.redflags.spelling import Speller
from rasa_project.redflags.urgency import Urgency


@pytest.fixture(scope="module")
def speller():
    return Speller({"plassen", "zonder", "geleden", "been", "spanning"}, ["spinning"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("plasssen", "plassen"),
        ("plasen", "plassen"),
        ("plsasen", "plassen"),
        ("xonder", "zonder"),
        ("zoner", "zonder"),
    ],
)
def test_one_slip_is_corrected(speller, typed, meant):
    assert speller.corrected(typed) == meant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("plassen", "known"),
        ("gelezen", "a word of its own, one letter from geleden"),
        ("passen", "a word of its own, one letter from plassen"),
        ("spinning", "listed as a word"),
        ("beeb", "too short"),
        ("pxlassxen", "two slips"),
        ("", "nothing"),
    ],
)
def test_anything_else_is_left_alone(speller, typed, why):
    assert speller.corrected(typed) is None, why


def test_a_correction_adds_an_alarm_and_takes_none_away(rules):
    for text in ("ik kan niet plassen", "ik kan niet plasssen", "ik kan niet plassen vandag"):
        assert rules.assess(text).urgency is Urgency.SAME_DAY
