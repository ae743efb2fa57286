"""Sends a message that only its context explains to the action that can answer it."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text

from rasa.core.featurizers.tracker_featurizers import TrackerFeaturizer
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project.dialogue.context import reading_of
from rasa_project.dialogue.reading import Kind
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


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False
)
class ContextPolicy(Policy):
    """Rasa's face of :func:`rasa_project.dialogue.reading.read_in_context`."""

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "ContextPolicy":
        """Make the policy (Rasa's interface)."""
        return cls(config, model_storage, resource, execution_context)

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """The priority between safety and rules."""
        return {"priority": CONTEXT_PRIORITY}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        featurizer: Optional[TrackerFeaturizer] = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, featurizer)

    def train(
        self,
        training_trackers: List[TrackerWithCachedStates],
        domain: Domain,
        **kwargs: Any,
    ) -> Resource:
        """Learn nothing."""
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: Optional[Dict[Text, Any]] = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """The next action when the context matters; otherwise no opinion."""
        probabilities = self._default_predictions(domain)
        action = next_action(tracker)
        if action is not None:
            probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities)


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
