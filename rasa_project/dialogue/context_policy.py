"""Sends a message that only its context explains to the action that can answer it."""

from __future__ import annotations

from typing import Any, Dict, Optional, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project.dialogue.context import reading_of
from rasa_project.dialogue.reading import Kind
from rasa_project.dialogue.rule_of_ours import RuleOfOurs
from rasa_project.names import (
    ACTION_ANSWER,
    ACTION_CLARIFY,
    ACTION_MORE,
    ACTION_SIMPLER,
    ACTION_SOURCES,
    ACTION_TOLD,
)

# Below the safety policy (100), above RulePolicy (6).
CONTEXT_PRIORITY = 50
ACTIONS = {
    Kind.ANSWER: ACTION_ANSWER,
    Kind.MORE: ACTION_MORE,
    Kind.SIMPLER: ACTION_SIMPLER,
    Kind.SOURCES: ACTION_SOURCES,
    Kind.TOLD: ACTION_TOLD,
    Kind.CLARIFY: ACTION_CLARIFY,
}


def next_action(tracker: DialogueStateTracker) -> Optional[Text]:
    """The action that the context asks for at this point, or None."""
    if tracker.latest_message is None:
        return None
    # After the action the slots have moved on: the same message would be read anew.
    if tracker.latest_action_name in ACTIONS.values():
        return ACTION_LISTEN_NAME
    if tracker.latest_action_name != ACTION_LISTEN_NAME:
        return None
    parse_data = {**(tracker.latest_message.parse_data or {}), "text": tracker.latest_message.text}
    reading = reading_of(parse_data, tracker.current_slot_values())
    return ACTIONS[reading.kind] if reading is not None else None


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False
)
class ContextPolicy(RuleOfOurs):
    """Rasa's face of :func:`rasa_project.dialogue.reading.read_in_context`."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """The priority between safety and rules."""
        return {"priority": CONTEXT_PRIORITY}

    next_action = staticmethod(next_action)
