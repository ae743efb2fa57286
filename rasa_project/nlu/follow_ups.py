"""Messages that only make sense after the answer before: "en fietsen?", "waarom?". No Rasa.

What such a message means follows from its words and from the topic before it. The words
are read here, while a message is parsed; the topic before is known to the dialogue
only, which adds :class:`ContextScores` (see dialogue/reading.py).
"""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Sequence, Tuple

import numpy as np

from rasa_project.errors import DataFileError, Problem
from rasa_project.names import INTENT_MORE, INTENT_SIMPLER, INTENT_SOURCES
from rasa_project.nlu.topic_model import Lemmatise, TopicModel

FOLLOW_UP = "follow-up"
OWN_QUESTION = "own-question"
OTHER = "other"
# What a follow-up may mean beside a topic.
ABOUT_THE_SAME = (INTENT_MORE, INTENT_SIMPLER, INTENT_SOURCES)

_HEADER = ["text", "before", "means"]
_SHORT = 6
_FLOOR = -12.0
# Pseudo-counts: how much is believed about a pair of topics that no example shows.
_COUNT_OF_ALL = 0.3
_COUNT_OF_OFTEN_MEANT = 3.0


@dataclass(frozen=True)
class FollowUpExample:
    """A text, the topic answered before it, and the topic or intent that it means."""

    text: str
    before: str
    means: str


def read_follow_ups(folder: Path) -> List[FollowUpExample]:
    """Read ``data/follow_ups/*.tsv``.

    Raises:
        DataFileError: A file has another header or a line without three columns.
    """
    examples = []
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            for number, row in enumerate(rows, 1):
                if len(row) != 3 or (number == 1) != (row == _HEADER):
                    reason = "the first line is text, before, means; the others have three columns"
                    raise DataFileError([Problem(path, number, reason)])
                if number > 1:
                    examples.append(FollowUpExample(*row))
    return examples


class FollowUpModel:
    """Recognises follow-ups and what their words mean.

    Args:
        gate: Tells follow-ups from complete questions and from the rest.
        meanings: Recognises what a follow-up means.
    """

    def __init__(self, gate: TopicModel, meanings: TopicModel):
        self.gate = gate
        self.meanings = meanings

    @classmethod
    def train(
        cls,
        examples: Sequence[FollowUpExample],
        utterances: Sequence[Tuple[str, str]],
        lemmatise: Lemmatise,
        gate_sharpness: float,
    ) -> "FollowUpModel":
        """Fit both parts.

        Args:
            examples: Follow-ups.
            utterances: Intent and text of the training utterances.
            lemmatise: See :func:`rasa_project.nlu.words.lemmatiser`.
            gate_sharpness: See :class:`TopicModel`.
        """
        meant = {example.before for example in examples} | set(ABOUT_THE_SAME)
        short = [(i, t) for i, t in utterances if i in meant and len(t.split()) <= _SHORT]
        meanings = TopicModel.train(
            [example.text for example in examples] + [text for _, text in short],
            [example.means for example in examples] + [intent for intent, _ in short],
            lemmatise,
            sharpness=8.0,
            regularisation=0.5,
        )
        rest = [(i, t) for i, t in utterances if i not in ABOUT_THE_SAME]
        gate = TopicModel.train(
            [example.text for example in examples] + [text for _, text in rest],
            [FOLLOW_UP] * len(examples)
            + [OWN_QUESTION if intent in meant else OTHER for intent, _ in rest],
            lemmatise,
            sharpness=gate_sharpness,
            regularisation=0.5,
        )
        return cls(gate, meanings)

    def probability(self, text: str) -> float:
        """How likely a message leans on the answer before."""
        return dict(self.gate.rank(text))[FOLLOW_UP]

    def scores(self, text: str, likeliest: Mapping[str, float]) -> Dict[str, float]:
        """The score of each meaning by the words alone.

        Args:
            text: The message.
            likeliest: Probability of each intent when the message stands on its own.
        """
        names, probabilities = zip(*self.meanings.rank(text), strict=True)
        alone = [likeliest.get(name, 0.0) for name in names]
        scores = (_log(probabilities) + _log(alone)) / 2
        return dict(zip(names, scores.tolist(), strict=True))

    def save(self, folder: Path) -> None:
        """Write both parts."""
        self.gate.save(folder / "gate")
        self.meanings.save(folder / "meanings")

    @classmethod
    def load(cls, folder: Path, lemmatise: Lemmatise) -> "FollowUpModel":
        """Read a saved model.

        Raises:
            OSError: A file is missing.
            ValueError: A file is damaged.
        """
        return cls(
            TopicModel.load(folder / "gate", lemmatise),
            TopicModel.load(folder / "meanings", lemmatise),
        )


def _log(probabilities: Sequence[float]) -> np.ndarray:
    return np.maximum(np.log(np.array(probabilities) + 1e-6), _FLOOR)


class ContextScores:
    """How likely each meaning is after each topic, whatever the words.

    Args:
        examples: Follow-ups.
    """

    def __init__(self, examples: Sequence[FollowUpExample]):
        often = Counter(example.means for example in examples)
        self._often = {name: count / len(examples) for name, count in often.items()}
        self._counts: Dict[str, Counter] = defaultdict(Counter)
        for example in examples:
            self._counts[example.before][example.means] += 1

    def score(self, before: str, meaning: str) -> float:
        """The logarithm of the meaning's share among follow-ups after a topic."""
        counts = self._counts[before] if before in self._counts else Counter()
        total = sum(counts.values()) + _COUNT_OF_ALL + _COUNT_OF_OFTEN_MEANT
        count = counts[meaning] + _COUNT_OF_OFTEN_MEANT * self._often.get(meaning, 0.0)
        return math.log((count + _COUNT_OF_ALL / 160) / total)
