"""What stands in an event of a conversation. Pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from rasa_project.contract import Outcome
from rasa_project.redflags.urgency import Urgency

PATIENT, ASSISTANT, THERAPIST, SYSTEM = "patient", "assistant", "therapist", "system"
MESSAGE, JOINED, LEFT = "message", "joined", "left"
# Only the practice sees it: what the rules found in a message for a human.
NOTED = "noted"
_ALARMING = (Urgency.EMERGENCY.value, Urgency.SAME_DAY.value)


class PatientMessage(NamedTuple):
    """A message that waits for its answer.

    Attributes:
        event: Its id in the log.
        text: What the patient sees as said.
        payload: The command behind the button that was pressed, if one was.
    """

    event: int
    text: str
    payload: Optional[str]

    @property
    def for_the_assistant(self) -> str:
        """What the assistant is to read."""
        return self.payload or self.text


def reply_content(messages: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """One reply of the assistant, as it is kept and shown.

    Args:
        messages: Rasa's messages of one turn; one of them carries the contract.
    """
    contract: Dict[str, Any] = {}
    for message in messages:
        contract.update(message.get("custom") or {})
    return {
        "parts": _parts(messages),
        "alarm": _alarm(contract),
        "outcome": contract.get("outcome"),
        "topics": contract.get("topics", []),
        "urgency": contract.get("urgency", "none"),
    }


def _parts(messages: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    return [
        {
            "text": message.get("text") or "",
            "buttons": [
                {"title": button["title"], "payload": button["payload"]}
                for button in message.get("buttons") or []
            ],
        }
        for message in messages
        if message.get("text") or message.get("buttons")
    ]


def _alarm(contract: Mapping[str, Any]) -> str:
    """The urgency of a turn that is about an alarm, else nothing."""
    urgency = str(contract.get("urgency", ""))
    is_triage = contract.get("outcome") == Outcome.TRIAGE.value
    return urgency if is_triage and urgency in _ALARMING else ""


def in_utc(moment: datetime) -> datetime:
    """A moment as it was stored, with its time zone; SQLite forgets it."""
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def shown(row: Any, useful: Optional[bool]) -> Dict[str, Any]:
    """An event as a patient's browser gets it.

    Args:
        row: Of the table ``conversation_event``.
        useful: What the patient thought of it.
    """
    content = row.content
    return {
        "id": row.id,
        "at": in_utc(row.happened_at).isoformat(),
        "author": row.author,
        "kind": row.kind,
        "name": row.name,
        "client_id": row.client_id,
        "text": content.get("text"),
        "parts": content.get("parts", []),
        "alarm": content.get("alarm", ""),
        "outcome": content.get("outcome"),
        "topics": content.get("topics", []),
        "reply_to": row.reply_to,
        # Of who left: who has the conversation now.
        "to": content.get("to"),
        "useful": useful,
    }
