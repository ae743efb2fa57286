"""From a message to findings and an urgency."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, Sequence, Tuple, TypeVar

from rasa_project.redflags.catalogue import Marker, RedFlagCatalogue, Sign
from rasa_project.redflags.matching import Match, Place, TermIndex, find
from rasa_project.redflags.qualifiers import QualifierReader
from rasa_project.redflags.spelling import Speller
from rasa_project.redflags.text import Token, tokenise
from rasa_project.redflags.urgency import Urgency, highest
from rasa_project.redflags.wrapped import unwrapped

_NEAR_SELF = 3


@dataclass(frozen=True)
class Finding:
    """One sign that stands in a message.

    Attributes:
        flag: The catalogue's id, such as RF01.
        sign: The rule that found it.
        urgency: What it raises if it is active.
        start: Where it begins in the text, in characters.
        end: Where it ends.
        qualifiers: How it is to be read, such as {"Negation.Negated"}.
        active: Whether it counts; False for "geen koorts", "vorig jaar gevallen".
        asks: Whether by itself it is a question and no alarm.
    """

    flag: str
    sign: str
    urgency: Urgency
    start: int
    end: int
    qualifiers: FrozenSet[str]
    active: bool
    asks: bool = False

    def as_data(self) -> Dict[str, Any]:
        """As it is stored with the message, without the patient's words."""
        return {
            "flag": self.flag,
            "sign": self.sign,
            "urgency": self.urgency.value,
            "start": self.start,
            "end": self.end,
            "qualifiers": sorted(self.qualifiers),
        }


@dataclass(frozen=True)
class Assessment:
    """Everything found in one message.

    Attributes:
        findings: Strong signs, those that don't count included.
        elements: Ids of the weak signs and risk factors that count.
        denied: Ids of those that are there but don't count ("geen koorts").
    """

    findings: Tuple[Finding, ...]
    elements: FrozenSet[str] = frozenset()
    denied: FrozenSet[str] = frozenset()

    @property
    def active(self) -> Tuple[Finding, ...]:
        """The findings that count, most urgent first."""
        counting = [finding for finding in self.findings if finding.active]
        return tuple(sorted(counting, key=lambda finding: -finding.urgency.rank))

    def or_rather(self, other: "Assessment") -> "Assessment":
        """This reading of a message with what another one finds beside it."""
        known = {finding.sign for finding in self.active}
        sure = {finding.sign for finding in self.active if not finding.asks}
        added = [
            finding
            for finding in other.active
            if finding.sign not in (known if finding.asks else sure)
        ]
        elements = self.elements | other.elements
        return Assessment(
            (*self.findings, *added), elements, (self.denied | other.denied) - elements
        )

    @property
    def urgency(self) -> Urgency:
        """The urgency that this message alone raises."""
        return highest(finding.urgency for finding in self.active)


AnyMarker = TypeVar("AnyMarker", bound=Marker)
# The first term list of a pattern, with the markers of such a pattern and their number.
_Filed = Dict[str, Dict[int, AnyMarker]]


def _by_first_term(markers: Sequence[AnyMarker]) -> _Filed[AnyMarker]:
    filed: _Filed[AnyMarker] = {}
    for number, marker in enumerate(markers):
        for pattern in marker.patterns:
            filed.setdefault(pattern.terms[0], {})[number] = marker
    return filed


def _possible(filed: _Filed[AnyMarker], places: Iterable[str]) -> List[AnyMarker]:
    """The markers of which a pattern can begin in a sentence, in the catalogue's order."""
    found: Dict[int, AnyMarker] = {}
    for name in places:
        found.update(filed.get(name, {}))
    return [found[number] for number in sorted(found)]


class RedFlagRules:
    """The rules, made ready once and used for every message.

    Args:
        catalogue: The rules as data.
    """

    def __init__(self, catalogue: RedFlagCatalogue):
        self.catalogue = catalogue
        self._aliases = {word: tuple(text.split()) for word, text in catalogue.aliases.items()}
        self._index = TermIndex(catalogue.terms)
        self._speller = Speller({*self._index.words, *self._aliases}, catalogue.real_words)
        self._reader = QualifierReader(catalogue)
        self._barriers = frozenset(catalogue.barriers)
        self._first_person = frozenset(catalogue.first_person)
        self._signs = _by_first_term(catalogue.signs)
        self._elements = _by_first_term(catalogue.elements)

    def assess(self, text: str) -> Assessment:
        """Read one message as it was typed and as it was meant. Never raises on any text.

        The more alarming reading wins: a slip corrected, or a broken line joined again, can
        add a sign, and takes none away.
        """
        read = self._assess(text)
        joined = unwrapped(text)
        return read if joined == text else read.or_rather(self._assess(joined))

    def _assess(self, text: str) -> Assessment:
        tokens = tokenise(text, self._aliases)
        read = self._read(tokens)
        corrected = [token for typed in tokens for token in self._corrected(typed)]
        return read if corrected == tokens else read.or_rather(self._read(corrected))

    def _corrected(self, typed: Token) -> List[Token]:
        word = self._speller.corrected(typed.text)
        if word is None:
            return [typed]
        return [replace(typed, text=part) for part in self._aliases.get(word, (word,))]

    def _read(self, tokens: Sequence[Token]) -> Assessment:
        sentences: Dict[int, List[int]] = {}
        for number, token in enumerate(tokens):
            sentences.setdefault(token.sentence, []).append(number)
        read = [
            (numbers[0], self._index.places([tokens[number] for number in numbers]))
            for numbers in sentences.values()
        ]
        everywhere = frozenset(name for _, places in read for name in places)
        findings: List[Finding] = []
        elements: Dict[str, bool] = {}
        for offset, places in read:
            barriers = [
                number
                for number, token in enumerate(self._sentence_of(tokens, offset))
                if token.text in self._barriers
            ]
            for sign in _possible(self._signs, places):
                found = [
                    self._finding(sign, match, tokens, offset, asks)
                    for match, asks in self._matches(sign, places, everywhere, barriers)
                ]
                # One denied pattern ("geen pijn") does not hide another ("wel druk"), and
                # one that only asks does not hide an alarm.
                findings.extend(sorted(found, key=lambda one: (not one.active, one.asks))[:1])
            for element in _possible(self._elements, places):
                for match, _ in self._matches(element, places, everywhere, barriers):
                    counts = self._counts(element, match, tokens, offset)
                    elements[element.id] = elements.get(element.id, False) or counts
        return Assessment(
            tuple(findings),
            frozenset(name for name, counts in elements.items() if counts),
            frozenset(name for name, counts in elements.items() if not counts),
        )

    @staticmethod
    def _sentence_of(tokens: Sequence[Token], offset: int) -> List[Token]:
        sentence = tokens[offset].sentence
        return [token for token in tokens[offset:] if token.sentence == sentence]

    @staticmethod
    def _matches(
        sign: Marker,
        places: Dict[str, List[Place]],
        everywhere: FrozenSet[str],
        barriers: Sequence[int],
    ) -> Iterator[Tuple[Match, bool]]:
        """Where the patterns of a marker stand in one sentence, and whether they only ask.

        At most once each.
        """
        if sign.anywhere and everywhere.isdisjoint(sign.anywhere):
            return
        if any(name in places for name in sign.unless):
            return
        for pattern in sign.patterns:
            match = find(pattern, places, barriers)
            if match is not None:
                yield match, pattern.asks

    def _finding(
        self, sign: Sign, match: Match, tokens: Sequence[Token], offset: int, asks: bool
    ) -> Finding:
        qualifiers = self._qualifiers(sign, match, tokens, offset)
        return Finding(
            flag=sign.flag,
            sign=sign.id,
            urgency=sign.urgency,
            start=tokens[match.start + offset].start,
            end=tokens[match.end + offset - 1].end,
            qualifiers=qualifiers,
            active=not self._silenced(sign, qualifiers, self._own(match, tokens, offset)),
            asks=asks,
        )

    def _counts(self, marker: Marker, match: Match, tokens: Sequence[Token], offset: int) -> bool:
        qualifiers = self._qualifiers(marker, match, tokens, offset)
        return not self._silenced(marker, qualifiers, self._own(match, tokens, offset))

    def _qualifiers(
        self, marker: Marker, match: Match, tokens: Sequence[Token], offset: int
    ) -> FrozenSet[str]:
        start, end = match.first if marker.qualified_on == "first" else (match.start, match.end)
        return self._reader.read(tokens, start + offset, end + offset)

    def _own(self, match: Match, tokens: Sequence[Token], offset: int) -> bool:
        near = tokens[max(0, match.start + offset - _NEAR_SELF) : match.end + offset]
        return any(token.text in self._first_person for token in near)

    def _silenced(self, sign: Marker, qualifiers: FrozenSet[str], own: bool) -> bool:
        """Whether the qualifiers take the sign away.

        A rule "Aim.Information" holds only for what is not said of oneself: "is het
        erg dat ik niet kan plassen" is a report, however it is phrased. "A & B"
        needs both: somebody else's trouble counts unless it is past.
        """
        rules = self.catalogue.silenced_by if sign.silenced_by is None else sign.silenced_by
        for rule in rules:
            needed = {part.strip() for part in rule.split("&")}
            if needed <= qualifiers and not (own and "Aim.Information" in needed):
                return True
        return False
