"""An alarm sign overrules every intent, rule, form and button."""

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


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False
)
class SafetyPolicy(Policy):
    """Answers an alarm sign, and keeps to it for the rest of the conversation.

    A new finding leads to ``action_red_flag``. While the conversation's urgency is
    same_day or emergency, every other message leads to ``action_repeat_red_flag``:
    no self-care content any more (red-flags.md, principles 3 and 5).
    """

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SafetyPolicy":
        """Make the policy (Rasa's interface)."""
        return cls(config, model_storage, resource, execution_context)

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """The priority that lets nothing past."""
        return {"priority": SAFETY_PRIORITY}

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
        """The next action when an alarm sign is there; otherwise no opinion."""
        probabilities = self._default_predictions(domain)
        action = next_action(tracker)
        if action is not None:
            probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities)


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
