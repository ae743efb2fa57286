"""Pieces of a text that are to be masked, and the text in a form that patterns can read."""

from __future__ import annotations

import re
import unicodedata
from typing import Iterable, List, NamedTuple, Sequence

# Characters that show nothing but break words and numbers: zero-width, soft hyphen, bidi.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_DASHES = frozenset("‐‑‒–—―−－")
_QUOTES = frozenset("‘’‛´`")


class Span(NamedTuple):
    """One piece to be masked.

    Attributes:
        start: Where it begins, in characters.
        end: Where it ends.
        kind: Which mask.
    """

    start: int
    end: int
    kind: str


class Folded(NamedTuple):
    """A text as patterns read it: one character for each that shows.

    Attributes:
        text: With plain digits, dashes, quotes and blanks.
        places: For each character, where it stands in the original.
    """

    text: str
    places: Sequence[int]

    def in_original(self, span: Span) -> Span:
        """The same piece in the original text."""
        return Span(self.places[span.start], self.places[span.end - 1] + 1, span.kind)


def fold(text: str) -> Folded:
    """Make a text readable for patterns, without losing where its characters stood."""
    if text.isascii():
        return Folded(text, range(len(text)))
    kept = [place for place, char in enumerate(text) if not _INVISIBLE.match(char)]
    return Folded("".join(_plain(text[place]) for place in kept), kept)


def _plain(char: str) -> str:
    if char.isascii():
        return char
    if char in _DASHES:
        return "-"
    if char in _QUOTES:
        return "'"
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    # Full-width letters and signs; never longer than one, so that the places stay true.
    compatible = unicodedata.normalize("NFKC", char)
    return compatible if len(compatible) == 1 else char


def without_overlaps(spans: Iterable[Span]) -> List[Span]:
    """In order of place. Where pieces overlap, the first given names what they are."""
    ranked = sorted((span.start, span.end, rank, span.kind) for rank, span in enumerate(spans))
    merged: List[Span] = []
    best = 0
    for start, end, rank, kind in ranked:
        if not merged or start >= merged[-1].end:
            merged.append(Span(start, end, kind))
            best = rank
            continue
        last = merged[-1]
        merged[-1] = Span(last.start, max(end, last.end), kind if rank < best else last.kind)
        best = min(best, rank)
    return merged
