"""Lines that were broken within a sentence: a copied mail, one word on each line. Pure."""

from __future__ import annotations

import unicodedata
from typing import Optional

from rasa_project.redflags.invisible import INVISIBLE


def unwrapped(text: str) -> str:
    """The text with a space where a line break stands within a sentence; as long as before.

    That is where the next line begins with a small letter, or all is in capitals. An empty
    line always ends a sentence.
    """
    signs = list(text)
    for place, sign in enumerate(signs):
        if sign == "\n" and _goes_on(_beside(text, place, -1), _beside(text, place, 1)):
            signs[place] = " "
    return "".join(signs)


def _beside(text: str, place: int, step: int) -> Optional[str]:
    """The first sign beside a line break that can be seen; None at an end or an empty line."""
    place += step
    while 0 <= place < len(text):
        sign = text[place]
        if sign == "\n":
            return None
        if not (sign.isspace() or INVISIBLE.match(sign) or unicodedata.combining(sign)):
            return sign
        place += step
    return None


def _goes_on(before: Optional[str], after: Optional[str]) -> bool:
    if before is None or after is None or not before.isalnum():
        return False
    return after.islower() or (after.isupper() and before.isupper())
