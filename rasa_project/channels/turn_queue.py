"""How many turns run side by side, and how many may wait for that."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import AsyncIterator

from rasa_project.settings import read_settings

logger = logging.getLogger(__name__)
# More at once would be no quicker: reading a message is work for the processor. And with
# few, whoever comes is seen within a moment, however many wait.
AT_ONCE = 8
# Whoever waited so long is told so; a turn that hangs doesn't keep all others waiting.
PATIENCE_SECONDS = 10.0


class QueueFull(Exception):
    """There is no place, or it did not come in time."""


class TurnQueue:
    """A bounded queue in front of the turns of this process, for all channels.

    Args:
        most_waiting: How many may wait beside those whose turn it is.
        at_once: How many turns run side by side.
        patience: How long one may wait, in seconds.
    """

    def __init__(
        self, most_waiting: int, at_once: int = AT_ONCE, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._places = most_waiting + at_once
        self._turns = asyncio.Semaphore(at_once)
        self._patience = patience
        self._inside = 0
        self._is_full = False

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a turn in the order of coming, and have it.

        Raises:
            QueueFull: There is no place, or it did not come in time.
        """
        if self._inside >= self._places:
            self._note(full=True)
            raise QueueFull
        self._inside += 1
        try:
            try:
                await asyncio.wait_for(self._turns.acquire(), self._patience)
            except asyncio.TimeoutError:
                self._note(full=True)
                raise QueueFull from None
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._inside -= 1
            if self._inside <= self._places // 2:
                self._note(full=False)

    def _note(self, full: bool) -> None:
        """Say it when it begins and when it is over, not for each message."""
        if full and not self._is_full:
            logger.error("TOO BUSY: some patients are told to call, or to try again.")
        elif self._is_full and not full:
            logger.warning("No longer too busy.")
        self._is_full = full


@lru_cache(maxsize=1)
def turn_queue() -> TurnQueue:
    """The queue of this process."""
    return TurnQueue(read_settings().most_waiting)
