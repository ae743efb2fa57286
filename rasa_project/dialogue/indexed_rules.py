"""Rasa's rules, found by the intent that they are about instead of by trying them all."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any, Dict, List, Mapping, Optional, Set, Text, Tuple

from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

_Index = Mapping[Optional[Text], List[Text]]


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class IndexedRulePolicy(RulePolicy):
    """RulePolicy, with the same rules, the same training and the same decisions.

    Rasa compares a conversation with each of its rules, four times a turn. A rule that
    asks for one intent can't fit a message with another, so only the others are tried.
    """

    # Only a loaded policy has one: while it trains its rules still change.
    _indices: Optional[Dict[int, _Index]] = None

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "IndexedRulePolicy":
        """Load a trained policy (Rasa's interface)."""
        loaded = super().load(config, model_storage, resource, execution_context, **kwargs)
        loaded._indices = {}
        return loaded

    def _find_action_from_rules(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool,
    ) -> Tuple[Optional[Text], Optional[Text], bool]:
        # Asked first by the words of a message and then by its intent.
        by_text = use_text_for_last_user_input and not tracker.active_loop_name
        if by_text and self._indices is not None and not self._may_fit_without_intent:
            return None, None, False
        found: Tuple[Optional[Text], Optional[Text], bool] = super()._find_action_from_rules(
            tracker, domain, use_text_for_last_user_input
        )
        return found

    @cached_property
    def _may_fit_without_intent(self) -> bool:
        """Whether a rule may fit just after a message, whatever its intent."""
        newest = [self._rule_key_to_state(key)[-1] for key in self.lookup[RULES]]
        return any(
            not state.get(USER, {}).get(INTENT)
            and state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME) in (None, ACTION_LISTEN_NAME)
            for state in newest
        )

    def _get_possible_keys(self, lookup: Dict[Text, Text], states: List[State]) -> Set[Text]:
        newest = states[-1] if states else {}
        # Where a conversation begins, Rasa goes by something else than the intent.
        if self._indices is None or not newest.get(PREVIOUS_ACTION):
            return set(super()._get_possible_keys(lookup, states))
        if id(lookup) not in self._indices:
            self._indices[id(lookup)] = self._indexed(lookup)
        index = self._indices[id(lookup)]
        intent = newest.get(USER, {}).get(INTENT)
        keys = [*index.get(intent, ()), *(index.get(None, ()) if intent is not None else ())]
        return set(super()._get_possible_keys({key: lookup[key] for key in keys}, states))

    def _indexed(self, lookup: Mapping[Text, Text]) -> _Index:
        index: Dict[Optional[Text], List[Text]] = defaultdict(list)
        for key in lookup:
            asked = self._rule_key_to_state(key)[-1].get(USER, {}).get(INTENT) or None
            index[asked].append(key)
        return dict(index)
