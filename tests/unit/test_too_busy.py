"""More messages than can be answered: a kind line at once, and alarms all the same."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Iterator, List

import pytest

from rasa_project.channels import turn_queue as module
from rasa_project.channels.turn_queue import QueueFull, TurnQueue
from rasa_project.channels.turns import Turns
from rasa_project.conversation.failure import active_findings
from rasa_project.errors import SettingsError
from rasa_project.settings import read_settings
from tests.conftest import MONDAY_MORNING

ANSWERED = {"topics": ["warmte"], "urgency": "none", "outcome": "answered"}


@pytest.fixture(autouse=True)
def practice(serve_practice, at) -> Any:
    at(MONDAY_MORNING)
    served = serve_practice()
    # The server reads the rules when it starts.
    active_findings("")
    return served


class Rasa:
    """Answers after a while; counts how many turns run side by side."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.running, self.most, self.texts = seconds, 0, 0, []

    async def __call__(self, message: Any) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.seconds)
            self.texts.append(message.text)
            await message.output_channel.send_custom_json(message.sender_id, ANSWERED)
        finally:
            self.running -= 1


@pytest.fixture
def with_queue(monkeypatch, tmp_path) -> Iterator[Any]:
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", f"sqlite:///{tmp_path / 'x.db'}")

    def make(rasa: Rasa, *given: Any) -> Turns:
        queue = TurnQueue(*given)
        monkeypatch.setattr("rasa_project.channels.turns.turn_queue", lambda: queue)
        return Turns(rasa, "rest")

    yield make
    module.turn_queue.cache_clear()


def outcomes(replies: List[Any]) -> List[str]:
    return [reply[-1]["custom"]["outcome"] for reply in replies]


async def test_beyond_the_queue_a_kind_line_comes_at_once(with_queue, practice):
    rasa = Rasa(0.2)
    turns = with_queue(rasa, 3, 2)
    waiting = [asyncio.ensure_future(turns.run("warmte?", f"web:{n}")) for n in range(5)]
    await asyncio.sleep(0)
    started = time.monotonic()
    said, contract = await turns.run("mag ik fietsen?", "web:late")
    assert time.monotonic() - started < 1
    assert "veel mensen" in said["text"]
    assert practice.phone in said["text"]
    assert "112" in said["text"]
    assert contract["custom"] == {"topics": [], "urgency": "none", "outcome": "fallback"}
    assert outcomes(await asyncio.gather(*waiting)) == ["answered"] * 5
    assert rasa.most == 2
    assert outcomes([await turns.run("warmte?", "web:late")]) == ["answered"]


async def test_an_alarm_is_answered_all_the_same_and_told_to_rasa_afterwards(with_queue):
    rasa = Rasa(0.1)
    turns = with_queue(rasa, 0, 1)
    running = asyncio.ensure_future(turns.run("warmte?", "web:1"))
    await asyncio.sleep(0)
    said, contract = await turns.run("Ik kan niet meer plassen", "web:late")
    assert contract["custom"]["urgency"] == "same_day"
    assert contract["custom"]["outcome"] == "triage"
    assert "Bel nu je huisarts" in said["text"]
    # What it holds does not drop by a message that finds no place either.
    assert (await turns.run("hallo", "web:late"))[-1]["custom"]["urgency"] == "same_day"
    await running
    await turns.run("hallo", "web:late")
    assert rasa.texts == ["warmte?", "Ik kan niet meer plassen", "hallo"]


async def test_order_is_kept_in_the_queue(with_queue):
    rasa = Rasa(0.01)
    turns = with_queue(rasa, 20, 1)
    await asyncio.gather(*(turns.run(f"vraag {n}", f"web:{n}") for n in range(12)))
    assert rasa.texts == [f"vraag {n}" for n in range(12)]


async def test_nobody_goes_past_whoever_waits():
    queue = TurnQueue(100, 2)
    entered: List[int] = []

    async def one(number: int) -> None:
        async with queue.place():
            entered.append(number)
            await asyncio.sleep(0)

    tasks = []
    for number in range(60):
        tasks.append(asyncio.ensure_future(one(number)))
        if number % 3 == 0:
            await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert entered == list(range(60))
    assert (queue._inside, queue._free, len(queue._line)) == (0, 2, 0)


async def test_turns_that_hang_keep_nobody_waiting_for_ever(with_queue):
    turns = with_queue(Rasa(60), 5, 1, 0.1)
    hanging = asyncio.ensure_future(turns.run("warmte?", "web:1"))
    await asyncio.sleep(0)
    assert outcomes([await asyncio.wait_for(turns.run("warmte?", "web:2"), 1)]) == ["fallback"]
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    assert turns._queue._inside == 0


async def test_whoever_leaves_gives_the_place_back():
    queue = TurnQueue(1, 1)

    async def stay(seconds: float) -> None:
        async with queue.place():
            await asyncio.sleep(seconds)

    first, second = (asyncio.ensure_future(stay(60)) for _ in range(2))
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await stay(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    third = asyncio.ensure_future(stay(0))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait_for(third, 10)
    await asyncio.wait_for(stay(0), 10)


async def test_the_operator_is_told_once_when_it_begins_and_when_it_is_over(caplog):
    caplog.set_level(logging.WARNING)
    queue = TurnQueue(0, 1)

    async def try_three_times() -> None:
        for _ in range(3):
            with pytest.raises(QueueFull):
                async with queue.place():
                    pass

    async with queue.place():
        await try_three_times()
    async with queue.place():
        pass
    lines = [record.message.split(":")[0] for record in caplog.records]
    assert lines == ["TOO BUSY", "No longer too busy."]


def test_the_bound_is_a_setting():
    assert read_settings({}).most_waiting == 100
    assert read_settings({"RUGGESTEUN_MOST_WAITING": "7"}).most_waiting == 7
    for wrong in ("-1", "many", "1.5", "9999999"):
        with pytest.raises(SettingsError, match="RUGGESTEUN_MOST_WAITING"):
            read_settings({"RUGGESTEUN_MOST_WAITING": wrong})
