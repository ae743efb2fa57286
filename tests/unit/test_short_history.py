"""A short history leads to the state of the long one."""

from __future__ import annotations

from typing import Any, List

from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project.storage.short_history import KEPT_TURNS, shortened, tracker_from

NAMES = ("urgency", "flags", "topic")


def slots() -> List[AnySlot]:
    return [AnySlot(name, initial_value="none", mappings=[{}]) for name in NAMES]


_values = st.one_of(st.none(), st.text(max_size=3), st.lists(st.integers(), max_size=2))
_set_slot = st.builds(SlotSet, st.sampled_from(NAMES), _values)
_rare = st.sampled_from(
    [ConversationPaused, ConversationResumed, AllSlotsReset, SessionStarted, Restarted]
).map(lambda kind: kind())


@st.composite
def turns(draw: Any) -> List[Event]:
    before = draw(st.lists(st.one_of(_set_slot, _rare), max_size=2))
    after = draw(st.lists(st.one_of(_set_slot, _set_slot, _rare), max_size=3))
    text = draw(st.text(min_size=1, max_size=4))
    answer = [ActionExecuted("action_answer"), BotUttered(f"over {text}")]
    listen = [ActionExecuted("action_listen")]
    return [*before, *listen, UserUttered(text), *answer, *after, *listen]


def state(events: List[Event]) -> Any:
    tracker = DialogueStateTracker.from_events("x", events, slots())
    return (
        {name: (slot.value, slot.has_been_set) for name, slot in tracker.slots.items()},
        tracker.is_paused(),
        tracker.latest_action_name,
        tracker.latest_message.text if tracker.latest_message else None,
        tracker.latest_bot_utterance.text if tracker.latest_bot_utterance else None,
    )


@given(st.lists(turns(), min_size=1, max_size=8))
def test_the_state_is_the_same_however_often_it_is_shortened(conversation):
    everything: List[Event] = []
    short: List[Event] = []
    for turn in conversation:
        everything += turn
        short = shortened([*short, *turn], slots())
        assert state(short) == state(everything)
        assert sum(isinstance(event, UserUttered) for event in short) <= KEPT_TURNS


@given(st.lists(turns(), min_size=6, max_size=6))
def test_it_does_not_grow(conversation):
    short: List[Event] = []
    for turn in conversation * 4:
        short = shortened([*short, *turn], slots())
        # The kept turns, one of each slot, and a few events about the state.
        assert len(short) <= KEPT_TURNS * 12 + len(NAMES) + 3


def test_a_conversation_in_which_a_form_is_open_is_kept_whole():
    turn = [UserUttered("ja"), ActiveLoop("a_form"), ActionExecuted("action_listen")]
    events = turn * 5
    assert shortened(events, slots()) == events


@given(st.lists(st.one_of(_set_slot, _rare), max_size=8))
def test_a_tracker_is_made_as_rasa_makes_it(events):
    domain = slots()
    theirs = DialogueStateTracker.from_events("web:1", events, domain)
    ours = tracker_from("web:1", events, domain)
    assert vars(ours).keys() == vars(theirs).keys()
    assert list(ours.events) == list(theirs.events)
    assert ours.is_paused() == theirs.is_paused()
    for name, slot in theirs.slots.items():
        assert vars(ours.slots[name]) == vars(slot)
        assert type(ours.slots[name]) is type(slot)
    # The domain's own stay as they are.
    assert all(slot.value == "none" and not slot.has_been_set for slot in domain)
