"""Mask what names a person in a text. Pure, quick, and never raises.

It is a net, not a wall: tests/privacy measures what slips through. So nothing may rely on
it alone; logs hold no message text in the first place.
"""

from __future__ import annotations

from typing import Callable, Iterator, List, Optional, Tuple

from rasa_project.privacy import numbers
from rasa_project.privacy.names import names
from rasa_project.privacy.spans import Span, fold, without_overlaps
from rasa_project.privacy.words import RedactionWords, redaction_words

# What comes first names a piece that several recognise.
_FINDERS: Tuple[Callable[[str, RedactionWords], Iterator[Span]], ...] = (
    numbers.mails,
    numbers.ibans,
    numbers.national_numbers,
    numbers.bsns,
    numbers.birth_dates,
    numbers.phones,
    numbers.addresses,
    names,
)
# Who writes more than this writes no message, and patterns take their time.
MAX_CHARACTERS = 20_000
_CUT = "[...]"


def personal_spans(text: str, words: Optional[RedactionWords] = None) -> List[Span]:
    """The pieces of a text that name a person, in order."""
    lists = words or redaction_words()
    folded = fold(text)
    found = (span for finder in _FINDERS for span in finder(folded.text, lists))
    return without_overlaps(folded.in_original(span) for span in found)


def redact(text: str, words: Optional[RedactionWords] = None) -> str:
    """The text with phone numbers, mail, citizen numbers, accounts, addresses and names masked.

    What was masked already stays as it is, so it may be done twice.

    Args:
        text: Anything that a patient may have written; longer ones are cut.
        words: Other lists than those of the project.
    """
    lists = words or redaction_words()
    # A mask can bring together what stood apart; each round masks at least one character.
    while True:
        if len(text) > MAX_CHARACTERS:
            text = text[: MAX_CHARACTERS - len(_CUT)] + _CUT
        spans = personal_spans(text, lists)
        if not spans:
            return text
        text = _masked(text, spans, lists)


def _masked(text: str, spans: List[Span], words: RedactionWords) -> str:
    parts: List[str] = []
    place = 0
    for span in spans:
        parts += [text[place : span.start], words.masks[span.kind]]
        place = span.end
    return "".join([*parts, text[place:]])
