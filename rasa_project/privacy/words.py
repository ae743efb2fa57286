"""The word lists of ``data/redaction.yml``, read once and made ready for searching."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, List, Optional, Tuple

from pydantic import BaseModel, Extra

from rasa_project.settings import PROJECT
from rasa_project.yaml_lines import parse, read_yaml

_SPACE = r"\s{0,3}"
_FILE = PROJECT / "data" / "redaction.yml"


class _Lists(BaseModel):
    masks: Dict[str, str]
    name_after_sure: List[str]
    name_after_maybe: List[str]
    name_after_start: List[str]
    greetings: List[str]
    titles: List[str]
    particles: List[str]
    first_particles: List[str]
    not_after_sure: List[str]
    not_names: List[str]
    name_ends: List[str]
    first_names: List[str]
    surnames: List[str]
    surname_endings: List[str]
    birth_words: List[str]
    birth_years: Tuple[int, int]
    months: List[str]
    street_prefixes: List[str]
    street_endings: List[str]
    not_streets: List[str]
    not_behind_house_numbers: List[str]
    not_postcodes: List[str]
    bsn_words: List[str]
    national_number_words: List[str]
    phone_words: List[str]

    class Config:
        extra = Extra.forbid


class RedactionWords:
    """The lists as sets and patterns.

    Args:
        lists: As they stand in the file.
    """

    def __init__(self, lists: _Lists):
        self.masks = dict(lists.masks)
        self.particles = _set(lists.particles)
        self.first_particles = _set(lists.first_particles)
        self.not_after_sure = _set(lists.not_after_sure)
        self.not_names = _set(lists.not_names)
        self.name_ends = _set(lists.name_ends)
        self.first_names = _set(lists.first_names) - self.not_names
        self.surnames = _set(lists.surnames)
        self.surname_endings = tuple(lists.surname_endings)
        self.birth_years = lists.birth_years
        self.not_streets = _set(lists.not_streets)
        self.not_postcodes = _set(lists.not_postcodes)
        self.sure = _opener(lists.name_after_sure)
        self.maybe = _opener(lists.name_after_maybe)
        # A full stop belongs to an abbreviation; behind "dokter" it ends the sentence.
        self.title = _opener([*lists.titles, *(f"{t}." for t in lists.titles if len(t) <= 4)])
        greetings = rf"(?:{_any(lists.greetings)})[\s,!.]{{1,3}}(?:\w{{1,20}},\s)?"
        self.at_start = re.compile(
            rf"(?:^|[.!?\n]\s{{0,3}}){_SPACE}(?:{greetings})?(?:{_any(lists.name_after_start)})"
            r"\s{1,3}(?=[^\W\d_]|')",
            re.IGNORECASE,
        )
        # "Hoi, Marieke hier": the name stands before.
        self.before_here = re.compile(
            rf"(?:^|\n){_SPACE}(?:{greetings})?(?P<name>[^\W\d_][\w-]{{1,30}}) hier\b",
            re.IGNORECASE,
        )
        # "Fatma Yildirim is mijn naam".
        self.before_my_name = re.compile(
            r"(?:^|[.!?,\n])\s{0,3}(?P<name>[^\W\d_][\w'-]{1,30}(?: [^\W\d_][\w'-]{0,30}){0,3}) "
            r"is (?:mijn|m'n|mn|de) (?:voor|achter)?naam\b",
            re.IGNORECASE,
        )
        self.somebody = re.compile(r"(?<![\w-])(?P<first>[A-ZÀ-Þ][^\W\d_]{1,20})(?![\w-])")
        self.before_bsn = _before(lists.bsn_words)
        self.before_national_number = _before(lists.national_number_words)
        self.before_phone = _before(lists.phone_words)
        self.before_birth = _before(lists.birth_words)
        self._months = _any(lists.months)
        self._street_endings = _any(lists.street_endings)
        self._units = _any(lists.not_behind_house_numbers)
        self._street_prefixes = _any(lists.street_prefixes)

    @cached_property
    def written_date(self) -> "re.Pattern[str]":
        """A date with the name of its month; its year may be left out."""
        return re.compile(
            rf"(?<!\w)\d{{1,2}}(?:e|ste|de)?[ -]?(?:{self._months})\.?(?!\w)"
            r"(?:[ -]?'?(?P<year>\d{4}|\d{2})(?!\w))?",
            re.IGNORECASE,
        )

    @cached_property
    def birth_number(self) -> "re.Pattern[str]":
        """A date without any signs; only a word before it tells what it is."""
        return re.compile(r"(?<!\w)(?:\d{6}|\d{8})(?!\w)")

    @cached_property
    def postcode(self) -> "re.Pattern[str]":
        """A Dutch postcode, and the house number before or behind it."""
        number = r"\d{1,4}[ -]?[a-z]?(?!\w)"
        return re.compile(
            r"(?<![\w.,-])[1-9]\d{3}(?P<gap> ?)(?!(?:sa|sd|ss)\b)(?P<letters>[a-z]{2})(?![^\W\d])"
            rf"(?:(?:,? ?(?:nr\.?|nummer|huisnummer)? ?)(?P<number>{number}))?",
            re.IGNORECASE,
        )

    @cached_property
    def street(self) -> "re.Pattern[str]":
        """A street with its house number, and the Belgian postcode and place behind it."""
        one_word = rf"[^\W\d_][\w'-]{{1,30}}(?:{self._street_endings})"
        word = r"[^\W\d_][\w'-]{1,30}"
        several = rf"(?:laan|weg|plein|straat|park|hof) van (?:{word} ){{0,2}}{word}"
        prefix = rf"(?:(?:{self._street_prefixes})\.? ){{0,2}}"
        number = (
            rf"(?:nr\.? ?|nummer )?\d{{1,4}}(?:[ -]?[a-z](?!\w))?(?!\w)(?! (?:{self._units})\b)"
        )
        place = r"(?: ?bus ?\d{1,3})?,? [1-9]\d{3}(?: ?[a-z]{2})?(?!\w)(?: [A-Z][\w-]{2,30})?"
        return re.compile(
            rf"(?<!\w){prefix}(?P<street>{one_word}|{several}|(?<= )steenweg) {number}(?:{place})?",
            re.IGNORECASE,
        )


def _set(words: Iterable[str]) -> FrozenSet[str]:
    return frozenset(str(word).lower() for word in words)


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _opener(phrases: Iterable[str], ending: str = "") -> "re.Pattern[str]":
    spaced = (
        re.escape(p).replace(r"\ ", r"\s{1,3}") for p in sorted(phrases, key=len, reverse=True)
    )
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(spaced)}){ending}[\s:,]{{1,4}}(?=[^\W\d_]|')", re.IGNORECASE
    )


def _before(words: Iterable[str]) -> "re.Pattern[str]":
    """One of these words, and little else than signs up to where the search ends."""
    return re.compile(
        rf"(?<!\w)(?:{_any(words)})\w{{0,8}}(?:[\s:=.,-]+(?:is|nr|nummer|op|datum|me|mij|ons|ben|op|via)?)*\Z",
        re.IGNORECASE,
    )


def read_redaction_words(path: Path) -> RedactionWords:
    """Read the lists.

    Raises:
        DataFileError: Something in the file is wrong.
    """
    return RedactionWords(parse(_Lists, read_yaml(path), path))


@lru_cache(maxsize=1)
def redaction_words(path: Optional[Path] = None) -> RedactionWords:
    """The lists of this project; read once."""
    return read_redaction_words(path or _FILE)
