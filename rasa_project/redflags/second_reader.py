"""A second, independent reader of alarm signs: a classifier trained on alarm language.

The rules say why; this reader catches wordings that no rule foresaw. Where the rules are
silent it raises a question, or an alarm when it is sure, and it never takes away what the
rules found.
"""

from __future__ import annotations

import csv
import hashlib
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from rasa_project.errors import DataFileError, Problem
from rasa_project.nlu.topic_model import Lemmatise, TopicModel
from rasa_project.redflags.catalogue import RedFlagCatalogue
from rasa_project.redflags.urgency import Urgency, highest

BENIGN = "benign"
SIGN_SUFFIX = "second-reader"
# From this share on a level is likely enough for what the reader hears, and for raising
# what the rules found; chosen with `make safety`.
LEVEL_PROBABILITY = 0.33
LEVEL_RAISES = 0.5
# How much clearer a sentence must sound than the whole message; chosen with `make evaluate`.
OUT_OF_CONTEXT = 0.5
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_FEWEST_WORDS = 3
_MOST_SENTENCES = 8
_ALARM_LEVELS = (Urgency.SOON, Urgency.SAME_DAY, Urgency.EMERGENCY)
_LABELS = {
    **{("alarm", level.value): level for level in _ALARM_LEVELS},
    (BENIGN, "-"): Urgency.NONE,
    ("weak", "-"): Urgency.NONE,
}


@dataclass(frozen=True)
class AlarmExample:
    """One line of ``data/alarms``.

    Attributes:
        text: The message.
        flag: The flag that it is about.
        urgency: What it deserves; none for a look-alike or a weak sign alone.
    """

    text: str
    flag: str
    urgency: Urgency = Urgency.NONE


def read_examples(folder: Path) -> List[AlarmExample]:
    """Read all examples.

    Raises:
        DataFileError: A line is not text, flag, alarm and urgency; or text, flag, benign
            or weak, and "-".
    """
    examples: List[AlarmExample] = []
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            for number, row in enumerate(rows, 1):
                urgency = _LABELS.get((row[2], row[3])) if len(row) == 4 else None
                if urgency is None:
                    reason = "a line is: text, flag, alarm, urgency; or text, flag, benign, -"
                    raise DataFileError([Problem(path, number, reason)])
                examples.append(AlarmExample(row[0], row[1], urgency))
    return examples


def examples_fingerprint(folder: Path) -> str:
    """A hash of all example files."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.tsv")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Thresholds:
    """From which margin the reader's opinion counts.

    All in units of the machine's margin between a flag and benign; negative means that
    benign was a little likelier.

    Attributes:
        ask: From here on a question is asked.
        ask_early: The same, for flags that the catalogue marks so.
        alarm: From here on it is an alarm.
        sure_topic: From this confidence on, the message is an ordinary question ...
        alarm_if_sure: ... and must sound more like an alarm than this.
        agrees: From here on it makes an alarm of what the rules would only ask about, and
            its urgency counts beside theirs.
        short_message: What a message of three words or fewer ("al twee maanden") must
            sound like to say anything without a rule.
    """

    ask: float
    ask_early: float
    alarm: float
    sure_topic: float
    alarm_if_sure: float
    agrees: float
    short_message: float


@dataclass(frozen=True)
class Suspicion:
    """What a message sounds like.

    Attributes:
        flag: The likeliest flag.
        margin: How much likelier than benign, see :class:`Thresholds`.
        heard_in: The message or the sentence of it that sounds so.
    """

    flag: str
    margin: float
    heard_in: str


def _sentences(text: str) -> List[str]:
    """The sentences of a text that has more than one; short calls say nothing alone."""
    parts = [part for part in _SENTENCE_END.split(text) if len(part.split()) >= _FEWEST_WORDS]
    return parts[:_MOST_SENTENCES] if len(parts) > 1 else []


class SecondReader:
    """Says which flag a text sounds like, and how urgent.

    Args:
        flags: Trained with one intent per flag and ``BENIGN``.
        levels: Trained on alarms alone, with one intent per urgency.
    """

    def __init__(self, flags: TopicModel, levels: TopicModel):
        self.flags = flags
        self.levels = levels

    @classmethod
    def train(
        cls, examples: Sequence[AlarmExample], ordinary: Sequence[str], lemmatise: Lemmatise
    ) -> "SecondReader":
        """Fit on alarm examples and on ordinary messages, which count as benign."""
        alarms = [example for example in examples if example.urgency is not Urgency.NONE]
        texts = [example.text for example in examples] + list(ordinary)
        flags = [e.flag if e.urgency is not Urgency.NONE else BENIGN for e in examples]
        flags += [BENIGN] * len(ordinary)
        return cls(
            TopicModel.train(texts, flags, lemmatise, sharpness=1.0, regularisation=1.0),
            TopicModel.train(
                [alarm.text for alarm in alarms],
                [alarm.urgency.value for alarm in alarms],
                lemmatise,
                sharpness=2.0,
                regularisation=0.5,
            ),
        )

    def read(self, text: str, catalogue: RedFlagCatalogue) -> Optional[Suspicion]:
        """The flag that the text sounds most like; None when the catalogue knows it not.

        A sentence of its own counts too, so that an alarm in the middle of a long
        question is not drowned; out of its context it must sound clearer.

        Args:
            text: The message.
            catalogue: Knows the flags.
        """
        heard = [self._heard(text, 0.0)]
        heard += [self._heard(sentence, OUT_OF_CONTEXT) for sentence in _sentences(text)]
        flag, margin, heard_in = max(heard, key=lambda one: one[1])
        if flag not in catalogue.flags:
            return None
        return Suspicion(flag, margin, heard_in)

    def urgency_of(self, suspicion: Suspicion, catalogue: RedFlagCatalogue) -> Urgency:
        """What a suspicion deserves; asked only of one that counts.

        Args:
            suspicion: What :meth:`read` gave.
            catalogue: Says which urgencies its flag has.
        """
        levels = list(catalogue.flags[suspicion.flag].say)
        return self.urgency(suspicion.heard_in, levels, LEVEL_PROBABILITY)

    def _heard(self, text: str, handicap: float) -> Tuple[str, float, str]:
        probabilities = dict(self.flags.rank(text))
        benign = probabilities.pop(BENIGN)
        flag = max(probabilities, key=lambda name: probabilities[name])
        return flag, math.log(probabilities[flag]) - math.log(benign) - handicap, text

    def urgency(self, text: str, levels: Sequence[Urgency], likely_from: float) -> Urgency:
        """The highest of some levels that is likely enough for an alarm.

        Args:
            text: A message that holds an alarm.
            levels: Those that its flag can have.
            likely_from: From this share of their probability on.
        """
        if len(levels) == 1:
            return levels[0]
        probabilities = {Urgency(name): value for name, value in self.levels.rank(text)}
        total = sum(probabilities.get(level, 0.0) for level in levels) or 1.0
        # The higher level wins a close call.
        likely = [n for n in levels if probabilities.get(n, 0.0) / total >= likely_from]
        return highest(likely) if likely else min(levels, key=lambda level: level.rank)

    def save(self, folder: Path) -> None:
        """Write both models."""
        self.flags.save(folder / "flags")
        self.levels.save(folder / "levels")

    @classmethod
    def load(cls, folder: Path, lemmatise: Lemmatise) -> "SecondReader":
        """Read a saved reader.

        Raises:
            OSError: A file is missing.
            ValueError: A file is damaged.
        """
        return cls(
            TopicModel.load(folder / "flags", lemmatise),
            TopicModel.load(folder / "levels", lemmatise),
        )
