"""The summary card of a conversation: what a therapist must know before the first word.

Pure. It only repeats what the patient told and what was found; it judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from rasa_project.conversation.events import ASSISTANT, SYSTEM
from rasa_project.conversation.triage_file import Triage
from rasa_project.dialogue.triage import NO, UNSURE, YES, open_question, question_of, reply_in
from rasa_project.inbox.material import Callback, Change, Event, Flag, Material, RasaTurn
from rasa_project.inbox.moments import pain_lasts, when
from rasa_project.inbox.texts import InboxTexts
from rasa_project.inbox.transcript import flag_name
from rasa_project.knowledge.told import FACTS
from rasa_project.names import SLOT_TRIAGE
from rasa_project.redflags.catalogue import RedFlagCatalogue
from rasa_project.redflags.urgency import urgency_from

_FACT_LABELS = {
    "pain_days": "Hoe lang pijn",
    "leg_pain": "Pijn in het been",
    "pregnant": "Zwanger",
    "age": "Leeftijd",
    "work": "Werk",
    "operated": "Aan de rug geopereerd",
    "country": "Land",
}
_WORK = {"heavy": "lichamelijk zwaar", "sitting": "zittend"}
_COUNTRY = {"NL": "Nederland", "BE": "België"}
_MEANINGS = {YES: "ja", NO: "nee", UNSURE: "weet het niet"}


@dataclass(frozen=True)
class Line:
    """A label and what belongs to it."""

    label: str
    value: str


@dataclass(frozen=True)
class Alarm:
    """An alarm sign with its level in words, and when it was noticed first."""

    name: str
    urgency: str
    level: str
    when: str


@dataclass(frozen=True)
class Asked:
    """An alarm question and its answer, in the patient's words; empty while open."""

    question: str
    answer: str
    meaning: str


@dataclass(frozen=True)
class Summary:
    """The card.

    Attributes:
        facts: What the patient told.
        topics: Labels of what was asked, in order, each once.
        alarms: Most urgent first.
        questions: The alarm questions, in order.
        advice: What the patient was told to do about alarms, newest last.
        callbacks: Requests to be called back.
        owners: Who had the conversation, in order.
    """

    facts: Tuple[Line, ...]
    topics: Tuple[str, ...]
    alarms: Tuple[Alarm, ...]
    questions: Tuple[Asked, ...]
    advice: Tuple[str, ...]
    callbacks: Tuple[Line, ...]
    owners: Tuple[Line, ...]


def summarise(
    material: Material,
    texts: InboxTexts,
    catalogue: RedFlagCatalogue,
    triage: Triage,
    now: datetime,
) -> Summary:
    """The card of a conversation.

    Args:
        material: All that is kept of it.
        texts: The practice's words.
        catalogue: The alarm questions.
        triage: The check's questions, and how answers are read.
        now: Decides what "gisteren" is.
    """
    return Summary(
        facts=tuple(facts(slots_of(material.turns))),
        topics=tuple(topics(material.events, material.labels)),
        alarms=tuple(alarms(material.flags, texts, now)),
        questions=tuple(asked_and_answered(material.turns, catalogue, triage)),
        advice=tuple(advice(material.events, material.flags)),
        callbacks=tuple(_callback(one, now) for one in material.callbacks),
        owners=tuple(_change(one, texts, now) for one in material.changes),
    )


def slots_of(turns: Sequence[RasaTurn]) -> Dict[str, Any]:
    """What each slot held last."""
    return {turn.slot: turn.value for turn in turns if turn.slot is not None}


def facts(slots: Mapping[str, Any]) -> List[Line]:
    """What the patient told about themselves, in words."""
    told = []
    for name in FACTS:
        value = slots.get(name)
        words = _fact(name, value) if value is not None else ""
        if words:
            told.append(Line(_FACT_LABELS[name], words))
    return told


def _fact(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, (int, float)):
        return pain_lasts(value) if name == "pain_days" else f"{value:.0f} jaar"
    known = {"work": _WORK, "country": _COUNTRY}.get(name, {})
    return known.get(str(value), str(value))


def topics(events: Sequence[Event], labels: Mapping[str, str]) -> List[str]:
    """What was asked and answered, in order, each once."""
    asked = [topic for event in events for topic in event.content.get("topics") or []]
    return [labels.get(topic, topic) for topic in dict.fromkeys(asked)]


def alarms(flags: Sequence[Flag], texts: InboxTexts, now: datetime) -> List[Alarm]:
    """Each flag once at its highest level, with the first moment at that level."""
    highest: Dict[str, Flag] = {}
    for flag in flags:
        held = highest.get(flag.flag)
        if held is None or urgency_from(flag.urgency).rank > urgency_from(held.urgency).rank:
            highest[flag.flag] = flag
    ordered = sorted(highest.values(), key=lambda flag: -urgency_from(flag.urgency).rank)
    return [
        Alarm(
            flag_name(flag.flag, texts),
            flag.urgency,
            texts.urgency.get(flag.urgency, flag.urgency),
            when(flag.at, now),
        )
        for flag in ordered
    ]


def asked_and_answered(
    turns: Sequence[RasaTurn], catalogue: RedFlagCatalogue, triage: Triage
) -> List[Asked]:
    """The alarm questions of the assistant, each with the message that came after it."""
    asked: List[Asked] = []
    waiting: Optional[str] = None
    for turn in turns:
        if turn.slot == SLOT_TRIAGE:
            question = open_question({SLOT_TRIAGE: turn.value})
            found = question_of(question, catalogue, triage.check) if question else None
            # Rasa sets its slots again when a day has passed; that asks nothing.
            if found is not None and found.question != waiting:
                waiting = found.question
                asked.append(Asked(waiting, "", ""))
        elif turn.slot is None and waiting is not None:
            meaning = _MEANINGS.get(reply_in(turn.value, triage) or "", "")
            asked[-1] = Asked(waiting, turn.value, meaning)
            waiting = None
    return asked


def advice(events: Sequence[Event], flags: Sequence[Flag]) -> List[str]:
    """What the patient was told to do about alarms, as it was said, each once."""
    said = [
        event.text.split("\n\n")[0]
        for event in events
        if event.author in (ASSISTANT, SYSTEM) and event.content.get("alarm")
    ]
    shown = [flag.shown.split("\n\n")[0] for flag in flags if flag.shown]
    return list(dict.fromkeys(text for text in (said or shown) if text))


def _callback(callback: Callback, now: datetime) -> Line:
    parts = [callback.name, callback.contact, callback.moment]
    state = "nog doen"
    if callback.handled_at is not None:
        state = f"gedaan {when(callback.handled_at, now)}"
        if callback.handled_by:
            state += f" door {callback.handled_by}"
    return Line(
        f"Terugbellen, gevraagd {when(callback.at, now)}",
        f"{', '.join(part for part in parts if part)} ({state})",
    )


def _change(change: Change, texts: InboxTexts, now: datetime) -> Line:
    to = texts.states.get(change.after, change.after).format(wie=change.owner or "een mens")
    by = f", door {change.by}" if change.by and change.by != change.owner else ""
    why = texts.why(change.why)
    return Line(when(change.at, now), f"{to}{by}: {why}" if why else f"{to}{by}")
