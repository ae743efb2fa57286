"""Make ``data/question_split.json`` from the training utterances (`make fit-questions`).

Half of the utterances train a topic model; the other half, which that model has not
seen, are put together in pairs as people do, and stand alone as messages with one question.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from rasa_project.nlu.clauses import QuestionWords, read_question_words
from rasa_project.nlu.questions import candidates
from rasa_project.nlu.topic_model import TopicModel
from rasa_project.nlu.words import available_model, lemmatiser
from rasa_project.yaml_lines import read_yaml

PAIRS = 8_000
SINGLES = 9_000
STORIES = 4_000
# A strong penalty: few features, and real messages differ from composed ones.
_PENALTY = 0.01
_SHARE_WITH_STORY = 0.25
Example = Tuple[str, str]

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_BETWEEN: Sequence[Tuple[float, Sequence[str]]] = (
    (0.30, ("? En ", "? ", "? Verder: ", "? Ook wil ik weten: ", "? Daarnaast, ", "? Want ")),
    (0.22, (" en ",)),
    (0.15, (", en ",)),
    (0.08, (" ",)),
    (0.08, (". ",)),
    (0.07, (", ",)),
    (0.07, (" en ook ", " en verder ", " of ", " maar ook ", " trouwens ", " daarnaast ")),
    (0.03, (". Ook vroeg ik me af: ", ", en ook ", ". Ik ben ook benieuwd: ", ". Nog een vraag: ")),
)


def composed(first: str, second: str, rng: random.Random) -> str:
    """Two questions in one message, put together as people do."""
    joints = rng.choices([joint for _, joint in _BETWEEN], [share for share, _ in _BETWEEN])[0]
    joint = rng.choice(joints)
    # The end of a sentence is kept where a sentence follows.
    left = first if joint == ". " else first.rstrip("?.! ")
    right = second if rng.random() < 0.25 else second[:1].lower() + second[1:]
    text = f"{left}{joint}{right}"
    return text.lower().replace("?", "").replace(".", "") if rng.random() < 0.25 else text


def with_background(stories: Sequence[str], question: str, rng: random.Random) -> str:
    """One question after sentences that only tell something, out of other messages."""
    told = rng.sample(stories, rng.choice([1, 1, 2, 3]))
    return " ".join([*told, question])


def background(examples: Sequence[Example]) -> List[str]:
    """What stands before the question in messages that tell first and then ask."""
    found = []
    for _, text in examples:
        sentences = _SENTENCE_END.split(text)
        if len(sentences) > 1 and "?" in sentences[-1] and "?" not in " ".join(sentences[:-1]):
            found.append(" ".join(sentences[:-1]))
    return found


def fit(
    examples: Sequence[Example], topics: Sequence[str], words: QuestionWords, seed: int = 0
) -> Dict[str, object]:
    """The weights of the logistic regression, as they're stored.

    Args:
        examples: Intent and text of every training utterance.
        topics: The intents that are topics.
        words: Word lists.
        seed: Of everything random.
    """
    rng = random.Random(seed)  # noqa: S311 - nothing secret is drawn
    shuffled = list(examples)
    rng.shuffle(shuffled)
    known, unseen = shuffled[::2], shuffled[1::2]
    model = TopicModel.train(
        [text for _, text in known],
        [intent for intent, _ in known],
        lemmatiser(available_model()),
        sharpness=8.0,
        regularisation=0.5,
    )
    rows: List[Dict[str, float]] = []
    labels: List[int] = []

    def add(text: str, due: Optional[Tuple[str, str]]) -> None:
        for row in candidates(text, model, frozenset(topics), words):
            rows.append(row.features)
            labels.append(int((row.left.topic, row.right.topic) == due))

    for _, text in unseen[:SINGLES]:
        add(text, None)
    stories = background(unseen)
    for _, text in rng.sample([e for e in unseen if "?" in e[1]], STORIES):
        add(with_background(stories, text, rng), None)
    about_topics = [example for example in unseen if example[0] in topics]
    for _ in range(PAIRS):
        (first, one), (second, other) = rng.sample(about_topics, 2)
        if first == second:
            continue
        text = composed(one, other, rng)
        if rng.random() < _SHARE_WITH_STORY:
            text = with_background(stories, text, rng)
        add(text, (first, second))
    names = list(rows[0])
    values = np.array([[row[name] for name in names] for row in rows])
    scaler = StandardScaler().fit(values)
    machine = LogisticRegression(C=_PENALTY, max_iter=2_000).fit(scaler.transform(values), labels)
    columns = zip(names, scaler.mean_, scaler.scale_, machine.coef_[0], strict=True)
    return {
        "bias": round(float(machine.intercept_[0]), 4),
        "features": {
            name: {"mean": round(mean, 4), "scale": round(scale, 4), "weight": round(weight, 4)}
            for name, mean, scale, weight in columns
        },
    }


def read_utterances(folder: Path) -> List[Example]:
    """Intent and text of every training utterance.

    Args:
        folder: ``data/nlu``.

    Raises:
        DataFileError: A file is not YAML.
    """
    return [
        (item["intent"], line[2:].strip())
        for path in sorted(folder.glob("*.yml"))
        for item in read_yaml(path)["nlu"]
        for line in item["examples"].splitlines()
    ]


def write_split_weights(examples: Sequence[Example], topics: Sequence[str], data: Path) -> Path:
    """Fit on the utterances and write the file under ``data``."""
    fitted = fit(examples, topics, read_question_words(data / "questions.yml"))
    path = data / "question_split.json"
    path.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
    return path
