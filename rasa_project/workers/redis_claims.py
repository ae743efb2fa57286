"""Claims as locks of Redis, for workers that share a database that has none of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any, Dict, Set, Tuple

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import LockError, RedisError

logger = logging.getLogger(__name__)
# A worker that dies loses its claims after this; one that lives makes them last.
LASTS_SECONDS = 5.0
# What hangs counts as gone, and is left alone for a moment.
CALL_SECONDS = 1.5
LEAVE_ALONE_SECONDS = 5.0
_PREFIX = "ruggesteun:turn:"


class RedisClaims:
    """The claims of one process.

    While Redis is away turns go on without them: a message still has one reply, because the
    database takes no second one.

    Args:
        address: Of the Redis, ``redis://...``.
        lasts: So many seconds a claim lasts, unless its worker makes it last.
    """

    def __init__(self, address: str, lasts: float = LASTS_SECONDS) -> None:
        self._lasts = lasts
        self._redis: Any = redis.asyncio.from_url(
            address,
            socket_timeout=CALL_SECONDS,
            socket_connect_timeout=CALL_SECONDS,
            # A Redis that was started anew knows nothing of the old connections.
            retry=Retry(NoBackoff(), 1),
            retry_on_error=[RedisConnectionError],
        )
        self._held: Dict[str, Tuple[Any, "asyncio.Task[None]"]] = {}
        self._giving: Set["asyncio.Future[Any]"] = set()
        self._away_until = 0.0
        self._is_told = False

    async def take(self, conversation: str) -> bool:
        """Take a claim; False while another worker has it."""
        if time.monotonic() < self._away_until:
            return True
        # redis-py's lock is atomic; Rasa's is not.
        lock = self._redis.lock(f"{_PREFIX}{conversation}", timeout=self._lasts, blocking=False)
        try:
            if not await self._acquired(lock):
                return False
        except RedisError as error:
            self._away(error)
            return True
        self._is_told = False
        renewing = asyncio.get_running_loop().create_task(self._renew(lock))
        self._held[conversation] = (lock, renewing)
        return True

    async def give_back(self, conversation: str) -> None:
        """Give a claim back."""
        lock, renewing = self._held.pop(conversation, (None, None))
        if lock is None or renewing is None:
            return
        renewing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewing
        try:
            await lock.release()
        except LockError:
            logger.warning("A turn took longer than its claim was held.")
        except RedisError as error:
            self._away(error)

    def close(self) -> None:
        """Nothing to do: what is not given back ends after some seconds."""

    async def _renew(self, lock: Any) -> None:
        while True:
            await asyncio.sleep(self._lasts / 3)
            try:
                await lock.extend(self._lasts, replace_ttl=True)
            except LockError:
                return
            except RedisError as error:
                self._away(error)

    async def _acquired(self, lock: Any) -> bool:
        """Ask in a task of its own: redis-py may swallow a cancellation, and wait for ever."""
        asking = asyncio.ensure_future(lock.acquire())
        try:
            return bool(await asyncio.shield(asking))
        except asyncio.CancelledError:
            asking.add_done_callback(lambda done: self._let_go(lock, done))
            raise

    def _let_go(self, lock: Any, asked: "asyncio.Future[Any]") -> None:
        """Nobody wants it any more; what can't be given back ends by itself."""
        if asked.cancelled() or asked.exception() is not None or not asked.result():
            return
        giving = asyncio.ensure_future(lock.release())
        self._giving.add(giving)
        giving.add_done_callback(self._given)

    def _given(self, giving: "asyncio.Future[Any]") -> None:
        self._giving.discard(giving)
        if not giving.cancelled() and giving.exception() is not None:
            logger.warning("A claim was not given back; it ends by itself.")

    def _away(self, error: RedisError) -> None:
        self._away_until = time.monotonic() + LEAVE_ALONE_SECONDS
        if not self._is_told:
            logger.error(
                "Redis can't be asked whose turn it is (%s); turns go on without, and the "
                "database judges.",
                type(error).__name__,
            )
        self._is_told = True
