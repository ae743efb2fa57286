"""What a patient is told when something is broken. Needs neither Rasa nor a database."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List, Tuple

from rasa_project.contract import Outcome, turn
from rasa_project.conversation.texts import filled, texts
from rasa_project.practice import Country
from rasa_project.redflags.assess import Finding, RedFlagRules
from rasa_project.redflags.catalogue import RedFlagCatalogue, read_catalogue
from rasa_project.redflags.urgency import Urgency, highest
from rasa_project.settings import current_practice, read_settings


def alarm_text(catalogue: RedFlagCatalogue, flags: List[Tuple[str, str]], country: Country) -> str:
    """What to do about the most urgent flags, two at the most.

    Args:
        catalogue: Holds the texts.
        flags: Pairs of flag and urgency, most urgent first.
        country: Whose numbers are given.
    """
    texts: List[str] = []
    for flag, urgency in flags:
        text = getattr(catalogue.flags[flag].say[urgency], country)  # type: ignore[index]
        if text not in texts:
            texts.append(text)
    return "\n\n".join(texts[:2])


@lru_cache(maxsize=1)
def _rules() -> RedFlagRules:
    return RedFlagRules(read_catalogue(read_settings().data / "red_flags.yml"))


def with_way_to_a_human(said: str, urgency: Urgency) -> str:
    """An alarm text and, unless every minute counts, how to reach the practice as well."""
    if urgency is Urgency.EMERGENCY:
        return said
    return f"{said}\n\n{filled(texts().human)}"


def active_findings(text: str) -> Tuple[Finding, ...]:
    """The alarm signs in a text, most urgent first."""
    return _rules().assess(text).active


def emergency_reply(text: str, held: Urgency = Urgency.NONE) -> List[Dict[str, Any]]:
    """The reply when the assistant itself could not answer a message.

    The red-flag rules still read the message: an alarm text comes even now.

    Args:
        text: What the patient wrote.
        held: What the conversation held before, as far as is known.

    Returns:
        One message with the text, one with the contract.
    """
    found = active_findings(text)
    if not found:
        contract = turn(Outcome.FALLBACK, held)
        return [{"text": filled(texts().failure)}, {"custom": contract}]
    flags = [(finding.flag, finding.urgency) for finding in found]
    said = alarm_text(_rules().catalogue, flags, current_practice().country)  # type: ignore[arg-type]
    urgency = highest([held, *(finding.urgency for finding in found)])
    contract = turn(Outcome.TRIAGE, urgency)
    return [{"text": with_way_to_a_human(said, urgency)}, {"custom": contract}]
