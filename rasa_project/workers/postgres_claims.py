"""Claims as advisory locks of PostgreSQL, all on one connection of this process.

Who dies loses its connection, and with it its claims, at once. Who hangs or is stopped says
nothing any more, and PostgreSQL ends a connection that says nothing (``idle_session_timeout``).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from concurrent.futures import Future as ThreadFuture
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, Optional, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.errors import StorageError
from rasa_project.storage.engine import engine_for, plain_reason

logger = logging.getLogger(__name__)
SILENT_SECONDS = 10
_CALL_SECONDS = 5.0
# The first of the two numbers of our locks; Rasa's events are held by locks of one number.
_KIND = 0x5275
_TRY = sa.text("SELECT pg_try_advisory_lock(:kind, :key)")
_UNLOCK = sa.text("SELECT pg_advisory_unlock(:kind, :key)")
_T = TypeVar("_T")


class PostgresClaims:
    """The claims of one process.

    Args:
        database_url: Of a PostgreSQL; a pooler in between must pool sessions, not
            transactions.
        silent_seconds: A worker that says nothing for so long has no claims any more.
    """

    def __init__(self, database_url: str, silent_seconds: int = SILENT_SECONDS) -> None:
        self._url = database_url
        self._silent = silent_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="claims")
        self._one = threading.Lock()
        self._connection: Optional[Connection] = None
        # Rises with each connection: the claims of the one before are gone.
        self._generation = 0
        self._held: Dict[str, int] = {}
        self._closed = threading.Event()
        self._beating: Optional[threading.Thread] = None

    async def take(self, conversation: str) -> bool:
        """Take a claim; False while another worker has it.

        Raises:
            StorageError: The database could not be asked.
        """
        asked = self._thread.submit(self._take, conversation)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(asked)), _CALL_SECONDS)
        except asyncio.TimeoutError:
            self._undo(asked, conversation)
            raise StorageError(
                f"The database did not answer within {_CALL_SECONDS:.0f} s."
            ) from None
        except asyncio.CancelledError:
            self._undo(asked, conversation)
            raise
        except SQLAlchemyError as error:
            raise StorageError(plain_reason(error, self._url)) from error

    async def give_back(self, conversation: str) -> None:
        """Give a claim back."""
        await asyncio.wrap_future(self._thread.submit(self._give_back, conversation))

    def close(self) -> None:
        """Give all claims back, and end the connection."""
        self._closed.set()
        with self._one:
            self._drop()
        self._thread.shutdown(wait=False)

    def _undo(self, asked: "ThreadFuture[bool]", conversation: str) -> None:
        """What was asked for is not wanted any more."""

        def give_back(done: "ThreadFuture[bool]") -> None:
            if not done.cancelled() and done.exception() is None and done.result():
                self._thread.submit(self._give_back, conversation)

        asked.add_done_callback(give_back)

    # ---- in the thread

    def _take(self, conversation: str) -> bool:
        with self._one:
            taken = self._ask_again_if_it_is_gone(
                lambda connection: bool(connection.execute(_TRY, _key(conversation)).scalar_one())
            )
            if taken:
                self._held[conversation] = self._generation
            return taken

    def _give_back(self, conversation: str) -> None:
        with self._one:
            taken_in = self._held.pop(conversation, None)
            if self._connection is None or taken_in != self._generation:
                return
            try:
                self._connection.execute(_UNLOCK, _key(conversation))
            except SQLAlchemyError:
                # With its connection the claim is gone as well.
                self._drop()

    def _ask_again_if_it_is_gone(self, ask: Callable[[Connection], _T]) -> _T:
        if self._connection is not None:
            try:
                return ask(self._connection)
            except SQLAlchemyError:
                self._drop()
        try:
            return ask(self._connect())
        except SQLAlchemyError:
            self._drop()
            raise

    def _connect(self) -> Connection:
        connection = engine_for(self._url).connect()
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        # Ours for good: it isn't to go back among those of the others.
        connection.detach()
        self._connection = connection
        self._generation += 1
        self._end_when_silent(connection)
        if self._beating is None:
            self._beating = threading.Thread(target=self._beat, daemon=True, name="claims-beat")
            self._beating.start()
        return connection

    def _end_when_silent(self, connection: Connection) -> None:
        try:
            connection.execute(sa.text(f"SET idle_session_timeout = '{self._silent}s'"))
        except SQLAlchemyError:
            logger.warning(
                "This PostgreSQL is older than 14: a worker that hangs keeps its conversations "
                "until it is ended."
            )

    def _drop(self) -> None:
        if self._connection is not None:
            try:
                self._connection.close()
            except SQLAlchemyError as error:
                logger.debug("The connection of the claims was gone: %s", type(error).__name__)
        self._connection = None

    def _beat(self) -> None:
        """Say something now and then, as long as this process runs."""
        while not self._closed.wait(self._silent / 3):
            with self._one:
                if self._connection is None:
                    continue
                try:
                    self._connection.execute(sa.text("SELECT 1"))
                except SQLAlchemyError:
                    logger.warning(
                        "The database ended the connection of this worker's claims; turns that "
                        "run now may be taken over."
                    )
                    self._drop()


def _key(conversation: str) -> Dict[str, Any]:
    digest = hashlib.sha256(conversation.encode()).digest()
    return {"kind": _KIND, "key": int.from_bytes(digest[:4], "big", signed=True)}
