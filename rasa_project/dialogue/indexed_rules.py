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
        if self._indices is not None and not tracker.active_loop_name:
            if use_text_for_last_user_input and not self._may_fit_without_intent:
                return None, None, False
            if not use_text_for_last_user_input and _is_just_said(tracker):
                only = self._only_rules.get(tracker.latest_message.intent.get("name"))
                if only is not None:
                    return self.lookup[RULES][only], only, False
        found: Tuple[Optional[Text], Optional[Text], bool] = super()._find_action_from_rules(
            tracker, domain, use_text_for_last_user_input
        )
        return found

    @cached_property
    def _may_fit_without_intent(self) -> bool:
        """Whether a rule may fit just after a message, whatever its intent."""
        return None in self._just_after_a_message

    @cached_property
    def _only_rules(self) -> Mapping[Text, Text]:
        """Intents after which, whatever went before, one rule fits and no other."""
        if self._may_fit_without_intent:
            return {}
        return {
            intent: keys[0]
            for intent, keys in self._just_after_a_message.items()
            if intent is not None
            and [self._rule_key_to_state(key) for key in keys] == [[_after_message(intent)]]
        }

    @cached_property
    def _just_after_a_message(self) -> _Index:
        """The rules that may fit before anything was done, by the intent that they ask for."""
        index: Dict[Optional[Text], List[Text]] = defaultdict(list)
        for key in self.lookup[RULES]:
            newest = self._rule_key_to_state(key)[-1]
            if newest.get(PREVIOUS_ACTION, {}).get(ACTION_NAME) in (None, ACTION_LISTEN_NAME):
                index[newest.get(USER, {}).get(INTENT) or None].append(key)
        return dict(index)

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


def _is_just_said(tracker: DialogueStateTracker) -> bool:
    said = tracker.latest_message
    return tracker.latest_action_name == ACTION_LISTEN_NAME and said is not None and bool(said.text)


def _after_message(intent: Text) -> State:
    return {PREVIOUS_ACTION: {ACTION_NAME: ACTION_LISTEN_NAME}, USER: {INTENT: intent}}
