"""`make compare`: pipelines side by side in one run; writes docs/pipelines.md.

Every pipeline learns the same utterances and reads the same development sentences. The
confidence from which it answers is set so that it answers 95 % of the questions; then
"right when it answers" and "off-topic held back" can be compared.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from rasa_project.settings import PROJECT
from tests.language.measure import catalogue, read_set
from tests.language.pipelines import Learn, ours, stock, utterances, variants

ANSWERED = 0.95
# So many utterances of each intent are enough to compare, and few enough to wait for;
# the last two pipelines would take hours with the first number.
SAMPLE = 80
SMALL_SAMPLE = 20
TOPIC_SETS = ("topics_everyday", "topics_flemish_l2", "topics_fresh")
OFF_SETS = ("off_topic", "off_topic_fresh")
DOCUMENT = PROJECT / "docs" / "pipelines.md"
FIGURES = PROJECT / "docs" / "pipelines.json"


@dataclass(frozen=True)
class Row:
    """One pipeline's figures; shares between 0 and 1, seconds, milliseconds, megabytes."""

    name: str
    right: float
    right_when_answered: float
    off_topic_held: float
    training_s: float
    parse_ms: float
    size_mb: Optional[float] = None


def sample(examples: Sequence[Tuple[str, str]], each: Optional[int]) -> List[Tuple[str, str]]:
    """At most so many utterances of each intent, drawn once and for all."""
    if each is None:
        return list(examples)
    rng = random.Random(0)  # noqa: S311 - nothing secret is drawn
    by_intent: Dict[str, List[str]] = {}
    for intent, text in examples:
        by_intent.setdefault(intent, []).append(text)
    return [
        (intent, text)
        for intent, texts in by_intent.items()
        for text in rng.sample(texts, min(each, len(texts)))
    ]


def measure(name: str, learn: Learn, examples: Sequence[Tuple[str, str]]) -> Row:
    """Train one pipeline and read the development sentences with it."""
    started = time.perf_counter()
    learned = learn([text for _, text in examples], [intent for intent, _ in examples])
    training = time.perf_counter() - started
    rows = [row for name_ in TOPIC_SETS for row in read_set(name_)]
    off = [row["text"] for name_ in OFF_SETS for row in read_set(name_)]
    started = time.perf_counter()
    names, probabilities = learned.read([row["text"] for row in rows] + off)
    parsing = (time.perf_counter() - started) / (len(rows) + len(off))
    intents = np.array(names)
    guessed, confidence = intents[probabilities.argmax(axis=1)], probabilities.max(axis=1)
    is_topic = np.array([intent in catalogue() for intent in guessed])
    # A message that seems no topic isn't answered, however sure.
    confidence = np.where(is_topic, confidence, 0.0)
    asked, other = confidence[: len(rows)], confidence[len(rows) :]
    right = guessed[: len(rows)] == np.array([row["topic"] for row in rows])
    threshold = np.quantile(asked, 1 - ANSWERED)
    answered = asked > threshold
    row = Row(
        name,
        float(right.mean()),
        float(right[answered].mean()),
        float((other <= threshold).mean()),
        training,
        1000 * parsing,
        learned.size_mb,
    )
    print(_line(row), flush=True)
    return row


def _line(row: Row) -> str:
    return (
        f"| {row.name} | {100 * row.right:.1f} | {100 * row.right_when_answered:.1f} "
        f"| {100 * row.off_topic_held:.1f} | {row.training_s:.0f} | {row.parse_ms:.1f} "
        f"| {'-' if row.size_mb is None else round(row.size_mb)} |"
    )


_HEAD = (
    "| pipeline | likeliest right, % | right when it answers 95 %, % | off-topic held, % "
    "| training, s | parsing, ms | size, MB |\n|---|---|---|---|---|---|---|"
)


def learning_curve(examples: Sequence[Tuple[str, str]]) -> List[Row]:
    """The product's model with more and more utterances."""
    steps: Sequence[Optional[int]] = (10, 20, 40, 80, 160, None)
    return [measure(str(step or "all"), ours(), sample(examples, step)) for step in steps]


def _drawn(curve: Sequence[Row]) -> str:
    width = 50
    return "\n".join(
        f"{row.name:>4} {'#' * round(width * row.right)} {100 * row.right:.1f} %" for row in curve
    )


PARTS = ("variants", "curve", "stock")


def main() -> None:
    """Compare, print, and write the figures and the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="only this part; the others stay")
    part = parser.parse_args().part
    examples = utterances()
    figures = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    for name in [part] if part else PARTS:
        print(f"\n{name}\n{_HEAD}", flush=True)
        rows = _measured(name, examples)
        figures[name] = {
            "made_on": str(date.today()),
            "utterances": len(examples),
            "rows": [asdict(row) for row in rows],
        }
    FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    DOCUMENT.write_text(document(figures), "utf-8")
    print(f"\n{DOCUMENT}")


def _measured(part: str, examples: Sequence[Tuple[str, str]]) -> List[Row]:
    if part == "variants":
        most = sample(examples, SAMPLE)
        return [measure(name, learn, most) for name, learn in variants().items()]
    if part == "curve":
        return learning_curve(examples)
    few = sample(examples, SMALL_SAMPLE)
    return [measure(name, learn, few) for name, learn in stock().items()]


def document(figures: Dict[str, Any]) -> str:
    """The page about the figures; a part that was never measured is left out."""
    rows = {part: [Row(**row) for row in figures[part]["rows"]] for part in figures}
    made = "; ".join(
        f"{part}: {figures[part]['made_on']}, {figures[part]['utterances']} utterances"
        for part in PARTS
        if part in figures
    )
    counted = len([row for name in TOPIC_SETS for row in read_set(name)])
    parts = [
        f"""# Pipelines compared

Written by `make compare` ({made}) on two cores, with {counted} development questions and
the off-topic sets. Every pipeline answers the 95 % of the questions of which it is
surest: of these the second column is right, and at that threshold the third column of
the off-topic messages is held back. Times are those of a machine that did other work too."""
    ]
    if "variants" in rows:
        parts.append(f"With {SAMPLE} utterances of each intent:")
        parts.append("\n".join([_HEAD, *map(_line, rows["variants"])]))
    if "stock" in rows:
        parts.append(f"With {SMALL_SAMPLE} only, because the last ones would take hours with more:")
        parts.append("\n".join([_HEAD, *map(_line, rows["stock"])]))
    if "curve" in rows:
        parts.append(
            "## Learning curve\n\nLikeliest topic right on the development questions, by "
            f"utterances a topic:\n\n```\n{_drawn(rows['curve'])}\n```"
        )
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
