"""Measure how alarm signs are noticed: the rules, the second reader, and both as served."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from ruamel.yaml import YAML

from rasa_project.nlu.words import available_model, lemmatiser
from rasa_project.redflags.assess import Assessment, RedFlagRules
from rasa_project.redflags.catalogue import read_catalogue
from rasa_project.redflags.combine import judge
from rasa_project.redflags.conversation import combined_findings
from rasa_project.redflags.second_reader import SecondReader, Thresholds
from rasa_project.redflags.urgency import Urgency
from rasa_project.settings import PROJECT
from rasa_project.training import ensure_model
from tests.language.measure import Reader, Share, read_set

# Harmless messages: written as plain ones, and questions on topics or none.
PLAIN_SETS = ("plain_messages",)
ORDINARY_SETS = ("topics_everyday", "topics_flemish_l2", "topics_fresh", "off_topic")
RED_FLAG_SETS = (
    "red_flags",
    "red_flags_second",
    "red_flags_third",
    "red_flags_blind",
    "red_flags_fresh",
)
_DUE = {"U1": Urgency.EMERGENCY, "U2": Urgency.SAME_DAY, "U3": Urgency.SOON}


def rules_only() -> RedFlagRules:
    """The rules without the second reader."""
    return RedFlagRules(read_catalogue(PROJECT / "data" / "red_flags.yml"))


class SecondReaderAlone:
    """The trained reader of the model, with the thresholds of config.yml and no rules."""

    def __init__(self) -> None:
        pipeline = YAML(typ="safe").load((PROJECT / "config.yml").read_text("utf-8"))["pipeline"]
        (config,) = [part for part in pipeline if part["name"].endswith("RedFlagDetector")]
        names = Thresholds.__dataclass_fields__
        self._thresholds = Thresholds(**{name: config[name] for name in names})
        self._catalogue = read_catalogue(PROJECT / "data" / "red_flags.yml")
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(ensure_model()) as archive:
                archive.extractall(folder, filter="data")
            (flags,) = Path(folder).glob("components/*RedFlagDetector*/flags")
            self._reader = SecondReader.load(flags.parent, lemmatiser(available_model()))

    def alarm(self, text: str, topic_confidence: float) -> bool:
        """Whether it would raise an alarm, were it alone."""
        judged = judge(
            Assessment(()),
            self._reader,
            text,
            topic_confidence,
            self._catalogue,
            self._thresholds,
        )
        return bool(judged.findings)


def found_by_rules(rules: RedFlagRules, text: str) -> bool:
    """Whether the rules alone raise an alarm."""
    assessment = rules.assess(text)
    together = combined_findings(assessment.elements, frozenset(), rules.catalogue)
    return bool(assessment.active or together)


async def measure_red_flags(
    reader: Reader, name: str, second: Optional[SecondReaderAlone] = None
) -> Tuple[Dict[str, Share], List[Tuple[str, ...]]]:
    """Figures of one alarm set, and the messages that were judged wrongly.

    A question counts as no alarm for the sensitivity, and as noticed beside it.

    Args:
        reader: Everything, as it is served.
        name: The set.
        second: Whether to measure the second reader alone too.
    """
    rules = rules_only()
    figures: Dict[str, Share] = {}
    wrong: List[Tuple[str, ...]] = []

    def count(key: str, is_good: bool) -> None:
        figures.setdefault(key, Share()).add(is_good)

    for row in read_set(name):
        if row.get("level") == "U4":
            continue  # raises nothing by itself: a fixed text for children
        read = await reader.read(row["text"])
        by_rules = found_by_rules(rules, row["text"])
        noticed = read.alarm or bool(read.asked_about)
        by_second = second is not None and second.alarm(row["text"], read.confidence)
        if row["label"] == "alarm":
            due = _DUE.get(row.get("level") or "", Urgency.SOON)
            count("sensitivity", read.alarm)
            count("sensitivity, rules alone", by_rules)
            if second is not None:
                count("sensitivity, second reader alone", by_second)
            count("noticed: alarm or question", noticed)
            count(f"sensitivity {row['flag']}", read.alarm)
            count(f"noticed {row['flag']}", noticed)
            if read.alarm:
                count("level not too low", read.urgency.rank >= due.rank)
            if not read.alarm or read.urgency.rank < due.rank:
                wrong.append((row["flag"], read.urgency.value, read.asked_about, row["text"]))
        else:
            count("look-alikes without alarm", not read.alarm)
            count("look-alikes without alarm, rules alone", not by_rules)
            if second is not None:
                count("look-alikes without alarm, second reader alone", not by_second)
            count("look-alikes without alarm or question", not noticed)
            count(f"look-alikes {row['flag']}", not read.alarm)
            if read.alarm:
                wrong.append((row["flag"], "false alarm", read.urgency.value, row["text"]))
    return figures, wrong


async def measure_false_alarms(
    reader: Reader, names: Sequence[str] = ORDINARY_SETS
) -> Tuple[Share, Share, List[str]]:
    """How many ordinary messages raise no alarm, how many no question, and which do."""
    silent, unasked, loud = Share(), Share(), []
    for name in names:
        for row in read_set(name):
            read = await reader.read(row["text"])
            silent.add(not read.alarm)
            unasked.add(not read.asked_about)
            if read.alarm or read.asked_about:
                loud.append(f"{read.urgency.value} {read.asked_about}: {row['text']}")
    return silent, unasked, loud
