"""The index leaves out no rule that would fit."""

from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.core.policies.rule_policy import RulePolicy

from rasa_project.dialogue.indexed_rules import IndexedRulePolicy

INTENTS = ["warmte", "koude", "slapen"]
ACTIONS = ["action_listen", "action_answer_topic", "action_small_talk"]

_state = st.builds(
    lambda intent, action, text: {
        **({"user": {key: value for key, value in (("intent", intent), ("text", text)) if value}}
           if intent or text else {}),
        **({"prev_action": {"action_name": action}} if action else {}),
    },
    st.sampled_from([*INTENTS, None, ""]),
    st.sampled_from([*ACTIONS, None]),
    st.sampled_from(["hallo", None]),
)  # fmt: skip
_states = st.lists(_state, min_size=1, max_size=3)


def policy(kind: Any) -> Any:
    made = kind.__new__(kind)
    made._indices = {}
    return made


@given(st.lists(_states, max_size=12), _states)
def test_the_same_rules_fit_as_with_rasas_own_search(rules, conversation):
    lookup: Dict[str, str] = {json.dumps(rule): "action_answer_topic" for rule in rules}
    expected = policy(RulePolicy)._get_possible_keys(lookup, conversation)
    assert policy(IndexedRulePolicy)._get_possible_keys(lookup, conversation) == expected


@pytest.mark.parametrize("intent", INTENTS)
def test_rules_of_other_intents_are_not_tried(monkeypatch, intent):
    tried: List[str] = []
    ours = policy(IndexedRulePolicy)

    def note(_self: Any, key: str, *_given: Any) -> bool:
        tried.append(key)
        return True

    monkeypatch.setattr(RulePolicy, "_is_rule_applicable", note)
    step = {"prev_action": {"action_name": "action_listen"}}
    rules = {json.dumps([{"user": {"intent": name}, **step}]): "a" for name in INTENTS}
    ours._get_possible_keys(rules, [{"user": {"intent": intent}, **step}])
    assert tried == [key for key in rules if intent in key]
