"""The one place that asks what time it is, so that tests can fix it."""

from __future__ import annotations

from datetime import datetime, timezone

from rasa_project.settings import read_settings


def utc_now() -> datetime:
    """The real moment: for what is stored, and for what expires whatever patients are told."""
    return datetime.now(timezone.utc)


def now() -> datetime:
    """This moment, with its time zone; a fixed one when the settings say so."""
    return read_settings().fixed_time or utc_now()
