"""`make confusions`: the topics most often taken for each other; writes docs/confusions.md.

A model that learned half of the training utterances reads the other half: ten thousand
questions, where the development sets have too few per pair of topics to count.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Counter as Count
from typing import List, Tuple

from rasa_project.dialogue.context import twins
from rasa_project.nlu.fit_questions import read_utterances
from rasa_project.nlu.lexicon import Lexicon
from rasa_project.nlu.topic_model import TopicModel
from rasa_project.nlu.words import available_model, lemmatiser
from rasa_project.settings import PROJECT
from tests.language.measure import catalogue

WORST = 20
DOCUMENT = PROJECT / "docs" / "confusions.md"
_TWINS = "one question to a patient: answered together when a message lies between them"
# Every topic got such sentences when the third layer of utterances was written.
_OTHERS = "sentences at the border to look-alikes were written; both are offered when unsure"
_BATCH = 500
Pair = Tuple[str, str]


def confused_pairs() -> Tuple[Count[Pair], Count[str]]:
    """How often two topics were taken for each other, and the messages of each topic."""
    examples = read_utterances(PROJECT / "data" / "nlu")
    random.Random(0).shuffle(examples)  # noqa: S311 - nothing secret is drawn
    known, unseen = examples[::2], examples[1::2]
    lexicon = Lexicon.read(PROJECT / "data" / "lexicon.yml")
    model = TopicModel.train(
        [text for _, text in known],
        [intent for intent, _ in known],
        lexicon.before(lemmatiser(available_model())),
        sharpness=8.0,
        regularisation=0.5,
    )
    pairs: Count[Pair] = Counter()
    messages: Count[str] = Counter()
    for start in range(0, len(unseen), _BATCH):
        batch = unseen[start : start + _BATCH]
        guessed = model.probabilities([text for _, text in batch]).argmax(axis=1)
        for (due, _), number in zip(batch, guessed, strict=True):
            given = model.intents[number]
            messages[due] += 1
            if given != due and {given, due} <= set(catalogue()):
                first, second = sorted((due, given))
                pairs[first, second] += 1
    return pairs, messages


def page(pairs: Count[Pair], messages: Count[str]) -> str:
    """The document."""
    lines: List[str] = []
    for (one, other), count in pairs.most_common(WORST):
        done = _TWINS if frozenset((one, other)) in twins() else _OTHERS
        lines.append(f"| {one} | {other} | {count} of {messages[one] + messages[other]} | {done} |")
    return f"""# Topics taken for each other

Written by `make confusions`: a model that learned one half of the training utterances
read the other half ({sum(messages.values())} messages). It knows half of what the product
knows, so these counts are higher than the product's. The {WORST} worst pairs:

| topic | topic | confused | what was done |
|---|---|---|---|
{chr(10).join(lines)}
"""


def main() -> None:
    """Count, print and write."""
    text = page(*confused_pairs())
    DOCUMENT.write_text(text, "utf-8")
    print(f"{text}\n{DOCUMENT}")


if __name__ == "__main__":
    main()
