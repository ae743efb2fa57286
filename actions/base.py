"""The form of every action: it always says something, whatever fails."""

from __future__ import annotations

import logging
import uuid
from abc import ABC, abstractmethod
from typing import Any, Dict, List, Optional, Sequence, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.services import Services, services
from rasa_project.contract import Outcome, turn
from rasa_project.conversation.failure import active_findings, emergency_reply
from rasa_project.conversation.triage_file import triage_file
from rasa_project.dialogue.context import reading_of
from rasa_project.dialogue.reading import Reading
from rasa_project.dialogue.triage import CHECK, open_question, weak_signs_now
from rasa_project.names import (
    SLOT_ASKED,
    SLOT_CHECK_AT,
    SLOT_FLAGS,
    SLOT_OFFERED,
    SLOT_TRIAGE,
    SLOT_URGENCY,
    SLOT_WEAK_SIGNS,
)
from rasa_project.redflags.urgency import Urgency, urgency_from

logger = logging.getLogger(__name__)
Events = List[Dict[Text, Any]]


class TurnAction(Action, ABC):
    """An action that answers one turn and keeps its contract.

    Rasa drops the reply of an action that raises, and says nothing. So whatever
    goes wrong here is logged with a reference number, and the patient gets a
    sentence with the practice's number.
    """

    @abstractmethod
    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say something with :func:`say`, and return Rasa events."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]
    ) -> Events:
        """Answer the turn (Rasa's interface)."""
        try:
            events = await self.answer(dispatcher, tracker, services())
            _offer_to_go_on(dispatcher, tracker, events)
            return [*_without_what_was_open(events, tracker), *_what_adds_up(tracker)]
        except Exception:  # noqa: BLE001 - the one place that stands between a fault and silence
            reference = uuid.uuid4().hex[:8]
            logger.exception("%s failed, reference %s", self.name(), reference)
            dispatcher.messages.clear()
            return _say_all_the_same(dispatcher, tracker)


def _without_what_was_open(events: Events, tracker: Tracker) -> Events:
    """A question or an offer of ours holds for one turn, unless this turn made a new one."""
    set_now = {event.get("name") for event in events}
    was_open = [name for name in (SLOT_ASKED, SLOT_OFFERED, SLOT_TRIAGE) if tracker.get_slot(name)]
    closed = [SlotSet(name, None) for name in was_open if name not in set_now]
    asked = open_question(tracker.slots)
    if asked is not None and asked.kind == CHECK and SLOT_TRIAGE not in set_now:
        closed.append(SlotSet(SLOT_CHECK_AT, float(asked.number)))
    return [*events, *closed]


def _offer_to_go_on(dispatcher: CollectingDispatcher, tracker: Tracker, events: Events) -> None:
    """A check that another message interrupted can be taken up again; not after an alarm."""
    asked = open_question(tracker.slots)
    interrupted = asked is not None and asked.kind == CHECK
    if interrupted and not {SLOT_TRIAGE, SLOT_URGENCY} & {event.get("name") for event in events}:
        title = triage_file().buttons["verder"]
        dispatcher.messages[-1].setdefault("buttons", []).append({"title": title, "payload": title})


def _what_adds_up(tracker: Tracker) -> Events:
    """The weak signs of this message join those of the conversation."""
    weak_signs = weak_signs_now(tracker.latest_message, tracker.slots)
    known = list(tracker.get_slot(SLOT_WEAK_SIGNS) or [])
    return [SlotSet(SLOT_WEAK_SIGNS, weak_signs)] if weak_signs != known else []


def in_context(tracker: Tracker) -> Optional[Reading]:
    """The message of this turn in its context; None when its intent says enough."""
    return reading_of(tracker.latest_message, tracker.slots)


def _say_all_the_same(dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
    """The failure sentence; or, when the message holds an alarm sign, what to do about that."""
    text = str(tracker.latest_message.get("text") or "")
    said, contract = emergency_reply(text, held_urgency(tracker))
    dispatcher.utter_message(text=said["text"], json_message=contract["custom"])
    found = active_findings(text)
    if not found:
        return []
    flags = [*(tracker.get_slot(SLOT_FLAGS) or []), *(finding.flag for finding in found)]
    return [
        SlotSet(SLOT_URGENCY, contract["custom"]["urgency"]),
        SlotSet(SLOT_FLAGS, list(dict.fromkeys(flags))),
    ]


def held_urgency(tracker: Tracker) -> Urgency:
    """What the conversation holds before this turn."""
    return urgency_from(tracker.get_slot(SLOT_URGENCY))


def button(title: str, payload: str) -> Dict[str, str]:
    """A quick reply. The payload is an intent; channels accept no other commands."""
    return {"title": title, "payload": f"/{payload}"}


def say(
    dispatcher: CollectingDispatcher,
    text: str,
    outcome: Outcome,
    urgency: Urgency,
    topics: Sequence[str] = (),
    buttons: Sequence[Dict[str, str]] = (),
) -> None:
    """Send the turn's one message with its contract.

    Args:
        dispatcher: Where it goes.
        text: What the patient reads.
        outcome: For the contract.
        urgency: For the contract.
        topics: For the contract.
        buttons: Quick replies.
    """
    dispatcher.utter_message(
        text=text, buttons=list(buttons), json_message=turn(outcome, urgency, topics)
    )
