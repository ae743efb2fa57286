"""Actions in this process: the same as over a network, without its costs."""

from __future__ import annotations

import warnings
from typing import Any, Dict, List

import pytest
from rasa.core.actions.action import ActionListen, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    FollowupAction,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import TextSlot
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project.in_process import InProcessAction, InProcessActions, InProcessProcessor
from rasa_project.names import ACTION_ANSWER
from rasa_project.settings import PROJECT

ANSWERED = {"topics": ["warmte"], "urgency": "none", "outcome": "answered"}


@pytest.fixture(scope="module")
def actions() -> InProcessActions:
    return InProcessActions()


@pytest.fixture
def domain() -> Domain:
    return Domain([], [], [], {}, [ACTION_ANSWER], {}, {})


@pytest.fixture
def processor(actions, domain) -> InProcessProcessor:
    """A processor whose policies may not be asked."""
    loaded = MessageProcessor.__new__(MessageProcessor)
    loaded.domain, loaded.graph_runner, loaded.max_number_of_predictions = domain, None, 10
    return InProcessProcessor(loaded, actions)


def tracker(*events: Any) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("web:1", list(events), [])


async def test_what_an_action_says_and_sets_reaches_rasa(actions, domain, monkeypatch):
    calls = []

    async def answer(dispatcher: Any, tracker: Any, _domain: Dict[str, Any]) -> Any:
        calls.append(tracker)
        dispatcher.utter_message(text="Warmte mag.", json_message=ANSWERED)
        return [{"event": "slot", "name": "misses", "value": 0, "timestamp": None}]

    monkeypatch.setitem(actions._executor.actions, ACTION_ANSWER, answer)

    def refuse(*_given: Any) -> None:
        raise AssertionError("the schema of a reply was built")

    monkeypatch.setattr(RemoteAction, "action_response_format_spec", refuse)
    action = InProcessAction(ACTION_ANSWER, actions)
    nlg = TemplatedNaturalLanguageGenerator({})
    events = await action.run(CollectingOutputChannel(), nlg, tracker(), domain)
    said, slot = events
    assert isinstance(said, BotUttered)
    assert (said.text, said.data["custom"]) == ("Warmte mag.", ANSWERED)
    assert slot == SlotSet("misses", 0)
    assert calls[0].sender_id == "web:1"


@pytest.mark.parametrize("asks", [False, True])
async def test_only_an_action_that_asks_for_the_domain_gets_it(actions, monkeypatch, asks):
    named = [{ACTION_ANSWER: {"send_domain": True}}] if asks else [ACTION_ANSWER]
    domain = Domain.from_dict({"intents": ["warmte"], "actions": named})
    given: List[Any] = []

    async def answer(_dispatcher: Any, _tracker: Any, known: Dict[str, Any]) -> Any:
        given.append(known)
        return []

    monkeypatch.setitem(actions._executor.actions, ACTION_ANSWER, answer)
    nlg = TemplatedNaturalLanguageGenerator({})
    action = InProcessAction(ACTION_ANSWER, actions)
    await action.run(CollectingOutputChannel(), nlg, tracker(), domain)
    assert given == [domain.as_dict() if asks else {}]


def test_after_an_action_of_ours_it_listens_without_asking_the_policies(processor):
    action, prediction = processor.predict_next_with_tracker_if_should(
        tracker(ActionExecuted("action_listen"), ActionExecuted(ACTION_ANSWER))
    )
    assert isinstance(action, ActionListen)
    assert (prediction.max_confidence, prediction.events) == (1.0, [])


@pytest.mark.parametrize(
    "events",
    [
        [ActionExecuted("action_listen")],
        [ActionExecuted("somebody_elses_action")],
        [ActionExecuted(ACTION_ANSWER), FollowupAction(ACTION_ANSWER)],
    ],
    ids=["a new message", "not ours", "an action that asks for another"],
)
def test_else_the_policies_are_asked_and_the_action_runs_here(processor, monkeypatch, events):
    predicted = PolicyPrediction.for_action_name(processor.domain, ACTION_ANSWER)
    monkeypatch.setattr(processor, "_predict_next_with_tracker", lambda _tracker: predicted)
    action, prediction = processor.predict_next_with_tracker_if_should(tracker(*events))
    assert isinstance(action, InProcessAction)
    assert action.name() == ACTION_ANSWER
    assert prediction is predicted


def uttered(*entities: str) -> UserUttered:
    said = [{"entity": name, "value": "6"} for name in entities]
    return UserUttered("al zes dagen", {"name": "warmte", "confidence": 1.0}, said)


async def filled(processor: InProcessProcessor, event: UserUttered) -> Any:
    processor.nlg, channel = None, CollectingOutputChannel()
    spoken = DialogueStateTracker.from_events("web:1", [event], processor.domain.slots)
    return (await processor.run_action_extract_slots(channel, spoken)).get_slot("pain_days")


@pytest.fixture
def real_domain() -> Domain:
    return Domain.load(str(PROJECT / "domain.yml"))


async def test_entities_fill_slots_and_without_them_nobody_looks(processor, real_domain):
    processor.domain = real_domain
    assert await filled(processor, uttered("pain_days")) == "6"
    processor.action_endpoint = None
    processor.__dict__.pop("_actions")
    assert await filled(processor, uttered()) is None
    assert processor._slots_hold_only_entities


async def test_slots_that_are_filled_by_words_are_filled(processor):
    text = TextSlot("pain_days", [{"type": "from_text"}])
    processor.domain = Domain([], [], [text], {}, [ACTION_ANSWER], {}, {})
    assert await filled(processor, uttered()) == "al zes dagen"


async def test_listening_is_written_down_like_any_action(processor, domain):
    processor.max_number_of_predictions = 10
    given = tracker(ActionExecuted(ACTION_ANSWER))
    action, prediction = processor.predict_next_with_tracker_if_should(given)
    theirs = tracker(ActionExecuted(ACTION_ANSWER))
    channel, nlg = CollectingOutputChannel(), TemplatedNaturalLanguageGenerator({})
    await MessageProcessor._run_action(processor, action, theirs, channel, nlg, prediction)
    assert not await processor._run_action(action, given, channel, nlg, prediction)
    assert list(given.events) == list(theirs.events)
    assert given.latest_action == theirs.latest_action == {"action_name": "action_listen"}


async def said_by(run: Any, conversation: DialogueStateTracker, processor: Any) -> Any:
    """What is stored and sent when an action is run as Rasa does it, or as we do."""
    channel, nlg = CollectingOutputChannel(), TemplatedNaturalLanguageGenerator({})
    prediction = PolicyPrediction.for_action_name(processor.domain, ACTION_ANSWER)
    prediction.events = [DefinePrevUserUtteredFeaturization(False)]
    action = InProcessAction(ACTION_ANSWER, processor.action_endpoint)
    goes_on = await run(processor, action, conversation, channel, nlg, prediction)
    return goes_on, list(conversation.events), channel.messages


@pytest.mark.parametrize("fails", [False, True])
async def test_an_action_of_ours_is_run_as_rasa_runs_it(processor, actions, monkeypatch, fails):
    seen: List[Any] = []

    async def answer(dispatcher: Any, given: Any, _domain: Dict[str, Any]) -> Any:
        if fails:
            raise ValueError("broken")
        events = given.events
        seen.append([len(events), events[0]["event"], [e["event"] for e in events[-1:]]])
        dispatcher.utter_message(text="Warmte mag.", json_message=ANSWERED)
        return [{"event": "followup", "name": None}]

    monkeypatch.setitem(actions._executor.actions, ACTION_ANSWER, answer)
    before = [ActionExecuted("action_listen"), UserUttered("mag warmte", {"name": "warmte"})]
    theirs = await said_by(MessageProcessor._run_action, tracker(*before), processor)
    ours = await said_by(InProcessProcessor._run_action, tracker(*before), processor)
    assert ours == theirs
    assert (theirs[2] == []) == fails
    assert seen == [] or seen[1] == [2, "action", ["user"]]


def test_what_the_domain_does_not_know_is_still_said(processor, real_domain):
    processor.domain = real_domain
    parsed: Dict[str, Any] = {"intent": {"name": "warmte"}, "entities": []}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        processor._check_for_unseen_features(parsed)
    for change in ({"intent": {"name": "weer"}}, {"entities": [{"entity": "shoe"}]}):
        with pytest.warns(UserWarning, match="not defined in the domain"):
            processor._check_for_unseen_features({**parsed, **change})


def test_every_action_of_the_domain_answers_the_whole_turn(actions):
    named = Domain.load(str(PROJECT / "domain.yml")).user_actions
    # Others in this process may be of tests.
    assert set(named) <= actions.answers_whole_turn
