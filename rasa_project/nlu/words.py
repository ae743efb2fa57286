"""Patients' text as plain words and their lemmas. No Rasa."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from functools import lru_cache
from typing import Callable, List, Tuple

import simplemma
import spacy

SPACY_MODEL = "nl_core_news_sm"
BLANK_MODEL = "blank:nl"
MAX_CHARACTERS = 2_000
_WORD = re.compile(r"[^\W_]+")


# A message and its parts are read by many, each in plain letters.
@lru_cache(maxsize=64)
def plain_text(text: str) -> str:
    """Lower case without accents, cut off at ``MAX_CHARACTERS``."""
    if text.isascii():
        return text[:MAX_CHARACTERS].lower()
    decomposed = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS].lower())
    # Lowered again: "bold" capitals are plain capitals only now.
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower()


def words(text: str) -> List[str]:
    """The words of a text, in plain letters."""
    return _WORD.findall(plain_text(text))


def available_model() -> str:
    """The spaCy model to train with: the Dutch one when it is installed, else the blank one."""
    return SPACY_MODEL if importlib.util.find_spec(SPACY_MODEL) else BLANK_MODEL


@lru_cache(maxsize=100_000)
def _simplemma(word: str) -> str:
    return str(simplemma.lemmatize(word, lang="nl"))


def _with_simplemma(text: str) -> List[str]:
    return [_simplemma(word) for word in words(text)]


# One for all that read a message, so that it is cut once.
@lru_cache(maxsize=None)
def lemmatiser(model: str) -> Callable[[str], List[str]]:
    """A function that gives a text's lemmas, with spaCy's model or with simplemma.

    Args:
        model: ``SPACY_MODEL`` or ``BLANK_MODEL``.

    Raises:
        OSError: The spaCy model is not installed.
    """
    if model == BLANK_MODEL:
        return _with_simplemma
    nlp = spacy.load(model, disable=["parser", "ner"])

    @lru_cache(maxsize=20_000)
    def lemmas(text: str) -> Tuple[str, ...]:
        return tuple(token.lemma_.lower() for token in nlp(plain_text(text)) if token.is_alpha)

    return lambda text: list(lemmas(text))
