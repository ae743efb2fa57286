"""Opening hours at fixed moments."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from rasa_project.handoff.opening_hours import (
    ZONES,
    closed_all_day,
    hours_in_words,
    is_open,
    next_opening,
    open_now_in_words,
    public_holiday,
)
from tests.builders import HOURS, belgian_practice, practice

WORKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag")
DAILY = {day: ["09:00-17:00"] for day in WORKDAYS}
OPEN = practice(hours=HOURS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONES["NL"])


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T07:59:59", False),
        ("2026-11-23T08:00", True),
        ("2026-11-23T11:59:59", True),
        ("2026-11-23T12:00", False),
        ("2026-11-23T13:00", True),
        ("2026-11-24T14:00", False),
        ("2026-11-25T10:00", False),
    ],
)
def test_a_practice_is_open_from_the_start_up_to_the_end_of_a_span(moment, expected):
    assert is_open(OPEN, at(moment)) is expected


def test_a_moment_is_taken_to_the_time_of_the_practice():
    assert is_open(OPEN, datetime(2026, 11, 23, 7, 30, tzinfo=timezone.utc))  # 08:30 in winter
    assert is_open(OPEN, datetime(2026, 7, 6, 6, 30, tzinfo=timezone.utc))  # 08:30 in summer
    assert not is_open(OPEN, datetime(2026, 7, 6, 5, 30, tzinfo=timezone.utc))


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        is_open(OPEN, datetime(2026, 11, 23, 8, 30))


@pytest.mark.parametrize(
    ("country", "day", "name"),
    [
        ("NL", date(2026, 4, 27), "Koningsdag"),
        ("BE", date(2026, 4, 27), None),
        ("BE", date(2026, 7, 21), "Nationale feestdag"),
        ("NL", date(2026, 7, 21), None),
        ("NL", date(2026, 12, 26), "Tweede Kerstdag"),
        ("BE", date(2026, 11, 11), "Wapenstilstand"),
        ("NL", date(2025, 5, 5), "Bevrijdingsdag"),
        ("NL", date(2026, 5, 5), None),
    ],
)
def test_public_holidays_follow_the_country(country, day, name):
    assert public_holiday(country, day) == name


def test_a_holiday_closes_the_practice_unless_it_says_otherwise():
    kings_day = date(2026, 4, 27)
    assert closed_all_day(practice(hours=DAILY), kings_day)
    assert not closed_all_day(practice(hours=DAILY, closed_on_public_holidays=False), kings_day)
    assert not closed_all_day(belgian_practice(hours=DAILY), kings_day)


def test_a_closure_holds_from_its_first_to_its_last_day():
    holiday = practice(
        hours=DAILY, closures=[{"first_day": "2026-08-03", "last_day": "2026-08-07"}]
    )
    closed = [closed_all_day(holiday, date(2026, 8, day)) for day in (3, 5, 7, 10)]
    assert closed == [True, True, True, False]
    assert not closed_all_day(holiday, date(2026, 7, 31))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T07:00", "2026-11-23T08:00"),
        ("2026-11-23T12:30", "2026-11-23T13:00"),
        ("2026-11-23T18:00", "2026-11-24T08:00"),
        ("2026-11-24T12:00", "2026-11-30T08:00"),
    ],
)
def test_the_next_opening(moment, expected):
    assert next_opening(OPEN, at(moment)) == at(expected)


def test_the_next_opening_skips_christmas_and_closures():
    closed = practice(hours=DAILY, closures=[{"first_day": "2026-12-28", "last_day": "2026-12-31"}])
    assert next_opening(closed, at("2026-12-24T18:00")) == at("2027-01-04T09:00")


def test_a_practice_that_never_opens_has_no_next_opening():
    assert next_opening(practice(hours={"maandag": []}), at("2026-11-23T08:00")) is None
    assert next_opening(practice(), at("2026-11-23T08:00")) is None


def test_equal_days_are_taken_together_in_words():
    assert hours_in_words(practice(hours=DAILY)) == (
        "maandag tot en met vrijdag 09:00-17:00, zaterdag en zondag gesloten"
    )
    assert hours_in_words(OPEN) == (
        "maandag 08:00-12:00 en 13:00-17:30, dinsdag 08:00-12:00, "
        "woensdag tot en met zondag gesloten"
    )
    assert hours_in_words(practice()) == ""


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        ("2026-11-23T09:00", "We zijn nu open."),
        ("2026-11-23T07:00", "We zijn nu gesloten. Vandaag zijn we open vanaf 08:00 uur."),
        ("2026-11-23T20:00", "We zijn nu gesloten. Morgen zijn we open vanaf 08:00 uur."),
        ("2026-11-25T20:00", "We zijn nu gesloten. Maandag zijn we open vanaf 08:00 uur."),
    ],
)
def test_one_sentence_tells_about_now(moment, sentence):
    assert open_now_in_words(OPEN, at(moment)) == sentence


def test_an_opening_more_than_six_days_away_has_its_date():
    closed = practice(hours=HOURS, closures=[{"first_day": "2026-11-23", "last_day": "2026-12-01"}])
    assert open_now_in_words(closed, at("2026-11-23T09:00")) == (
        "We zijn nu gesloten. Maandag 7-12 zijn we open vanaf 08:00 uur."
    )


def test_nothing_is_said_about_unknown_hours_and_no_day_when_it_stays_shut():
    assert open_now_in_words(practice(), at("2026-11-23T09:00")) == ""
    shut = practice(hours={"maandag": []})
    assert open_now_in_words(shut, at("2026-11-23T09:00")) == "We zijn nu gesloten."
