"""How a conversation can stand, and who makes it change. No database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Optional

from rasa_project.conversation.events import THERAPIST, in_utc
from rasa_project.errors import RuggesteunError
from rasa_project.redflags.urgency import Urgency, urgency_from

BY_PATIENT, BY_ASSISTANT, BY_SYSTEM = "patient", "assistant", "system"


class State(str, Enum):
    """Who a patient's message is for."""

    BOT = "bot"
    WAITING = "waiting"
    HUMAN = "human"
    CLOSED = "closed"


class WrongState(RuggesteunError):
    """The change can't be made: somebody else was first, or it is another's conversation.

    Attributes:
        now: How things stand.
    """

    def __init__(self, now: "Ownership"):
        super().__init__(f"The conversation is {now.state.value}.")
        self.now = now


@dataclass(frozen=True)
class Actor:
    """Who makes a change.

    Attributes:
        kind: ``patient``, ``assistant``, ``system`` or ``therapist``.
        account: Of a therapist.
        name: Of a therapist, as patients see it.
    """

    kind: str
    account: Optional[int] = None
    name: str = ""

    @classmethod
    def therapist(cls, account: int, name: str) -> "Actor":
        """Somebody of the practice."""
        return cls(THERAPIST, account, name)


PATIENT_ACTOR, ASSISTANT_ACTOR, SYSTEM_ACTOR = (
    Actor(BY_PATIENT),
    Actor(BY_ASSISTANT),
    Actor(BY_SYSTEM),
)


@dataclass(frozen=True)
class Ownership:
    """How a conversation stands.

    Attributes:
        conversation: Rasa's sender id.
        state: Who it is for.
        owner: The account, when a human has it.
        since: Of the state; None for one that the assistant always had.
        waiting_since: When the patient began to wait; None when not waiting.
        why: Why it came to this state.
        urgency: The highest that was held.
        alarm_seen: False while an alarm was seen by nobody of the practice.
        version: Rises with each change.
    """

    conversation: str
    state: State
    owner: Optional[int]
    since: Optional[datetime]
    waiting_since: Optional[datetime]
    why: str
    urgency: Urgency
    alarm_seen: bool
    version: int


def ownership_of(row: Any) -> Ownership:
    """From a row of the table ``conversation``."""
    return Ownership(
        row.id,
        State(row.state),
        row.owner,
        _moment(row.state_since),
        _moment(row.waiting_since),
        row.why,
        urgency_from(row.urgency),
        bool(row.alarm_seen),
        row.version,
    )


def _moment(value: Optional[datetime]) -> Optional[datetime]:
    return in_utc(value) if value is not None else None
