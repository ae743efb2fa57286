"""What the router says of its own, and what it adds to a reply of the assistant."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from rasa_project.conversation.events import MESSAGE, NOTED, PatientMessage, reply_content
from rasa_project.conversation.failure import active_findings, emergency_reply
from rasa_project.conversation.states import Ownership
from rasa_project.conversation.texts import texts
from rasa_project.handoff import callback, expectations
from rasa_project.handoff.callback_store import StoredForm
from rasa_project.handoff.expectations import Said
from rasa_project.handoff.triggers import ASKED, TOPIC, Trigger
from rasa_project.names import INTENT_HUMAN
from rasa_project.redflags.assess import Finding
from rasa_project.redflags.urgency import Urgency, highest


class Settled(NamedTuple):
    """The event that settles a message."""

    content: Mapping[str, Any]
    kind: str = MESSAGE


def findings_in(message: PatientMessage) -> Sequence[Finding]:
    """The alarm signs that count in what a patient typed."""
    # What stands on a button is ours.
    return () if message.payload is not None else active_findings(message.text)


def noted(found: Sequence[Finding]) -> Settled:
    """For the practice only: what the rules found in a message."""
    urgency = highest(finding.urgency for finding in found)
    content = {
        "findings": [finding.as_data() for finding in found],
        "urgency": urgency.value,
        "alarm": urgency.value if urgency.rank >= Urgency.SAME_DAY.rank else "",
    }
    return Settled(content, NOTED)


def alarm_content(
    message: PatientMessage,
    now: Ownership,
    found: Sequence[Finding],
    stored: Optional[StoredForm] = None,
) -> Dict[str, Any]:
    """What to do about the signs in a message; the form goes on after it."""
    content = reply_content(emergency_reply(message.text, now.urgency))
    content["findings"] = [finding.as_data() for finding in found]
    if stored is not None and stored.form.step != callback.OFFER:
        asked = callback.question(stored.form)
        said = Said((texts().handoff.after_alarm, *asked.paragraphs), asked.buttons)
        content["parts"] = [*content["parts"], said.part]
    return content


def with_said(
    content: Mapping[str, Any], said: Said, found: Optional[Trigger] = None
) -> Dict[str, Any]:
    """A reply with what is said about a human; in its place, when only that was asked."""
    parts: List[Dict[str, Any]] = list(content.get("parts") or [])
    first: List[Dict[str, Any]] = []
    is_all = (
        found is not None
        and found.why == ASKED
        and not content.get("alarm")
        and list(content.get("topics") or []) == [INTENT_HUMAN]
    )
    if not is_all:
        first = expectations.without_button(parts, expectations.HUMAN)
    if found is not None and found.why == TOPIC:
        said = Said((texts().handoff.always_human, *said.paragraphs), said.buttons)
    return {**content, "parts": [*first, said.part]}
