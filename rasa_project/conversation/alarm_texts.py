"""What to do about alarm signs, with the right number for country and clock.

Needs neither Rasa nor a database. Pure: the moment is always given.
"""

from __future__ import annotations

from datetime import datetime
from typing import Dict, List, Sequence, Tuple

from rasa_project.conversation.triage_file import Triage
from rasa_project.handoff.opening_hours import ZONES, public_holiday
from rasa_project.practice import Country, Practice
from rasa_project.redflags.catalogue import FlagText, RedFlagCatalogue
from rasa_project.redflags.urgency import Urgency

MOST_FLAGS_TOLD = 2


def doctor_is_open(country: Country, moment: datetime, triage: Triage) -> bool:
    """Whether family doctors keep office hours at an aware moment (policy: data/triage.yml)."""
    local = moment.astimezone(ZONES[country])
    if local.weekday() > 4 or public_holiday(country, local.date()):
        return False
    hours = triage.doctor[country].office_hours
    return hours.start <= local.time() < hours.end


def doctor_words(
    country: Country, moment: datetime, triage: Triage, practice: Practice
) -> Dict[str, str]:
    """What the placeholders of an alarm text stand for."""
    words = triage.doctor[country]
    # The local number is that of the practice's own country.
    local = practice.local_out_of_hours_phone if practice.country == country else None
    numbers = {"post": f" ({local})" if local else "", "post_or_1733": local or "1733"}
    now_open = doctor_is_open(country, moment, triage)
    arts = words.arts_open if now_open else words.arts_closed
    bel_arts = words.bel_arts_open if now_open else words.bel_arts_closed
    return {
        "arts": arts.format(**numbers),
        "bel_arts": bel_arts.format(**numbers),
        "spoed": words.spoed,
        "therapeut": words.therapeut,
    }


def said(
    text: FlagText,
    countries: Sequence[Country],
    moment: datetime,
    triage: Triage,
    practice: Practice,
) -> str:
    """A text for one country; for two both, labelled, unless they are the same."""
    filled = {
        country: getattr(text, country).format(**doctor_words(country, moment, triage, practice))
        for country in countries
    }
    if len(set(filled.values())) == 1:
        return filled[countries[0]]
    return "\n\n".join(
        f"{triage.doctor[country].label}: {filled[country]}" for country in countries
    )


def alarm_text(
    catalogue: RedFlagCatalogue,
    flags: Sequence[Tuple[str, Urgency]],
    countries: Sequence[Country],
    moment: datetime,
    triage: Triage,
    practice: Practice,
) -> str:
    """What to do about the most urgent flags, two at the most.

    Args:
        catalogue: Holds the texts.
        flags: Pairs of flag and urgency, most urgent first.
        countries: Whose numbers are given; two when it isn't known.
        moment: An aware moment; decides between the doctor and the out-of-hours post.
        triage: How doctors are called.
        practice: Its local out-of-hours number.
    """
    texts: List[str] = []
    for flag, urgency in flags:
        text = said(catalogue.flags[flag].say[urgency], countries, moment, triage, practice)
        if text not in texts:
            texts.append(text)
    return "\n\n".join(texts[:MOST_FLAGS_TOLD])
