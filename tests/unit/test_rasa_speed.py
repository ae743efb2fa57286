"""What is worked out once gives what Rasa itself gives."""

from __future__ import annotations

import jsonschema
import pytest
import rasa.shared.utils.common as common
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event

from rasa_project.rasa_speed import make_turns_quicker

GOOD = {"events": [{"event": "slot", "name": "a", "value": 1}], "responses": [{"text": "Dag."}]}
BAD = [
    [],
    {"events": [{"event": "slot"}]},
    {"events": [{"event": "nothing that exists"}]},
    {"events": {}},
    {"responses": ["Dag."]},
]


@pytest.fixture
def quicker(monkeypatch):
    monkeypatch.setattr(RemoteAction, "_validate_action_result", None)
    monkeypatch.setattr(common, "all_subclasses", common.all_subclasses)
    make_turns_quicker()


def test_results_of_actions_are_still_checked(quicker):
    action = RemoteAction("action_x", None)
    assert action._validate_action_result(GOOD)
    for bad in BAD:
        with pytest.raises(jsonschema.ValidationError):
            action._validate_action_result(bad)


def test_rasa_itself_says_the_same():
    action = RemoteAction("action_x", None)
    assert action._validate_action_result(GOOD)
    for bad in BAD:
        with pytest.raises(jsonschema.ValidationError):
            action._validate_action_result(bad)


def test_all_kinds_of_events_are_found(quicker):
    kinds = common.all_subclasses.__wrapped__(Event)
    assert common.all_subclasses(Event) == kinds
    assert len(kinds) > 20
    for kind in kinds:
        assert Event.resolve_by_type(kind.type_name).type_name == kind.type_name
    make_turns_quicker()
    assert not hasattr(common.all_subclasses.__wrapped__, "cache_info")
