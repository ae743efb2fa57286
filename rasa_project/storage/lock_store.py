"""One message at a time per conversation; the next one is let through at once."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import Any, AsyncGenerator, AsyncIterator, Optional

import redis.asyncio
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore
from rasa.utils.endpoints import EndpointConfig
from redis.exceptions import LockNotOwnedError, RedisError

from rasa_project.conversation.lines import Lines
from rasa_project.settings import read_settings

logger = logging.getLogger(__name__)
# Between two looks of a worker at a lock that another worker has.
_LOOK_SECONDS = 0.05
_PREFIX = "ruggesteun:turn:"
# A Redis that hangs must not hold a turn for longer than a patient waits.
_TIME_OUTS = {"socket_timeout": 5.0, "socket_connect_timeout": 5.0}


class RuggesteunLockStore(LockStore):
    """Rasa's own stores look once a second whether it is a message's turn.

    In this process messages of a conversation stand in line, and the first is woken when
    the one before is done. With ``RUGGESTEUN_REDIS_URL`` the first of each process then
    takes a lock of Redis (redis-py's, which is atomic; Rasa's is not), so that several
    workers may serve the same conversations.

    How long a message may wait is the turn's own limit, ``RUGGESTEUN_TURN_SECONDS``.
    """

    def __init__(self, endpoint_config: Optional[EndpointConfig] = None) -> None:
        self._lines = Lines()
        address = read_settings().redis_url
        self._redis: Any = redis.asyncio.from_url(address, **_TIME_OUTS) if address else None

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = 1,
    ) -> AsyncGenerator[TicketLock, None]:
        """Wait for the conversation's turn, and have it.

        Raises:
            LockError: Redis can't be asked, or the turn did not come.
        """
        async with self._lines.turn_of(conversation_id):
            if self._redis is None:
                yield TicketLock(conversation_id)
                return
            async with self._among_workers(conversation_id, lock_lifetime):
                yield TicketLock(conversation_id)

    @asynccontextmanager
    async def _among_workers(self, conversation: str, seconds: float) -> AsyncIterator[None]:
        lock = self._redis.lock(
            f"{_PREFIX}{conversation}",
            timeout=seconds,
            sleep=_LOOK_SECONDS,
            blocking_timeout=seconds,
        )
        try:
            taken = await lock.acquire()
        except RedisError as error:
            raise LockError(f"Redis can't be asked: {error}") from error
        if not taken:
            raise LockError(f"The turn did not come within {seconds} s.")
        try:
            yield
        finally:
            try:
                await lock.release()
            except LockNotOwnedError:
                logger.warning("A turn took longer than its lock was held, %s s.", seconds)
            except RedisError as error:
                logger.error("A lock could not be given back, it ends by itself: %s", error)
