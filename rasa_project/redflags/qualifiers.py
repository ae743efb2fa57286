"""Who, when, and whether at all: clinlp's context engine with our rules for patients' words."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Dict, FrozenSet, Iterable, List, Sequence, Tuple

import spacy
from clinlp.qualifier.context_algorithm import ContextAlgorithm
from spacy.tokens import Doc, Span

from rasa_project.redflags.catalogue import RedFlagCatalogue
from rasa_project.redflags.text import Token

# What a sign is when nothing else is said: now, mine, present, real.
_QUALIFIERS = [
    {"name": "Negation", "values": ["Affirmed", "Negated"]},
    {"name": "Person", "values": ["Self", "Other"]},
    {"name": "Time", "values": ["Current", "Past"]},
    {"name": "Tense", "values": ["Present", "Past"]},
    # A closed time long ago; unlike Time.Past it leaves "al jaren" alone.
    {"name": "Era", "values": ["Open", "Gone"]},
    {"name": "Outcome", "values": ["Open", "Resolved"]},
    {"name": "Mode", "values": ["Stated", "Hypothetical"]},
    {"name": "Aim", "values": ["Report", "Information"]},
    {"name": "Figure", "values": ["Literal", "Idiom"]},
]

# What the rules write for a year that is over: "in jaartal".
PAST_YEAR = "jaartal"
_YEAR = re.compile(r"(?:19|20)\d\d")


def _with_past_years(words: Sequence[str]) -> Tuple[str, ...]:
    this_year = date.today().year
    return tuple(
        PAST_YEAR if _YEAR.fullmatch(word) and int(word) < this_year else word for word in words
    )


class QualifierReader:
    """Reads the qualifiers of one stretch of a message.

    Args:
        catalogue: Holds the rules.
    """

    def __init__(self, catalogue: RedFlagCatalogue):
        nlp = spacy.blank("nl")
        self._vocab = nlp.vocab
        self._phrases = _by_first_word(
            phrase for rule in catalogue.qualifiers for phrase in rule.patterns
        )
        rules = [
            {
                "qualifier": rule.qualifier,
                "direction": rule.direction,
                "max_scope": rule.max_scope,
                # Words are given as matcher patterns, so that clinlp compares our
                # own plain tokens and does not tokenise anew.
                "patterns": [
                    [{"ORTH": word} for word in phrase.split()] for phrase in rule.patterns
                ],
            }
            for rule in catalogue.qualifiers
        ]
        # Many signs stand on the same words, and the context engine is the slowest part.
        self._cached = lru_cache(maxsize=2_000)(self._read)
        self._context = ContextAlgorithm(nlp=nlp, rules={"qualifiers": _QUALIFIERS, "rules": rules})

    def read(self, tokens: Sequence[Token], start: int, end: int) -> FrozenSet[str]:
        """The qualifiers, such as "Negation.Negated", that differ from the usual.

        Args:
            tokens: The whole message.
            start: First token of the sign.
            end: One past its last token.
        """
        sentence = tokens[start].sentence
        inside: List[int] = [
            number for number, token in enumerate(tokens) if token.sentence == sentence
        ]
        offset = inside[0]
        return self._cached(
            _with_past_years([tokens[number].text for number in inside]),
            start - offset,
            end - offset,
        )

    def _read(self, words: Tuple[str, ...], start: int, end: int) -> FrozenSet[str]:
        if not any(self._begins_a_phrase(words, number) for number in range(len(words))):
            # No rule can hold; to find that out the engine takes a millisecond.
            return frozenset()
        return self._asked_of_engine(words, start, end)

    def _asked_of_engine(self, words: Tuple[str, ...], start: int, end: int) -> FrozenSet[str]:
        starts = [True] + [False] * (len(words) - 1)
        doc = Doc(self._vocab, words=words, sent_starts=starts)  # type: ignore[arg-type]
        doc.ents = [Span(doc, start, end, label="SIGN")]
        self._context(doc)
        return frozenset(str(q) for q in doc.ents[0]._.qualifiers if not q.is_default)

    def _begins_a_phrase(self, words: Tuple[str, ...], number: int) -> bool:
        phrases = self._phrases.get(words[number], ())
        return any(words[number : number + len(phrase)] == phrase for phrase in phrases)


def _by_first_word(phrases: Iterable[str]) -> Dict[str, List[Tuple[str, ...]]]:
    filed: Dict[str, List[Tuple[str, ...]]] = {}
    for phrase in phrases:
        words = tuple(phrase.split())
        filed.setdefault(words[0], []).append(words)
    return filed
