"""A short name for a conversation, for logs: it tells lines apart, and names nobody."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

# Without a key of the practice's own, the names differ after each start.
_KEY_OF_THIS_PROCESS = secrets.token_bytes(32)
_LENGTH = 10
# As the channels name their conversations; see channels/tokens.py and telegram_names.py.
_CONVERSATION = re.compile(r"(?<![\w:])(?:web|website|tg|telegram):[\w-]{6,}")


def pseudonym(conversation: str, key: str = "") -> str:
    """The name of a conversation in logs.

    A plain hash would not do: who knows or guesses a sender id could compute it.

    Args:
        conversation: Rasa's sender id.
        key: ``RUGGESTEUN_LOG_KEY``; the same key gives the same names.
    """
    secret = key.encode() or _KEY_OF_THIS_PROCESS
    return hmac.new(secret, conversation.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[
        :_LENGTH
    ]


def without_conversations(text: str, key: str = "") -> str:
    """A text with the ids of conversations replaced by their names for logs."""
    if ":" not in text:
        return text
    return _CONVERSATION.sub(lambda match: f"c-{pseudonym(match[0], key)}", text)
