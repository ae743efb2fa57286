"""The words in which patients tell about themselves, and texts rewritten in them. No Rasa."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, List, Pattern, Tuple

import simplemma
from pydantic import BaseModel, Extra
from rapidfuzz.distance import OSA

from rasa_project.nlu.words import plain_text
from rasa_project.yaml_lines import parse, read_yaml

Terms = Tuple[str, ...]

_TOKEN = re.compile(
    r"\d+(?:ste|de|e)\b|\d+(?:[.,:/]\d+)*|(?:'?[^\W\d_]+)(?:['-][^\W\d_]+)*\d*|[.,;:!?\n()\-]"
)
_DECIMAL = re.compile(r"\d+,\d+")
_HALF = re.compile(r"(\d)\s*(?:½|1/2\b)")
# Shorter words are too near to each other to forgive a wrong letter.
_FORGIVEN_LENGTH = 5
_LONGEST_WORD = 25
_SMALL_NUMBERS = {"een": 1}


class FactLists(BaseModel):
    """The form of ``data/facts.yml``."""

    aliases: Dict[str, str]
    numbers: Dict[str, float]
    decades: Dict[str, int]
    ordinals: Terms
    first_person: Terms
    first_person_verbs: Terms
    anyone: Terms
    relatives: Terms
    spouses: Terms
    owners: Terms
    third_person: Terms
    third_person_verbs: Terms
    hand_over: Terms
    connectives: Terms
    questions: Terms
    units: Dict[str, float]
    short_units: Dict[str, float]
    vague: Dict[str, float]
    few: Terms
    few_amount: float
    many: Terms
    hedges: Terms
    running: Terms
    not_running_before: Terms
    not_running_after: Terms
    lasting_after: Terms
    no_more: Terms
    answer_words: Terms
    complaints: Terms
    ailments: Terms
    onsets: Terms
    hard_events: Terms
    visits: Terms
    past_episodes: Terms
    soft_events: Terms
    seasons: Dict[str, str]
    days_ago: Dict[str, float]
    months: Terms
    weekdays: Terms
    parts_of_a_day: Terms
    last_words: Terms
    since_birth: Terms
    since_birth_days: float
    chronic: Terms
    chronic_days: float
    just_begun: Terms
    just_begun_days: float
    not_the_complaint: Terms
    legs: Terms
    buttocks: Terms
    radiations: Terms
    leg_complaints: Terms
    leg_between: Terms
    leg_states: Terms
    denials: Terms
    always_radiating: Terms
    pregnant: Terms
    not_now_pregnant: Terms
    weeks_pregnant_unit: Terms
    back_parts: Terms
    other_parts: Terms
    operated: Terms
    back_operations: Terms
    operation_had: Terms
    not_operated_yet: Terms
    never_operated: Terms
    persons: Terms
    not_an_age: Terms
    job_openers: Terms
    heavy_jobs: Terms
    sitting_jobs: Terms
    heavy_places: Terms
    sitting_places: Terms
    heavy_phrases: Terms
    sitting_phrases: Terms
    no_longer_work: Terms
    belgians: Terms
    dutchmen: Terms
    belgian_places: Terms
    dutch_places: Terms
    residences: Terms
    travels: Terms
    belgian_insurance: Terms
    dutch_insurance: Terms
    at_own_risk: Terms
    forgiven: Terms

    class Config:
        extra = Extra.forbid
        allow_mutation = False


def read_fact_lists(path: Path) -> FactLists:
    """Read the word lists.

    Raises:
        DataFileError: The file is wrong.
    """
    return parse(FactLists, read_yaml(path), path)


def alternatives(terms: Iterable[str]) -> str:
    """A pattern's source for one of the terms as whole words, the longest first."""
    ordered = sorted(terms, key=lambda term: (-len(term), term))
    joined = "|".join(re.escape(term).replace(r"\*", r"[\w-]*") for term in ordered)
    return rf"(?<![\w'-])(?:{joined})(?![\w'-])"


def one_of(terms: Iterable[str]) -> Pattern[str]:
    """A pattern for one of the terms as whole words."""
    return re.compile(alternatives(terms))


def tell_tales(terms: Iterable[str]) -> FrozenSet[str]:
    """The longest word of each term: a text without any of them holds none of the terms."""
    return frozenset(max(term.split(), key=len) for term in terms)


def number_words(lists: FactLists) -> Dict[str, str]:
    """All number words below a hundred, with their digits."""
    numbers = {word: f"{value:g}" for word, value in lists.numbers.items()}
    small = {word: value for word, value in lists.numbers.items() if 2 <= value <= 9}
    small.update(_SMALL_NUMBERS)
    for tens, first in lists.decades.items():
        for word, value in small.items():
            numbers[f"{word}en{tens}"] = f"{first + value:g}"
    return numbers


class Rewriter:
    """Texts in few forms: digits for numbers, one spelling for each word."""

    def __init__(self, lists: FactLists):
        self._rewritten = {**lists.aliases, **number_words(lists)}
        for day in lists.weekdays:
            self._rewritten.update({f"{day}{part}": day for part in lists.parts_of_a_day})
        self._by_first_letter: Dict[str, List[str]] = {}
        for word in self._forgiven_words(lists):
            self._by_first_letter.setdefault(word[0], []).append(word)
        self._corrected = lru_cache(maxsize=20_000)(self._correct)
        self._after_my = {*lists.complaints, *lists.legs, *lists.relatives, *lists.spouses}

    @staticmethod
    def _forgiven_words(lists: FactLists) -> FrozenSet[str]:
        groups = [lists.forgiven, lists.heavy_jobs, lists.sitting_jobs]
        groups += [lists.belgian_places, lists.dutch_places]
        found = {word for group in groups for word in group if " " not in word}
        return frozenset(word for word in found if len(word) >= _FORGIVEN_LENGTH)

    def tokens(self, text: str) -> List[str]:
        """The words and marks of a text, rewritten."""
        plain = plain_text(_HALF.sub(r"\1,5", text).replace("½", " half "))
        plain = plain.replace("\u2019", "'").replace("\u2018", "'").replace("\u2013", "-")
        found: List[str] = []
        for token in _TOKEN.findall(plain):
            if token[0].isdigit():
                found.append(token.replace(",", ".") if _DECIMAL.fullmatch(token) else token)
            else:
                found.extend(self._corrected(token))
        for index, word in enumerate(found[:-1]):
            # Flemish "men rug" is "mijn rug"; "men zegt" is anyone.
            if word == "men" and found[index + 1] in self._after_my:
                found[index] = "mijn"
        return found

    def _correct(self, token: str) -> Tuple[str, ...]:
        known = self._rewritten.get(token)
        if known is not None:
            return tuple(known.split())
        return (self._nearest(token),)

    def _nearest(self, token: str) -> str:
        if not _FORGIVEN_LENGTH - 1 <= len(token) <= _LONGEST_WORD:
            return token
        candidates = self._by_first_letter.get(token[0], ())
        if token in candidates:
            return token
        for word in candidates:
            if abs(len(word) - len(token)) <= 1 and OSA.distance(word, token, score_cutoff=1) <= 1:
                # "zwager" is no "zwanger", "werken" no "weken".
                return token if simplemma.is_known(token, lang="nl") else word
        return token
