"""Tell the other workers at once that something happened in a conversation, through Redis.

What goes through Redis is the name of a conversation (a hash) and one word: that there is
something new, that it was erased, or that somebody types. What was said stands in the database
only. Nothing is kept in Redis, and nothing depends on it: while it is away, workers find what
the others wrote by looking into the database once a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import uuid
from typing import Any, Callable, List, Optional, Tuple

import redis.asyncio
import sqlalchemy as sa
from redis.exceptions import RedisError

from rasa_project.conversation.events import THERAPIST
from rasa_project.conversation.hub import TYPES, Hub
from rasa_project.errors import StorageError

logger = logging.getLogger(__name__)
CALL_SECONDS = 2.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
# A connection that says nothing is asked whether it is still there.
_CHECK_SECONDS = 5
# More news than Redis takes are left out: the database has them.
_MOST_WAITING = 1_000
_AT_ONCE = 100
_Told = Tuple[str, str, str]


def channel_of(database_url: str) -> str:
    """The channel of Redis for the workers of one database; others may use the same Redis."""
    url = sa.engine.make_url(database_url)
    name = f"{url.get_backend_name()} {url.host} {url.port} {url.database}"
    return f"ruggesteun:news:{hashlib.sha256(name.encode()).hexdigest()[:16]}"


class RedisNews:
    """Passes news between the hub of this process and those of others.

    Args:
        hub: Of this process.
        address: Of the Redis.
        channel: Theirs and ours.
        name_of: Gives the name of the therapist who has a conversation, as the patient sees
            it; names don't go through Redis.
    """

    def __init__(self, hub: Hub, address: str, channel: str, name_of: Callable[[str], str]) -> None:
        self._hub = hub
        self._address = address
        self._channel = channel
        self._name_of = name_of
        self._me = uuid.uuid4().hex[:12]
        self._redis: Any = None
        self._waiting: "asyncio.Queue[_Told]" = asyncio.Queue(_MOST_WAITING)
        self._tasks: List["asyncio.Task[None]"] = []
        self._is_told = False

    def start(self) -> None:
        """Begin, in the running loop."""
        self._redis = redis.asyncio.from_url(
            self._address,
            socket_timeout=CALL_SECONDS,
            socket_connect_timeout=CALL_SECONDS,
            health_check_interval=_CHECK_SECONDS,
        )
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(work()) for work in (self._tell_all, self._hear_all)]
        self._hub.connect(self)

    async def stop(self) -> None:
        """Tell and hear no more."""
        self._hub.connect(None)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._redis is not None:
            await self._redis.close()

    def tell(self, conversation: str, what: str, who: str = "") -> None:
        """Tell the others; what Redis can't take is left out."""
        with contextlib.suppress(asyncio.QueueFull):
            self._waiting.put_nowait((conversation, what, who))

    # ---- telling

    async def _tell_all(self) -> None:
        pause = FIRST_PAUSE
        while True:
            told = [await self._waiting.get()]
            while not self._waiting.empty() and len(told) < _AT_ONCE:
                told.append(self._waiting.get_nowait())
            try:
                pipe = self._redis.pipeline(transaction=False)
                # What happened twice needs telling once: the last time.
                for conversation, what, who in reversed(dict.fromkeys(reversed(told))):
                    pipe.publish(self._channel, json.dumps([self._me, conversation, what, who]))
                await pipe.execute()
                pause = FIRST_PAUSE
            except (RedisError, OSError, asyncio.TimeoutError) as error:
                self._note_trouble(error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    # ---- hearing

    async def _hear_all(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(self._channel)
                    if self._is_told:
                        logger.warning("Redis is back.")
                    self._is_told, pause = False, FIRST_PAUSE
                    await self._hear_from(pubsub)
            except (RedisError, OSError, asyncio.TimeoutError) as error:
                self._note_trouble(error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _hear_from(self, pubsub: Any) -> None:
        while True:
            message = await pubsub.get_message(timeout=1.0)
            if message is not None:
                await self._hear(message["data"])

    async def _hear(self, data: bytes) -> None:
        try:
            sender, conversation, what, who = json.loads(data)
        except (ValueError, TypeError):
            logger.error("Something on Redis can't be read; is it used by another program?")
            return
        if sender == self._me:
            return
        name = ""
        if what == TYPES and who == THERAPIST:
            try:
                name = await asyncio.to_thread(self._name_of, conversation)
            except StorageError:
                # It only looks nice.
                return
        self._hub.hear(str(conversation), str(what), str(who), name)

    def _note_trouble(self, error: BaseException) -> None:
        if not self._is_told:
            logger.error(
                "Redis can't be reached (%s): what other workers write is looked for once a "
                "second until it is back.",
                type(error).__name__,
            )
        self._is_told = True


def news_for(
    hub: Hub, address: str, database_url: str, name_of: Callable[[str], str]
) -> Optional[RedisNews]:
    """The news of this process; None without a Redis."""
    return RedisNews(hub, address, channel_of(database_url), name_of) if address else None
