"""Placeholders of an answer, for a practice in each country and for an empty one."""

from __future__ import annotations

import pytest

from rasa_project.knowledge.entries import PLACEHOLDER, PRACTICE_PLACEHOLDERS, WordingFile
from rasa_project.knowledge.fill import fill, placeholder_values
from tests.builders import HOURS, NL_PHONE, WORDING, belgian_practice, practice

WORDS = WordingFile.parse_obj(WORDING)
FULL = {
    "mail": "info@debrug.example",
    "hours": HOURS,
    "address": {"street": "Brugstraat 12", "postcode": "3011 AB", "city": "Rotterdam"},
    "booking_link": "https://debrug.example/afspraak",
    "prices": [
        {"item": "Eerste afspraak", "price": "€ 55"},
        {"item": "Aan huis", "price": "€ 58", "note": "in Rotterdam"},
    ],
    "reimbursement": "Wij hebben contracten.",
    "therapists": [{"name": "Anna", "role": "fysiotherapeut"}, {"name": "Karim"}],
}


def test_a_full_practice_fills_everything_with_its_own_words():
    values = placeholder_values(practice(**FULL), WORDS)
    assert values["praktijk"] == "De Brug"
    assert values["telefoon"] == NL_PHONE
    assert values["mail"] == "info@debrug.example"
    assert values["adres"] == "Brugstraat 12, 3011 AB Rotterdam"
    assert values["openingstijden"].startswith("maandag 08:00-12:00")
    assert values["prijzen"] == "Eerste afspraak: € 55; Aan huis: € 58 (in Rotterdam)"
    assert values["vergoeding"] == "Wij hebben contracten."
    assert values["therapeuten"] == "Anna (fysiotherapeut), Karim"


def test_an_empty_practice_is_answered_with_its_phone_number():
    values = placeholder_values(practice(), WORDS)
    for name in PRACTICE_PLACEHOLDERS - {"praktijk", "telefoon"}:
        assert values[name] == f"bel ons over {name}: {NL_PHONE}"


def test_each_country_reads_its_own_words():
    assert placeholder_values(practice(), WORDS)["therapeut"] == "fysiotherapeut"
    assert placeholder_values(belgian_practice(), WORDS)["therapeut"] == "kinesitherapeut"


@pytest.mark.parametrize("given", [practice(), belgian_practice()])
def test_a_patient_from_the_other_country_reads_their_own_words_and_this_practice(given):
    for country, therapist in (("NL", "fysiotherapeut"), ("BE", "kinesitherapeut")):
        values = placeholder_values(given, WORDS, country)
        assert values["therapeut"] == therapist
        assert values["telefoon"] == given.phone


@pytest.mark.parametrize("given", [practice(), practice(**FULL), belgian_practice()])
def test_no_value_holds_a_placeholder_of_its_own(given):
    for value in placeholder_values(given, WORDS).values():
        assert not PLACEHOLDER.search(value)


VALUES = {"avondpost_bellen": "bel 1733", "therapeut": "kinesitherapeut"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Ga naar je {therapeut}.", "Ga naar je kinesitherapeut."),
        ("Dicht? {avondpost_bellen}.", "Dicht? Bel 1733."),
        ("Is het dicht, {avondpost_bellen}.", "Is het dicht, bel 1733."),
        ("Dicht.\n\n{avondpost_bellen}.", "Dicht.\n\nBel 1733."),
        ("{therapeut} of {therapeut}", "Kinesitherapeut of kinesitherapeut"),
        ("Niets te vullen.", "Niets te vullen."),
        ("", ""),
    ],
)
def test_a_value_gets_a_capital_where_it_opens_a_sentence(text, filled):
    assert fill(text, VALUES) == filled


def test_a_placeholder_without_a_value_raises():
    with pytest.raises(KeyError, match="onbekend"):
        fill("Bel {onbekend}.", VALUES)


@pytest.mark.parametrize("given", [practice(), practice(**FULL), belgian_practice()])
def test_every_answer_of_the_catalogue_fills(given, real_knowledge):
    values = placeholder_values(given, real_knowledge.wording)
    for _, entry in real_knowledge.topics:
        shown = [entry.short_for(given.country), entry.more_for(given.country), entry.simple]
        for text in (*shown, *(note.text for note in entry.notes)):
            assert "{" not in fill(text, values)
