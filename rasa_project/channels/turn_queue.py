"""How many turns run side by side, and how many may wait for that."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import AsyncIterator, Deque

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
        self._free = at_once
        # Strictly in the order of coming; asyncio's semaphore lets others past.
        self._line: "Deque[asyncio.Future[None]]" = deque()
        # Whether somebody was given a turn and has not yet woken to have it.
        self._waking = False
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
            await self._take_turn()
            try:
                yield
            finally:
                self._give_turn_back()
        finally:
            self._inside -= 1
            if self._inside <= self._places // 2:
                self._note(full=False)

    async def _take_turn(self) -> None:
        if self._free and not self._line and not self._waking:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        turn: "asyncio.Future[None]" = loop.create_future()
        self._line.append(turn)
        bell = loop.call_later(self._patience, self._give_up, turn)
        self._wake_next()
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._line:
                self._line.remove(turn)
            elif not turn.cancelled() and turn.exception() is None:
                # It came at the moment of leaving: the next one has it.
                self._waking = False
                self._give_turn_back()
            raise
        finally:
            bell.cancel()
        self._waking = False
        self._wake_next()

    def _give_up(self, turn: "asyncio.Future[None]") -> None:
        if turn in self._line:
            self._line.remove(turn)
            turn.set_exception(QueueFull())
            self._note(full=True)

    def _give_turn_back(self) -> None:
        self._free += 1
        self._wake_next()

    def _wake_next(self) -> None:
        """One after another, so that they begin in their order."""
        while self._line and self._free and not self._waking:
            turn = self._line.popleft()
            if not turn.done():
                self._free -= 1
                self._waking = True
                turn.set_result(None)

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
