"""A patient doesn't wait; `python -m tests.browser.speed` prints the figures."""

from __future__ import annotations

import statistics

import pytest

from tests.browser.speed import QUESTIONS, report, start_clock, waits

pytestmark = [pytest.mark.alone, pytest.mark.browser, pytest.mark.model]

# Far above what is measured: the machine may be busy.
MOST_MILLISECONDS = 2_000


def test_an_answer_is_there_within_two_seconds(visit):
    chat = visit("/chat", before=start_clock)
    waited = waits(chat, QUESTIONS[:8])
    assert statistics.median(waited) < MOST_MILLISECONDS, report(waited)
