"""One message at a time per conversation; the next one is let through at once."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import AsyncGenerator, Optional

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore
from rasa.utils.endpoints import EndpointConfig

from rasa_project.conversation.lines import Lines
from rasa_project.errors import StorageError
from rasa_project.workers.claims import ClaimNotGiven, turn_claims


class RuggesteunLockStore(LockStore):
    """Rasa's own stores look once a second whether it is a message's turn.

    In this process messages of a conversation stand in line, and the first is woken when
    the one before is done. Beside other workers it then takes the conversation's claim
    (:mod:`rasa_project.workers.claims`), unless whoever calls Rasa has it already.

    How long a message may wait is the turn's own limit, ``RUGGESTEUN_TURN_SECONDS``.
    """

    def __init__(self, endpoint_config: Optional[EndpointConfig] = None) -> None:
        self._lines = Lines()
        self._claims = turn_claims()

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = 1,
    ) -> AsyncGenerator[TicketLock, None]:
        """Wait for the conversation's turn, and have it.

        Raises:
            LockError: Nobody can be asked whose turn it is, or the turn did not come.
        """
        async with self._lines.turn_of(conversation_id):
            claim = self._claims.of(conversation_id, lock_lifetime)
            try:
                await claim.__aenter__()
            except (ClaimNotGiven, StorageError) as error:
                raise LockError(str(error)) from error
            try:
                yield TicketLock(conversation_id)
            finally:
                await claim.__aexit__(None, None, None)
