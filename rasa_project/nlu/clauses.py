"""Where a message may fall into two questions. Pure functions; no Rasa, no model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import FrozenSet, List, Optional, Sequence, Tuple

from pydantic import BaseModel, Extra

from rasa_project.nlu.words import plain_text
from rasa_project.yaml_lines import parse, read_yaml

_TOKEN = re.compile(r"\S+")
_NOT_IN_A_WORD = re.compile(r"[^\w'&+]")
# A question opens within so many words: "en dan nog iets, mag ik ...".
_OPENING = 4
_FEWEST_BEFORE_OPENING = 2
_TRIMMED = " \t\n,;:.-–"


class QuestionWords(BaseModel):
    """The form of ``data/questions.yml``."""

    connectives: FrozenSet[str]
    question_words: FrozenSet[str]
    verbs: FrozenSet[str]
    pronouns: FrozenSet[str]
    announcements: FrozenSet[str]

    class Config:
        extra = Extra.forbid


def read_question_words(path: Path) -> QuestionWords:
    """Read the word lists.

    Raises:
        DataFileError: The file is wrong.
    """
    return parse(QuestionWords, read_yaml(path), path)


class CutKind(str, Enum):
    """What stands at the place of a cut."""

    MARK = "mark"  # a question mark before it
    STOP = "stop"  # a full stop or a new line before it
    CONNECTIVE = "connective"  # "en", "of", ...
    COMMA = "comma"
    OPENING = "opening"  # nothing but the beginning of a question: "kan ik"


class Asks(Enum):
    """How much a stretch of words looks like a question."""

    NO = 0
    MAYBE = 1  # the form of a question stands somewhere in it
    YES = 2  # it begins with it


@dataclass(frozen=True)
class Cut:
    """A place where a second question may begin.

    Attributes:
        position: Offset in the text of the first character after the cut.
        kind: What stands there.
        before: The plain words before it.
        after: The plain words after it.
    """

    position: int
    kind: CutKind
    before: Sequence[str]
    after: Sequence[str]


def cuts(text: str, words: QuestionWords) -> List[Cut]:
    """All places where a second question may begin, from left to right."""
    tokens = list(_TOKEN.finditer(text))
    plain = [_NOT_IN_A_WORD.sub("", plain_text(token.group())) for token in tokens]
    found = []
    for index in range(2, len(tokens)):
        between = text[tokens[index - 1].end() : tokens[index].start()]
        kind = _kind(tokens[index - 1].group()[-1] + between, plain, index, words)
        if kind is None:
            continue
        after = plain[index:]
        # A loose mark or an emoji is no question.
        if any(plain[:index]) and any(after[after[0] in words.connectives :]):
            found.append(Cut(tokens[index].start(), kind, plain[:index], after))
    return found


def _kind(
    between: str, plain: Sequence[str], index: int, words: QuestionWords
) -> Optional[CutKind]:
    if between[0] == "?":
        return CutKind.MARK
    if between[0] in ".!;" or "\n" in between:
        return CutKind.STOP
    if between[0] in ",:":
        return CutKind.COMMA
    if plain[index] in words.connectives:
        return CutKind.CONNECTIVE
    # "Hoe lang" is no question before "duurt een hernia".
    opens = index > _FEWEST_BEFORE_OPENING and _opens(plain, index, words)
    return CutKind.OPENING if opens else None


def _opens(plain: Sequence[str], index: int, words: QuestionWords) -> bool:
    word = plain[index]
    if word in words.question_words:
        return True
    return word in words.verbs and index + 1 < len(plain) and plain[index + 1] in words.pronouns


def _announces(plain: Sequence[str], words: QuestionWords) -> bool:
    for length in (2, 3, 4):
        for start in range(len(plain) - length + 1):
            if " ".join(plain[start : start + length]) in words.announcements:
                return True
    return False


def asks(plain: Sequence[str], words: QuestionWords) -> Asks:
    """Whether plain words have the form of a question."""
    opening = next((i for i in range(len(plain)) if _opens(plain, i, words)), None)
    if _announces(plain, words):
        return Asks.YES
    if opening is None:
        return Asks.NO
    return Asks.YES if opening < _OPENING else Asks.MAYBE


def trimmed(text: str, start: int, end: int) -> Tuple[int, int]:
    """The same stretch of a text without white space and commas at its ends."""
    part = text[start:end]
    start += len(part) - len(part.lstrip(_TRIMMED))
    return start, max(start, end - (len(part) - len(part.rstrip(_TRIMMED))))
