"""Measure the whole reading of a message: rules, classifier, threshold, as it is served."""

from __future__ import annotations

import csv
import math
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from rasa_project.knowledge.files import read_knowledge
from rasa_project.logs import configure_logs
from rasa_project.names import INTENT_FALLBACK, PARSE_RED_FLAGS
from rasa_project.redflags.assess import RedFlagRules
from rasa_project.redflags.catalogue import read_catalogue
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
class Reading:
    """How one message was read.

    Attributes:
        intent: What the pipeline decided, the fallback included.
        likeliest: Topics by confidence, without the fallback.
        confidence: Of the first of all intents.
        first: The first of all intents, before the threshold.
        alarm: Whether a red flag overrules everything.
        seconds: Time of the parse.
    """

    intent: str
    likeliest: Tuple[str, ...]
    confidence: float
    first: str
    alarm: bool
    seconds: float

    @property
    def answered(self) -> Optional[str]:
        """The topic that is answered, or None."""
        return self.intent if not self.alarm and self.intent in catalogue() else None


class Reader:
    """The trained pipeline, loaded as the server loads it."""

    def __init__(self) -> None:
        from rasa.core.agent import Agent

        configure_logs()
        self._agent = Agent.load(str(ensure_model()))

    async def read(self, text: str) -> Reading:
        """Read one message."""
        started = time.perf_counter()
        parsed = await self._agent.parse_message(text)
        seconds = time.perf_counter() - started
        ranking = [g for g in parsed.get("intent_ranking", []) if g["name"] != INTENT_FALLBACK]
        return Reading(
            intent=parsed["intent"]["name"] or "",
            likeliest=tuple(g["name"] for g in ranking if g["name"] in catalogue()),
            confidence=ranking[0]["confidence"] if ranking else 0.0,
            first=ranking[0]["name"] if ranking else "",
            alarm=bool(parsed.get(PARSE_RED_FLAGS)),
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
        for key in ("likeliest_right", "first_topic_right", "right_when_answered", "answered")
    }
    figures["in_buttons"] = Share()
    wrong: List[Tuple[str, ...]] = []
    for row in read_set(name):
        reading = await reader.read(row["text"])
        figures["likeliest_right"].add(reading.first == row["topic"])
        figures["first_topic_right"].add(reading.answered == row["topic"])
        figures["answered"].add(reading.answered is not None)
        if reading.answered is not None:
            figures["right_when_answered"].add(reading.answered == row["topic"])
            if reading.answered != row["topic"]:
                wrong.append((row["topic"], reading.answered, row["text"]))
        elif reading.intent == INTENT_FALLBACK and not reading.alarm:
            figures["in_buttons"].add(row["topic"] in reading.likeliest[:MAX_BUTTONS])
    return figures, wrong


async def measure_off_topic(reader: Reader) -> Tuple[Share, List[Tuple[str, ...]]]:
    """How many off-topic messages claim no topic, and which do."""
    held, wrong = Share(), []
    for row in read_set("off_topic"):
        reading = await reader.read(row["text"])
        held.add(reading.answered is None)
        if reading.answered is not None:
            wrong.append((row["kind"], reading.answered, row["text"]))
    return held, wrong


def rules_only() -> RedFlagRules:
    """The rules without the second reader."""
    return RedFlagRules(read_catalogue(PROJECT / "data" / "red_flags.yml"))


async def measure_red_flags(reader: Reader) -> Dict[str, Share]:
    """Sensitivity and specificity of both readers together, of the rules alone, per flag."""
    rules = rules_only()
    figures: Dict[str, Share] = {}
    for row in read_set("red_flags"):
        is_alarm = row["label"] == "alarm"
        kind = "sensitivity" if is_alarm else "specificity"
        both = (await reader.read(row["text"])).alarm
        by_rules = bool(rules.assess(row["text"]).active)
        for key, raised in (
            (kind, both),
            (f"{kind}, rules alone", by_rules),
            (f"{kind} {row['flag']}", both),
        ):
            figures.setdefault(key, Share()).add(raised == is_alarm)
    return figures


async def measure_false_alarms(reader: Reader) -> Tuple[Share, List[str]]:
    """How many ordinary messages of the development sets raise no alarm, and which do."""
    silent, loud = Share(), []
    for name in ("topics_everyday", "topics_flemish_l2", "off_topic"):
        for row in read_set(name):
            alarm = (await reader.read(row["text"])).alarm
            silent.add(not alarm)
            if alarm:
                loud.append(row["text"])
    return silent, loud
