"""Find two or more questions in one message. No Rasa.

A message is cut where a second question may begin (see clauses.py), both sides are
recognised, and a logistic regression over a few named features says whether the cut is
real. Its weights stand in ``data/question_split.json``; ``make fit-questions`` makes them
from the training utterances.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, FrozenSet, List, Optional, Sequence, Tuple

import numpy as np

from rasa_project.errors import DataFileError, Problem
from rasa_project.nlu.clauses import Asks, Cut, CutKind, QuestionWords, asks, cuts, trimmed
from rasa_project.nlu.topic_model import TopicModel

MAX_CUTS = 12
MAX_PARTS = 4
# Two questions are common, three are rare: a further cut must be surer than the first.
_SURER = 0.2
_LEAST = 1e-4
_WORDS_COUNTED = 20
_ASKING_WORDS = 14


@dataclass(frozen=True)
class Part:
    """One question of a message: where it stands and its topic."""

    start: int
    end: int
    topic: str
    confidence: float


@dataclass(frozen=True)
class Candidate:
    """A cut with what stands on both sides of it, and its features."""

    left: Part
    right: Part
    features: Dict[str, float]


@dataclass(frozen=True)
class SplitWeights:
    """A logistic regression on standardised features."""

    names: Tuple[str, ...]
    means: np.ndarray
    scales: np.ndarray
    weights: np.ndarray
    bias: float

    @classmethod
    def read(cls, path: Path) -> "SplitWeights":
        """Read ``data/question_split.json``.

        Raises:
            DataFileError: The file is missing or wrong.
        """
        try:
            data = json.loads(path.read_text("utf-8"))
            features = data["features"]
            means, scales, weights = np.array(
                [[float(f[of]) for of in ("mean", "scale", "weight")] for f in features.values()]
            ).T
            return cls(tuple(features), means, scales, weights, float(data["bias"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"{error!r}; `make fit-questions` makes it anew"
            raise DataFileError([Problem(path, 0, reason)]) from error

    def probabilities(self, rows: Sequence[Dict[str, float]]) -> np.ndarray:
        """How likely each cut is real."""
        values = np.array([[row[name] for name in self.names] for row in rows])
        scores = ((values - self.means) / self.scales) @ self.weights + self.bias
        return np.asarray(1 / (1 + np.exp(-scores)))


def candidates(
    text: str, model: TopicModel, topics: FrozenSet[str], words: QuestionWords
) -> List[Candidate]:
    """Every possible cut of a text, recognised on both sides.

    Args:
        text: A message or a part of one.
        model: Recognises topics.
        topics: The intents that are topics; the others are left out of account.
        words: See :func:`rasa_project.nlu.clauses.read_question_words`.
    """
    found = cuts(text, words)[:MAX_CUTS]
    if not found:
        return []
    spans = [
        span
        for cut in found
        for span in (trimmed(text, 0, cut.position), trimmed(text, cut.position, len(text)))
    ]
    probabilities = model.probabilities([text, *(text[start:end] for start, end in spans)])
    columns = [i for i, name in enumerate(model.intents) if name in topics]
    names = [model.intents[i] for i in columns]
    probabilities = probabilities[:, columns]
    best = probabilities.argmax(axis=1)
    rows = []
    for number, cut in enumerate(found):
        left, right = 2 * number + 1, 2 * number + 2
        parts = [
            Part(*spans[row - 1], names[best[row]], float(probabilities[row, best[row]]))
            for row in (left, right)
        ]
        known = probabilities[[left, right]].sum(axis=1)
        features = _features(
            text, cut, parts, probabilities[0], best[[0, left, right]], known, words
        )
        rows.append(Candidate(parts[0], parts[1], features))
    return rows


def _log(probability: float) -> float:
    return float(np.log(probability + _LEAST))


def _features(
    text: str,
    cut: Cut,
    parts: Sequence[Part],
    whole: np.ndarray,
    best: np.ndarray,
    known: np.ndarray,
    words: QuestionWords,
) -> Dict[str, float]:
    left, right = parts
    left_asks = asks(cut.before[-_ASKING_WORDS:], words)
    right_asks = asks(cut.after, words)
    marks = ("?" in text[: cut.position], "?" in text[cut.position :])
    differ = left.topic != right.topic
    weakest = _log(min(left.confidence, right.confidence))
    lengths = [min(len(side), _WORDS_COUNTED) for side in (cut.before, cut.after)]
    return {
        "left_sure": _log(left.confidence),
        "right_sure": _log(right.confidence),
        "weakest": weakest,
        "weakest_if_they_differ": weakest if differ else 0.0,
        "differ": float(differ),
        "whole_sure": _log(whole[best[0]]),
        "left_in_whole": _log(whole[best[1]]),
        "right_in_whole": _log(whole[best[2]]),
        "left_is_whole": float(best[1] == best[0]),
        "right_is_whole": float(best[2] == best[0]),
        "left_no_topic": _log(1 - known[0]),
        "right_no_topic": _log(1 - known[1]),
        "left_asks": float(left_asks is Asks.YES),
        "left_may_ask": float(left_asks is Asks.MAYBE),
        "right_asks": float(right_asks is Asks.YES),
        "right_may_ask": float(right_asks is Asks.MAYBE),
        "both_ask": float(left_asks is Asks.YES and right_asks is Asks.YES),
        "left_mark": float(marks[0]),
        "right_mark": float(marks[1]),
        "both_marks": float(all(marks)),
        **{f"at_{kind.value}": float(cut.kind is kind) for kind in CutKind},
        "at_en": float(cut.after[0] == "en"),
        "at_of": float(cut.after[0] == "of"),
        "at_maar": float(cut.after[0] == "maar"),
        "left_words": float(lengths[0]),
        "right_words": float(lengths[1]),
        "left_tiny": float(lengths[0] <= 3),
        "right_tiny": float(lengths[1] <= 3),
        "least_words": float(min(*lengths, 8)),
    }


class QuestionSplitter:
    """Finds the questions of a message.

    Args:
        model: Recognises topics.
        topics: Which intents are topics.
        words: Word lists.
        weights: See :class:`SplitWeights`.
        threshold: A cut counts above this probability.
    """

    def __init__(
        self,
        model: TopicModel,
        topics: FrozenSet[str],
        words: QuestionWords,
        weights: SplitWeights,
        threshold: float,
    ):
        self._model = model
        self._topics = topics
        self._words = words
        self._weights = weights
        self._threshold = threshold

    def parts(self, text: str) -> List[Part]:
        """The questions in the order asked; empty when there is one question or none."""
        first = self._cut(text, 0, self._threshold)
        if first is None:
            return []
        parts = list(first)
        # A part may hold two questions itself.
        index = 0
        while index < len(parts) and len(parts) < MAX_PARTS:
            part = parts[index]
            inside = text[part.start : part.end]
            again = self._cut(inside, part.start, self._threshold + _SURER)
            if again is None:
                index += 1
            else:
                parts[index : index + 1] = again
        different: List[Part] = []
        for part in parts:
            if part.topic not in [seen.topic for seen in different]:
                different.append(part)
        return different if len(different) > 1 else []

    def _cut(self, text: str, offset: int, threshold: float) -> Optional[Tuple[Part, Part]]:
        rows = [
            row
            for row in candidates(text, self._model, self._topics, self._words)
            if row.left.topic != row.right.topic
        ]
        if not rows:
            return None
        probabilities = self._weights.probabilities([row.features for row in rows])
        best = int(probabilities.argmax())
        if probabilities[best] < threshold:
            return None
        return _moved(rows[best].left, offset), _moved(rows[best].right, offset)


def _moved(part: Part, offset: int) -> Part:
    return Part(part.start + offset, part.end + offset, part.topic, part.confidence)
