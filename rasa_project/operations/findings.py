"""What a check of an installation finds."""

from __future__ import annotations

from enum import Enum
from typing import Callable, Iterator, NamedTuple

from rasa_project.settings import Settings


class Weight(str, Enum):
    """How bad it is; the value is what an operator reads before the sentence."""

    FINE = "fine "
    MIND = "mind "
    WRONG = "WRONG"


class Finding(NamedTuple):
    """One sentence about the installation.

    Attributes:
        weight: How bad it is.
        text: What is so, and what to do about it.
    """

    weight: Weight
    text: str

    def __str__(self) -> str:
        return f"{self.weight.value}  {self.text}"


Check = Callable[[Settings], Iterator[Finding]]


def fine(text: str) -> Finding:
    """All is well."""
    return Finding(Weight.FINE, text)


def mind(text: str) -> Finding:
    """It works, but somebody should know."""
    return Finding(Weight.MIND, text)


def wrong(text: str) -> Finding:
    """Not for patients in this form."""
    return Finding(Weight.WRONG, text)
