"""Tell people of the practice that somebody waits: by mail and on their own Telegram.

What there is to tell is found in the database (``occasions``), kept there until it is sent
(``outbox``), and says nothing about a patient (``notification_texts``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime
from typing import Any, Awaitable, Callable, Coroutine, Dict, Optional

from rasa_project.channels.telegram_api import BotApi
from rasa_project.channels.telegram_names import Names
from rasa_project.clock import utc_now
from rasa_project.conversation.hub import Hub
from rasa_project.errors import StorageError
from rasa_project.handoff.mail import Mailer
from rasa_project.handoff.notification_texts import told
from rasa_project.handoff.occasions import MAIL, TELEGRAM, Occasions
from rasa_project.handoff.outbox import HELD, Due, Outbox
from rasa_project.handoff.sending import CannotSend, NobodyThere
from rasa_project.handoff.telegram_link import TelegramLinks
from rasa_project.handoff.telegram_notify import TelegramTeller
from rasa_project.settings import Settings
from rasa_project.workers.leases import seconds_since_boot

logger = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
# So long what is being sent may take when the server stops.
_STOP_SECONDS = 3.0


async def _to_its_end(work: Coroutine[Any, Any, bool]) -> bool:
    """Let something end even when we are cancelled: what is sent must be marked."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_STOP_SECONDS)
        task.cancel()
        raise


class Notifier:
    """Looks, writes down and sends, until cancelled.

    Args:
        settings: Which ways there are.
        hub: Tells at once that something happened; without it we only look about.
        mailer: In the place of one made of the settings.
        teller: In the place of one made of the settings.
        now: What time it is.
    """

    def __init__(
        self,
        settings: Settings,
        hub: Optional[Hub] = None,
        mailer: Optional[Mailer] = None,
        teller: Optional[TelegramTeller] = None,
        now: Callable[[], datetime] = utc_now,
    ):
        self._address = settings.address
        self._hub = hub
        self._mailer = mailer
        if mailer is None and settings.smtp is not None:
            self._mailer = Mailer(settings.smtp)
        self._teller = teller
        names = Names(settings.telegram_token)
        if teller is None and names.is_possible:
            self._teller = TelegramTeller(BotApi(names, settings.telegram_api))
        self.ways = [
            way for way, it in ((MAIL, self._mailer), (TELEGRAM, self._teller)) if it is not None
        ]
        self._occasions = Occasions(settings.database_url, self.ways, now)
        self._outbox = Outbox(settings.database_url, now)
        self._links = TelegramLinks(settings.database_url, now)
        self._news = asyncio.Event()
        self._to_send: Dict[str, asyncio.Event] = {}
        self._trouble: Dict[str, str] = {}

    async def run(self) -> None:
        """Go on until cancelled."""
        if not self.ways:
            return
        if not self._address and self._mailer is not None:
            # Who has only Telegram may have no inbox on the internet at all.
            logger.warning("RUGGESTEUN_ADDRESS is not set: mail to the practice holds no link.")
        # In the running loop: they belong to it.
        self._news = asyncio.Event()
        self._to_send = {way: asyncio.Event() for way in self.ways}
        if self._hub is not None:
            self._hub.join(self, staff=True)
        loop = asyncio.get_running_loop()
        work = [self._look(), *(self._send_all(way) for way in self.ways)]
        tasks = [loop.create_task(one) for one in work]
        try:
            # Not gather: it would pass a cancelling on, and each may be cancelled only once.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._hub is not None:
                self._hub.leave(self)
            if self._teller is not None:
                await self._teller.close()

    # ---- what the hub tells (rasa_project.conversation.hub.Listener)

    def wake_here(self, conversation: str) -> None:
        """Something happened: look now."""
        self._news.set()

    def set_typing(self, conversation: str, who: Optional[str]) -> None:
        """Nobody is told of that."""

    # ---- looking

    async def _look(self) -> None:
        while True:
            if await self._carefully("notifications", self._write_down):
                for event in self._to_send.values():
                    event.set()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_SECONDS)
            self._news.clear()

    async def _write_down(self) -> bool:
        return bool(await asyncio.to_thread(self._occasions.write_down))

    # ---- sending

    async def _send_all(self, way: str) -> None:
        """Send what is due by one way; a slow mail server doesn't keep Telegram waiting."""
        event = self._to_send[way]
        while True:
            if await self._carefully(way, lambda: _to_its_end(self.send_one(way))):
                continue
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(event.wait(), LOOK_SECONDS)
            event.clear()

    async def send_one(self, way: str) -> bool:
        """Send what is most urgent by one way; False when nothing is due.

        Raises:
            StorageError: The database can't say what.
        """
        taken_at = seconds_since_boot()
        due = await asyncio.to_thread(self._outbox.take, way)
        if due is None:
            return False
        if seconds_since_boot() - taken_at > HELD.total_seconds() / 2:
            # This process was stopped in between: another one sends it by now.
            return True
        try:
            await self._send(way, due)
        except CannotSend as error:
            await self._not_sent(way, due, error)
        else:
            self._trouble.pop(way, None)
            await asyncio.to_thread(self._outbox.sent, due.id)
        return True

    async def _send(self, way: str, due: Due) -> None:
        words = told(due.kind, due.urgent, due.id, self._address)
        if way == MAIL and self._mailer is not None:
            await self._mailer.send(due.mail, words.subject, words.mail)
        elif way == TELEGRAM and self._teller is not None and due.chat is not None:
            await self._teller.send(due.chat, words.text)

    async def _not_sent(self, way: str, due: Due, error: CannotSend) -> None:
        if isinstance(error, NobodyThere):
            await asyncio.to_thread(self._links.unlink, due.account)
            logger.warning(
                "Account %d can't be told on Telegram any more and was unlinked.", due.account
            )
        elif not error.for_good:
            self._say_once(way, f"Nobody can be told by {way} now: {error.reason}.")
        is_over = await asyncio.to_thread(
            self._outbox.failed, due, error.reason, error.for_good, error.after
        )
        if is_over and not isinstance(error, NobodyThere):
            logger.error(
                "A notification by %s to account %d was given up: %s.",
                way,
                due.account,
                error.reason,
            )

    def _say_once(self, way: str, line: str) -> None:
        if self._trouble.get(way) != line:
            logger.error("%s", line)
        self._trouble[way] = line

    async def _carefully(self, what: str, work: Callable[[], Awaitable[bool]]) -> bool:
        """Do one round of something; a failure is told once and doesn't end the rest."""
        name = f"{what} and the database"
        try:
            result = await work()
        except StorageError as error:
            self._say_once(name, f"Notifications have to wait: {error}")
            return False
        except Exception:  # noqa: BLE001 - the next round may do better
            logger.exception("Notifications could not be handled.")
            await asyncio.sleep(LOOK_SECONDS)
            return False
        self._trouble.pop(name, None)
        return result
