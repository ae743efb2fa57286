"""The stand-in, and the bot against it: with the real assistant, or light."""

from __future__ import annotations

import multiprocessing
import os
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional

import pytest

from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from tests.dialogues.conftest import (  # noqa: F401
    Assistant,
    Launcher,
    launch,
    launch_for_file,
    practice_nl,
    project,
    trained_model,
)
from tests.telegram import light
from tests.telegram.agreed import agree
from tests.telegram.stand_in import StandIn

# Each bot begins with everything imported already, so that many can be killed.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.telegram.light"])


class LightBot:
    """The bot without Rasa, in a process of its own."""

    def __init__(self, folder: Path, api: str, seconds: float = 0.002):
        self.database = f"sqlite:///{folder / 'light.db'}"
        self._errors = folder / "light.log"
        self._errors.touch()
        self._api = api
        self._seconds = seconds
        self._process: Optional[Any] = None
        migrate(self.database)

    def start(self) -> "LightBot":
        ready = _CONTEXT.Event()
        self._process = _CONTEXT.Process(
            target=light.main,
            args=(self.database, self._api, ready, str(self._errors), self._seconds),
            daemon=True,
        )
        self._process.start()
        assert ready.wait(60), self.errors
        return self

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.join(20)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.join(20)
        assert self._process.exitcode == 0, self.errors

    @property
    def errors(self) -> str:
        return self._errors.read_text("utf-8")


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    server = StandIn().start()
    yield server
    server.stop()
    assert server.problems == []


@pytest.fixture
def light_bot(tmp_path: Path, stand_in: StandIn) -> Iterator[Callable[..., LightBot]]:
    bots: List[LightBot] = []
    # The forkserver keeps the environment in which it was started.
    os.environ.setdefault("PYTHONWARNINGS", "ignore")

    def make(agreed: bool = True, **options: Any) -> LightBot:
        bots.append(LightBot(tmp_path, stand_in.address, **options))
        if agreed:
            stand_in.agree = partial(agree, bots[-1].database)
        return bots[-1]

    yield make
    for bot in bots:
        if bot._process is not None and bot._process.is_alive():
            bot.kill()
        engine_for(bot.database).dispose()
    engine_for.cache_clear()
