"""The one place that asks what time it is, so that tests can fix it."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from functools import lru_cache
from typing import Optional

from rasa_project.settings import read_settings


def utc_now() -> datetime:
    """The real moment: for what is stored, and for what expires whatever patients are told."""
    return datetime.now(timezone.utc)


def now() -> datetime:
    """This moment, with its time zone; a fixed one when the settings say so."""
    return _fixed_time(os.environ.get("RUGGESTEUN_FIXED_TIME")) or utc_now()


@lru_cache(maxsize=8)
def _fixed_time(_given: Optional[str]) -> Optional[datetime]:
    # All settings are read for it, several times a turn, if it isn't kept.
    return read_settings().fixed_time
