"""See through one slip of the thumb: the words of the rules that a token may stand for."""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, FrozenSet, Iterable, List, Optional

import simplemma
from rapidfuzz import process
from rapidfuzz.distance import OSA

# A word of so many letters is still recognised with one slip, also when it lost a letter.
FUZZY_FROM = 6


class Speller:
    """Says which word of the rules an unknown token is one slip away from.

    Args:
        words: Every word that the rules know, in plain lower case.
        real_words: Words that are no slip though they look like one.
    """

    def __init__(self, words: Iterable[str], real_words: Iterable[str] = ()):
        words = frozenset(words)
        self._known: FrozenSet[str] = words | frozenset(real_words)
        self._by_length: Dict[int, List[str]] = {}
        for word in sorted(words):
            if len(word) >= FUZZY_FROM:
                self._by_length.setdefault(len(word), []).append(word)
        # One speller lives as long as the process, so the cache may hang on it.
        self.corrected = lru_cache(maxsize=20_000)(self._corrected)

    def _corrected(self, token: str) -> Optional[str]:
        """The word that a token stands for, or None when it is a word or like none."""
        if token in self._known or len(token) < FUZZY_FROM - 1:
            return None
        if simplemma.is_known(token, lang="nl"):
            return None
        for length in (len(token), len(token) + 1, len(token) - 1):
            found = process.extractOne(
                token, self._by_length.get(length, []), scorer=OSA.distance, score_cutoff=1
            )
            if found is not None:
                return str(found[0])
        return None
