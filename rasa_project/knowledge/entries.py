"""The form of ``data/knowledge/*.yml``, and what a single entry must satisfy."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Dict, List, Literal, Optional

from pydantic import BaseModel, Extra, Field, root_validator, validator

from rasa_project.knowledge.told import ASKED_FOR, When

MAX_SHORT_WORDS = 90
MAX_BUTTON_CHARACTERS = 30
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
PRACTICE_PLACEHOLDERS = frozenset(
    [
        "praktijk",
        "telefoon",
        "mail",
        "openingstijden",
        "adres",
        "afspraak_link",
        "prijzen",
        "vergoeding",
        "therapeuten",
    ]
)
MAX_SIMPLE_WORDS = 55
CatalogueId = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid
        anystr_strip_whitespace = True


class Review(_Strict):
    """Whether a clinician approved the text. ``concept`` until then."""

    status: Literal["concept", "approved"]
    reviewed_on: Optional[date] = None
    reviewed_by: Optional[str] = None

    @root_validator
    def _approval_has_a_name(cls, values: Dict[str, Any]) -> Dict[str, Any]:
        approved = values.get("status") == "approved"
        if approved != bool(values.get("reviewed_on") and values.get("reviewed_by")):
            raise ValueError(
                "an approved text has reviewed_on and reviewed_by; a concept has neither"
            )
        return values


class Wording(_Strict):
    """Flanders' own wording, where it differs."""

    short: Optional[str] = None
    more: Optional[str] = None


class Note(_Strict):
    """A sentence for patients for whom the answer differs: ``when`` says who."""

    when: When
    text: str = Field(min_length=15)


class TopicEntry(_Strict):
    """One topic with its answer."""

    id: str
    question: str = Field(min_length=5)
    button: str = Field(min_length=2, max_length=MAX_BUTTON_CHARACTERS)
    short: str = Field(min_length=20)
    more: str = Field(min_length=20)
    simple: str = Field(min_length=20)
    be: Wording = Wording()
    notes: List[Note] = []
    ask: Optional[Literal["pain_days", "leg_pain"]] = None
    sources: List[str] = Field(min_items=1)
    follow_ups: List[str] = Field(min_items=1, max_items=3)
    review: Review

    @validator("id")
    def _is_catalogue_id(cls, value: str) -> str:
        if not CatalogueId.match(value):
            raise ValueError("an id has small letters, digits and single hyphens only")
        return value

    @validator("short")
    def _is_short(cls, value: str) -> str:
        return cls._limited(value)

    @validator("be")
    def _be_is_short(cls, value: Wording) -> Wording:
        if value.short:
            cls._limited(value.short)
        return value

    @validator("simple")
    def _is_simple(cls, value: str) -> str:
        words = len(value.split())
        if words > MAX_SIMPLE_WORDS:
            raise ValueError(f"the simple answer has {words} words; {MAX_SIMPLE_WORDS} is the most")
        return value

    @validator("notes", each_item=True)
    def _fits_beside_the_short_answer(cls, value: Note, values: Dict[str, Any]) -> Note:
        be = values.get("be")
        for short in (values.get("short"), be.short if be else None):
            if short:
                cls._limited(f"{short} {value.text}")
        return value

    @validator("ask")
    def _answer_depends_on_it(cls, value: Optional[str], values: Dict[str, Any]) -> Optional[str]:
        if value is not None:
            notes = {note.when for note in values.get("notes") or []}
            missing = ASKED_FOR[value] - notes
            if missing:
                names = ", ".join(sorted(when.value for when in missing))
                raise ValueError(f"{value} is asked for, but there is no note for {names}")
        return value

    @validator("follow_ups")
    def _leads_elsewhere(cls, value: List[str], values: Dict[str, Any]) -> List[str]:
        if values.get("id") in value:
            raise ValueError("a topic can't be its own follow-up")
        return value

    @staticmethod
    def _limited(text: str) -> str:
        words = len(text.split())
        if words > MAX_SHORT_WORDS:
            raise ValueError(f"the short answer has {words} words; {MAX_SHORT_WORDS} is the most")
        return text

    def short_for(self, country: str) -> str:
        """The short answer for "NL" or "BE", placeholders still in it."""
        return (self.be.short or self.short) if country == "BE" else self.short

    def more_for(self, country: str) -> str:
        """The long answer for "NL" or "BE", placeholders still in it."""
        return (self.be.more or self.more) if country == "BE" else self.more


class TopicFile(_Strict):
    """One file of ``data/knowledge``: a group of the catalogue."""

    group: str
    topics: List[TopicEntry]


class SourceEntry(_Strict):
    """One source. ``kind`` is what a patient reads: "richtlijn", "onderzoek", ..."""

    reference: str = Field(min_length=3)
    year: str
    kind: str = Field(min_length=3)
    address: str = ""


class SourceFile(_Strict):
    """``data/knowledge/sources.yml``."""

    sources: Dict[str, SourceEntry]


class WordingFile(_Strict):
    """``data/knowledge/wording.yml``: words that differ between the countries."""

    NL: Dict[str, str]
    BE: Dict[str, str]
    empty: Dict[str, str]

    @root_validator(skip_on_failure=True)
    def _nothing_is_missing(cls, values: Dict[str, Any]) -> Dict[str, Any]:
        one_sided = set(values["NL"]) ^ set(values["BE"])
        if one_sided:
            raise ValueError(f"only one of NL and BE has {', '.join(sorted(one_sided))}")
        missing = PRACTICE_PLACEHOLDERS - {"praktijk", "telefoon"} - set(values["empty"])
        if missing:
            raise ValueError(f"`empty` lacks {', '.join(sorted(missing))}")
        return values
