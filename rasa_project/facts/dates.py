"""Days of the past as patients name them: "gisteren", "sinds juli". Pure; no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import FrozenSet, Iterator, Match, Optional, Pattern

from rasa_project.facts.fact_words import FactLists, alternatives
from rasa_project.facts.speaker import Clause

_MIDDLE_OF_A_MONTH = 15
_PARTS_OF_A_MONTH = {"begin": 4, "half": 15, "midden": 15, "eind": 26, "einde": 26}
# "sinds de bevalling in maart": so many words may stand between.
_REACH = 5
_YEAR = 365
_AROUND = 70
_FIRST_YEAR = 1930


@dataclass(frozen=True)
class DateWords:
    """Patterns made of the lists about days."""

    lists: FactLists
    point: Pattern[str]
    since: Pattern[str]
    until: Pattern[str]
    triggers: FrozenSet[str]
    digits: Pattern[str]

    @classmethod
    def of(cls, lists: FactLists) -> "DateWords":
        """The patterns of the lists."""
        last = alternatives(lists.last_words)
        months, weekdays = alternatives(lists.months), alternatives(lists.weekdays)
        part = "|".join(_PARTS_OF_A_MONTH)
        return cls(
            lists=lists,
            point=re.compile(
                rf"(?P<near>{alternatives(lists.days_ago)})"
                rf"|(?<!\S)(?:(?P<part>{part}) (?:van )?(?:de )?)?(?P<last>{last}) "
                rf"(?P<period>week|weekend|weekeinde|maand|jaar)(?: (?P<day_then>{weekdays}))?\b"
                rf"|(?P<weekend>(?<=het )weekend\b)"
                rf"|(?P<weekday>{weekdays})"
                rf"|(?:(?P<day>\d{{1,2}})(?:e|ste|de)? |(?P<part2>{part}) )?(?P<month>{months})"
                rf"(?: (?P<month_year>(?:19|20)\d\d|vorig jaar|verleden jaar))?"
                rf"|(?P<season>{alternatives(lists.seasons)})(?: (?:van )?(?P<season_year>20\d\d))?"
                rf"|(?<![\w.])(?P<year>(?:19|20)\d\d)(?![\w.])"
                rf"|(?<=mijn )(?P<birthday>\d\d)(?:ste|de|e)\b"
                rf"|(?<=sinds )(?P<short_day>\d{{1,2}})[-/](?P<short_month>\d{{1,2}})(?!\d)"
            ),
            since=re.compile(
                rf"(?:\b(?:sinds|vanaf)|\bvan(?= het weekend))(?: \S+){{0,{_REACH}}} ?$"
            ),
            until=re.compile(r"\b(?:nooit|geen|nergens)\b.*\btot(?: aan)? (?:het |de |deze )?$"),
            digits=re.compile(r"(?:19|20)\d\d|mijn \d|sinds \d"),
            triggers=frozenset(
                (*lists.days_ago, *lists.last_words, *lists.weekdays, *lists.months)
                + (*lists.seasons, "weekend")
            ),
        )


@dataclass(frozen=True)
class Point:
    """A day that a text names.

    Attributes:
        days: How many days ago it was.
        since: Whether "sinds" stands before it, or "nooit ... tot".
        until: Whether it is "nooit ... tot".
        found: Where it stands.
    """

    days: float
    since: bool
    until: bool
    found: Match[str]


def days_since(
    clause: Clause, words: DateWords, today: date, age: Optional[int] = None
) -> Iterator[Point]:
    """The past days that a clause names, from left to right.

    Args:
        clause: The text.
        words: The patterns.
        today: The day on which it was written.
        age: The writer's age, if known.
    """
    if words.triggers.isdisjoint(clause.vocabulary) and not words.digits.search(clause.text):
        return
    text = clause.text
    for found in words.point.finditer(text):
        days = _days(found, words.lists, today, age)
        if days is not None and days > 0:
            before = text[max(0, found.start() - _AROUND) : found.start()]
            until = words.until.search(before) is not None
            since = until or words.since.search(before) is not None
            yield Point(days, since, until, found)


def _days(found: Match[str], lists: FactLists, today: date, age: Optional[int]) -> Optional[float]:
    if found["near"]:
        return lists.days_ago[found["near"]]
    if found["period"]:
        return _of_period(found, lists, today)
    if found["weekend"]:
        return float((today.weekday() - 5) % 7 or 7)
    if found["weekday"]:
        return float((today.weekday() - lists.weekdays.index(found["weekday"])) % 7 or 7)
    if found["month"]:
        return _of_month(found, lists, today)
    if found["season"]:
        month, day = map(int, lists.seasons[found["season"]].split("-"))
        year = int(found["season_year"]) if found["season_year"] else None
        return _latest(month, day, today, year)
    if found["year"]:
        return _of_year(int(found["year"]), today)
    if found["birthday"]:
        return float((age - int(found["birthday"])) * _YEAR) if age else None
    return _latest(int(found["short_month"]), int(found["short_day"]), today)


def _of_period(found: Match[str], lists: FactLists, today: date) -> Optional[float]:
    period, this = found["period"], found["last"] in ("deze", "dit")
    monday = today - timedelta(days=today.weekday())
    if period == "week":
        start = monday if this else monday - timedelta(days=7)
        if found["day_then"]:
            then = start + timedelta(days=lists.weekdays.index(found["day_then"]))
            return float((today - then).days)
        return max(1.0, (today - start).days / 2) if this else 7.0
    if period in ("weekend", "weekeinde"):
        days = (today.weekday() - 5) % 7 or 7
        return float(days if this or days > 2 else days + 7)
    if period == "maand":
        if found["part"] and not this:
            last = today.replace(day=1) - timedelta(days=1)
            then = last.replace(day=_PARTS_OF_A_MONTH[found["part"]])
            return float((today - then).days)
        return max(1.0, today.day / 2) if this else 30.0
    start_of_year = (today - today.replace(month=1, day=1)).days
    return max(1.0, start_of_year / 2) if this else float(_YEAR)


def _of_month(found: Match[str], lists: FactLists, today: date) -> Optional[float]:
    month = lists.months.index(found["month"]) + 1
    part = found["part2"]
    day = int(found["day"]) if found["day"] else _PARTS_OF_A_MONTH.get(part, _MIDDLE_OF_A_MONTH)
    year = None
    if found["month_year"]:
        told = found["month_year"]
        year = int(told) if told.isdigit() else today.year - 1
    if month == today.month and not found["day"] and not part and year is None:
        return max(1.0, today.day / 2)
    return _latest(month, day, today, year)


def _of_year(year: int, today: date) -> Optional[float]:
    if not _FIRST_YEAR <= year <= today.year:
        return None
    if year == today.year:
        return max(1.0, (today - date(year, 1, 1)).days / 2)
    return float((today - date(year, 7, 1)).days)


def _latest(month: int, day: int, today: date, year: Optional[int] = None) -> Optional[float]:
    """Days since a day of the year: the latest before today, unless the year is told."""
    try:
        then = date(year or today.year, month, day)
        if year is None and then >= today:
            then = date(today.year - 1, month, day)
    except ValueError:  # 31 april
        return None
    return float((today - then).days)
