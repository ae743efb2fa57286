"""One at a time per conversation, in the order of coming."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import AsyncIterator, Dict


class Lines:
    """A waiting line for each conversation; it is gone when nobody stands in it."""

    def __init__(self) -> None:
        self._locks: Dict[str, asyncio.Lock] = {}
        self._standing: Dict[str, int] = {}

    @asynccontextmanager
    async def turn_of(self, conversation: str) -> AsyncIterator[None]:
        """Wait for one's turn, and have it."""
        # asyncio's lock lets them through in the order in which they came.
        lock = self._locks.setdefault(conversation, asyncio.Lock())
        self._standing[conversation] = self._standing.get(conversation, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._standing[conversation] -= 1
            if not self._standing[conversation]:
                del self._standing[conversation], self._locks[conversation]
