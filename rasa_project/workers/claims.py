"""One worker at a time has a conversation's turn.

In one process conversations stand in ``Lines``. Beside other workers the first in line then
takes a claim that all of them see: PostgreSQL's advisory lock where the database is
PostgreSQL, a lock of Redis elsewhere. The last judge is the database: a message has one reply
(``uq_event_reply_to``), and events that two workers add are both kept.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import AsyncIterator, Mapping, Optional, Protocol

from rasa_project.errors import RuggesteunError
from rasa_project.settings import Settings, read_settings

logger = logging.getLogger(__name__)
# Between two looks at a claim that another worker has.
_FIRST_LOOK, _LAST_LOOK = 0.02, 0.2


class ClaimNotGiven(RuggesteunError):
    """The turn did not come in time."""


class AmongWorkers(Protocol):
    """Where workers see each other's claims."""

    async def take(self, conversation: str) -> bool:
        """Take a claim; False while another worker has it."""

    async def give_back(self, conversation: str) -> None:
        """Give a claim back. Raises nothing: it ends by itself as well."""

    def close(self) -> None:
        """Give all claims back."""


class _Claim:
    """A claim of ours; whoever is called within it has it too."""

    def __init__(self) -> None:
        self.is_active = True


_mine: "ContextVar[Mapping[str, _Claim]]" = ContextVar("claims", default={})  # noqa: B039


class TurnClaims:
    """Claims on the turns of conversations.

    Args:
        among: Where other workers see them; None when there are no other workers.
    """

    def __init__(self, among: Optional[AmongWorkers] = None) -> None:
        self._among = among

    @property
    def is_shared(self) -> bool:
        """Whether there may be other workers."""
        return self._among is not None

    @asynccontextmanager
    async def of(self, conversation: str, seconds: Optional[float] = None) -> AsyncIterator[None]:
        """Wait for a conversation's claim, and have it. In line already, in this process.

        Args:
            conversation: Which.
            seconds: So long at most; None to wait for whatever the other one does.

        Raises:
            ClaimNotGiven: It did not come in time.
            StorageError: The database could not be asked.
        """
        held = _mine.get()
        inside = held.get(conversation)
        if self._among is None or (inside is not None and inside.is_active):
            yield
            return
        await self._take(self._among, conversation, seconds)
        claim = _Claim()
        _mine.set({**held, conversation: claim})
        try:
            yield
        finally:
            claim.is_active = False
            _mine.set(held)
            # Also when this turn was given up: the next one is not to wait for that.
            await asyncio.shield(self._among.give_back(conversation))

    def close(self) -> None:
        """The process ends."""
        if self._among is not None:
            self._among.close()

    @staticmethod
    async def _take(among: AmongWorkers, conversation: str, seconds: Optional[float]) -> None:
        until = None if seconds is None else time.monotonic() + seconds
        pause = _FIRST_LOOK
        while not await among.take(conversation):
            if until is not None and time.monotonic() > until:
                raise ClaimNotGiven(f"The turn did not come within {seconds} s.")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LAST_LOOK)


def claims_for(settings: Settings) -> TurnClaims:
    """The claims that go with the settings."""
    # Here, because one without the other is needed nowhere.
    from rasa_project.workers.postgres_claims import PostgresClaims
    from rasa_project.workers.redis_claims import RedisClaims

    if settings.database_url.startswith("postgres"):
        return TurnClaims(PostgresClaims(settings.database_url))
    if settings.redis_url:
        return TurnClaims(RedisClaims(settings.redis_url))
    return TurnClaims()


@lru_cache(maxsize=1)
def turn_claims() -> TurnClaims:
    """The claims of this process."""
    return claims_for(read_settings())
