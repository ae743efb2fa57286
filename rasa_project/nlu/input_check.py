"""Messages that hold no question: empty, without a letter, or far too long. No Rasa."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Optional

from rasa_project.nlu.words import MAX_CHARACTERS

EMPTY = "leeg"
NO_WORDS = "zonder_woorden"
TOO_LONG = "te_lang"


# Each reader of a message asks.
@lru_cache(maxsize=16)
def bad_input(text: str) -> Optional[str]:
    """What is wrong with a message, or None.

    Returns:
        ``EMPTY`` when nothing can be seen, ``NO_WORDS`` when there is no letter
        (emoji, "???", numbers), ``TOO_LONG`` above ``MAX_CHARACTERS``.
    """
    # Category C: control, format (zero-width, bidi) and unassigned characters.
    visible = [c for c in text if not c.isspace() and unicodedata.category(c)[0] != "C"]
    if not visible:
        return EMPTY
    if len(text) > MAX_CHARACTERS:
        return TOO_LONG
    if not any(char.isalpha() for char in visible):
        return NO_WORDS
    return None
