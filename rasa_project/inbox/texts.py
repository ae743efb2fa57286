"""The sentences of ``data/inbox.yml``. Needs neither Rasa nor a database."""

from __future__ import annotations

import string
from functools import lru_cache
from typing import Dict, FrozenSet, List, Optional

from pydantic import BaseModel, Extra, Field, validator

from rasa_project import clock
from rasa_project.handoff.opening_hours import hours_in_words, open_now_in_words
from rasa_project.settings import current_practice, read_settings
from rasa_project.yaml_lines import parse, read_yaml

PLACEHOLDERS = frozenset({"praktijk", "telefoon", "therapeut", "open_nu", "uren", "naam"})
# In front of a comma or a full stop an empty name leaves no gap.
_GAPS = ((" ,", ","), (" .", "."), ("  ", " "))


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid


def placeholders_in(text: str) -> FrozenSet[str]:
    """The names between braces.

    Raises:
        ValueError: A brace stands alone.
    """
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def _known(cls: type, text: str) -> str:
    unknown = placeholders_in(text) - PLACEHOLDERS
    if unknown:
        raise ValueError(
            f"unknown placeholder {', '.join(sorted(unknown))}; "
            f"use {', '.join(sorted(PLACEHOLDERS))}"
        )
    return text


class Canned(_Strict):
    """A reply that can be put into the field."""

    title: str = Field(min_length=1, max_length=40)
    text: str = Field(min_length=1, max_length=1000)

    _check = validator("text", allow_reuse=True)(_known)


class ToPatient(_Strict):
    """What a patient reads when somebody of the practice changes who has the conversation."""

    released: str
    given_back: str
    closed: str

    _check = validator("released", "given_back", "closed", allow_reuse=True)(_known)


class Told(_Strict):
    """Why something can't be done."""

    taken: str
    not_yours: str
    closed: str
    with_assistant: str
    waiting: str
    empty: str
    too_long: str
    no_reason: str
    nobody: str
    away: str


class InboxTexts(BaseModel):
    """The sections of the file that the inbox's pages use; other parts read their own."""

    canned: List[Canned] = Field(min_items=1)
    to_patient: ToPatient
    close_reasons: Dict[str, str]
    tabs: Dict[str, str]
    empty: Dict[str, str]
    channels: Dict[str, str]
    urgency: Dict[str, str]
    states: Dict[str, str]
    authors: Dict[str, str]
    lines: Dict[str, str]
    whys: Dict[str, str]
    flags: Dict[str, str]
    told: Told

    def why(self, why: str) -> str:
        """How a change came about, in words."""
        return self.whys.get(why) or self.close_reasons.get(why) or why


@lru_cache(maxsize=1)
def inbox_texts() -> InboxTexts:
    """The sentences, read once.

    Raises:
        DataFileError: The file is wrong.
    """
    path = read_settings().data / "inbox.yml"
    return parse(InboxTexts, read_yaml(path), path)


def filled_in(text: str, therapist: str, patient: Optional[str] = None) -> str:
    """A sentence with the practice's name, number and hours, and who talks to whom.

    Args:
        text: May hold :data:`PLACEHOLDERS`.
        therapist: Who writes.
        patient: Their name, when they gave it.
    """
    practice = current_practice()
    hours = hours_in_words(practice)
    full = text.format(
        praktijk=practice.name,
        telefoon=practice.phone,
        therapeut=therapist,
        open_nu=open_now_in_words(practice, clock.now()),
        uren=f"Openingstijden: {hours}." if hours else "",
        naam=patient or "",
    )
    for gap, closed in _GAPS:
        full = full.replace(gap, closed)
    return full.strip()
