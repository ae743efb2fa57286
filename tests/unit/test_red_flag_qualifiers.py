"""Who, when, and whether at all."""

from __future__ import annotations

from datetime import date

import pytest

from rasa_project.redflags.qualifiers import QualifierReader
from rasa_project.redflags.text import tokenise
from tests.builders import CATALOGUE, small_catalogue


@pytest.fixture(scope="module")
def reader() -> QualifierReader:
    return QualifierReader(small_catalogue())


def read(reader: QualifierReader, message: str, word: str = "koorts"):
    tokens = tokenise(message, {})
    number = [token.text for token in tokens].index(word)
    return reader.read(tokens, number, number + 1)


@pytest.mark.parametrize(
    ("message", "qualifiers"),
    [
        ("ik heb koorts", set()),
        ("ik heb geen koorts", {"Negation.Negated"}),
        ("geen idee of ik koorts heb", set()),
        ("geen pijn maar koorts", set()),
        ("mijn moeder heeft koorts", {"Person.Other"}),
        ("mijn moeder had koorts", {"Person.Other", "Tense.Past"}),
        ("vorig jaar koorts", {"Time.Past"}),
        ("wat is koorts", {"Aim.Information"}),
        ("geen van de vijf mensen heeft koorts", set()),
    ],
)
def test_words_around_a_sign_change_how_it_is_read(reader, message, qualifiers):
    assert read(reader, message) == qualifiers


def test_another_sentence_changes_nothing(reader):
    assert read(reader, "Geen pijn. Wel koorts") == set()
    assert read(reader, "Vorig jaar. Koorts. Geen hoest") == set()


@pytest.mark.parametrize(
    ("year", "qualifiers"),
    [
        ("1988", {"Time.Past"}),
        (str(date.today().year - 1), {"Time.Past"}),
        (str(date.today().year), set()),
        ("3000", set()),
    ],
    ids=["long ago", "last year", "this year", "far off"],
)
def test_a_year_that_is_over_is_past(year, qualifiers):
    past = {"qualifier": "Time.Past", "direction": "preceding", "patterns": ["in jaartal"]}
    rules = [*CATALOGUE["qualifiers"], past]
    reader = QualifierReader(small_catalogue(qualifiers=rules))
    assert read(reader, f"in {year} koorts") == qualifiers
