"""A fixed sentence with an alarm sign, to see that the one thing that must work does."""

from __future__ import annotations

from rasa_project.conversation.failure import active_findings

SENTENCE = "Ik kan sinds vanochtend niet meer plassen en het is doof tussen mijn benen."
FLAG = "RF01"


def alarm_is_found() -> bool:
    """Whether the rules find the alarm sign of the fixed sentence."""
    return any(finding.flag == FLAG for finding in active_findings(SENTENCE))
