"""The form of ``data/triage.yml``. Needs neither Rasa nor a database."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Dict, FrozenSet, List, Pattern

from pydantic import BaseModel, Extra, Field, validator

from rasa_project.practice import TimeSpan
from rasa_project.redflags.catalogue import TriageQuestion
from rasa_project.settings import read_settings
from rasa_project.yaml_lines import parse, read_yaml

REPLIES = ("ja", "nee", "onzeker", "stop", "verder")


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid


class DoctorWords(_Strict):
    """How the doctor of a country is called, in office hours and after."""

    office_hours: TimeSpan
    arts_open: str
    arts_closed: str
    bel_arts_open: str
    bel_arts_closed: str
    spoed: str
    therapeut: str
    label: str

    @validator("office_hours", pre=True)
    def _read_hours(cls, value: object) -> object:
        return TimeSpan.parse_text(value)


class CheckQuestion(TriageQuestion):
    """A question of the check, with the flag that it is about."""

    flag: str


class Check(_Strict):
    """The check that a patient can ask for."""

    asked_for: List[str]
    offered_with: List[str]
    intro: str
    progress: str
    paused: str
    clear: str
    questions: List[CheckQuestion] = Field(min_items=1, max_items=5)

    @property
    def patterns(self) -> List[Pattern[str]]:
        """The wordings that ask for it."""
        return [re.compile(pattern) for pattern in self.asked_for]


class TriageTexts(_Strict):
    """What is said around the questions."""

    ask_first: str
    if_so: str
    ask_next: str
    unclear: str
    thanks: str
    denied: str
    what_now: str
    still: str
    weak_denied: str


class Minors(_Strict):
    """Who gets no advice, and which groups of topics are answered all the same."""

    elements: List[str]
    answered_groups: List[str]


class Triage(_Strict):
    """The whole file."""

    doctor: Dict[str, DoctorWords]
    replies: Dict[str, List[str]]
    about_advice: FrozenSet[str]
    buttons: Dict[str, str]
    texts: TriageTexts
    check: Check
    weak_signs: List[str]
    weak_signs_asked_from: int
    withheld_after_soon: List[str]
    minors: Minors

    @validator("replies")
    def _all_replies(cls, value: Dict[str, List[str]]) -> Dict[str, List[str]]:
        if set(value) != set(REPLIES):
            raise ValueError(f"the replies are {', '.join(REPLIES)}")
        return value


@lru_cache(maxsize=1)
def triage_file() -> Triage:
    """The file, read once.

    Raises:
        DataFileError: It is wrong.
    """
    path = read_settings().data / "triage.yml"
    return parse(Triage, read_yaml(path), path)
