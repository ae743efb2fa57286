"""The one place that asks what time it is, so that tests can fix it."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    """This moment, with its time zone."""
    return datetime.now(timezone.utc)
