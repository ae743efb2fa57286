"""What stands unanswered is answered: in order, once, also after a failure."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, List, Tuple

import pytest

from rasa_project.conversation import answering as answering_module
from rasa_project.conversation.answering import Answering
from rasa_project.conversation.events import PatientMessage
from rasa_project.conversation.log import ConversationGone, Stored
from rasa_project.conversation.push import Push
from rasa_project.conversation.router import Routed
from rasa_project.errors import StorageError


class FakeLog:
    def __init__(self) -> None:
        self.messages: Dict[str, List[int]] = {}
        self.replies: List[Tuple[str, int]] = []
        self.error: Any = None

    async def ask(self, work: Any, *given: Any) -> Any:
        return await asyncio.to_thread(work, *given)

    def first_unanswered(self, conversation: str) -> Any:
        done = {reply for _, reply in self.replies}
        for event in self.messages.get(conversation, []):
            if event not in done:
                return PatientMessage(event, f"text {event}", None)
        return None

    def add_reply(self, conversation: str, reply_to: int, content: Any) -> Stored:
        if self.error is not None:
            raise self.error
        self.replies.append((conversation, reply_to))
        return Stored(reply_to + 100, True)

    def erase(self, conversation: str, only_if: Any = None) -> None:
        self.messages.pop(conversation)


class Assistant:
    """Takes a moment for each turn, and notes what it was asked."""

    def __init__(self, push: Push) -> None:
        self.push = push
        self.asked: List[str] = []
        self.busy = 0
        self.error: Any = None

    async def __call__(self, text: str, conversation: str) -> List[Dict[str, Any]]:
        assert self.push.typing(conversation) == "assistant"
        self.asked.append(text)
        self.busy += 1
        await asyncio.sleep(0.005)
        self.busy -= 1
        if self.error is not None:
            raise self.error
        return [{"text": "Goed."}, {"custom": {"outcome": "triage", "urgency": "same_day"}}]


class World:
    def __init__(self) -> None:
        self.log, self.push = FakeLog(), Push()
        self.assistant = Assistant(self.push)
        self.answering = Answering(self.log, self.push, self.assistant, lambda content: content)

    async def settle(self) -> None:
        while self.answering._tasks:
            await asyncio.sleep(0.002)


@pytest.fixture
def world() -> World:
    return World()


async def test_messages_are_answered_in_order_and_once(world):
    world.log.messages["a"] = [1, 2, 3]
    for _ in range(5):
        world.answering.wake("a")
    await world.settle()
    world.answering.wake("a")
    await world.settle()
    assert world.log.replies == [("a", 1), ("a", 2), ("a", 3)]
    assert world.assistant.asked == ["text 1", "text 2", "text 3"]
    assert world.push.typing("a") is None


async def test_conversations_are_answered_side_by_side(world):
    world.log.messages = {"a": [1], "b": [2]}
    world.answering.wake("a")
    world.answering.wake("b")
    while world.assistant.busy < 2:
        await asyncio.sleep(0.001)
    await world.settle()
    assert sorted(world.log.replies) == [("a", 1), ("b", 2)]


async def test_a_message_that_comes_while_it_looks_is_not_missed(world):
    world.answering.wake("a")
    await asyncio.sleep(0)
    world.log.messages["a"] = [1]
    world.answering.wake("a")
    await world.settle()
    assert world.log.replies == [("a", 1)]


@pytest.mark.parametrize("where", ["assistant", "log"])
async def test_after_a_failure_it_waits_and_tries_again(world, monkeypatch, where):
    monkeypatch.setattr(answering_module, "FIRST_PAUSE", 0.05)
    world.log.messages["a"] = [1]
    getattr(world, where).error = StorageError("gone")
    for _ in range(20):
        world.answering.wake("a")
        await world.settle()
    assert len(world.assistant.asked) == 1, "it must not loop hot"
    assert world.push.typing("a") is None
    getattr(world, where).error = None
    await asyncio.sleep(0.06)
    world.answering.wake("a")
    await world.settle()
    assert world.log.replies == [("a", 1)]


async def test_what_the_database_says_of_a_failure_is_not_logged(world, caplog):
    def fail(*_: Any) -> Any:
        try:
            raise ValueError("Failing row contains (06 98 76 54 32)")
        except ValueError as error:
            raise StorageError("The database can't be used.") from error

    world.log.messages["a"] = [1]
    world.log.add_reply = fail
    world.answering.wake("a")
    await world.settle()
    assert "The database can't be used." in caplog.text
    assert "98 76" not in caplog.text


async def test_each_pause_is_longer_and_success_ends_them(world, monkeypatch):
    monkeypatch.setattr(answering_module, "FIRST_PAUSE", 0.01)
    world.log.messages["a"] = [1]
    world.log.error = StorageError("gone")
    pauses = []
    for _ in range(3):
        world.answering.wake("a")
        await world.settle()
        pauses.append(world.answering._paused["a"][1])
        await asyncio.sleep(pauses[-1] * 1.2)
    assert pauses == [0.01, 0.02, 0.04]
    world.log.error = None
    world.answering.wake("a")
    await world.settle()
    assert world.answering._paused == {}


async def test_an_alarm_that_cannot_be_stored_is_shown_all_the_same(world, monkeypatch):
    monkeypatch.setattr(answering_module, "FIRST_PAUSE", 0.01)
    world.log.messages["a"] = [1]
    world.log.error = StorageError("gone")
    world.answering.wake("a")
    await world.settle()
    assert world.push.trouble("a")["alarm"] == "same_day"
    world.log.error = None
    await asyncio.sleep(0.02)
    world.answering.wake("a")
    await world.settle()
    assert world.push.trouble("a") is None


async def test_a_conversation_that_was_erased_elsewhere_is_left(world):
    world.log.messages["a"] = [1]
    world.log.error = ConversationGone("gone")
    world.answering.wake("a")
    await world.settle()
    assert (world.answering._paused, world.push.trouble("a")) == ({}, None)


async def test_erasing_waits_for_the_turn_that_is_under_way(world):
    world.log.messages["a"] = [1, 2]
    world.answering.wake("a")
    while not world.assistant.busy:
        await asyncio.sleep(0.001)
    await world.answering.erase("a")
    await world.settle()
    assert world.log.replies == [("a", 1)]
    assert world.assistant.asked == ["text 1"]


async def test_after_the_stop_nothing_is_begun_and_what_hangs_is_cut_off(world, monkeypatch):
    monkeypatch.setattr(answering_module, "STOP_SECONDS", 0.05)

    async def hang(*_: Any) -> Any:
        await asyncio.sleep(60)

    world.log.messages = {"a": [1], "b": [2]}
    world.answering._run_turn = hang
    world.answering.wake("a")
    await asyncio.sleep(0.02)
    world.push.close()
    world.answering.wake("b")
    await world.answering.stop()
    await world.settle()
    assert world.log.replies == []
    assert world.push.typing("a") is None


# ---- who a message is for


class FakeRouter:
    """Settles what it is told to; notes what it is asked."""

    def __init__(self) -> None:
        self.routed = Routed(False)
        self.error: Any = None
        self.after_replies: List[int] = []

    def before(self, conversation: str, message: PatientMessage) -> Routed:
        if self.error is not None:
            raise self.error
        return self.routed

    def after(self, message: PatientMessage, content: Any) -> Any:
        return lambda *_: self.after_replies.append(message.event)


class RoutedLog(FakeLog):
    def add_reply(self, conversation: str, reply_to: int, content: Any, also: Any) -> Stored:
        also(None, None)
        return super().add_reply(conversation, reply_to, content)


@pytest.fixture
def routed() -> World:
    world = World()
    world.log = RoutedLog()
    world.router = FakeRouter()  # type: ignore[attr-defined]
    world.answering = Answering(
        world.log, world.push, world.assistant, lambda content: content, world.router
    )
    return world


async def test_what_the_assistant_answers_is_concluded_with_its_reply(routed):
    routed.log.messages["a"] = [1, 2]
    routed.answering.wake("a")
    await routed.settle()
    assert routed.router.after_replies == [1, 2]


async def test_what_is_settled_is_not_for_the_assistant(routed):
    routed.router.routed = Routed(True)
    routed.log.messages["a"] = [1]

    def before(conversation: str, message: PatientMessage) -> Routed:
        routed.log.replies.append((conversation, message.event))
        return Routed(True)

    routed.router.before = before
    with routed.push.mailbox("a") as mailbox:
        routed.answering.wake("a")
        await routed.settle()
        assert await mailbox.changed(0.1)
    assert routed.assistant.asked == []
    assert routed.push.typing("a") is None


async def test_the_assistant_first_hears_what_it_was_not_told(routed):
    routed.router.routed = Routed(False, "ik kan niet plassen")
    routed.log.messages["a"] = [1]
    routed.answering.wake("a")
    await routed.settle()
    assert routed.assistant.asked == ["ik kan niet plassen", "text 1"]
    assert routed.log.replies == [("a", 1)]


async def test_when_nobody_can_say_who_it_is_for_an_alarm_is_shown_all_the_same(routed):
    routed.router.error = StorageError("gone")
    routed.log.messages["a"] = [1]
    routed.log.first_unanswered = lambda _: PatientMessage(1, "ik kan niet meer plassen", None)
    routed.answering.wake("a")
    await routed.settle()
    assert routed.push.trouble("a")["alarm"] == "same_day"
    assert routed.assistant.asked == []
