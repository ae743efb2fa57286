"""Waking streams and polls, for what this process and others wrote."""

from __future__ import annotations

import asyncio

import pytest

from rasa_project.conversation import push as push_module
from rasa_project.conversation.push import Push, Watcher
from rasa_project.errors import StorageError


async def test_only_the_mailboxes_of_a_conversation_are_woken():
    push = Push()
    with push.mailbox("a") as one, push.mailbox("a") as two, push.mailbox("b") as other:
        push.notify("a")
        assert await one.changed(1)
        assert await two.changed(1)
        assert not await other.changed(0.01)
        assert not await one.changed(0.01)


async def test_a_wake_before_the_waiting_counts():
    push = Push()
    with push.mailbox("a") as box:
        push.notify("a")
        push.notify("a")
        assert await box.changed(0.01)
        assert not await box.changed(0.01)


async def test_typing_and_trouble_wake_and_are_held():
    push = Push()
    with push.mailbox("a") as box:
        push.set_typing("a", "assistant")
        assert await box.changed(0.01)
        assert push.typing("a") == "assistant"
        push.set_typing("a", None)
        assert await box.changed(0.01)
        assert push.typing("a") is None
        push.set_trouble("a", {"error": "x"})
        assert await box.changed(0.01)
        assert push.trouble("a") == {"error": "x"}
        push.set_trouble("a", None)
        assert push.trouble("a") is None


async def test_an_erased_conversation_is_told_to_who_waits_and_then_forgotten():
    push = Push()
    push.set_trouble("a", {"error": "x"})
    with push.mailbox("a") as box:
        push.erased("a")
        assert await box.changed(0.01)
        assert push.is_erased("a")
    assert not push.is_erased("a")
    push.erased("nobody waits")
    assert (push._boxes, push._typing, push._trouble, push._erased) == ({}, {}, {}, set())


async def test_closing_lets_everybody_go():
    push = Push()
    with push.mailbox("a") as one, push.mailbox("b") as two:
        push.close()
        assert await one.changed(0.01)
        assert await two.changed(0.01)
        assert push.closed


class FakeLog:
    """A log in which other processes write."""

    def __init__(self) -> None:
        self.written = [(1, "a")]
        self.fails = False
        self.asked = 0

    def newest(self) -> int:
        self.asked += 1
        if self.fails:
            raise StorageError("gone")
        return max(number for number, _ in self.written)

    def those_there(self, conversations: list) -> set:
        return set(conversations) & {conversation for _, conversation in self.written}

    def changed_since(self, event: int) -> dict:
        found: dict = {}
        for number, conversation in self.written:
            if number > event:
                found[conversation] = max(number, found.get(conversation, 0))
        return found


@pytest.fixture
def watched():
    log, push = FakeLog(), Push()
    return log, push, Watcher(log, push)


async def test_the_watcher_wakes_for_what_another_process_wrote(watched):
    log, push, watcher = watched
    with push.mailbox("a") as a, push.mailbox("b") as b:
        await watcher._look()
        assert await a.changed(0.01), "what came before the first look is not known"
        assert await b.changed(0.01)
        log.written.append((2, "b"))
        await watcher._look()
        assert await b.changed(0.01)
        assert not await a.changed(0.01)
        await watcher._look()
        assert not await b.changed(0.01), "it is woken once"


async def test_the_watcher_finds_what_was_committed_late(watched):
    log, push, watcher = watched
    with push.mailbox("a") as a, push.mailbox("b") as b:
        await watcher._look()
        log.written.append((3, "a"))
        await watcher._look()
        assert await a.changed(0.01)
        assert await b.changed(0.01)
        log.written.append((2, "b"))
        await watcher._look()
        assert await b.changed(0.01)
        assert not await a.changed(0.01)


async def test_the_watcher_tells_what_another_process_erased(watched, monkeypatch):
    log, push, watcher = watched
    monkeypatch.setattr(push_module, "_GONE_SECONDS", 0.0)
    log.written.append((2, "b"))
    with push.mailbox("a"), push.mailbox("b"):
        await watcher._look()
        assert not push.is_erased("a")
        log.written.remove((1, "a"))
        await watcher._look()
        assert push.is_erased("a")
        assert not push.is_erased("b")


async def test_the_watcher_leaves_the_database_alone_while_nobody_waits(watched):
    log, _, watcher = watched
    await watcher._look()
    assert log.asked == 0


async def test_the_watcher_goes_on_when_the_database_is_back(watched, monkeypatch, caplog):
    log, push, watcher = watched
    monkeypatch.setattr(push_module, "WATCH_SECONDS", 0.01)
    log.fails = True
    running = asyncio.ensure_future(watcher.run())
    with push.mailbox("a") as box:
        while not caplog.records:
            await asyncio.sleep(0.01)
        log.fails = False
        assert await box.changed(10)
    running.cancel()
    assert len(caplog.records) == 1, "the operator reads it once, not each second"


async def test_who_types_is_no_reason_to_read_the_log():
    push = Push()
    with push.mailbox("a") as box:
        assert box.take_news(), "at first the log is read"
        push.set_typing("a", "assistant")
        assert await box.changed(0.01)
        assert not box.take_news()
        push.set_typing("a", None)
        assert await box.changed(0.01)
        assert box.take_news(), "when the typing ends there may be a reply"


async def test_who_has_seen_an_event_is_not_woken_for_it():
    push = Push()
    with push.mailbox("a") as box:
        box.seen = 5
        push.wake_for("a", 5)
        assert not await box.changed(0.01)
        push.wake_for("a", 6)
        assert await box.changed(0.01)
