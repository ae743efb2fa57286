"""Phone numbers, mail addresses and names in what a patient types. Pure."""

from __future__ import annotations

import re
from typing import Optional, Tuple

from rasa_project.handoff.phrases import phrases, plain_words

_MAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_PHONE = re.compile(r"(?<![\w@.])(?:\+|00)?\(?\d[\d ().\-/\u00a0]{6,24}\d(?!\w)")
_NOT_DIGITS = re.compile(r"[^\d+]")
# Free and paid numbers, that nobody is called back on.
_NO_PERSON = re.compile(r"0[89]00|0?90\d")
_NATIONAL = {
    # Nine digits after the zero; in Belgium eight for a telephone at home.
    "NL": re.compile(r"0[1-9]\d{8}"),
    "BE": re.compile(r"0(?:4[5-9]\d{7}|[1-9]\d{7})"),
}
_ABROAD = re.compile(r"\+(?!31|32)[1-9]\d{7,13}")
_PREFIX = {"+31": "NL", "+32": "BE"}
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .'\u2019-])*")
_MOST_MAIL, _MOST_NAME, _MOST_NAME_WORDS = 254, 60, 6


def contact_in(text: str) -> Optional[str]:
    """A mail address or a phone number of the Netherlands or Belgium; None when none counts.

    A number is given back as ``0612345678`` or ``+32470123456``.
    """
    found = _contact(text)
    return found[0] if found else None


def contact_and_rest(text: str) -> Tuple[Optional[str], str]:
    """As :func:`contact_in`, with the text around it."""
    found = _contact(text)
    if found is None:
        return None, text
    contact, start, end = found
    return contact, f"{text[:start]} {text[end:]}"


def _contact(text: str) -> Optional[Tuple[str, int, int]]:
    mail = _MAIL.search(text)
    if mail and len(mail[0]) <= _MOST_MAIL and ".." not in mail[0]:
        return mail[0].strip("."), mail.start(), mail.end()
    for match in _PHONE.finditer(text):
        number = phone_number(match[0])
        if number is not None:
            return number, match.start(), match.end()
    return None


def phone_number(text: str) -> Optional[str]:
    """A number that can be called back, without signs between; None when it is no such."""
    number = _NOT_DIGITS.sub("", text.replace("(0)", ""))
    if number.startswith("00"):
        number = f"+{number[2:]}"
    country = _PREFIX.get(number[:3])
    if country is not None:
        # "+31 06" is written often, and meant as "+31 6".
        rest = number[3:].lstrip("0")
        return number[:3] + rest if _is_national(f"0{rest}", country) else None
    if number.startswith("+"):
        return number if _ABROAD.fullmatch(number) else None
    return number if any(_is_national(number, country) for country in _NATIONAL) else None


def _is_national(number: str, country: str) -> bool:
    return bool(_NATIONAL[country].fullmatch(number)) and not _NO_PERSON.match(number)


def name_in(text: str) -> Optional[str]:
    """The name that a patient gives; None when it doesn't look like one."""
    name = " ".join(text.split()).strip(" .,;:-")
    for opening in phrases().before_a_name:
        if " ".join(plain_words(name)).startswith(f"{opening} "):
            name = " ".join(name.split()[len(opening.split()) :])
            break
    words = plain_words(name)
    if not words or len(name) > _MOST_NAME or len(words) > _MOST_NAME_WORDS:
        return None
    if set(words) & set(phrases().no_names) or not _NAME.fullmatch(name):
        return None
    return name
