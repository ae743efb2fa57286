"""Patients' writing, made comparable: tokens in plain lower case, with their place."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import List, Mapping, Sequence

from rasa_project.redflags.invisible import INVISIBLE

# A letter may be followed by its accents as characters of their own ("e" and U+0301).
_TOKEN = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+|\d+(?:[.,:]\d+)*|[.!?;,\n]")
_STRETCHED = re.compile(r"(.)\1{2,}")
_SENTENCE_ENDS = frozenset(".!?;\n")
MAX_CHARACTERS = 20_000


@dataclass(frozen=True)
class Token:
    """One word or sign.

    Attributes:
        text: Lower case, without accents; what the rules compare.
        start: Where it begins in the original text, in characters.
        end: Where it ends.
        sentence: Number of its sentence, from 0.
    """

    text: str
    start: int
    end: int
    sentence: int


def plain(word: str) -> str:
    """Lower case without accents; letters stretched for emphasis become one ("zeeeer")."""
    if word.isascii():
        return _STRETCHED.sub(r"\1", word.lower())
    decomposed = unicodedata.normalize("NFKD", word.lower())
    # Lowered again: "bold" capitals are plain capitals only now.
    bare = "".join(char for char in decomposed if not unicodedata.combining(char)).lower()
    return _STRETCHED.sub(r"\1", bare)


def tokenise(text: str, aliases: Mapping[str, Sequence[str]]) -> List[Token]:
    """Split a message into tokens.

    Args:
        text: The message; what stands after ``MAX_CHARACTERS`` is not read.
        aliases: Dialect and chat spellings, with the words they stand for
            ("kannie": ["kan", "niet"]). The parts share the place of the whole.
    """
    tokens: List[Token] = []
    sentence = 0
    text = text[:MAX_CHARACTERS]
    kept: Sequence[int] = range(len(text))
    if INVISIBLE.search(text):
        kept = [i for i in kept if not INVISIBLE.match(text[i])]
    for match in _TOKEN.finditer("".join(text[i] for i in kept)):
        if match[0] in _SENTENCE_ENDS:
            sentence += 1
            continue
        word = plain(match[0])
        if not word:
            continue
        for part in aliases.get(word, (word,)):
            place = kept[match.start()], kept[match.end() - 1] + 1
            tokens.append(Token(part, *place, sentence))
    return tokens
