"""The index leaves out no rule that would fit."""

from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

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
_after_a_message = st.sampled_from(INTENTS).map(
    lambda intent: [{"prev_action": {"action_name": "action_listen"}, "user": {"intent": intent}}]
)
_states = st.one_of(st.lists(_state, min_size=1, max_size=3), _after_a_message)
_turn = st.tuples(st.sampled_from(INTENTS), st.sampled_from(ACTIONS[1:]))


def policy(kind: Any, rules: Any = ()) -> Any:
    context = ExecutionContext(GraphSchema({}))
    made = kind(kind.get_default_config(), None, Resource("rules"), context)
    made._indices = {}
    made.lookup = {RULES: {json.dumps(rule): "action_answer_topic" for rule in rules}}
    return made


def conversation_of(turns: Any, answered: bool) -> DialogueStateTracker:
    """Ends with a message, or with the answer to it."""
    events: List[Event] = [ActionExecuted("action_listen")]
    for intent, action in turns:
        said = UserUttered("hallo", {"name": intent, "confidence": 1.0})
        events += [said, ActionExecuted(action), ActionExecuted("action_listen")]
    return DialogueStateTracker.from_events("web:1", events[: -1 if answered else -2], [])


@given(st.lists(_states, max_size=12), _states)
def test_the_same_rules_fit_as_with_rasas_own_search(rules, conversation):
    lookup: Dict[str, str] = {json.dumps(rule): "action_answer_topic" for rule in rules}
    expected = policy(RulePolicy)._get_possible_keys(lookup, conversation)
    assert policy(IndexedRulePolicy)._get_possible_keys(lookup, conversation) == expected


@given(st.lists(_states, max_size=6), st.lists(_turn, min_size=1, max_size=3), st.booleans())
def test_the_same_rule_is_found_by_the_words_of_a_message(rules, turns, answered):
    domain = Domain(INTENTS, [], [], {}, ACTIONS[1:], {}, {})
    for by_text in (True, False):
        given_ = conversation_of(turns, answered), domain, by_text
        theirs, ours = (policy(k, rules) for k in (RulePolicy, IndexedRulePolicy))
        action, source, unhappy = theirs._find_action_from_rules(*given_)
        found = ours._find_action_from_rules(*given_)
        assert (found[0], found[2]) == (action, unhappy)
        # By text without a rule, Rasa doesn't look at where it comes from.
        assert found[1] == source or (by_text and action is None and found[1] is None)


@given(
    st.lists(_after_a_message, max_size=4),
    st.lists(_states, max_size=1),
    st.lists(_turn, min_size=1, max_size=2),
)
def test_the_only_rule_of_an_intent_is_the_one_that_rasa_finds(simple, other, turns):
    domain = Domain(INTENTS, [], [], {}, ACTIONS[1:], {}, {})
    given_ = conversation_of(turns, False), domain, False
    theirs, ours = (policy(kind, [*simple, *other]) for kind in (RulePolicy, IndexedRulePolicy))
    assert ours._find_action_from_rules(*given_) == theirs._find_action_from_rules(*given_)


@pytest.mark.parametrize(
    ("rules", "is_asked"),
    [([], False), ([[{"user": {"intent": "koude"}, "prev_action": {}}]], False),
     ([[{"user": {}, "prev_action": {"action_name": "action_listen"}}]], True)],
    ids=["alone", "beside another intent's", "beside one for all"],
)  # fmt: skip
def test_rasa_searches_only_where_several_rules_may_fit(monkeypatch, rules, is_asked):
    asked: List[Any] = []
    simple = [{"prev_action": {"action_name": "action_listen"}, "user": {"intent": "warmte"}}]
    ours = policy(IndexedRulePolicy, [simple, *rules])
    monkeypatch.setattr(RulePolicy, "_find_action_from_rules", lambda *given: asked.append(given))
    ours._find_action_from_rules(conversation_of([("warmte", ACTIONS[1])], False), None, False)
    assert bool(asked) == is_asked


def test_rules_that_ask_for_an_intent_are_not_looked_through_by_text(monkeypatch):
    ours = policy(IndexedRulePolicy, [[{"user": {"intent": "warmte"}}]])
    monkeypatch.setattr(RulePolicy, "_find_action_from_rules", lambda *_: pytest.fail("asked"))
    conversation = conversation_of([("warmte", ACTIONS[1])], False)
    assert ours._find_action_from_rules(conversation, None, True) == (None, None, False)


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
