"""What is remembered of alarms while the database can't be asked."""

from __future__ import annotations

import pytest

from rasa_project.conversation import alarm_memory
from rasa_project.conversation.alarm_memory import AlarmMemory
from rasa_project.redflags.urgency import Urgency


def test_a_conversation_holds_nothing_at_first():
    assert AlarmMemory().held("a") is Urgency.NONE
    assert AlarmMemory().unstored("a") is None


def test_the_highest_urgency_is_held_per_conversation():
    memory = AlarmMemory()
    memory.saw("a", Urgency.EMERGENCY)
    memory.saw("a", Urgency.SOON)
    memory.saw("a", Urgency.NONE)
    assert memory.held("a") is Urgency.EMERGENCY
    assert memory.held("b") is Urgency.NONE


def test_messages_are_kept_together_until_they_are_stored():
    memory = AlarmMemory()
    memory.keep("a", "eerste")
    memory.keep("a", "tweede")
    assert memory.unstored("a") == "eerste\ntweede"
    memory.stored("a")
    assert memory.unstored("a") is None
    memory.stored("a")


@pytest.mark.parametrize("fill", ["held", "unstored"])
def test_it_does_not_grow_without_end(monkeypatch, fill):
    monkeypatch.setattr(alarm_memory, "MOST_CONVERSATIONS", 3)
    memory = AlarmMemory()
    for name in "abcd":
        memory.saw(name, Urgency.SAME_DAY)
        memory.keep(name, "alarm")
    if fill == "held":
        assert [memory.held(n) for n in "ad"] == [Urgency.NONE, Urgency.SAME_DAY]
    else:
        assert [memory.unstored(n) for n in "ad"] == [None, "alarm"]


def test_a_message_that_is_sent_again_is_kept_once():
    memory = AlarmMemory()
    for text in ("eerste", "tweede", "eerste"):
        memory.keep("a", text)
    assert memory.unstored("a") == "eerste\ntweede"


def test_nothing_is_left_of_a_conversation_that_was_erased():
    memory = AlarmMemory()
    memory.saw("a", Urgency.SAME_DAY)
    memory.keep("a", "alarm")
    memory.forget("a")
    memory.forget("b")
    assert (memory.held("a"), memory.unstored("a")) == (Urgency.NONE, None)
