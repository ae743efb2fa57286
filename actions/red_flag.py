"""What to do about an alarm sign. The rules found it; here it is only said and kept."""

from __future__ import annotations

import logging
from typing import Any, Dict, List, Mapping, Sequence, Text

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, TurnAction, button, held_urgency, say
from actions.services import Services
from actions.told import alarm_countries_of
from rasa_project import clock
from rasa_project.contract import Outcome
from rasa_project.conversation.alarm_texts import alarm_text, doctor_words, said
from rasa_project.conversation.failure import with_way_to_a_human
from rasa_project.conversation.texts import filled, texts
from rasa_project.conversation.triage_file import triage_file
from rasa_project.dialogue.triage import WORSE, OpenQuestion, findings_now
from rasa_project.names import (
    ACTION_ACTIVE_FLAG,
    ACTION_DETECTOR_FAILED,
    ACTION_RED_FLAG,
    INTENT_HUMAN,
    SLOT_FLAGS,
    SLOT_TRIAGE,
    SLOT_URGENCY,
)
from rasa_project.redflags.catalogue import FlagText
from rasa_project.redflags.urgency import Urgency, highest

logger = logging.getLogger(__name__)
HUMAN_BUTTON = button("Ik wil een mens spreken", INTENT_HUMAN)
_MOST_REPEATED = 2


class ActionRedFlag(TurnAction):
    """First what to do, then the way to a human. Nothing else in this turn."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_RED_FLAG

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say the texts of the most urgent flags and hold their urgency."""
        findings = findings_now(tracker.latest_message, tracker.slots, given.red_flags)
        return raise_alarm(dispatcher, tracker, given, findings)


class ActionRepeatRedFlag(TurnAction):
    """While a flag is active: whom to call, again, and no other content."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_ACTIVE_FLAG

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Repeat the number for the flags of this conversation."""
        repeat_alarm(dispatcher, tracker, given)
        return []


class ActionDetectorFailed(TurnAction):
    """The message could not be read for alarm signs: say whom to call."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_DETECTOR_FAILED

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Give the doctor's and the practice's number."""
        text = filled(texts().detector_failed, alarm_countries_of(tracker, given)[0])
        say(dispatcher, text, Outcome.FALLBACK, held_urgency(tracker))
        return []


def raise_alarm(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    given: Services,
    findings: Sequence[Mapping[str, Any]],
) -> Events:
    """Say what to do, ask the one question that may make it more urgent, store and hold it.

    Args:
        dispatcher: Where it goes.
        tracker: The conversation.
        given: The services.
        findings: As :meth:`rasa_project.redflags.assess.Finding.as_data`, most urgent first.
    """
    found = Urgency(findings[0]["urgency"])
    urgency = highest([held_urgency(tracker), found])
    text = alarm_text(
        given.red_flags,
        [(finding["flag"], Urgency(finding["urgency"])) for finding in findings],
        alarm_countries_of(tracker, given),
        clock.now(),
        triage_file(),
        given.practice,
    )
    shown = with_way_to_a_human(text, urgency)
    events: Events = []
    buttons = [HUMAN_BUTTON]
    # At level 1 nothing is asked; and one question is enough when two flags are told.
    question = given.red_flags.flags[findings[0]["flag"]].worse.get(found)
    if question is not None and urgency is not Urgency.EMERGENCY:
        shown = f"{shown}\n\n{question.question}"
        buttons = [*reply_buttons(), HUMAN_BUTTON]
        asked = OpenQuestion(WORSE, findings[0]["flag"], 0, found.value)
        events.append(SlotSet(SLOT_TRIAGE, asked.as_slot()))
    say(dispatcher, shown, Outcome.TRIAGE, urgency, buttons=buttons)
    try:
        given.red_flag_log.record(
            tracker.sender_id, findings, rules_version=given.red_flags.fingerprint, shown=shown
        )
    except Exception as error:  # noqa: BLE001 - the text above must reach the patient
        logger.error("A red flag could not be stored: %s", error)
    new = [finding["flag"] for finding in findings]
    old = list(tracker.get_slot(SLOT_FLAGS) or [])
    # The most urgent first: a repetition has room for two.
    more_urgent = found.rank >= held_urgency(tracker).rank
    unique = list(dict.fromkeys(new + old if more_urgent else old + new))
    return [SlotSet(SLOT_URGENCY, urgency.value), SlotSet(SLOT_FLAGS, unique), *events]


def repeat_alarm(
    dispatcher: CollectingDispatcher, tracker: Tracker, given: Services, before: str = ""
) -> None:
    """Say again whom to call for the flags of this conversation.

    Args:
        dispatcher: Where it goes.
        tracker: The conversation.
        given: The services.
        before: A sentence that comes first.
    """
    repeated: List[str] = [before] if before else []
    for flag in tracker.get_slot(SLOT_FLAGS) or []:
        if flag not in given.red_flags.flags or len(repeated) >= _MOST_REPEATED + bool(before):
            continue
        text = said_now(given.red_flags.flags[flag].repeat, tracker, given)
        if text not in repeated:
            repeated.append(text)
    if len(repeated) == bool(before):
        repeated.append(filled(texts().failure))
    text = with_way_to_a_human("\n\n".join(repeated), held_urgency(tracker))
    say(dispatcher, text, Outcome.TRIAGE, held_urgency(tracker), buttons=[HUMAN_BUTTON])


def said_now(text: FlagText, tracker: Tracker, given: Services) -> str:
    """A text of the catalogue for the countries of this conversation, at this moment."""
    countries = alarm_countries_of(tracker, given)
    return said(text, countries, clock.now(), triage_file(), given.practice)


def note_for(text: str, tracker: Tracker, given: Services) -> str:
    """A text of the catalogue that raises nothing, with the doctor's words of now."""
    country = alarm_countries_of(tracker, given)[0]
    words = doctor_words(country, clock.now(), triage_file(), given.practice)
    return text.format(**words)


def reply_buttons() -> List[Dict[str, str]]:
    """Ja, nee, weet ik niet: each sends its own words."""
    titles = triage_file().buttons
    return [text_button(titles[name]) for name in ("ja", "nee", "onzeker")]


def text_button(title: str) -> Dict[str, str]:
    """A button that sends what stands on it."""
    return {"title": title, "payload": title}
