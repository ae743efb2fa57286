"""How much one key may use in a while, in two numbers a key. Pure: the clock is given."""

from __future__ import annotations

import time
from collections import OrderedDict
from math import ceil
from typing import Callable

# So many addresses are remembered (some ten megabytes); whoever was longest away is forgotten.
MOST_KEYS = 50_000


class Budget:
    """At most so many at once, which come back evenly over so many seconds (GCRA).

    Only the moment at which a key is even again is kept, so that many requests cost no memory.

    Args:
        most: How many at once.
        seconds: In which all of these come back.
        clock: Seconds that only go up.
        most_keys: How many keys are remembered.
    """

    def __init__(
        self,
        most: float,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        most_keys: int = MOST_KEYS,
    ):
        self._step = seconds / most
        self._seconds = seconds
        self._clock = clock
        self._most_keys = most_keys
        self._even_at: "OrderedDict[str, float]" = OrderedDict()

    def take(self, key: str) -> int:
        """Take one.

        Returns:
            0 when there was one, else the whole seconds until there will be.
        """
        now = self._clock()
        even_at = max(self._even_at.get(key, now), now) + self._step
        wait = even_at - now - self._seconds
        # Floating sums are a hair beside the truth.
        if wait > self._step * 1e-6:
            return max(1, ceil(wait))
        self._even_at[key] = even_at
        self._even_at.move_to_end(key)
        if len(self._even_at) > self._most_keys:
            self._even_at.popitem(last=False)
        return 0

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._even_at)
