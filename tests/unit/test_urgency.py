"""The order of urgencies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.redflags.urgency import Urgency, highest, urgency_from


def test_the_order_is_none_soon_same_day_emergency():
    assert [urgency.value for urgency in sorted(Urgency, key=lambda u: u.rank)] == [
        "none",
        "soon",
        "same_day",
        "emergency",
    ]


@given(st.lists(st.sampled_from(Urgency)))
def test_the_highest_is_no_lower_than_any(urgencies):
    top = highest(urgencies)
    assert all(top.rank >= urgency.rank for urgency in urgencies)
    assert top in urgencies or (top is Urgency.NONE and not urgencies)


@pytest.mark.parametrize("urgency", Urgency)
def test_a_stored_urgency_is_read_back(urgency):
    assert urgency_from(urgency.value) is urgency


@pytest.mark.parametrize("value", [None, "", "NONE", "U1", 3, 1.5, [], {}, ["soon"]])
def test_what_can_not_be_read_counts_as_none(value):
    assert urgency_from(value) is Urgency.NONE
