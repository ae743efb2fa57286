"""An alarm sign overrules every intent, rule, form and button."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project.conversation.triage_file import Triage, triage_file
from rasa_project.dialogue.context import catalogue, reading_of
from rasa_project.dialogue.reading import Kind
from rasa_project.dialogue.rule_of_ours import RuleOfOurs
from rasa_project.dialogue.triage import (
    CONFIRM,
    ON,
    OpenQuestion,
    check_is_asked_for,
    findings_now,
    open_question,
    reply_in,
)
from rasa_project.names import (
    ACTION_ACTIVE_FLAG,
    ACTION_DETECTOR_FAILED,
    ACTION_RED_FLAG,
    ACTION_TRIAGE,
    PARSE_DETECTOR_FAILED,
    PARSE_SUSPECTED,
    SLOT_DENIED,
    SLOT_URGENCY,
)
from rasa_project.redflags.catalogue import RedFlagCatalogue
from rasa_project.redflags.urgency import Urgency, urgency_from

SAFETY_PRIORITY = 100
_OWN_ACTIONS = (ACTION_RED_FLAG, ACTION_ACTIVE_FLAG, ACTION_TRIAGE, ACTION_DETECTOR_FAILED)


def next_action(tracker: DialogueStateTracker) -> Optional[Text]:
    """The action that safety asks for at this point of a conversation, or None."""
    if tracker.latest_action_name in _OWN_ACTIONS:
        return ACTION_LISTEN_NAME
    if tracker.latest_action_name != ACTION_LISTEN_NAME or tracker.latest_message is None:
        return None
    text = tracker.latest_message.text or ""
    parse_data = {**(tracker.latest_message.parse_data or {}), "text": text}
    slots = tracker.current_slot_values()
    reading = reading_of(parse_data, slots)
    told = reading is not None and reading.kind is Kind.TOLD
    return safe_action(parse_data, slots, catalogue(), triage_file(), tells_what_we_asked=told)


def safe_action(
    parsed: Mapping[Text, Any],
    slots: Mapping[Text, Any],
    rules: RedFlagCatalogue,
    triage: Triage,
    tells_what_we_asked: bool = False,
) -> Optional[Text]:
    """The action that safety asks for after a message, or None.

    Args:
        parsed: The message's parse data with its text.
        slots: The conversation's slots before this turn.
        rules: The red-flag catalogue.
        triage: The triage file.
        tells_what_we_asked: Whether it is the fact that an answer asked for, such as
            "6 tot 12 weken"; then only what is found counts, no suspicion.
    """
    text = str(parsed["text"])
    if findings_now(parsed, slots, rules):
        return ACTION_RED_FLAG
    asked = open_question(slots)
    if asked is not None and _is_for_triage(asked, text, triage):
        return ACTION_TRIAGE
    if urgency_from(slots.get(SLOT_URGENCY)).rank >= Urgency.SAME_DAY.rank:
        return ACTION_ACTIVE_FLAG
    if parsed.get(PARSE_DETECTOR_FAILED):
        return ACTION_DETECTOR_FAILED
    suspected = parsed.get(PARSE_SUSPECTED)
    new = suspected and suspected["flag"] not in (slots.get(SLOT_DENIED) or [])
    if new and not tells_what_we_asked:
        return ACTION_TRIAGE
    if check_is_asked_for(text, triage.check) or reply_in(text, triage) == ON:
        return ACTION_TRIAGE
    return None


def _is_for_triage(asked: OpenQuestion, text: str, triage: Triage) -> bool:
    """A suspicion needs an answer, clear or not; other questions give way to a new message."""
    return asked.kind == CONFIRM or reply_in(text, triage) is not None


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False
)
class SafetyPolicy(RuleOfOurs):
    """Answers an alarm sign, and keeps to it for the rest of the conversation.

    A new finding leads to ``action_red_flag``. While the conversation's urgency is
    same_day or emergency, every other message leads to ``action_repeat_red_flag``:
    no self-care content any more (red-flags.md, principles 3 and 5).
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """The priority that lets nothing past."""
        return {"priority": SAFETY_PRIORITY}

    next_action = staticmethod(next_action)
