"""Every phrase of the clinical catalogue is read as the catalogue says."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.language.measure import Reader
from tests.redflags.levels import URGENCY_OF
from tests.redflags.phrases import (
    ALARM,
    BENIGN,
    WEAK,
    known_failures,
    mistake,
    mistakes,
    phrases,
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.model
@pytest.mark.parametrize("label", [ALARM, BENIGN])
async def test_a_phrase_is_read_as_the_catalogue_says(reader, label):
    wrong = await mistakes(reader, label)
    known = {text for text in known_failures() if text in {p.text for p in of(label)}}
    print(f"{label}: {len(of(label)) - len(wrong)} of {len(of(label))} right")
    assert {text: why for text, why in wrong.items() if text not in known} == {}
    assert known - set(wrong) == set(), "these are right now: take them off known_failures.tsv"


@pytest.mark.model
async def test_half_a_combination_is_read_without_an_error(reader):
    for phrase in of(WEAK):
        assert mistake(phrase, await reader.read(phrase.text)) == ""


def of(label):
    return [phrase for phrase in phrases() if phrase.label == label]


def test_the_table_holds_the_whole_catalogue():
    sections = Counter(phrase.flag for phrase in phrases() if phrase.where.startswith("RF"))
    assert sorted(sections) == [f"RF{number:02}" for number in range(1, 25)]
    assert sum(sections.values()) == 293
    look_alikes = [p.where for p in phrases() if p.label == BENIGN and p.where.startswith("L")]
    assert [where.split("#")[1] for where in look_alikes] == [str(n) for n in range(1, 76)]
    assert sum(phrase.where.startswith("contrast pair") for phrase in phrases()) == 24


def test_labels_and_levels_agree():
    for phrase in phrases():
        levels = {ALARM: ("U1", "U2", "U3"), BENIGN: ("-",), WEAK: ("U4",)}[phrase.label]
        assert phrase.level in levels, phrase
    assert {phrase.level for phrase in phrases()} == set(URGENCY_OF)


def test_known_failures_are_phrases_of_the_catalogue():
    assert set(known_failures()) <= {phrase.text for phrase in of(ALARM) + of(BENIGN)}
    assert all(known_failures().values())
