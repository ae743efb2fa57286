"""Send a message once, although Telegram can't be asked whether it has it.

Before a message is sent, it is written down that it is, and the highest message id that is
known by then. The ids of a bot's private chats come from one sequence, so the message gets a
higher one. Whoever doesn't know afterwards whether Telegram took it (the server was killed,
or the answer got lost) looks for it behind that id, before sending it again.

Looking is trying to edit the live location of each message there. Telegram refuses that for a
text or a file of ours because "there is no live location" in it; a patient's message "can't be
edited", and one of another chat is "not found". We never send a live location, so nothing is
ever changed by it. What we send beside the conversation (``ASIDE``) can't be edited at all, so
it is never taken for the message that is looked for.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any, Awaitable, Callable, Deque, Mapping, Optional, Set

from rasa_project.channels.telegram_api import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Blocked,
    BotApi,
    Refused,
    TooFast,
    Unreachable,
    WrongToken,
)
from rasa_project.storage.telegram_store import Chat, TelegramStore

logger = logging.getLogger(__name__)
# Telegram lets no message be edited that had this. Nobody sees it: there are no keyboards
# but those in messages.
ASIDE: Mapping[str, Any] = {"remove_keyboard": True}
# So many are being sent at a time, and so none stands further behind what was known.
AT_ONCE = 10
# So far is looked behind the highest known id, and so many ids are tried at most: each is a
# call, and nobody should wait long for an answer that may be an alarm.
SLACK, MOST_TRIED = 20, 100
# Patients' messages that came while we were away take ids too; they are waited for so long.
CAUGHT_UP_SECONDS = 10.0
_KNOWN = 5_000
_LOOK: Mapping[str, Any] = {"method": "editMessageLiveLocation", "latitude": 0.0, "longitude": 0.0}
_OURS = "there is no live location"


class Once:
    """Sends messages, and looks for those that may have been sent.

    Args:
        api: Where to.
        store: Where it is written down before.
        is_shared: Whether other workers write there too, of what they hear of patients.
    """

    def __init__(self, api: BotApi, store: TelegramStore, is_shared: bool = False):
        self._is_shared = is_shared
        self._api = api
        self._store = store
        self._free = asyncio.Semaphore(AT_ONCE)
        self._caught_up = asyncio.Event()
        self._newest = 0
        self._is_read = False
        # Ids that are not a message that is looked for.
        self._known: Set[int] = set()
        self._order: Deque[int] = deque()

    def saw_update(self, raw: Any) -> None:
        """Learn from an update which id a patient's message has."""
        message = raw.get("message") if isinstance(raw, dict) else None
        if not isinstance(message, dict):
            return
        chat = message.get("chat")
        if isinstance(chat, dict) and chat.get("type") == "private":
            self._saw(message.get("message_id"))

    def caught_up(self) -> None:
        """What patients sent while we were away is known now."""
        self._caught_up.set()

    def saw_sent(self, chat: int, sent: Any) -> Optional[int]:
        """Learn the id of a message that we sent, and give it."""
        number = sent.get("message_id") if isinstance(sent, dict) else None
        if not isinstance(number, int):
            return None
        # Groups count for themselves.
        if chat > 0:
            self._saw(number)
        return number

    async def send(
        self,
        chat: Chat,
        begin: Callable[[int], None],
        attempt: Callable[[], Awaitable[Any]],
    ) -> Optional[int]:
        """Send a message to a chat, until Telegram has it.

        Args:
            chat: Where to; it says whether the message may have been sent before.
            begin: Writes down that it is being sent, and that it stands above this id.
            attempt: Sends it.

        Returns:
            Its id, when Telegram gives it.

        Raises:
            TelegramError: It will never have it.
            StorageError: It could not be written down, so it is not sent.
        """
        above = chat.sending_above
        if above is not None:
            found = await self._find(chat.chat, above)
            if found is not None:
                return self.saw_sent(chat.chat, {"message_id": found})
            above = None
        pause, was_sent = FIRST_PAUSE, False
        while True:
            try:
                async with self._free:
                    newest = await self._newest_known()
                    # Not after one that may still arrive: it must be found as well.
                    if above is None or (newest > above + AT_ONCE and not was_sent):
                        above = newest
                        await asyncio.to_thread(begin, above)
                    return self.saw_sent(chat.chat, await attempt())
            except TooFast as error:
                await asyncio.sleep(error.seconds)
            except Unreachable as error:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                was_sent = was_sent or error.was_sent
                if error.was_sent and above is not None:
                    found = await self._find(chat.chat, above)
                    if found is not None:
                        return self.saw_sent(chat.chat, {"message_id": found})

    async def _find(self, chat: int, above: int) -> Optional[int]:
        """The id of a message that we sent to a chat above an id, if there is one."""
        try:
            await asyncio.wait_for(self._caught_up.wait(), CAUGHT_UP_SECONDS)
        except asyncio.TimeoutError:
            logger.info("Looking for a message on Telegram without knowing what patients sent.")
        last = max(above, await self._newest_known()) + SLACK
        tried = 0
        for number in range(above + 1, last + 1):
            if number in self._known:
                continue
            tried += 1
            if tried > MOST_TRIED:
                break
            try:
                if await self._is_ours(chat, number):
                    return number
            except WrongToken:
                # So says a server that doesn't know this call.
                break
        return None

    async def _is_ours(self, chat: int, number: int) -> bool:
        try:
            await self._api.insist(**_LOOK, chat_id=chat, message_id=number)
        except Blocked:
            raise
        except Refused as error:
            return _OURS in str(error).lower()
        return False

    async def _newest_known(self) -> int:
        if not self._is_read or self._is_shared:
            newest = await asyncio.to_thread(self._store.newest_message)
            self._newest = max(self._newest, newest)
            self._is_read = True
        return self._newest

    def _saw(self, number: Any) -> None:
        if not isinstance(number, int) or isinstance(number, bool) or number in self._known:
            return
        self._newest = max(self._newest, number)
        self._known.add(number)
        self._order.append(number)
        if len(self._order) > _KNOWN:
            self._known.discard(self._order.popleft())
