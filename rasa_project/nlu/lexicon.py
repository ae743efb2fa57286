"""One concept for many words: Flemish, lay, brand names. Pure; the words are data."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Callable, Dict, List, Mapping, Sequence

from pydantic import BaseModel

from rasa_project.errors import DataFileError, Problem
from rasa_project.nlu.words import plain_text
from rasa_project.yaml_lines import parse, read_yaml

Lemmatise = Callable[[str], List[str]]


class _LexiconFile(BaseModel):
    __root__: Dict[str, List[str]]


class Lexicon:
    """Replaces words by the concept they stand for.

    Args:
        variants: Concept to its other words, each one or more plain words.

    Raises:
        ValueError: A word stands for two concepts.
    """

    def __init__(self, variants: Mapping[str, Sequence[str]]):
        self._concepts: Dict[str, str] = {}
        for concept, names in variants.items():
            for name in names:
                plain = plain_text(name)
                if plain in self._concepts:
                    raise ValueError(f"{name!r} stands for two concepts")
                self._concepts[plain] = concept.replace(" ", "")
        longest_first = sorted(self._concepts, key=len, reverse=True)
        either = "|".join(map(re.escape, longest_first))
        self._pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)")

    def __len__(self) -> int:
        return len(self._concepts)

    @classmethod
    def read(cls, path: Path) -> "Lexicon":
        """Read ``data/lexicon.yml``.

        Raises:
            DataFileError: The file is wrong, or a word stands for two concepts.
        """
        try:
            return cls(parse(_LexiconFile, read_yaml(path), path).__root__)
        except ValueError as error:
            raise DataFileError([Problem(path, 0, str(error))]) from error

    def canonical(self, text: str) -> str:
        """A text in plain letters with every known word replaced by its concept."""
        return self._pattern.sub(lambda match: self._concepts[match[0]], plain_text(text))

    def before(self, lemmatise: Lemmatise) -> Lemmatise:
        """A lemmatiser that reads concepts instead of their many words."""
        return lambda text: lemmatise(self.canonical(text))


def lexicon_fingerprint(path: Path) -> str:
    """A hash of the file: another lexicon means another training."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
