"""When a practice is open. Pure: the moment is always given."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Optional
from zoneinfo import ZoneInfo

import holidays

from rasa_project.practice import WEEKDAYS, Closure, Practice

ZONES = {"NL": ZoneInfo("Europe/Amsterdam"), "BE": ZoneInfo("Europe/Brussels")}
# In the Netherlands Liberation Day is a holiday in law, but practices are closed
# for it only every fifth year; the holidays library follows that.
_LOOK_AHEAD_DAYS = 60


@lru_cache(maxsize=8)
def _public_holidays(country: str, year: int) -> "holidays.HolidayBase":
    return holidays.country_holidays(country, years=year, language="nl")


def public_holiday(country: str, day: date) -> Optional[str]:
    """The Dutch name of the public holiday on a day, or None."""
    return _public_holidays(country, day.year).get(day)


def closure_on(practice: Practice, day: date) -> Optional[Closure]:
    """The practice's own closure that holds on a day, or None."""
    for closure in practice.closures:
        if closure.first_day <= day <= closure.last_day:
            return closure
    return None


def closed_all_day(practice: Practice, day: date) -> bool:
    """Whether a holiday, a closure or the week plan keeps the practice shut that day."""
    if practice.closed_on_public_holidays and public_holiday(practice.country, day):
        return True
    return closure_on(practice, day) is not None or not practice.spans_on(day.weekday())


def is_open(practice: Practice, moment: datetime) -> bool:
    """Whether the practice is open at an aware moment.

    Raises:
        ValueError: The moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    local = moment.astimezone(ZONES[practice.country])
    if closed_all_day(practice, local.date()):
        return False
    now = local.time()
    return any(span.start <= now < span.end for span in practice.spans_on(local.weekday()))


def next_opening(practice: Practice, moment: datetime) -> Optional[datetime]:
    """The next moment at which the doors open, within two months; None if none is known."""
    local = moment.astimezone(ZONES[practice.country])
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = local.date() + timedelta(days=ahead)
        if closed_all_day(practice, day):
            continue
        for span in practice.spans_on(day.weekday()):
            start = datetime.combine(day, span.start, tzinfo=ZONES[practice.country])
            if start > local:
                return start
    return None


def hours_in_words(practice: Practice) -> str:
    """The week plan as a patient reads it, equal days taken together; "" when unknown."""
    if not practice.hours:
        return ""
    lines = []
    first = 0
    while first < 7:
        last = first
        while last < 6 and practice.spans_on(last + 1) == practice.spans_on(first):
            last += 1
        joined = " en " if last == first + 1 else " tot en met "
        days = WEEKDAYS[first] if first == last else joined.join((WEEKDAYS[first], WEEKDAYS[last]))
        spans = " en ".join(
            f"{span.start:%H:%M}-{span.end:%H:%M}" for span in practice.spans_on(first)
        )
        lines.append(f"{days} {spans or 'gesloten'}")
        first = last + 1
    return ", ".join(lines)


def open_now_in_words(practice: Practice, moment: datetime) -> str:
    """One sentence about now: open, or when the practice opens again; "" when unknown."""
    if not practice.hours:
        return ""
    if is_open(practice, moment):
        return "We zijn nu open."
    opening = next_opening(practice, moment)
    if opening is None:
        return "We zijn nu gesloten."
    when = _day_in_words(practice, moment, opening)
    return f"We zijn nu gesloten. {when.capitalize()} zijn we open vanaf {opening:%H:%M} uur."


def next_opening_in_words(practice: Practice, moment: datetime) -> str:
    """Such as "morgen om 08:00 uur"; "" when no opening is known."""
    opening = next_opening(practice, moment)
    if opening is None:
        return ""
    return f"{_day_in_words(practice, moment, opening)} om {opening:%H:%M} uur"


def _day_in_words(practice: Practice, moment: datetime, opening: datetime) -> str:
    today = moment.astimezone(ZONES[practice.country]).date()
    days = (opening.date() - today).days
    when = {0: "vandaag", 1: "morgen"}.get(days, WEEKDAYS[opening.weekday()])
    return f"{when} {opening.day}-{opening.month}" if days > 6 else when
