"""Measure the whole reading of a message: rules, classifier, threshold, as it is served."""

from __future__ import annotations

import csv
import json
import math
import time
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from rasa_project.dialogue.context import reading_of
from rasa_project.dialogue.reading import Kind
from rasa_project.facts.patient_facts import patient_facts, read_fact_words
from rasa_project.knowledge.files import read_knowledge
from rasa_project.logs import configure_logs
from rasa_project.names import (
    INTENT_FALLBACK,
    INTENT_MORE,
    INTENT_SIMPLER,
    INTENT_SOURCES,
    PARSE_RED_FLAGS,
    PARSE_SUSPECTED,
    SLOT_LAST_TOPIC,
)
from rasa_project.redflags.urgency import Urgency, highest
from rasa_project.settings import PROJECT
from rasa_project.training import ensure_model

SETS = Path(__file__).parent / "sets"
MAX_BUTTONS = 3


def read_set(name: str) -> List[Dict[str, str]]:
    """The rows of one development set."""
    with (SETS / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@lru_cache(maxsize=1)
def catalogue() -> Dict[str, str]:
    """Topic id to group."""
    knowledge = read_knowledge(PROJECT / "data" / "knowledge")
    return {entry.id: group for group, entry in knowledge.topics}


@dataclass(frozen=True)
class Read:
    """How one message was read in its conversation.

    Attributes:
        topics: The topics that are answered, in order; none when an alarm overrules them.
        asks_back: Whether the assistant asks what was meant.
        buttons: The topics it then offers.
        about_the_same: "meer-uitleg", "snap-ik-niet" or "bronnen-tonen" when that is done.
        first: The likeliest of all intents, before threshold and context.
        confidence: Of that intent.
        urgency: What the message raises by itself.
        asked_about: The flag that is only suspected, or "".
        seconds: Time of the parse.
    """

    topics: Tuple[str, ...]
    asks_back: bool
    buttons: Tuple[str, ...]
    about_the_same: str
    first: str
    confidence: float
    urgency: Urgency
    asked_about: str
    seconds: float

    @property
    def alarm(self) -> bool:
        """Whether a red flag overrules everything."""
        return self.urgency is not Urgency.NONE

    @property
    def first_topic(self) -> str:
        """The topic that is answered first, or ""."""
        return self.topics[0] if self.topics else ""


_SAME = {
    Kind.MORE: INTENT_MORE,
    Kind.SIMPLER: INTENT_SIMPLER,
    Kind.SOURCES: INTENT_SOURCES,
}


class Reader:
    """The trained pipeline, loaded as the server loads it, with the dialogue's reading."""

    def __init__(self) -> None:
        from rasa.core.agent import Agent

        configure_logs()
        self._agent = Agent.load(str(ensure_model()))

    async def read(self, text: str, before: Optional[str] = None) -> Read:
        """Read one message.

        Args:
            text: The message.
            before: The topic that was answered in the turn before, if any.
        """
        started = time.perf_counter()
        parsed = await self._agent.parse_message(text)
        seconds = time.perf_counter() - started
        ranking = [g for g in parsed.get("intent_ranking", []) if g["name"] != INTENT_FALLBACK]
        likeliest = [g["name"] for g in ranking if g["name"] in catalogue()]
        intent = str(parsed["intent"]["name"] or "")
        reading = reading_of(parsed, {SLOT_LAST_TOPIC: before})
        found = parsed.get(PARSE_RED_FLAGS) or []
        alarm = bool(found)
        suspected = "" if alarm else (parsed.get(PARSE_SUSPECTED) or {}).get("flag", "")
        overruled = alarm or bool(suspected)
        topics: Tuple[str, ...] = (intent,) if intent in catalogue() else ()
        asks_back, buttons, same = intent == INTENT_FALLBACK, tuple(likeliest), ""
        if before and intent in _SAME.values():
            same = intent
        if reading is not None:
            topics = reading.topics if reading.kind is Kind.ANSWER else ()
            asks_back = reading.kind is Kind.CLARIFY
            buttons = reading.topics
            same = _SAME.get(reading.kind, "")
        return Read(
            topics=() if overruled else topics,
            asks_back=asks_back and not overruled,
            buttons=buttons[:MAX_BUTTONS],
            about_the_same=same,
            first=ranking[0]["name"] if ranking else "",
            confidence=ranking[0]["confidence"] if ranking else 0.0,
            urgency=highest(Urgency(finding["urgency"]) for finding in found),
            asked_about=suspected,
            seconds=seconds,
        )


@dataclass
class Share:
    """A count of a count, with Wilson's 95 % interval."""

    good: int = 0
    of: int = 0

    def add(self, is_good: bool) -> None:
        """Count one more."""
        self.good += is_good
        self.of += 1

    def __add__(self, other: "Share") -> "Share":
        return Share(self.good + other.good, self.of + other.of)

    @property
    def value(self) -> float:
        """The share, 0 to 1; 1 when there is nothing to count."""
        return self.good / self.of if self.of else 1.0

    @property
    def interval(self) -> Tuple[float, float]:
        """Lower and upper bound."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.96, self.of, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return middle - half, middle + half

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.value:5.1f} %  ({self.good} of {self.of}; {100 * low:.1f}-{100 * high:.1f})"


async def measure_topics(
    reader: Reader, name: str
) -> Tuple[Dict[str, Share], List[Tuple[str, ...]]]:
    """Figures of one topic set, and the messages that were answered wrongly."""
    figures = {
        key: Share()
        for key in (
            "likeliest_right",
            "first_topic_right",
            "right_when_answered",
            "answered",
            "in_buttons",
        )
    }
    wrong: List[Tuple[str, ...]] = []
    for row in read_set(name):
        read = await reader.read(row["text"])
        figures["likeliest_right"].add(read.first == row["topic"])
        figures["first_topic_right"].add(read.first_topic == row["topic"])
        figures["answered"].add(bool(read.topics))
        if read.topics:
            figures["right_when_answered"].add(read.first_topic == row["topic"])
            if read.first_topic != row["topic"]:
                wrong.append((row["topic"], read.first_topic, row["text"]))
        elif read.asks_back:
            figures["in_buttons"].add(row["topic"] in read.buttons)
    return figures, wrong


async def measure_off_topic(reader: Reader, name: str) -> Tuple[Share, List[Tuple[str, ...]]]:
    """How many off-topic messages claim no topic, and which do."""
    held, wrong = Share(), []
    for row in read_set(name):
        read = await reader.read(row["text"])
        held.add(not read.topics)
        if read.topics:
            wrong.append((row["kind"], read.first_topic, row["text"]))
    return held, wrong


async def measure_two_questions(
    reader: Reader, name: str
) -> Tuple[Dict[str, Share], List[Tuple[str, ...]]]:
    """How often both questions of a message are answered, in the order asked."""
    figures = {"both": Share(), "first_of_them": Share()}
    wrong = []
    for row in read_set(name):
        read = await reader.read(row["text"])
        due = (row["first"], row["second"])
        figures["both"].add(read.topics[:2] == due)
        figures["first_of_them"].add(read.first_topic == row["first"])
        if read.topics[:2] != due:
            wrong.append((" + ".join(due), " + ".join(read.topics), row["text"]))
    return figures, wrong


_MEANT = {"MORE": INTENT_MORE, "SIMPLER": INTENT_SIMPLER, "SOURCES": INTENT_SOURCES}


async def measure_follow_ups(reader: Reader, name: str) -> Tuple[Share, List[Tuple[str, ...]]]:
    """How often a message after another topic's answer is read as it was meant."""
    right, wrong = Share(), []
    for row in read_set(name):
        read = await reader.read(row["text"], before=row["before"])
        due = _MEANT.get(row["expected"], row["expected"])
        done = read.about_the_same or read.first_topic
        right.add(done == due)
        if done != due:
            wrong.append((f"{row['before']} > {due}", done or "(asks back)", row["text"]))
    return right, wrong


FACTS_TODAY = date(2026, 11, 22)
_DAYS_TOLERANCE = 0.25


def measure_facts() -> Share:
    """How often exactly what a message tells is taken in; days within a quarter."""
    facts = read_fact_words(PROJECT / "data" / "facts.yml")
    right = Share()
    for row in read_set("facts"):
        due = json.loads(row["facts"])
        told = patient_facts(row["text"], facts, FACTS_TODAY)
        right.add(_same_facts(due, told))
    return right


def _same_facts(due: Dict[str, object], told: Dict[str, object]) -> bool:
    if set(due) != set(told):
        return False
    days, found = float(str(due.get("pain_days", 0))), float(str(told.get("pain_days", 0)))
    others = all(told[name] == value for name, value in due.items() if name != "pain_days")
    return others and abs(days - found) <= _DAYS_TOLERANCE * days


async def calibration(
    reader: Reader, names: Tuple[str, ...]
) -> Tuple[float, List[Tuple[float, float, int]]]:
    """Whether a confidence means what it says.

    Returns:
        The expected calibration error (0 is perfect), and per tenth of confidence the
        mean confidence, the share that was right, and how many messages it holds.
    """
    tenths: Dict[int, List[Tuple[float, bool]]] = {}
    for name in names:
        for row in read_set(name):
            read = await reader.read(row["text"])
            tenth = min(int(read.confidence * 10), 9)
            tenths.setdefault(tenth, []).append((read.confidence, read.first == row["topic"]))
    total = sum(len(rows) for rows in tenths.values())
    table = []
    error = 0.0
    for _, rows in sorted(tenths.items()):
        mean = sum(confidence for confidence, _ in rows) / len(rows)
        right = sum(is_right for _, is_right in rows) / len(rows)
        error += len(rows) / total * abs(mean - right)
        table.append((mean, right, len(rows)))
    return error, table
