"""What the patient told: facts out of the slots, and the country to answer for."""

from __future__ import annotations

from typing import Any, Dict, Literal, Sequence

from rasa_sdk import Tracker

from actions.services import Services
from rasa_project.knowledge.told import FACTS
from rasa_project.practice import Country


def told_facts(tracker: Tracker) -> Dict[str, Any]:
    """The facts that the patient told in this conversation."""
    return {name: tracker.get_slot(name) for name in FACTS if tracker.get_slot(name) is not None}


def alarm_countries_of(tracker: Tracker, given: Services) -> Sequence[Country]:
    """Whose numbers an alarm names: the patient's country, or what the practice serves."""
    told = tracker.get_slot("country")
    return (told,) if told in ("NL", "BE") else given.practice.alarm_countries


def country_of(tracker: Tracker, given: Services) -> Literal["NL", "BE"]:
    """Where the patient lives when they told, else where the practice is."""
    told = tracker.get_slot("country")
    if told == "NL":
        return "NL"
    return "BE" if told == "BE" else given.practice.country
