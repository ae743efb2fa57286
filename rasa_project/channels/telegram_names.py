"""Names that are made of the bot's token, so that nobody can guess them. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import NamedTuple

_TOKEN = re.compile(r"([0-9]{1,20}):[A-Za-z0-9_-]{8,}")


class Names(NamedTuple):
    """The names of one bot.

    Attributes:
        token: A secret; it proves to Telegram that we are the bot.
    """

    token: str

    @property
    def is_possible(self) -> bool:
        """Whether it looks like a token at all; it could not stand in an address if not."""
        return _TOKEN.fullmatch(self.token) is not None

    @property
    def bot(self) -> int:
        """The bot's id, which is no secret."""
        return int(self.token.partition(":")[0])

    def conversation(self, chat: int) -> str:
        """Rasa's sender id for a chat.

        With the token as the key nobody finds the chat by trying all ids; and it is known
        also while the database can't be asked.
        """
        return "tg:" + self._digest(f"chat {chat}")[:40]

    def button(self, event: int, message: int, position: int) -> str:
        """The id of a button: the same one when its message must be sent again."""
        return self._digest(f"button {event} {message} {position}")[:24]

    @property
    def webhook_path(self) -> str:
        """The last part of the address that Telegram calls."""
        return self._digest("webhook path")[:32]

    @property
    def webhook_secret(self) -> str:
        """What Telegram must show us when it calls."""
        return self._digest("webhook secret")

    def is_webhook_secret(self, shown: str) -> bool:
        """Whether it is; takes as long for a wrong one, however much of it is right."""
        return hmac.compare_digest(shown.encode("utf-8", "replace"), self.webhook_secret.encode())

    def __repr__(self) -> str:
        return "Names(token=...)"

    def _digest(self, text: str) -> str:
        return hmac.new(self.token.encode(), text.encode(), hashlib.sha256).hexdigest()
