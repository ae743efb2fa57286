"""The server without Rasa: both channels, log, router, answering and sweeper are the real ones.

It starts in a fraction of a second, so that it can be killed hundreds of times.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import sys
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Optional, Set

import sqlalchemy as sa
from rasa.core.channels.channel import UserMessage
from sanic import Sanic
from sqlalchemy.engine import Engine
from sqlalchemy.orm import configure_mappers

from rasa_project.channels.telegram import TelegramInput
from rasa_project.channels.website import WebsiteInput
from rasa_project.contract import Outcome, turn
from rasa_project.conversation.failure import active_findings
from rasa_project.conversation.hub import hub
from rasa_project.conversation.texts import texts
from rasa_project.conversation.triage_file import triage_file
from rasa_project.handoff.phrases import phrases
from rasa_project.handoff.sweeper import Sweeper, sweep_while_serving
from rasa_project.redflags.urgency import Urgency, highest
from rasa_project.settings import current_practice
from rasa_project.storage import engine
from rasa_project.storage.lock_store import RuggesteunLockStore
from tests.dialogues.conftest import OFFICE_HOURS
from tests.ports import free_port
from tests.telegram.stand_in import TOKEN

# Read once for all processes that are forked from the one that imports this.
for read in (
    partial(active_findings, ""), texts, triage_file, phrases, current_practice, configure_mappers
):  # fmt: skip
    read()
_MOST_TURN_SECONDS = 0.02
# Words that make an action fail or hang.
BROKEN, HANGING = "kapot", "hangend"
# How many seconds to wait for a database that is held; the light server's own setting.
BUSY = "LIGHT_BUSY_SECONDS"
_failed: Set[str] = set()
# Each server begins with everything imported already.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.faults.light_server"])


def answer_to(text: str) -> str:
    """What stands in for the assistant's answer."""
    return f"Antwoord op: {text}."


async def _answer(message: UserMessage) -> None:
    """Rasa's handler, as far as it matters here: one turn of a conversation at a time."""
    async with _lock_store().lock(message.sender_id):
        await _turn(message)


async def _turn(message: UserMessage) -> None:
    """An echo that takes its time, and an alarm when there is a sign."""
    text = message.text or ""
    if text not in _failed:
        # Once; an alarm that could not be stored is told to Rasa again before the next message.
        _failed.add(text)
        if BROKEN in text:
            raise ValueError("an action that is broken")
        if HANGING in text:
            await asyncio.sleep(600)
    await asyncio.sleep((hash(text) % 100) / 100 * _MOST_TURN_SECONDS)
    urgency = highest(finding.urgency for finding in active_findings(text))
    outcome = Outcome.SMALLTALK if urgency is Urgency.NONE else Outcome.TRIAGE
    output, sender = message.output_channel, message.sender_id
    await output.send_text_message(sender, answer_to(text))
    await output.send_custom_json(sender, turn(outcome, urgency))


@lru_cache(maxsize=1)
def _lock_store() -> RuggesteunLockStore:
    return RuggesteunLockStore()


def _fill_database_at(pages: int) -> None:
    """Let SQLite say that the disk is full when the file has so many pages."""

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    sa.event.listen(Engine, "connect", limit)


def main(settings: dict, port: int, ready: Any, errors: str, pages: int) -> None:
    """Serve until killed."""
    os.environ.update(settings)
    engine.SQLITE_BUSY_SECONDS = int(settings.get(BUSY, engine.SQLITE_BUSY_SECONDS))
    if pages:
        _fill_database_at(pages)
    sys.stdout = sys.stderr = open(errors, "a", buffering=1)  # noqa: SIM115
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, force=True)
    logging.getLogger("sanic.root").setLevel(logging.WARNING)
    app = Sanic("light", configure_logging=False)
    for channel, prefix in ((WebsiteInput(), "/chat"), (TelegramInput(), "/webhooks/telegram")):
        app.blueprint(channel.blueprint(_answer), url_prefix=prefix)
    sweep_while_serving(app, Sweeper(settings["RUGGESTEUN_DATABASE_URL"]), hub)
    app.register_listener(lambda _app, _loop: ready.set(), "after_server_start")
    app.run(host="127.0.0.1", port=port, workers=1, access_log=False, motd=False)


class LightServer:
    """One of them, that can be killed and started again with the same database and port."""

    def __init__(self, folder: Path, database_url: str, telegram_api: str = "", **settings: str):
        self.port = free_port()
        self.database_url = database_url
        # Of SQLite's file, at most; 0 for no limit.
        self.pages = 0
        self.log = folder / "light-server.log"
        self.log.touch()
        self._settings = {
            "RUGGESTEUN_DATABASE_URL": database_url,
            "RUGGESTEUN_FIXED_TIME": OFFICE_HOURS,
            "RUGGESTEUN_TELEGRAM_TOKEN": TOKEN if telegram_api else "",
            **({"RUGGESTEUN_TELEGRAM_API": telegram_api} if telegram_api else {}),
            **settings,
        }
        self._process: Optional[Any] = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def errors(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def start(self) -> "LightServer":
        ready = _CONTEXT.Event()
        self._process = _CONTEXT.Process(
            target=main,
            args=(self._settings, self.port, ready, str(self.log), self.pages),
            daemon=True,
        )
        self._process.start()
        assert ready.wait(60), self.errors
        return self

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.join(20)
            self._process = None
