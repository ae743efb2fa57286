"""Roles and moments as people of the practice read them. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rasa_project.conversation.events import in_utc

# The Netherlands and Flanders share it.
_ZONE = ZoneInfo("Europe/Amsterdam")
_DAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
_MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_ROLES = {"beheerder": "Beheerder", "therapeut": "Therapeut", "meekijker": "Meekijker"}


def role_name(role: str) -> str:
    """A role as it is shown."""
    return _ROLES.get(role, role)


def local(moment: datetime) -> datetime:
    """A stored moment on the practice's clock."""
    return in_utc(moment).astimezone(_ZONE)


def time_of_day(moment: datetime) -> str:
    """As 14:05."""
    return local(moment).strftime("%H:%M")


def day_and_time(moment: datetime) -> str:
    """As "ma 23 nov 2026, 14:05"."""
    here = local(moment)
    return f"{_DAYS[here.weekday()]} {here.day} {_MONTHS[here.month - 1]} {here.year}, {here:%H:%M}"
