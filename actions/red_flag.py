"""What to do about an alarm sign. The rules found it; here it is only said and kept."""

from __future__ import annotations

import logging
from typing import Any, Dict, List, Text

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, TurnAction, button, held_urgency, say
from actions.services import Services
from actions.told import country_of
from rasa_project.contract import Outcome
from rasa_project.conversation.failure import alarm_text, with_way_to_a_human
from rasa_project.conversation.texts import filled, texts
from rasa_project.names import (
    ACTION_ACTIVE_FLAG,
    ACTION_RED_FLAG,
    INTENT_HUMAN,
    PARSE_RED_FLAGS,
    SLOT_FLAGS,
    SLOT_URGENCY,
)
from rasa_project.redflags.urgency import Urgency, highest

logger = logging.getLogger(__name__)
HUMAN_BUTTON = button("Ik wil een mens spreken", INTENT_HUMAN)


class ActionRedFlag(TurnAction):
    """First what to do, then the way to a human. Nothing else in this turn."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_RED_FLAG

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say the texts of the most urgent flags and hold their urgency."""
        findings: List[Dict[str, Any]] = tracker.latest_message[PARSE_RED_FLAGS]
        urgency = highest(
            [held_urgency(tracker), *(Urgency(finding["urgency"]) for finding in findings)]
        )
        said = alarm_text(
            given.red_flags,
            [(finding["flag"], Urgency(finding["urgency"])) for finding in findings],
            country_of(tracker, given),
        )
        say(
            dispatcher,
            with_way_to_a_human(said, urgency),
            Outcome.TRIAGE,
            urgency,
            buttons=[HUMAN_BUTTON],
        )
        try:
            given.red_flag_log.record(
                tracker.sender_id, findings, rules_version=given.red_flags.fingerprint
            )
        except Exception as error:  # noqa: BLE001 - the text above must reach the patient
            logger.error("A red flag could not be stored: %s", error)
        new = [finding["flag"] for finding in findings]
        old = list(tracker.get_slot(SLOT_FLAGS) or [])
        # The most urgent first: ActionRepeatRedFlag has room for two.
        more_urgent = Urgency(findings[0]["urgency"]).rank >= held_urgency(tracker).rank
        unique = list(dict.fromkeys(new + old if more_urgent else old + new))
        return [SlotSet(SLOT_URGENCY, urgency.value), SlotSet(SLOT_FLAGS, unique)]


class ActionRepeatRedFlag(TurnAction):
    """While a flag is active: whom to call, again, and no other content."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_ACTIVE_FLAG

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Repeat the number for the flags of this conversation."""
        flags = [
            flag for flag in tracker.get_slot(SLOT_FLAGS) or [] if flag in given.red_flags.flags
        ]
        repeated: List[str] = []
        for flag in flags:
            text = getattr(given.red_flags.flags[flag].repeat, country_of(tracker, given))
            if text not in repeated:
                repeated.append(text)
        said = "\n\n".join(repeated[:2]) or filled(texts().failure)
        say(
            dispatcher,
            f"{said}\n\n{filled(texts().human)}",
            Outcome.TRIAGE,
            held_urgency(tracker),
            buttons=[HUMAN_BUTTON],
        )
        return []
