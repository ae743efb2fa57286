"""Fill the placeholders of an answer for one practice."""

from __future__ import annotations

from typing import Dict, Optional

from rasa_project.handoff.opening_hours import hours_in_words
from rasa_project.knowledge.entries import PLACEHOLDER, PRACTICE_PLACEHOLDERS, WordingFile
from rasa_project.practice import Practice


def placeholder_values(
    practice: Practice, wording: WordingFile, country: Optional[str] = None
) -> Dict[str, str]:
    """What each placeholder stands for; an empty field leads to the phone number.

    Args:
        practice: Whose name, number, hours and prices they are.
        wording: Words that differ between the countries.
        country: Where the patient lives, when not in the practice's country.
    """
    prices = "; ".join(
        f"{price.item}: {price.price}" + (f" ({price.note})" if price.note else "")
        for price in practice.prices
    )
    therapists = ", ".join(
        f"{person.name} ({person.role})" if person.role else person.name
        for person in practice.therapists
    )
    known: Dict[str, str] = {
        "praktijk": practice.name,
        "telefoon": practice.phone,
        "mail": practice.mail or "",
        "openingstijden": hours_in_words(practice),
        "adres": str(practice.address) if practice.address else "",
        "afspraak_link": practice.booking_link or "",
        "prijzen": prices,
        "vergoeding": practice.reimbursement,
        "therapeuten": therapists,
    }
    values = {
        name: text or wording.empty[name].replace("{telefoon}", practice.phone)
        for name, text in known.items()
    }
    values.update(wording.NL if (country or practice.country) == "NL" else wording.BE)
    return values


def fill(text: str, values: Dict[str, str]) -> str:
    """Replace each ``{placeholder}``.

    A word such as "{therapeut}" gets a capital where it opens a sentence; the practice's
    own data, such as a mail address, stay as they are.

    Raises:
        KeyError: A placeholder has no value.
    """
    parts = []
    end = 0
    for match in PLACEHOLDER.finditer(text):
        before = text[: match.start()].rstrip(" ")
        value = values[match[1]]
        if match[1] not in PRACTICE_PLACEHOLDERS and (not before or before[-1] in ".?\n"):
            value = value[:1].upper() + value[1:]
        parts.append(text[end : match.start()] + value)
        end = match.end()
    return "".join(parts) + text[end:]
