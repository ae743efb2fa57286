"""Moments and durations as people of the practice read them. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

from rasa_project.handoff.opening_hours import ZONES
from rasa_project.inbox.words import day_and_time, local, time_of_day

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def day_of(moment: datetime, now: datetime) -> str:
    """The day, as a line between messages: "vandaag", "gisteren", "ma 23 nov 2026"."""
    days = (local(now).date() - local(moment).date()).days
    if days in (0, 1):
        return ("vandaag", "gisteren")[days]
    return day_and_time(moment).rpartition(",")[0]


def when(moment: datetime, now: datetime) -> str:
    """As short as can be: "14:05", "gisteren 14:05", "ma 23 nov 2026, 14:05"."""
    days = (local(now).date() - local(moment).date()).days
    if days in (0, 1):
        return f"{('', 'gisteren ')[days]}{time_of_day(moment)}"
    return day_and_time(moment)


def lasting(seconds: float) -> str:
    """How long: "minder dan 1 min", "12 min", "2 uur 5 min", "3 dagen"."""
    whole = int(max(0.0, seconds))
    if whole < _MINUTE:
        return "minder dan 1 min"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        minutes = whole % _HOUR // _MINUTE
        return f"{whole // _HOUR} uur" + (f" {minutes} min" if minutes else "")
    days = whole // _DAY
    return "1 dag" if days == 1 else f"{days} dagen"


def pain_lasts(days: float) -> str:
    """How long a pain lasts, as a patient told it in days."""
    if days < 1:
        return "minder dan een dag"
    if days < 14:
        return "1 dag" if round(days) == 1 else f"{round(days)} dagen"
    if days < 84:
        return f"{round(days / 7)} weken"
    if days < 730:
        return f"{round(days / 30.4)} maanden"
    return f"{round(days / 365)} jaar"


def start_of(day: date) -> datetime:
    """The moment at which a day begins on the practice's clock."""
    # In UTC: SQLite compares texts.
    return datetime.combine(day, time(), ZONES["NL"]).astimezone(timezone.utc)


def end_of(day: date) -> datetime:
    """The moment at which a day is over."""
    return start_of(day + timedelta(days=1))
