"""How long a complaint lasts, as its owner tells it. Pure functions; no Rasa, no clock."""

from __future__ import annotations

import re
from datetime import date
from typing import Dict, Iterator, List, Match, Optional, Sequence, Tuple

from rasa_project.facts.dates import Point, days_since
from rasa_project.facts.duration_words import DurationWords
from rasa_project.facts.fact_words import FactLists
from rasa_project.facts.speaker import Clause, Who

# "45 jaar" without "al" is an age.
_YEARS_OF_AN_AGE = 14
_LONGEST_ANSWER = 9
# A bare duration belongs to a complaint that stands within so many words.
_NEAR = 3
# "Korter dan 6 weken" is less than "al 6 weken".
_LESS_THAN = re.compile(r"\b(?:(?:korter|minder) dan|nog geen) $")
_SOMEWHAT_LESS = 0.98
# Characters around a duration that decide what it is about.
_AROUND = 70


class _Message:
    """What one message says about the duration of its writer's complaint."""

    def __init__(self, parts: Sequence[Clause], words: DurationWords):
        self.words = words
        self.own = [part for part in parts if part.who is Who.WRITER]
        self.length = sum(len(part.words) for part in parts)
        self.whole = " ".join(part.text for part in parts)
        # "mijn man heeft pijn, ik al 2 dagen" tells of pain as well.
        self.complains = any(words.complaint.search(part.text) for part in parts)
        self._without_event: Dict[int, bool] = {}
        self.since_then = "sindsdien" in self.whole or " en nog steeds" in self.whole

    def days(self, today: date, age: Optional[int]) -> Iterator[float]:
        for clause in self.own:
            if not self.words.triggers.isdisjoint(clause.vocabulary):
                yield from self._amounts(clause)
                yield from self._ordinals(clause)
            if not self.words.vague_triggers.isdisjoint(clause.vocabulary):
                yield from self._vague(clause)
            yield from self._dates(clause, today, age)
            yield from self._fixed(clause)

    def _amounts(self, clause: Clause) -> Iterator[float]:
        for found in self.words.amount.finditer(clause.text):
            days = _amount(found, self.words.lists) * self.words.lists.units[found["unit"]]
            if days and self._about_the_complaint(found, clause):
                less = _LESS_THAN.search(clause.text[: found.start()])
                yield days * _SOMEWHAT_LESS if less else days
        for found in self.words.short.finditer(clause.text):
            if self._no_event(clause) and not self._blocked(found, clause):
                number = 1.0 if found["number"] == "een" else float(found["number"])
                yield number * self.words.lists.short_units[found["unit"]]

    def _about_the_complaint(self, found: Match[str], clause: Clause) -> bool:
        before, after = _around(found, clause)
        if self._blocked(found, clause):
            return False
        if after.startswith(" geleden"):
            return self._ago(clause)
        running = self.words.running_before.search(before)
        if running and self._names_an_ailment(before[: running.start()], after):
            return True
        if running or self.words.lasting_after.search(after):
            return self._no_event(clause)
        return self._bare(found, clause, before, after)

    def _names_an_ailment(self, before: str, after: str) -> bool:
        """Whether a complaint touches a duration: "hernia sinds 2 jaar, geen operatie"."""
        beside = " ".join((*before.split()[-1:], "-", *after.split()[:2]))
        return self.words.ailment.search(beside) is not None

    def _blocked(self, found: Match[str], clause: Clause) -> bool:
        before, after = _around(found, clause)
        running = self.words.running_before.search(before)
        blocked = self.words.blocked_before.search(before)
        # The nearest decides: "na al 3 weken", but "al over 3 weken".
        if blocked and not (running and running.start() > blocked.start()):
            return True
        return bool(self.words.blocked_after.search(after)) or self._is_over(clause)

    def _is_over(self, clause: Clause) -> bool:
        return self.words.no_more.search(clause.text) is not None

    def _ago(self, clause: Clause) -> bool:
        words = self.words
        if self.since_then and self.complains:
            return True
        if words.hard_event.search(clause.text) or words.visit.search(clause.text):
            return False
        if words.onset.search(clause.text):
            return True
        return not words.past.search(clause.text) and self._no_event(clause)

    def _no_event(self, clause: Clause) -> bool:
        known = self._without_event.get(id(clause))
        if known is None:
            known = self._without_event[id(clause)] = self._has_no_event(clause)
        return known

    def _has_no_event(self, clause: Clause) -> bool:
        if self.words.hard_event.search(clause.text):
            return False
        if self.words.complaint.search(clause.text):
            return True
        if self.words.soft_event.search(clause.text):
            return False
        return self.complains or self.length <= _LONGEST_ANSWER

    def _bare(self, found: Match[str], clause: Clause, before: str, after: str) -> bool:
        if found["unit"] in ("jaar", "jaren") and self._looks_like_an_age(found):
            return False
        if self._is_an_answer(found, clause):
            return True
        if self.words.hard_event.search(clause.text) or (clause.asked and not clause.first_person):
            return False
        near = " ".join((*before.split()[-_NEAR:], "-", *after.split()[:_NEAR]))
        return bool(self.words.ailment.search(near))

    def _looks_like_an_age(self, found: Match[str]) -> bool:
        return _amount(found, self.words.lists) > _YEARS_OF_AN_AGE

    def _is_an_answer(self, found: Match[str], clause: Clause) -> bool:
        """Whether a clause is nothing but a duration: "ongeveer 3 maanden, denk ik"."""
        if clause.asked or len(clause.words) > _LONGEST_ANSWER + 2:
            return False
        first = clause is self.own[0] or self.length <= _LONGEST_ANSWER
        if not self.complains and not first:
            return False
        rest = f"{clause.text[: found.start()]} {clause.text[found.end() :]}"
        return bool(self.words.answer.fullmatch(" ".join(rest.split())))

    def _vague(self, clause: Clause) -> Iterator[float]:
        for found in self.words.vague.finditer(clause.text):
            if self._no_event(clause) and not self._is_over(clause):
                unit = found["running"] or found["lasting"] or found["joined"]
                yield self.words.lists.vague[unit]

    def _ordinals(self, clause: Clause) -> Iterator[float]:
        for found in self.words.ordinal.finditer(clause.text):
            if self._no_event(clause):
                lists = self.words.lists
                which = found["digits"] or lists.ordinals.index(found["which"]) + 2
                yield int(which) * lists.units[found["unit"]]

    def _dates(self, clause: Clause, today: date, age: Optional[int]) -> Iterator[float]:
        words = self.words
        for point in days_since(clause, words.dates, today, age):
            if self._is_over(clause) and not point.until:
                continue
            fits = self._since_fits(clause) if point.since else self._day_fits(point, clause)
            if fits:
                yield point.days

    def _since_fits(self, clause: Clause) -> bool:
        if self.words.complaint.search(clause.text):
            return True
        return self._no_event(clause)

    def _day_fits(self, point: Point, clause: Clause) -> bool:
        """Whether a day without "sinds" is the day on which the complaint began."""
        words, text = self.words, clause.text
        if self._is_an_answer(point.found, clause):
            return True
        if words.visit.search(text) or (words.hard_event.search(text) and not self.since_then):
            return False
        if words.onset.search(text):
            return True
        # "last van mijn rug na het tuinieren gisteren"
        recent = point.found["near"] is not None and not clause.asked
        return recent and bool(words.ailment.search(text)) and not words.past.search(text)

    def _fixed(self, clause: Clause) -> Iterator[float]:
        words, lists = self.words, self.words.lists
        if words.fixed_triggers.isdisjoint(clause.vocabulary):
            return
        if clause.asked and not clause.first_person:
            return
        if words.since_birth.search(clause.text) and (
            self.complains or self.length <= _LONGEST_ANSWER
        ):
            yield lists.since_birth_days
        if words.chronic.search(clause.text):
            yield lists.chronic_days
        if words.just_begun.search(clause.text):
            yield lists.just_begun_days


def _around(found: Match[str], clause: Clause) -> Tuple[str, str]:
    """The text of a clause shortly before and shortly after a match."""
    start, end = found.span()
    return clause.text[max(0, start - _AROUND) : start], clause.text[end : end + _AROUND]


def _number(text: str) -> float:
    return 1.0 if text == "een" else float(text)


def _amount(found: Match[str], lists: FactLists) -> float:
    """The number of units that a match of ``DurationWords.amount`` names."""
    if found["about"]:
        return float(found["about"])
    low, high = found["low"] or found["low2"], found["high"] or found["high2"]
    if low:
        return (_number(low) + float(high)) / 2
    if found["and_half"] or found["and_half2"]:
        return _number(found["and_half"] or found["and_half2"]) + 0.5
    if found["half"]:
        return 0.5
    if found["few"]:
        return lists.few_amount
    return _number(found["number"] or "een") + (0.5 if found["half_more"] else 0.0)


def pain_days(
    parts: Sequence[Clause], words: DurationWords, today: date, age: Optional[int]
) -> Optional[float]:
    """How long the writer's complaint lasts: the longest duration told, or None.

    Args:
        parts: The clauses of the message.
        words: The patterns.
        today: The day on which the message was written.
        age: The writer's age when the message tells it: "sinds mijn 30e" needs it.
    """
    told: List[float] = list(_Message(parts, words).days(today, age))
    return max(told) if told else None
