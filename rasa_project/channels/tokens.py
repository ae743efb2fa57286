"""The token that proves whose conversation it is. Pure: the moment is always given.

Only its hash is stored, so nobody who reads the database can take over a conversation.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Optional

LIFETIME = timedelta(hours=12)
# Writing each time that a conversation is used would cost more than it tells.
_WRITTEN_AT_MOST_EVERY = timedelta(minutes=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A token of 256 random bits."""
    return secrets.token_urlsafe(32)


def token_in(authorization: Optional[str]) -> Optional[str]:
    """The token in an ``Authorization`` header; None when none of ours can be in it."""
    scheme, _, token = (authorization or "").partition(" ")
    return token if scheme.lower() == "bearer" and _TOKEN.fullmatch(token) else None


def hash_of(token: str) -> str:
    """What is stored instead of the token."""
    return hashlib.sha256(token.encode()).hexdigest()


def conversation_of(token_hash: str) -> str:
    """Rasa's sender id of the conversation that a token opens."""
    return "web:" + token_hash[:40]


def is_valid(expires_at: datetime, now: datetime) -> bool:
    """Whether a token may still be used."""
    return now < expires_at


def later_expiry(expires_at: datetime, now: datetime) -> Optional[datetime]:
    """When a token that is used now expires; None while that needn't be written."""
    later = now + LIFETIME
    return later if later - expires_at >= _WRITTEN_AT_MOST_EVERY else None
