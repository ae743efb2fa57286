"""The only reader of the environment, and of ``practice.yml`` through it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Mapping, Optional

from rasa_project.errors import SettingsError
from rasa_project.practice import Practice, read_practice

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Where things are and how the server listens.

    Attributes:
        database_url: SQLAlchemy URL; ``RUGGESTEUN_DATABASE_URL``.
        practice_file: ``RUGGESTEUN_PRACTICE``.
        host: Address to bind; ``RUGGESTEUN_HOST``.
        port: Port to bind; ``RUGGESTEUN_PORT``.
        turn_seconds: Seconds that a patient's turn may take; ``RUGGESTEUN_TURN_SECONDS``.
        detector_seconds: Seconds that reading for alarm signs may take;
            ``RUGGESTEUN_DETECTOR_SECONDS``.
        fixed_time: The time that it is, for tests and demonstrations; None for the real
            one. ``RUGGESTEUN_FIXED_TIME``, as 2026-11-23T10:00+01:00.
        project: The folder that holds config.yml, data/ and the rest.
    """

    database_url: str
    practice_file: Path
    host: str
    port: int
    turn_seconds: float
    detector_seconds: float
    fixed_time: Optional[datetime] = None
    project: Path = PROJECT

    @property
    def data(self) -> Path:
        """The folder with knowledge, red flags and texts."""
        return self.project / "data"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read all settings.

    Raises:
        SettingsError: A value can't be used; the text names the variable.
    """
    return Settings(
        database_url=environment.get(
            "RUGGESTEUN_DATABASE_URL", f"sqlite:///{PROJECT / 'var' / 'ruggesteun.db'}"
        ),
        practice_file=Path(environment.get("RUGGESTEUN_PRACTICE", PROJECT / "practice.yml")),
        host=environment.get("RUGGESTEUN_HOST", "127.0.0.1"),
        port=_port(environment.get("RUGGESTEUN_PORT", "5005")),
        turn_seconds=_seconds(environment, "RUGGESTEUN_TURN_SECONDS", "20"),
        detector_seconds=_seconds(environment, "RUGGESTEUN_DETECTOR_SECONDS", "5"),
        fixed_time=_moment(environment, "RUGGESTEUN_FIXED_TIME"),
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"RUGGESTEUN_PORT must be a number from 1 to 65535, not {text!r}")
    return int(text)


def _seconds(environment: Mapping[str, str], name: str, usual: str) -> float:
    text = environment.get(name, usual)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 300:
        raise SettingsError(f"{name} must be a number between 0 and 300, not {text!r}")
    return seconds


def _moment(environment: Mapping[str, str], name: str) -> Optional[datetime]:
    text = environment.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{name} must be like 2026-11-23T10:00+01:00, not {text!r}") from error
    if moment.tzinfo is None:
        raise SettingsError(f"{name} needs its time zone, as in 2026-11-23T10:00+01:00")
    return moment


@lru_cache(maxsize=1)
def current_practice() -> Practice:
    """The practice that this process serves; read once."""
    return read_practice(read_settings().practice_file)
