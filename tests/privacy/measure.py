"""How well personal data are masked, and how many harmless messages are damaged.

Run ``python -m tests.privacy.measure`` to print the figures.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

from rasa_project.privacy.redaction import personal_spans

SETS = Path(__file__).parent / "sets"
LANGUAGE_SETS = Path(__file__).parents[1] / "language" / "sets"
# Ordinary messages that others wrote for other purposes; no personal data were put in.
ORDINARY = (
    "plain_messages.tsv",
    "topics_everyday.tsv",
    "topics_flemish_l2.tsv",
    "topics_fresh.tsv",
    "facts.tsv",
)
_MARKED = re.compile(r"\{(\w+):([^}]*)\}")


class Labelled(NamedTuple):
    """A message, and the places and kinds of what must be masked in it."""

    text: str
    pieces: Tuple[Tuple[int, int, str], ...]


def read_labelled(name: str) -> List[Labelled]:
    return [_labelled(line) for line in _lines(SETS / name)]


def _labelled(line: str) -> Labelled:
    text, pieces, place = "", [], 0
    for match in _MARKED.finditer(line):
        text += line[place : match.start()]
        pieces.append((len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        place = match.end()
    return Labelled(text + line[place:], tuple(pieces))


def _lines(path: Path) -> List[str]:
    lines = path.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def read_harmless() -> List[str]:
    return _lines(SETS / "harmless.txt")


def read_ordinary() -> List[str]:
    texts: List[str] = []
    for name in ORDINARY:
        with (LANGUAGE_SETS / name).open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file, delimiter="\t") if row]
        texts += [max(row, key=len) for row in rows if not row[0].startswith("#")]
    return texts


def is_masked(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit of a piece is left to read."""
    covered = {place for span in personal_spans(text) for place in range(span.start, span.end)}
    return all(place in covered or not text[place].isalnum() for place in range(start, end))


def recall(name: str) -> Tuple[Dict[str, Tuple[int, int]], List[str]]:
    """Per kind how many pieces were masked whole, of how many; and what was missed."""
    counts: Dict[str, Tuple[int, int]] = {}
    missed: List[str] = []
    for text, pieces in read_labelled(name):
        for start, end, kind in pieces:
            found = is_masked(text, start, end)
            masked, total = counts.get(kind, (0, 0))
            counts[kind] = masked + found, total + 1
            if not found:
                missed.append(f"{text[start:end]!r} in {text!r}")
    return counts, missed


def damaged(texts: List[str]) -> List[str]:
    """The messages in which something is masked."""
    return [text for text in texts if personal_spans(text)]


def main() -> None:
    for name in ("personal.txt", "personal_fresh.txt", "personal_third.txt"):
        counts, missed = recall(name)
        masked, total = (sum(column) for column in zip(*counts.values(), strict=True))
        print(f"{name}: {masked} of {total} masked ({100 * masked / total:.1f} %)")
        for kind, (good, of) in sorted(counts.items()):
            print(f"  {kind}: {good} of {of}")
        print(*(f"  missed: {line}" for line in missed), sep="\n")
    for name, texts in (("harmless", read_harmless()), ("ordinary", read_ordinary())):
        bad = damaged(texts)
        print(f"{name}: {len(bad)} of {len(texts)} damaged ({100 * len(bad) / len(texts):.2f} %)")
        for text in bad[:30]:
            pieces = [text[s.start : s.end] for s in personal_spans(text)]
            print(f"  {pieces} in {text!r}")


if __name__ == "__main__":
    main()
