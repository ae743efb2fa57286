"""Find where a pattern's term lists stand together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product
from typing import Dict, FrozenSet, List, Mapping, Optional, Sequence, Set, Tuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rasa_project.redflags.catalogue import Pattern
from rasa_project.redflags.spelling import FUZZY_FROM
from rasa_project.redflags.text import Token

_MAX_COMBINATIONS = 2_000

Place = Tuple[int, int]


@dataclass(frozen=True)
class Match:
    """Where a pattern was found, in token numbers (end excluded).

    Attributes:
        start: First token of the whole.
        end: One past the last.
        first: The place of the pattern's first term list.
    """

    start: int
    end: int
    first: Place


@dataclass(frozen=True)
class _Word:
    text: str
    prefix: bool

    def fits(self, token: str) -> bool:
        return token.startswith(self.text) if self.prefix else token == self.text


def _phrase_key(words: Tuple[_Word, ...]) -> Tuple[str, str]:
    """What a phrase is filed under, so that a token looks at few of them.

    Its first two words; the second is left open where it is only a beginning. Where the
    first is, its two first letters.
    """
    first, second = words[:2]
    if first.prefix:
        return f"{first.text[:2]}*", ""
    return first.text, "" if second.prefix else second.text


class TermIndex:
    """Looks up which term lists a token, or a run of tokens, belongs to.

    Attributes:
        words: Every whole word of the entries.

    Args:
        terms: Name to entries. ``plas*`` is a beginning, several words a phrase,
            ``=woord`` a word that must be written exactly so.
    """

    def __init__(self, terms: Dict[str, List[str]]):
        self._exact: Dict[str, List[str]] = {}
        self._prefixes: Dict[str, List[str]] = {}
        # By length, so that a token is compared only with words of about its own.
        self._fuzzy: Dict[int, Dict[str, Set[str]]] = {}
        self._fuzzy_prefixes: Dict[int, Dict[str, Set[str]]] = {}
        self.words: Set[str] = set()
        self._phrases: Dict[Tuple[str, str], List[Tuple[str, Tuple[_Word, ...]]]] = {}
        for name, entries in terms.items():
            for entry in entries:
                self._add(name, entry)
        # One index lives as long as the process, so the cache may hang on it.
        self._names = lru_cache(maxsize=20_000)(self._look_up)
        self._begun = lru_cache(maxsize=20_000)(self._begun_by)

    def _add(self, name: str, entry: str) -> None:
        words = tuple(_Word(part.rstrip("*"), part.endswith("*")) for part in entry.split())
        self.words.update(word.text.lstrip("=") for word in words if not word.prefix)
        if len(words) > 1:
            self._phrases.setdefault(_phrase_key(words), []).append((name, words))
            return
        exactly = entry.startswith("=")
        word = entry.lstrip("=").rstrip("*")
        if words[0].prefix:
            self._prefixes.setdefault(word, []).append(name)
        else:
            self._exact.setdefault(word, []).append(name)
        if len(word) >= FUZZY_FROM and not exactly:
            alike = self._fuzzy_prefixes if words[0].prefix else self._fuzzy
            alike.setdefault(len(word), {}).setdefault(word, set()).add(name)

    def _look_up(self, token: str) -> FrozenSet[str]:
        names = set(self._exact.get(token, ()))
        known = bool(names)
        for length in range(1, len(token) + 1):
            names.update(self._prefixes.get(token[:length], ()))
        # "rugpjin" begins as "rug" does, but is a slip in "rugpijn" all the same.
        if not known and len(token) >= FUZZY_FROM:
            for length in (len(token) - 1, len(token), len(token) + 1):
                names |= _alike(token, self._fuzzy.get(length, {}))
            for length, words in self._fuzzy_prefixes.items():
                # A letter too many, or too few, shifts where the beginning ends.
                for beginning in {token[: length + shift] for shift in (0, 1, -1)}:
                    names |= _alike(beginning, words)
        return frozenset(names)

    def places(self, tokens: Sequence[Token]) -> Dict[str, List[Place]]:
        """Where each term list stands in one sentence."""
        found: Dict[str, List[Place]] = {}
        for number, token in enumerate(tokens):
            for name in self._names(token.text):
                found.setdefault(name, []).append((number, number + 1))
            if number + 1 == len(tokens):
                break
            for name, rest in self._begun(token.text, tokens[number + 1].text):
                end = number + 2 + len(rest)
                if end <= len(tokens) and all(
                    word.fits(tokens[number + i].text) for i, word in enumerate(rest, 2)
                ):
                    found.setdefault(name, []).append((number, end))
        return found

    def _begun_by(self, first: str, second: str) -> Tuple[Tuple[str, Tuple[_Word, ...]], ...]:
        """The phrases that two words begin, and what is left of each."""
        phrases = chain(
            self._phrases.get((first, second), ()),
            self._phrases.get((first, ""), ()),
            self._phrases.get((f"{first[:2]}*", ""), ()),
        )
        return tuple(
            (name, words[2:])
            for name, words in phrases
            if words[0].fits(first) and words[1].fits(second)
        )


def find(
    pattern: Pattern,
    places: Dict[str, List[Place]],
    barriers: Sequence[int] = (),
) -> Optional[Match]:
    """The tightest place where all term lists of a pattern stand together, or None.

    Args:
        pattern: What to look for.
        places: Where each term list stands in this sentence.
        barriers: Token numbers that a match may not reach across ("want", "omdat").
    """
    for name in pattern.terms:  # a plain loop: this is the busiest line of all
        if name not in places:
            return None
    lists = [places[name] for name in pattern.terms]
    best: Optional[Match] = None
    for count, chosen in enumerate(product(*lists)):
        if count >= _MAX_COMBINATIONS:
            break
        if pattern.ordered and any(a[1] > b[0] for a, b in zip(chosen, chosen[1:], strict=False)):
            continue
        if len(chosen) > 1 and _overlap(chosen):
            continue
        start, end = min(place[0] for place in chosen), max(place[1] for place in chosen)
        if end - start > max(pattern.window, max(p[1] - p[0] for p in chosen)):
            continue
        if any(start < barrier < end and not _inside(barrier, chosen) for barrier in barriers):
            continue
        if best is None or end - start < best.end - best.start:
            best = Match(start, end, chosen[0])
    return best


def _alike(token: str, words: Mapping[str, Set[str]]) -> Set[str]:
    """The names of the words that are one slip away from a token."""
    found = process.extract_iter(token, words.keys(), scorer=OSA.distance, score_cutoff=1)
    return {name for word, _, _ in found for name in words[word]}


def _overlap(places: Sequence[Place]) -> bool:
    ordered = sorted(places)
    return any(a[1] > b[0] for a, b in zip(ordered, ordered[1:], strict=False))


def _inside(number: int, places: Sequence[Place]) -> bool:
    return any(start <= number < end for start, end in places)
