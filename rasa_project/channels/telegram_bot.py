"""The bot on Telegram: asks for updates or waits for them, and sends what is said. No Rasa."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from functools import partial
from typing import Any, Mapping, Optional, Set

from sqlalchemy.engine import Connection

from rasa_project.channels import telegram_notices as notices
from rasa_project.channels.telegram_api import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_UPDATES,
    POLL_SECONDS,
    BotApi,
    Conflict,
    TelegramError,
    TooFast,
    Unreachable,
    WrongToken,
)
from rasa_project.channels.telegram_consent import TelegramConsent
from rasa_project.channels.telegram_delivery import Deliveries, TelegramPush
from rasa_project.channels.telegram_export import own_files
from rasa_project.channels.telegram_intake import Intake, TurnsLike
from rasa_project.channels.telegram_names import Names
from rasa_project.channels.telegram_updates import WANTED, update_id
from rasa_project.conversation.answering import Answering, RunTurn
from rasa_project.conversation.hub import hub
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.push import Watcher
from rasa_project.conversation.router import Router
from rasa_project.errors import StorageError
from rasa_project.handoff.telegram_link import TelegramLinks
from rasa_project.privacy.erasing import AfterErasing
from rasa_project.settings import Settings
from rasa_project.storage.engine import keep_open
from rasa_project.storage.telegram_store import TelegramStore
from rasa_project.workers.claims import TurnClaims
from rasa_project.workers.leases import LeaseLost, Leases, alone, wanted

logger = logging.getLogger(__name__)
ROUTE = "/webhooks/telegram"
SWEEP_SECONDS = 15.0
# Another worker may have died over a message.
SHARED_SWEEP_SECONDS = 3.0
_SWEEPS_A_DAY = int(24 * 3600 / SWEEP_SECONDS)
_PAUSE_AFTER_STORAGE = 2.0
_SOON = 0.2
_MOST_ASKED = 10
WRONG_TOKEN = (
    "Telegram does not know the bot in RUGGESTEUN_TELEGRAM_TOKEN: copy the token from "  # noqa: S105
    "@BotFather again. The assistant goes on without Telegram."
)


class TelegramBot:
    """All of the channel but its web address.

    Args:
        settings: Where Telegram is, and who we are there.
        turns: Answers what can't be stored.
        run_turn: Answers the rest.
        claims: So that one worker at a time answers a conversation.
        leases: So that one worker asks for updates and sends; None when it is alone.
    """

    def __init__(
        self,
        settings: Settings,
        turns: TurnsLike,
        run_turn: RunTurn,
        claims: Optional[TurnClaims] = None,
        leases: Optional[Leases] = None,
    ):
        self._webhook = settings.telegram_webhook
        self.names = Names(settings.telegram_token)
        self._api = BotApi(self.names, settings.telegram_api)
        self._log = ConversationLog(settings.database_url)
        self._leases = leases
        self._lease = wanted(f"telegram {self.names.bot}"[:32], leases)
        self._store = TelegramStore(settings.database_url, self.names.bot, lease=self._lease)
        self._push = TelegramPush(
            lambda conversation: self._deliveries.wake(conversation),
            lambda conversation: self._deliveries.show_typing(conversation),
            self._show_trouble,
        )
        router = Router(settings.database_url)
        self._answering = Answering(self._log, self._push, run_turn, dict, router, claims)
        url = settings.database_url
        files_of = partial(own_files, url)
        self._deliveries = Deliveries(
            self.names, self._api, self._log, self._store, self._push, files_of, self._lease
        )
        self._after_erasing = AfterErasing(url)
        self._intake = Intake(
            self.names,
            self._api,
            self._log,
            self._store,
            self._answering,
            self._deliveries,
            turns,
            TelegramLinks(url),
            TelegramConsent(url, self._log, self._store, self._deliveries, turns.forget),
            self._after_erasing,
            None if self._webhook else self._lease,
        )
        self._tasks: Set["asyncio.Task[None]"] = set()
        self._in_trouble = False
        self._url = settings.database_url
        self._open: Optional[Connection] = None

    def start(self) -> None:
        """Begin, in the running loop."""
        # Should it fail, then what needs the database says so.
        with contextlib.suppress(StorageError):
            self._open = keep_open(self._url)
        loop = asyncio.get_running_loop()
        hub.join(self._push)
        lead = alone(self._lease.name, self._leases, self._lead)
        for work in (lead, Watcher(self._log, self._push).run()):
            self._tasks.add(loop.create_task(work))

    async def stop(self) -> None:
        """End; what is not done yet is done after the next start."""
        hub.leave(self._push)
        self._push.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._after_erasing.stop()
        await self._answering.stop()
        await self._deliveries.stop()
        await self._api.close()
        if self._open is not None:
            self._open.close()

    async def take(self, raw: Mapping[str, Any]) -> None:
        """Handle an update that came over the webhook.

        Raises:
            StorageError: It could not be stored, so it must come again.
        """
        self._deliveries.once.saw_update(raw)
        await self._intake.take(raw)

    async def _lead(self) -> None:
        """What one worker does: ask for updates or see to the webhook, send, take up again."""
        self._deliveries.begin_again()
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(work) for work in (self._talk(), self._sweep())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # ---- updates

    async def _talk(self) -> None:
        try:
            await self._begin()
            if self._webhook:
                await self._catch_up()
            else:
                await self._poll()
        except WrongToken:
            logger.error(WRONG_TOKEN)
        except TelegramError as error:
            logger.error("Telegram refuses to begin; going on without it: %s", error)

    async def _begin(self) -> None:
        await self._patiently("getMe")
        try:
            await self._api.call("setMyCommands", commands=notices.commands())
        except TelegramError as error:
            # Without it patients only miss the list of commands.
            logger.info("The commands can't be set on Telegram: %s", error)
        if self._webhook:
            await self._patiently(
                "setWebhook",
                url=f"{self._webhook}{ROUTE}/{self.names.webhook_path}",
                secret_token=self.names.webhook_secret,
                allowed_updates=list(WANTED),
                # One after the other, so that they come in order.
                max_connections=1,
            )
        else:
            await self._patiently("deleteWebhook")

    async def _patiently(self, method: str, **values: Any) -> None:
        """Call until Telegram answers, and say once that it doesn't."""
        pause = FIRST_PAUSE
        is_told = False
        while True:
            try:
                await self._api.call(method, **values)
                return
            except TooFast as error:
                await asyncio.sleep(error.seconds)
            except Unreachable as error:
                if not is_told:
                    logger.warning("Telegram can't be reached; trying again: %s", error)
                is_told = True
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _catch_up(self) -> None:
        """Wait until Telegram has sent what came while we were away, but not for long."""
        for _ in range(_MOST_ASKED):
            with contextlib.suppress(TelegramError):
                info = await self._api.call("getWebhookInfo")
                if not isinstance(info, dict) or not info.get("pending_update_count"):
                    break
            await asyncio.sleep(1.0)
        self._deliveries.once.caught_up()

    async def _poll(self) -> None:
        offset: Optional[int] = None
        pause = FIRST_PAUSE
        is_told = False
        wait = 0
        while True:
            asked = time.monotonic()
            if not self._lease.is_held:
                # Another worker asks by now; what it stored is not ours to confirm.
                await asyncio.sleep(_SOON)
                continue
            try:
                batch = await self._api.updates(offset, wait)
            except TooFast as error:
                await asyncio.sleep(error.seconds)
                continue
            except Unreachable as error:
                if isinstance(error, Conflict) and not is_told:
                    is_told = True
                    logger.error(
                        "Another program asks Telegram for the messages of the same bot; stop "
                        "it, or give this assistant a bot of its own."
                    )
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            pause, is_told = FIRST_PAUSE, False
            if not self._lease.is_held:
                continue
            for raw in batch:
                self._deliveries.once.saw_update(raw)
            # The first time it was only asked for what waited already.
            wait = POLL_SECONDS
            if len(batch) < MOST_UPDATES:
                self._deliveries.once.caught_up()
            if not batch and time.monotonic() - asked < _SOON:
                # Telegram waits until there is something; a server that doesn't is spared.
                await asyncio.sleep(_SOON)
            offset = await self._take_all(batch, offset)

    async def _take_all(self, batch: Any, offset: Optional[int]) -> Optional[int]:
        """Handle updates in order; the offset that confirms those that are stored."""
        numbered = sorted(
            ((number, raw) for raw in batch if (number := update_id(raw)) is not None),
            key=lambda pair: pair[0],
        )
        if not numbered:
            # All is confirmed. After a quiet week Telegram may begin again with any number,
            # so the next question is for whatever there is.
            return None
        for number, raw in numbered:
            try:
                await self._intake.take(raw)
            except LeaseLost:
                return offset
            except StorageError as error:
                if not self._in_trouble:
                    logger.error("Messages from Telegram can't be stored now: %s", error)
                self._in_trouble = True
                for _, other in numbered:
                    self._intake.warn(other)
                await asyncio.sleep(_PAUSE_AFTER_STORAGE)
                return offset
            self._in_trouble = False
            offset = number + 1
        return offset

    # ---- what was left undone

    async def _sweep(self) -> None:
        """Take up again what an earlier process or a failure left."""
        is_told = False
        sweeps = 0
        while True:
            try:
                if sweeps % _SWEEPS_A_DAY == 0:
                    await asyncio.to_thread(self._store.forget_updates)
                for conversation in await asyncio.to_thread(self._store.erasing):
                    await self._intake.erase(conversation)
                for conversation in await asyncio.to_thread(self._store.unfinished):
                    self._answering.wake(conversation)
                    self._deliveries.wake(conversation)
                is_told = False
                sweeps += 1
            except (StorageError, TelegramError) as error:
                if not is_told:
                    logger.error("Conversations on Telegram can't be taken up again: %s", error)
                is_told = True
            except Exception:  # noqa: BLE001 - the next round may do better
                logger.exception("Conversations on Telegram could not be taken up again.")
            await asyncio.sleep(SHARED_SWEEP_SECONDS if self._lease.is_shared else SWEEP_SECONDS)

    def _show_trouble(self, conversation: str, content: Mapping[str, Any]) -> None:
        self._deliveries.aside(self._tell_trouble(conversation, content))

    async def _tell_trouble(self, conversation: str, content: Mapping[str, Any]) -> None:
        chat = await asyncio.to_thread(self._store.chat_of, conversation)
        if chat is not None and not chat.blocked:
            await self._deliveries.say(chat.chat, content)
