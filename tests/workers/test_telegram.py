"""Telegram is asked by one worker; when it dies or hangs another goes on, and nothing comes twice."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from rasa_project.workers.leases import LASTS_SECONDS
from tests.telegram import light
from tests.telegram.agreed import agree
from tests.telegram.light import echo_of
from tests.telegram.stand_in import StandIn
from tests.workers.conftest import _CONTEXT

pytestmark = pytest.mark.postgres
CHATS = (1001, 1002, 1003)


class Bot:
    """One worker with the bot and without Rasa."""

    def __init__(self, url: str, api: str, errors: Path) -> None:
        self.errors = errors
        errors.touch()
        ready = _CONTEXT.Event()
        self.process = _CONTEXT.Process(
            target=light.main, args=(url, api, ready, str(errors), 0.02, True), daemon=True
        )
        self.process.start()
        assert ready.wait(60)

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    server = StandIn().start()
    yield server
    server.stop()
    assert server.problems == []


@pytest.fixture
def bots(shared_database: str, stand_in: StandIn, tmp_path: Path) -> Iterator[Callable[[], Bot]]:
    started: List[Bot] = []
    stand_in.agree = partial(agree, shared_database)

    def start() -> Bot:
        started.append(Bot(shared_database, stand_in.address, tmp_path / f"log-{len(started)}"))
        return started[-1]

    yield start
    for bot in started:
        bot.process.kill()
        bot.process.join(20)


Said = Dict[int, List[str]]


def say(stand_in: StandIn, said: Said) -> None:
    for chat in CHATS:
        said[chat].append(f"bericht {len(said[chat])} van {chat}")
        stand_in.says(chat, said[chat][-1])


def all_answered(stand_in: StandIn, said: Said) -> None:
    """Each once, in order, after the introduction."""
    for chat, texts in said.items():
        last = echo_of(texts[-1])
        stand_in.wait(lambda c=chat, t=last: t in stand_in.texts(c), f"all in {chat}", 40)
    time.sleep(0.5)
    for chat, texts in said.items():
        assert stand_in.texts(chat)[1:] == [echo_of(text) for text in texts], chat


def conflicts(*bots: Bot) -> int:
    return sum("Another program asks" in bot.errors.read_text("utf-8") for bot in bots)


@pytest.mark.parametrize("how", ["kill", "stop", "pause"])
def test_another_worker_goes_on_and_nothing_comes_twice(bots, stand_in, how):
    said: Said = {chat: [] for chat in CHATS}
    first = bots()
    for chat in CHATS:
        stand_in.says(chat, "hoi")
        said[chat].append("hoi")
    all_answered(stand_in, said)
    second = bots()
    time.sleep(0.5)
    say(stand_in, said)
    all_answered(stand_in, said)
    # In the middle of answers.
    say(stand_in, said)
    say(stand_in, said)
    time.sleep(0.06)
    number: Any = {"kill": signal.SIGKILL, "stop": signal.SIGTERM, "pause": signal.SIGSTOP}[how]
    first.signal(number)
    stopped = time.monotonic()
    say(stand_in, said)
    all_answered(stand_in, said)
    took = time.monotonic() - stopped
    assert took < LASTS_SECONDS + 12, f"{took:.1f} s"
    if how == "pause":
        first.signal(signal.SIGCONT)
        say(stand_in, said)
        all_answered(stand_in, said)
        time.sleep(1.0)
        all_answered(stand_in, said)
    assert conflicts(first, second) == 0
    assert "Traceback" not in second.errors.read_text("utf-8")
