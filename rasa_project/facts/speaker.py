"""Of whom each part of a message speaks. Pure functions; no Rasa."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import FrozenSet, List, Sequence

from rasa_project.facts.fact_words import FactLists

_SENTENCE_ENDS = frozenset(".!?;\n")
_PAUSES = frozenset(",:()")
# "mijn oude moeder": so many words may stand between the owner and the relative.
_OWNER_REACH = 2
# Nobody writes longer clauses; without an end the patterns would grow slow.
_LONGEST_CLAUSE = 40


class Who(Enum):
    """Of whom is spoken."""

    WRITER = "writer"
    OTHER = "other"
    ANYONE = "anyone"


@dataclass
class Clause:
    """A stretch of a message that speaks of one person.

    Attributes:
        words: Its words, rewritten.
        who: Of whom it speaks.
        phrase: Number of the stretch between two pauses that it belongs to.
        sentence: Number of its sentence.
        asked: Whether its sentence is a question.
        first_person: Whether its sentence names the writer.
    """

    words: List[str]
    who: Who
    phrase: int
    sentence: int
    asked: bool = False
    first_person: bool = False
    text: str = field(default="", init=False)
    vocabulary: FrozenSet[str] = field(default=frozenset(), init=False)

    def close(self) -> None:
        """Make ``text`` and ``vocabulary`` of the words."""
        self.text = " ".join(self.words)
        self.vocabulary = frozenset(self.words)


@dataclass(frozen=True)
class SpeakerWords:
    """The lists that tell of whom is spoken, as sets."""

    first_person: FrozenSet[str]
    first_person_verbs: FrozenSet[str]
    anyone: FrozenSet[str]
    relatives: FrozenSet[str]
    spouses: FrozenSet[str]
    owners: FrozenSet[str]
    third_person: FrozenSet[str]
    third_person_verbs: FrozenSet[str]
    hand_over: FrozenSet[str]
    connectives: FrozenSet[str]
    questions: FrozenSet[str]

    @classmethod
    def of(cls, lists: FactLists) -> "SpeakerWords":
        """The sets of the lists with the same names."""
        names = cls.__dataclass_fields__
        return cls(**{name: frozenset(getattr(lists, name)) for name in names})


class _Reader:
    """Goes through the tokens of one message from left to right."""

    def __init__(self, tokens: Sequence[str], words: SpeakerWords):
        self.tokens = tokens
        self.words = words
        self.clauses: List[Clause] = []
        self.who = Who.WRITER
        self.others_named = False
        self.phrase = 0
        self.sentence = 0
        self.current = Clause([], self.who, 0, 0)

    def read(self) -> List[Clause]:
        for index, word in enumerate(self.tokens):
            if word in _SENTENCE_ENDS:
                self._end_sentence(word)
            elif word in _PAUSES or (word == "-" and not self._in_a_range(index)):
                self._end_phrase()
            else:
                if word in self.words.connectives and not self._half_follows(index):
                    self._end_clause()
                    if word != "en":
                        self.phrase += 1
                        self.current.phrase = self.phrase
                elif len(self.current.words) >= _LONGEST_CLAUSE:
                    self._end_clause()
                self._hear(index, word)
                self.current.words.append(word)
        self._end_sentence("")
        for clause in self.clauses:
            clause.close()
        return self.clauses

    def _in_a_range(self, index: int) -> bool:
        around = self.tokens[max(0, index - 1) : index + 2]
        return len(around) == 3 and around[0][0].isdigit() and around[2][0].isdigit()

    def _half_follows(self, index: int) -> bool:
        return "half" in self.tokens[index + 1 : index + 3]

    def _end_clause(self) -> None:
        if self.current.words:
            self.clauses.append(self.current)
        self.current = Clause([], self.who, self.phrase, self.sentence)

    def _end_phrase(self) -> None:
        self.phrase += 1
        if self.who is Who.ANYONE:
            self.who = Who.WRITER
        self._end_clause()

    def _end_sentence(self, mark: str) -> None:
        self._end_phrase()
        own = []
        for clause in reversed(self.clauses):
            if clause.sentence != self.sentence:
                break
            own.append(clause)
        if own:
            last = own[0].phrase
            opened = {part.phrase for part in own if part.words[0] in self.words.questions}
            first_person = any(
                not self.words.first_person.isdisjoint(clause.words) or "mijn" in clause.words
                for clause in own
            )
            for clause in own:
                # Of "al 3 weken pijn, is dat erg?" only the end is a question.
                clause.asked = clause.phrase in opened or (mark == "?" and clause.phrase == last)
                clause.first_person = first_person
        self.sentence += 1
        self.current.sentence = self.sentence

    def _turn_to(self, who: Who) -> None:
        if who is not self.who:
            self.who = who
            self._end_clause()

    def _hear(self, index: int, word: str) -> None:
        words = self.words
        before = self.tokens[index - 1] if index else ""
        if word in words.first_person:
            if before != "van":  # "een vriendin van mij"
                self._turn_to(Who.WRITER)
        elif word in words.owners or word in words.relatives:
            self._hear_owner(index, word, before)
        elif word in words.third_person:
            verbs = self.tokens[index + 1 : index + 2] if word in ("ze", "zij") else ()
            if self.others_named or not words.third_person_verbs.isdisjoint(verbs):
                self._turn_to(Who.OTHER)
        elif word in words.anyone:
            if self.who is Who.WRITER:
                self._turn_to(Who.ANYONE)
        elif word in words.first_person_verbs and not self.current.words:
            self._turn_to(Who.WRITER)

    def _hear_owner(self, index: int, word: str, before: str) -> None:
        words = self.words
        near = self.tokens[index : index + 1 + _OWNER_REACH]
        named = not words.relatives.isdisjoint(near)
        if word in ("mijn", "onze", "men") and not words.spouses.isdisjoint(near):
            named = True
        if word in words.relatives:
            # Without an owner only where a clause opens: "zus heeft een hernia".
            named = not self.current.words
        if named:
            self.others_named = True
            writer_first = not words.first_person.isdisjoint(self.current.words)
            if not writer_first or before in words.hand_over:
                self._turn_to(Who.OTHER)
        elif word == "mijn":
            self._turn_to(Who.WRITER)
        elif word in words.third_person and self.others_named:
            self._turn_to(Who.OTHER)


def clauses(tokens: Sequence[str], words: SpeakerWords) -> List[Clause]:
    """The parts of a message in order, each with the person that it speaks of."""
    return _Reader(tokens, words).read()
