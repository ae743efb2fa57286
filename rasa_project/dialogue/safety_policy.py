"""An alarm sign overrules every intent, rule, form and button."""

from __future__ import annotations

from typing import Any, Dict, Optional, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project.dialogue.rule_of_ours import RuleOfOurs
from rasa_project.names import (
    ACTION_ACTIVE_FLAG,
    ACTION_RED_FLAG,
    PARSE_RED_FLAGS,
    SLOT_URGENCY,
)
from rasa_project.redflags.urgency import Urgency, urgency_from

# Above RulePolicy (6) and above everything a project may add.
SAFETY_PRIORITY = 100
_OWN_ACTIONS = (ACTION_RED_FLAG, ACTION_ACTIVE_FLAG)


def next_action(tracker: DialogueStateTracker) -> Optional[Text]:
    """The action that safety asks for at this point of a conversation, or None."""
    if tracker.latest_action_name in _OWN_ACTIONS:
        return ACTION_LISTEN_NAME
    if tracker.latest_action_name != ACTION_LISTEN_NAME or tracker.latest_message is None:
        return None
    parse_data = tracker.latest_message.parse_data or {}
    if parse_data.get(PARSE_RED_FLAGS):
        return ACTION_RED_FLAG
    if urgency_from(tracker.get_slot(SLOT_URGENCY)).rank >= Urgency.SAME_DAY.rank:
        return ACTION_ACTIVE_FLAG
    return None


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
