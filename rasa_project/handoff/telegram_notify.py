"""Tell a therapist on their own Telegram, by the practice's bot."""

from __future__ import annotations

from typing import Any, Dict

from rasa_project.channels.telegram_api import (
    Blocked,
    BotApi,
    Refused,
    TelegramError,
    TooFast,
    WrongToken,
)
from rasa_project.handoff.sending import CannotSend, NobodyThere

_NO_PREVIEW: Dict[str, Any] = {"is_disabled": True}


class TelegramTeller:
    """Sends short messages to people of the practice.

    Args:
        api: The bot's.
    """

    def __init__(self, api: BotApi):
        self._api = api

    async def send(self, chat: int, text: str) -> None:
        """Send one message.

        Raises:
            NobodyThere: They blocked the bot, or the chat is gone.
            CannotSend: Telegram did not take it.
        """
        try:
            await self._api.call(
                "sendMessage", chat_id=chat, text=text, link_preview_options=_NO_PREVIEW
            )
        except Blocked:
            raise NobodyThere("the chat on Telegram is gone or blocked") from None
        except WrongToken:
            raise CannotSend(
                "Telegram does not know the bot in RUGGESTEUN_TELEGRAM_TOKEN"
            ) from None
        except TooFast as error:
            raise CannotSend("Telegram asks us to wait", after=error.seconds) from None
        except Refused:
            raise CannotSend("Telegram refuses the message", for_good=True) from None
        except TelegramError:
            raise CannotSend("Telegram can't be reached") from None

    async def username(self) -> str:
        """The bot's name on Telegram; empty when it can't be asked for."""
        try:
            about = await self._api.call("getMe")
        except TelegramError:
            return ""
        name = about.get("username") if isinstance(about, dict) else None
        return name if isinstance(name, str) else ""

    async def close(self) -> None:
        """End all connections."""
        await self._api.close()
