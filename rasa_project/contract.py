"""What exactly one bot message of every turn carries under ``custom``."""

from __future__ import annotations

from enum import Enum
from typing import Any, Dict, Sequence

from rasa_project.redflags.urgency import Urgency


class Outcome(str, Enum):
    """What the assistant did with the message."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    FALLBACK = "fallback"
    TRIAGE = "triage"
    HANDOFF = "handoff"
    SMALLTALK = "smalltalk"


def turn(
    outcome: Outcome, urgency: Urgency = Urgency.NONE, topics: Sequence[str] = ()
) -> Dict[str, Any]:
    """The contract of one turn.

    Args:
        outcome: What was done.
        urgency: What the assistant now holds for this conversation.
        topics: Catalogue ids whose answer was given, in that order.

    Raises:
        ValueError: Topics are claimed without an answer, or answered without a topic.
    """
    if topics and outcome not in (Outcome.ANSWERED, Outcome.HANDOFF):
        raise ValueError(f"{outcome.value} can't claim topics {list(topics)}")
    if outcome is Outcome.ANSWERED and not topics:
        raise ValueError("answered without a topic")
    return {"topics": list(topics), "urgency": urgency.value, "outcome": outcome.value}
