"""The one place that asks what time it is, so that tests can fix it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Optional

from rasa_project.settings import read_settings


def utc_now() -> datetime:
    """The real moment: for what is stored, and for what expires whatever patients are told."""
    return datetime.now(timezone.utc)


# Two clocks of one practice may differ by so much.
AHEAD = timedelta(minutes=1)
LONG_AGO = timedelta(days=36_500)


def elapsed(since: datetime, now: datetime) -> timedelta:
    """How long ago something was written down.

    A moment in the future means that the clock was wrong then and was set back. Whoever waits
    since then doesn't wait for that moment to come round: it counts as long ago.
    """
    passed = now - since
    return passed if passed >= -AHEAD else LONG_AGO


def now() -> datetime:
    """This moment, with its time zone; a fixed one when the settings say so."""
    return _fixed_time(os.environ.get("RUGGESTEUN_FIXED_TIME")) or utc_now()


@lru_cache(maxsize=8)
def _fixed_time(_given: Optional[str]) -> Optional[datetime]:
    # All settings are read for it, several times a turn, if it isn't kept.
    return read_settings().fixed_time
