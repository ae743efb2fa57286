"""Call Telegram's Bot API. Nothing here ever shows the token: it stands in each address.

TelegramError              a call failed
├── WrongToken             Telegram doesn't know the bot
├── Refused                it won't do this, now or later
│   └── Blocked            the patient doesn't want it
├── TooFast                it will do this after so many seconds
└── Unreachable            it may do this later
    └── Conflict           another program asks for the updates of the same bot
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, Dict, List, Optional

import aiohttp

from rasa_project.channels.telegram_names import Names
from rasa_project.channels.telegram_updates import WANTED

logger = logging.getLogger(__name__)
POLL_SECONDS = 25
# Telegram gives so many updates at a time; fewer are all that there are.
MOST_UPDATES = 100
_CALL_SECONDS = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
_MOST_AT_ONCE = 20
# What a 400 says when there is nobody to send to any more.
_NOBODY = ("chat not found", "user not found", "user is deactivated", "peer_id_invalid")


class TelegramError(Exception):
    """A call failed."""


class WrongToken(TelegramError):
    """Telegram doesn't know the bot."""


class Refused(TelegramError):
    """Telegram won't do this, now or later."""


class Blocked(Refused):
    """The patient doesn't want messages any more."""


class TooFast(TelegramError):
    """Telegram will do this later.

    Args:
        seconds: How much later.
    """

    def __init__(self, seconds: float):
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Unreachable(TelegramError):
    """No answer, or one that says nothing.

    Args:
        reason: What happened.
        was_sent: Whether Telegram may have got the call, and done it.
    """

    def __init__(self, reason: str, was_sent: bool = True):
        super().__init__(reason)
        self.was_sent = was_sent


class Conflict(Unreachable):
    """Another program asks for the updates of the same bot, or a webhook is set."""


class BotApi:
    """One bot's calls.

    Args:
        names: Knows the token.
        address: Where the Bot API is.
    """

    def __init__(self, names: Names, address: str):
        self._base = f"{address}/bot{names.token}/"
        self._session: Optional[aiohttp.ClientSession] = None
        self._free = asyncio.Semaphore(_MOST_AT_ONCE)

    async def close(self) -> None:
        """End all connections."""
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, **values: Any) -> Any:
        """Call once.

        Args:
            method: Its name.
            values: Its parameters; those that are None are left out.

        Raises:
            TelegramError: It failed.
        """
        async with self._free:
            return await self._post(method, _CALL_SECONDS, json=_given(values))

    async def insist(self, method: str, **values: Any) -> Any:
        """Call until it is done.

        Raises:
            TelegramError: It will never be done.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                return await self.call(method, **values)
            except TooFast as error:
                await asyncio.sleep(error.seconds)
            except Unreachable:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def send_document(
        self, chat: int, name: str, content: bytes, caption: str, kind: str = "text/plain"
    ) -> Any:
        """Send a file, once.

        Raises:
            TelegramError: It failed.
        """
        form = aiohttp.FormData()
        form.add_field("chat_id", str(chat))
        form.add_field("caption", caption)
        form.add_field("document", content, filename=name, content_type=kind)
        async with self._free:
            return await self._post("sendDocument", _CALL_SECONDS, data=form)

    async def updates(self, offset: Optional[int], seconds: int = POLL_SECONDS) -> List[Any]:
        """Wait for updates; those before the offset are confirmed by it.

        Args:
            offset: The first that is wanted; None for whatever there is.
            seconds: So long Telegram waits when there is none.

        Raises:
            TelegramError: It failed.
        """
        values = {"offset": offset, "timeout": seconds, "allowed_updates": list(WANTED)}
        updates = await self._post("getUpdates", seconds + 10.0, json=_given(values))
        if not isinstance(updates, list):
            raise Unreachable("getUpdates gave no list")
        return updates

    async def _post(self, method: str, seconds: float, **body: Any) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.post(self._base + method, timeout=timeout, **body) as answer:
                content = json.loads(await answer.read())
                status = answer.status
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            # Not the error itself: its text may hold the address, and so the token.
            was_sent = not isinstance(error, aiohttp.ClientConnectorError)
            raise Unreachable(f"{method}: {type(error).__name__}", was_sent) from None
        if not isinstance(content, dict):
            raise Unreachable(f"{method}: not an object")
        if content.get("ok") is True:
            return content.get("result")
        raise _error(method, status, content)


def _given(values: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _error(method: str, status: int, content: Dict[str, Any]) -> TelegramError:
    code = content.get("error_code", status)
    reason = f"{method}: {code} {content.get('description', '')}"
    if code == 429:
        parameters = content.get("parameters")
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        return TooFast(float(wait) if isinstance(wait, (int, float)) and wait > 0 else 1.0)
    if code in (401, 404):
        return WrongToken(reason)
    if code == 409:
        return Conflict(reason)
    if code == 403 or (code == 400 and any(word in reason.lower() for word in _NOBODY)):
        return Blocked(reason)
    if isinstance(code, int) and 400 <= code < 500:
        return Refused(reason)
    return Unreachable(reason)
