"""Finding hashes among sorted ones, compared with NumPy's search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.nlu.hash_places import HashPlaces

# The least, the largest and those that stand close together too.
HASHES = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3) | st.integers(2**63 - 3, 2**63 - 1)


def row(numbers) -> np.ndarray:
    return np.array(sorted(numbers), dtype=np.int64)


@given(st.lists(HASHES, max_size=60), st.lists(HASHES, max_size=20))
def test_each_hash_gets_the_place_that_numpy_finds(there, asked):
    hashes, wanted = row(there), np.array([*asked, *there], dtype=np.int64)
    found = HashPlaces(hashes)(wanted)
    assert found.tolist() == np.searchsorted(hashes, wanted).tolist()


@pytest.mark.parametrize("size", [1, 2, 3, 1023, 1024, 100_000])
def test_many_hashes(size):
    numbers = np.random.default_rng(size)
    hashes = np.sort(numbers.integers(-(2**63), 2**63 - 1, size, dtype=np.int64))
    asked = np.concatenate([hashes, numbers.integers(-(2**63), 2**63 - 1, 500, dtype=np.int64)])
    assert (HashPlaces(hashes)(asked) == np.searchsorted(hashes, asked)).all()
