"""The right number for country and clock."""

from __future__ import annotations

from datetime import datetime
from itertools import product

import pytest

from rasa_project.conversation.alarm_texts import (
    alarm_text,
    doctor_is_open,
    doctor_words,
)
from rasa_project.conversation.triage_file import triage_file
from rasa_project.handoff.opening_hours import ZONES
from rasa_project.redflags.urgency import Urgency
from tests.builders import belgian_practice, practice, small_catalogue

TRIAGE = triage_file()
CATALOGUE = small_catalogue()
LOCAL = "010 - 290 98 88"


def moment(country: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONES[country])


WORKDAY, NIGHT = "2026-11-23T10:00", "2026-11-23T22:00"


def told(flags, countries=("NL",), when=WORKDAY, of=None) -> list:
    text = alarm_text(
        CATALOGUE, flags, countries, moment(countries[0], when), TRIAGE, of or practice()
    )
    return text.split("\n\n")


@pytest.mark.parametrize(
    ("country", "when", "is_open"),
    [
        ("NL", "2026-11-23T07:59", False),
        ("NL", "2026-11-23T08:00", True),
        ("NL", "2026-11-23T16:59", True),
        ("NL", "2026-11-23T17:00", False),
        ("BE", "2026-11-23T17:00", True),
        ("BE", "2026-11-23T18:00", False),
        ("NL", "2026-11-22T10:00", False),  # Sunday
        ("NL", "2026-12-25T10:00", False),  # Christmas, a Friday
        ("NL", "2027-04-27T10:00", False),  # King's Day in the Netherlands only
        ("BE", "2027-04-27T10:00", True),
        ("BE", "2026-07-21T10:00", False),  # the Belgian national day
        ("NL", "2026-07-21T10:00", True),
    ],
)
def test_doctors_keep_office_hours_and_holidays_of_their_country(country, when, is_open):
    assert doctor_is_open(country, moment(country, when), TRIAGE) is is_open


def test_by_day_the_doctor_and_by_night_the_out_of_hours_post():
    day = doctor_words("NL", moment("NL", WORKDAY), TRIAGE, practice())
    night = doctor_words("NL", moment("NL", NIGHT), TRIAGE, practice())
    assert day["arts"] == "je huisarts"
    assert night["arts"] == "de huisartsenpost"
    assert night["bel_arts"].startswith("Bel nu de huisartsenpost.")
    belgian = doctor_words("BE", moment("BE", NIGHT), TRIAGE, belgian_practice())
    assert "1733" in belgian["bel_arts"]


def test_a_local_number_is_named_in_the_practices_own_country_only():
    local = practice(local_out_of_hours_phone=LOCAL)
    assert LOCAL in doctor_words("NL", moment("NL", NIGHT), TRIAGE, local)["bel_arts"]
    assert LOCAL not in doctor_words("BE", moment("BE", NIGHT), TRIAGE, local)["bel_arts"]


def test_an_alarm_text_follows_the_country():
    flags = [("RF17", Urgency.SAME_DAY)]
    assert told(flags) == ["Praat erover: bel 113."]
    assert told(flags, countries=("BE",)) == ["Praat erover: bel 1813."]


def test_an_unknown_country_gets_both_numbers_labelled():
    flags = [("RF17", Urgency.SAME_DAY)]
    assert told(flags, countries=("NL", "BE")) == [
        "In Nederland: Praat erover: bel 113.",
        "In België: Praat erover: bel 1813.",
    ]
    same = [("RF01", Urgency.EMERGENCY)]
    assert told(same, countries=("NL", "BE")) == ["Bel nu 112 voor je rug."]


def test_two_flags_at_the_most_are_told_and_the_most_urgent_first():
    flags = [
        ("RF01", Urgency.EMERGENCY),
        ("RF17", Urgency.SAME_DAY),
        ("RF05", Urgency.SOON),
    ]
    assert told(flags) == ["Bel nu 112 voor je rug.", "Praat erover: bel 113."]


def test_the_same_text_is_said_once():
    flags = [("RF01", Urgency.SAME_DAY), ("RF01", Urgency.SAME_DAY), ("RF05", Urgency.SOON)]
    assert told(flags) == ["Bel nu de huisartsenpost.", "Maak een afspraak (NL)."]


@pytest.mark.parametrize(("country", "when"), list(product(("NL", "BE"), (WORKDAY, NIGHT))))
def test_every_real_text_fills_and_names_no_number_of_the_other_country(
    real_catalogue, country, when
):
    words = doctor_words(country, moment(country, when), TRIAGE, practice(country=country))
    foreign = {"NL": ("1813", "1733", "070 245"), "BE": ("113.nl", "0800-0113", "huisartsenpost")}
    for flag in real_catalogue.flags.values():
        texts = [flag.repeat, *flag.say.values()]
        for text in [getattr(text, country) for text in texts] + [flag.note, flag.note_older]:
            filled = text.format(**words)
            assert not [number for number in foreign[country] if number in filled], filled
            assert "!" not in filled
            assert len(filled.split()) <= 75


def test_an_emergency_text_begins_with_112_and_has_no_question(real_catalogue):
    for flag in real_catalogue.flags.values():
        assert Urgency.EMERGENCY not in flag.worse
        text = flag.say.get(Urgency.EMERGENCY)
        for country in ("NL", "BE") if text else ():
            assert getattr(text, country).startswith("Bel nu 112")


def test_every_flag_of_the_catalogue_is_there_with_a_question_to_confirm_it(real_catalogue):
    assert {f"RF{number:02}" for number in range(25)} == set(real_catalogue.flags)
    assert all(flag.confirm for flag in real_catalogue.flags.values())
