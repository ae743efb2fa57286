"""When a conversation goes to a human, or a human is offered. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Collection, Mapping, NamedTuple, Optional, Sequence

from rasa_project.contract import Outcome
from rasa_project.names import INTENT_HUMAN

# Why, as it stands in the history of a conversation.
ASKED, ALARM, MISSES, THUMBS, TOPIC = "asked", "alarm", "misses", "thumbs", "topic"
_MISSED = (Outcome.FALLBACK.value, Outcome.CLARIFY.value)
THUMBS_DOWN = 2


class Act(str, Enum):
    """What follows."""

    HUMAN = "human"
    OFFER = "offer"


class Trigger(NamedTuple):
    """A human is wanted.

    Attributes:
        act: What follows.
        why: For the history.
    """

    act: Act
    why: str


@dataclass(frozen=True)
class TurnDone:
    """What is known after a turn of the assistant.

    Attributes:
        content: The reply, as ``reply_content`` makes it.
        payload: Of the button that was pressed, if one was.
        intent: What Rasa took the message for; None when it isn't known.
        before: The outcome of the reply before, if any.
        alarm_is_open: Nobody of the practice saw the alarm of this conversation, and the
            patient didn't choose to go on without them.
        asks: Whether the reply ends with a triage question.
    """

    content: Mapping[str, Any]
    payload: Optional[str] = None
    intent: Optional[str] = None
    before: Optional[str] = None
    alarm_is_open: bool = False
    asks: bool = False


def trigger(turn: TurnDone, always_human: Collection[str] = ()) -> Optional[Trigger]:
    """What a turn gives rise to; None for nothing.

    Args:
        turn: What was said.
        always_human: Topics that a practice wants to talk about itself.
    """
    content = turn.content
    topics = list(content.get("topics") or [])
    if asks_for_human(turn):
        return Trigger(Act.HUMAN, ASKED)
    if content.get("alarm"):
        # First the question that may make it more urgent.
        is_time = turn.alarm_is_open and not turn.asks
        return Trigger(Act.HUMAN, ALARM) if is_time else None
    if turn.asks:
        return None
    if set(topics) & set(always_human):
        return Trigger(Act.HUMAN, TOPIC)
    if is_second_miss(content.get("outcome"), topics, turn.before):
        return Trigger(Act.OFFER, MISSES)
    return None


def asks_for_human(turn: TurnDone) -> bool:
    """Whether the patient asked for a human, in whatever words."""
    content = turn.content
    answered = content.get("outcome") == Outcome.HANDOFF.value and INTENT_HUMAN in (
        content.get("topics") or ()
    )
    # While a flag is active the reply is about the flag, whatever was asked.
    return answered or turn.payload == f"/{INTENT_HUMAN}" or turn.intent == INTENT_HUMAN


def is_second_miss(outcome: Any, topics: Sequence[str], before: Optional[str]) -> bool:
    """Whether the assistant missed twice in a row.

    It counts itself when it asks back (and then says ``handoff`` without a topic); what it
    has no answer to or can't read, it doesn't.
    """
    if outcome == Outcome.HANDOFF.value and not topics:
        return True
    return outcome == Outcome.FALLBACK.value and before in _MISSED


def asks_something(content: Mapping[str, Any], replies: Collection[str]) -> bool:
    """Whether a reply ends with a question of the triage dialogue.

    Args:
        content: The reply.
        replies: What stands on the buttons under such a question.
    """
    titles = {b["title"] for part in content.get("parts") or [] for b in part["buttons"]}
    return set(replies) <= titles
