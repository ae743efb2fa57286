"""One slip of the thumb in one word."""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

# The rules promise to see through one slip from this many letters on.
MIN_LETTERS = 6
_WORD = re.compile(r"[^\W\d_]+")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours(letter: str) -> str:
    """The keys left and right of a letter."""
    for row in _ROWS:
        at = row.find(letter.lower())
        if at >= 0:
            return row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    return ""


def slips(word: str) -> Iterator[str]:
    """Every swap, drop, double and neighbouring letter, each another word than this one."""
    made = set()
    for at, letter in enumerate(word):
        rest = word[at + 1 :]
        made.add(word[:at] + rest)
        made.add(word[:at] + letter * 2 + rest)
        made.add(word[:at] + rest[:1] + letter + rest[1:])
        made.update(word[:at] + other + rest for other in _neighbours(letter))
    yield from sorted(made - {word})


def mistyped(text: str) -> List[Tuple[str, str, str]]:
    """Every text with one slip: the word, what became of it, and the text."""
    return [
        (match[0], wrong, text[: match.start()] + wrong + text[match.end() :])
        for match in _WORD.finditer(text)
        if len(match[0]) >= MIN_LETTERS
        for wrong in slips(match[0])
    ]
