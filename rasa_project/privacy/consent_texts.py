"""What is said about consent and about what is kept (``data/consent.yml``). No database."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Dict, List, Optional

from pydantic import BaseModel, Extra, Field

from rasa_project.conversation.texts import filled
from rasa_project.conversation.triage_file import triage_file
from rasa_project.handoff.phrases import plain_words
from rasa_project.settings import current_practice, read_settings
from rasa_project.yaml_lines import parse, read_yaml

EXPORT, ERASE = "export", "erase"
# What the widget does itself when such a button is pressed; see web/widget/src/panel.js.
EXPORT_PAYLOAD, ERASE_PAYLOAD = "/mijn-gegevens", "/verwijder-gegevens"
_YEAR = 365
# Lines of the file end where it is wide enough.
_WRAP = re.compile(r"\s*\n\s*")


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid


class Ask(_Strict):
    """The question before the first message."""

    title: str
    who: List[str] = Field(min_items=1)
    kept: List[str] = Field(min_items=1)
    website: List[str]
    telegram: List[str]
    question: str
    yes: str
    no: str
    concept: str


class Refused(_Strict):
    """What is said to who would rather not."""

    title: str
    NL: List[str]
    BE: List[str]
    practice: str
    later: str
    history: str
    history_telegram: str
    yes: str


class Said(_Strict):
    """What is said to who asks for their data."""

    export: str
    export_button: str
    erase: str
    erase_button: str
    export_too_often: str


class Page(_Strict):
    """The page with what is kept, and what its files are called."""

    title: str
    intro: str
    kept: str
    left_out: str
    file_html: str
    file_json: str


class ConsentTexts(_Strict):
    """The form of the file. ``version`` names what a patient agreed to."""

    version: str = Field(regex=r"^[A-Za-z0-9.-]{1,32}$")
    review: str
    ask: Ask
    held: str
    waiting: str
    waiting_telegram: str
    agreed_telegram: str
    agreed_before: str
    changed: str
    refused: Refused
    export: List[str]
    erase: List[str]
    said: Said
    page: Page


@lru_cache(maxsize=1)
def consent_texts() -> ConsentTexts:
    """The texts, read once.

    Raises:
        DataFileError: The file is wrong.
    """
    path = read_settings().data / "consent.yml"
    return parse(ConsentTexts, read_yaml(path), path)


def said(text: str) -> str:
    """A sentence with the practice's name, number and periods filled in."""
    practice = current_practice()
    kept = practice.retention
    local = practice.local_out_of_hours_phone
    numbers = {"post": f" ({local})" if local else "", "post_or_1733": local or "1733"}
    days = {"dagen": _days(kept.days), "dagen_met_mens": _days(kept.days_with_hand_off)}
    return _WRAP.sub(" ", filled(text, None, **days, **numbers))


def _days(days: int) -> str:
    if days % _YEAR == 0:
        return f"{days // _YEAR} jaar"
    return "1 dag" if days == 1 else f"{days} dagen"


def card() -> Dict[str, Any]:
    """What the widget's card shows: plain data, every sentence ready."""
    ours = consent_texts()
    refused = ours.refused
    return {
        "version": ours.version,
        "title": said(ours.ask.title),
        "points": [said(point) for point in (*ours.ask.who, *ours.ask.kept, *ours.ask.website)],
        "question": said(ours.ask.question),
        "yes": ours.ask.yes,
        "no": ours.ask.no,
        "notes": concept_note(),
        "held": said(ours.held),
        "refused": {
            "title": said(refused.title),
            "points": [*refusal_points(), said(f"{refused.later} {refused.history}")],
            "yes": refused.yes,
        },
    }


def concept_note() -> List[str]:
    """That nobody approved the text yet; nothing when somebody did."""
    ours = consent_texts()
    return [] if ours.review == "approved" else [said(ours.ask.concept)]


def refusal_points() -> List[str]:
    """What to do with an alarm sign without us, and the practice's number."""
    ours = consent_texts().refused
    practice = current_practice()
    countries = practice.alarm_countries
    points: List[str] = []
    for country in countries:
        # Near the border both are told, each under its name.
        own = [said(point) for point in getattr(ours, country)]
        label = triage_file().doctor[country].label
        points += [f"**{label}:** {point}" for point in own] if len(countries) > 1 else own
    return [*points, said(ours.practice)]


def right_asked_for(text: str) -> Optional[str]:
    """``EXPORT`` or ``ERASE`` when a message is nothing but that request, else None."""
    spoken = " ".join(plain_words(text.replace("'", "").replace("\u2019", "")))
    ours = consent_texts()
    if spoken in ours.erase:
        return ERASE
    return EXPORT if spoken in ours.export else None
