"""A second, independent reader of alarm signs: a classifier trained on alarm language.

The rules say why; this reader catches wordings that no rule foresaw. It may raise an
alarm where the rules are silent, and never takes away what the rules found.
"""

from __future__ import annotations

import csv
import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence

from rasa_project.errors import DataFileError, Problem
from rasa_project.nlu.topic_model import Lemmatise, TopicModel

BENIGN = "benign"
ALARM = "alarm"
SIGN_SUFFIX = "second-reader"


@dataclass(frozen=True)
class AlarmExample:
    """One line of ``data/alarms``: a text, the flag it is about, and whether it is one."""

    text: str
    flag: str
    is_alarm: bool


def read_examples(folder: Path) -> List[AlarmExample]:
    """Read all examples.

    Raises:
        DataFileError: A line is not ``text<TAB>flag<TAB>alarm|benign``.
    """
    examples = []
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            for number, row in enumerate(rows, 1):
                if len(row) != 3 or row[2] not in (ALARM, BENIGN):
                    reason = "a line is: text, tab, flag, tab, alarm or benign"
                    raise DataFileError([Problem(path, number, reason)])
                examples.append(AlarmExample(row[0], row[1], row[2] == ALARM))
    return examples


def examples_fingerprint(folder: Path) -> str:
    """A hash of all example files."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.tsv")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Thresholds:
    """How much nearer to a flag than to benign a text must lie to count as an alarm.

    Attributes:
        margin: In units of the machine's margin. Negative: a doubtful text counts.
        sure_topic: From this confidence on, the message is an ordinary question ...
        margin_if_sure: ... and must sound more like an alarm than this.
    """

    margin: float
    sure_topic: float
    margin_if_sure: float


class SecondReader:
    """Says which flag a text sounds like.

    Args:
        model: Trained with one intent per flag and ``BENIGN``.
        thresholds: When a text counts as an alarm.
    """

    def __init__(self, model: TopicModel, thresholds: Thresholds):
        self.model = model
        self._thresholds = thresholds

    @classmethod
    def train(
        cls,
        examples: Sequence[AlarmExample],
        ordinary: Sequence[str],
        lemmatise: Lemmatise,
        thresholds: Thresholds,
    ) -> "SecondReader":
        """Fit on alarm examples and on ordinary messages, which count as benign."""
        texts = [example.text for example in examples] + list(ordinary)
        flags = [example.flag if example.is_alarm else BENIGN for example in examples]
        flags += [BENIGN] * len(ordinary)
        # With sharpness 1 the logarithm of a quotient of probabilities is a margin.
        model = TopicModel.train(texts, flags, lemmatise, sharpness=1.0, regularisation=0.5)
        return cls(model, thresholds)

    def read(self, text: str, topic_confidence: float) -> Optional[str]:
        """The flag that the text sounds like, or None.

        Args:
            text: The message.
            topic_confidence: How sure the topic classifier is of what is asked.
        """
        probabilities = dict(self.model.rank(text))
        benign = probabilities.pop(BENIGN)
        flag = max(probabilities, key=lambda name: probabilities[name])
        margin = math.log(probabilities[flag]) - math.log(benign)
        sure = topic_confidence >= self._thresholds.sure_topic
        needed = self._thresholds.margin_if_sure if sure else self._thresholds.margin
        return flag if margin >= needed else None
