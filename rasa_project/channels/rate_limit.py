"""How many messages may come in a while. Pure: the clock is given."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from math import ceil
from typing import Callable, Deque

MOST_KEYS = 10_000


class RateLimit:
    """At most so many in any window of so many seconds, for each key.

    Args:
        most: How many are let through.
        seconds: The length of the window.
        clock: Seconds that only go up.
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic):
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._taken: "OrderedDict[str, Deque[float]]" = OrderedDict()

    def take(self, key: str) -> int:
        """Take one place.

        Returns:
            0 when there was one, else the whole seconds until there will be.
        """
        now = self._clock()
        taken = self._taken.setdefault(key, deque())
        self._taken.move_to_end(key)
        while taken and taken[0] <= now - self._seconds:
            taken.popleft()
        if len(taken) >= self._most:
            return max(1, ceil(taken[0] + self._seconds - now))
        taken.append(now)
        if len(self._taken) > MOST_KEYS:
            self._taken.popitem(last=False)
        return 0

    def give_back(self, key: str) -> None:
        """Undo the last take."""
        taken = self._taken.get(key)
        if taken:
            taken.pop()

    def forget(self, key: str) -> None:
        """Keep nothing of a key."""
        self._taken.pop(key, None)
