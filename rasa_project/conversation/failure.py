"""What a patient is told when something is broken. Needs neither Rasa nor a database."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List, Tuple

from rasa_project import clock
from rasa_project.contract import Outcome, turn
from rasa_project.conversation.alarm_texts import alarm_text
from rasa_project.conversation.texts import filled, texts
from rasa_project.conversation.triage_file import triage_file
from rasa_project.handoff.opening_hours import is_open
from rasa_project.redflags.assess import Finding, RedFlagRules
from rasa_project.redflags.catalogue import read_catalogue
from rasa_project.redflags.conversation import combined_findings
from rasa_project.redflags.urgency import Urgency, highest
from rasa_project.settings import current_practice, read_settings


@lru_cache(maxsize=1)
def _rules() -> RedFlagRules:
    return RedFlagRules(read_catalogue(read_settings().data / "red_flags.yml"))


def with_way_to_a_human(said: str, urgency: Urgency) -> str:
    """An alarm text and, unless every minute counts, how to reach the practice as well.

    When the practice is closed its number is not given: nobody would answer.
    """
    if urgency is Urgency.EMERGENCY:
        return said
    practice = current_practice()
    closed = practice.hours and not is_open(practice, clock.now())
    return f"{said}\n\n{filled(texts().human_closed if closed else texts().human)}"


def active_findings(text: str) -> Tuple[Finding, ...]:
    """The alarm signs in a text by the rules alone, most urgent first."""
    assessment = _rules().assess(text)
    together = combined_findings(assessment.elements, frozenset(), _rules().catalogue)
    found = [*assessment.active, *together]
    return tuple(sorted(found, key=lambda finding: -finding.urgency.rank))


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
    practice = current_practice()
    said = alarm_text(
        _rules().catalogue,
        [(finding.flag, finding.urgency) for finding in found],
        practice.alarm_countries,
        clock.now(),
        triage_file(),
        practice,
    )
    urgency = highest([held, *(finding.urgency for finding in found)])
    contract = turn(Outcome.TRIAGE, urgency)
    return [{"text": with_way_to_a_human(said, urgency)}, {"custom": contract}]
