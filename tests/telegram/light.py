"""The bot without Rasa: channel, log and answering, with an echo for the assistant."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from dataclasses import replace
from typing import Any, Dict, List

from rasa_project.channels.telegram_bot import TelegramBot
from rasa_project.conversation.failure import active_findings, emergency_reply
from rasa_project.settings import Settings, read_settings
from rasa_project.workers.claims import claims_for
from rasa_project.workers.leases import Leases
from tests.telegram.stand_in import TOKEN

# Read once for all processes that are forked from the one that imports this.
active_findings("")
CONTRACT = {"topics": [], "urgency": "none", "outcome": "smalltalk"}


def echo_of(text: str) -> str:
    return f"Antwoord op: {text}."


class Echo:
    """Answers with what was said, and with buttons on request."""

    def __init__(self, seconds: float):
        self._seconds = seconds

    async def run(self, text: str, _conversation: str) -> List[Dict[str, Any]]:
        await asyncio.sleep(self._seconds)
        buttons = []
        if "knop" in text:
            buttons = [{"title": title, "payload": title} for title in ("Ja", "Nee")]
        return [{"text": echo_of(text), "buttons": buttons}, {"custom": CONTRACT}]

    def without_storing(self, text: str, _conversation: str) -> List[Dict[str, Any]]:
        return emergency_reply(text)

    def forget(self, _conversation: str) -> None:
        """Nothing is kept."""


def light_settings(database_url: str, api: str) -> Settings:
    return replace(
        read_settings({"RUGGESTEUN_FIXED_TIME": "2026-11-23T10:00+01:00"}),
        database_url=database_url,
        telegram_token=TOKEN,
        telegram_api=api,
    )


def main(
    database_url: str,
    api: str,
    ready: Any,
    errors: str,
    seconds: float = 0.002,
    beside_others: bool = False,
) -> None:
    """Run until killed, or until a signal asks to stop."""
    sys.stderr = open(errors, "a", buffering=1)  # noqa: SIM115
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, force=True)
    asyncio.run(_run(light_settings(database_url, api), ready, seconds, beside_others))


async def _run(settings: Settings, ready: Any, seconds: float, beside_others: bool) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    echo = Echo(seconds)
    claims = claims_for(settings) if beside_others else None
    leases = Leases(settings.database_url, lasts=3.0) if beside_others else None
    bot = TelegramBot(settings, echo, echo.run, claims, leases)
    bot.start()
    if leases is not None:
        leases.start()
    ready.set()
    await stopped.wait()
    with contextlib.suppress(asyncio.CancelledError):
        await bot.stop()
    if leases is not None:
        await leases.stop()
