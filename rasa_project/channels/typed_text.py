"""What a patient typed, made safe to hand to Rasa. No Rasa."""

from __future__ import annotations

import re
from typing import Callable, FrozenSet, Optional

from rasa_project.names import INTENT_MORE, INTENT_NONE_OF_THESE, INTENT_SIMPLER, INTENT_SOURCES
from rasa_project.redflags.invisible import visible
from rasa_project.redflags.text import MAX_CHARACTERS

_PAYLOAD = re.compile(r"^/([a-z0-9]+(?:-[a-z0-9]+)*)$")
# Control characters except tab and newline; a NUL would break PostgreSQL.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
# Rasa strips every kind of white space, so "/\u00a0/restart" is a command too.
_LEADING = re.compile(r"^[/\s]+")


def to_message(text: str, is_button: Callable[[str], bool]) -> str:
    """The text as Rasa may read it.

    A leading "/" would make Rasa take typed text for a command ("/restart",
    "/tillen{...}"), so it is taken away unless the whole is one of our buttons.

    Args:
        text: What came in.
        is_button: Says whether a name is the payload of a button we make.
    """
    # A word with an invisible sign in it is read as the word that the patient sees.
    clean = visible(storable(text[:MAX_CHARACTERS])).strip()
    payload = button_name(clean)
    if payload is not None and is_button(payload):
        return clean
    return _LEADING.sub("", clean)


def storable(text: str) -> str:
    """The text without what can be sent in JSON, but not stored or sent back."""
    # That is control characters and lone surrogates.
    return _CONTROL.sub(" ", text).encode("utf-8", "replace").decode("utf-8").strip()


def button_name(text: str) -> Optional[str]:
    """The name in "/name", or None when the text is not of that form."""
    match = _PAYLOAD.match(text)
    return match[1] if match else None


DIALOGUE_BUTTONS: FrozenSet[str] = frozenset(
    {INTENT_MORE, INTENT_SIMPLER, INTENT_SOURCES, INTENT_NONE_OF_THESE}
)
