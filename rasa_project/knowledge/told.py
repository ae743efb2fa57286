"""What a patient told about themselves, and the sentence of an answer that fits it.

Pure functions. The facts are the slots of that name; see facts/patient_facts.py.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, FrozenSet, Mapping, Optional, Sequence, Tuple

FACTS = ("pain_days", "leg_pain", "pregnant", "age", "work", "operated", "country")

# KNGF21 and NHG-LRP17: acute for less than six weeks, chronic for more than twelve.
ACUTE_DAYS = 42
CHRONIC_DAYS = 84
# Policy: from when medicines and falls ask for more care, and who comes with a parent.
OLDER_YEARS = 70
YOUNG_YEARS = 16


class When(str, Enum):
    """On what condition a note of an answer is shown."""

    ACUTE = "acute"
    SUBACUTE = "subacute"
    CHRONIC = "chronic"
    LEG_PAIN = "leg_pain"
    NO_LEG_PAIN = "no_leg_pain"
    PREGNANT = "pregnant"
    OLDER = "older"
    YOUNG = "young"
    HEAVY_WORK = "heavy_work"
    SITTING_WORK = "sitting_work"
    OPERATED = "operated"


# What a question back about a fact can lead to.
ASKED_FOR = {
    "pain_days": frozenset({When.ACUTE, When.SUBACUTE, When.CHRONIC}),
    "leg_pain": frozenset({When.LEG_PAIN, When.NO_LEG_PAIN}),
}


def conditions(facts: Mapping[str, Any]) -> FrozenSet[When]:
    """The conditions that hold for a patient.

    Args:
        facts: By their names in ``FACTS``; a fact that was not told is missing or None.
    """
    held = set()
    days = facts.get("pain_days")
    if days is not None:
        held.add(
            When.ACUTE
            if days < ACUTE_DAYS
            else When.CHRONIC
            if days > CHRONIC_DAYS
            else When.SUBACUTE
        )
    if facts.get("leg_pain") is not None:
        held.add(When.LEG_PAIN if facts["leg_pain"] else When.NO_LEG_PAIN)
    if facts.get("pregnant"):
        held.add(When.PREGNANT)
    age = facts.get("age")
    if age is not None and age >= OLDER_YEARS:
        held.add(When.OLDER)
    if age is not None and age < YOUNG_YEARS:
        held.add(When.YOUNG)
    if facts.get("work"):
        held.add(When.HEAVY_WORK if facts["work"] == "heavy" else When.SITTING_WORK)
    if facts.get("operated"):
        held.add(When.OPERATED)
    return frozenset(held)


def fitting_note(
    notes: Sequence[Tuple[str, str]], facts: Mapping[str, Any], among: Optional[str] = None
) -> Optional[str]:
    """The text of the first note whose condition holds.

    Args:
        notes: Condition and text, the most important first.
        facts: What the patient told.
        among: Only notes that depend on this fact, of ``ASKED_FOR``.
    """
    held = conditions(facts)
    if among is not None:
        held &= ASKED_FOR[among]
    return next((text for when, text in notes if When(when) in held), None)
