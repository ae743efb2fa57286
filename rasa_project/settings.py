"""The only reader of the environment, of ``.env``, and of ``practice.yml`` through them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Dict, Mapping, Optional

from rasa_project.env_file import read_env_file
from rasa_project.errors import SettingsError
from rasa_project.practice import Practice, read_practice

PROJECT = Path(__file__).resolve().parent.parent
TELEGRAM_API = "https://api.telegram.org"


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
        most_waiting: So many messages may wait for their turn; whoever comes then is told
            that it is busy. ``RUGGESTEUN_MOST_WAITING``.
        fixed_time: The time that it is, for tests and demonstrations; None for the real
            one. ``RUGGESTEUN_FIXED_TIME``, as 2026-11-23T10:00+01:00.
        project: The folder that holds config.yml, data/ and the rest.
        telegram_token: Of the practice's bot; empty for no Telegram.
            ``RUGGESTEUN_TELEGRAM_TOKEN``.
        telegram_api: Where the Bot API is; ``RUGGESTEUN_TELEGRAM_API``.
        telegram_webhook: Address of this assistant on the internet, for Telegram to call;
            empty to ask Telegram instead. ``RUGGESTEUN_TELEGRAM_WEBHOOK``.
        action_server: Address of ``rasa run actions``; empty to execute actions in the
            server itself. ``RUGGESTEUN_ACTION_SERVER``.
        redis_url: Of the Redis through which several workers take turns; empty for one
            worker. ``RUGGESTEUN_REDIS_URL``.
    """

    database_url: str
    practice_file: Path
    host: str
    port: int
    turn_seconds: float
    detector_seconds: float
    fixed_time: Optional[datetime] = None
    project: Path = PROJECT
    # Not shown when the settings are printed: it is a secret.
    telegram_token: str = field(default="", repr=False)
    telegram_api: str = TELEGRAM_API
    telegram_webhook: str = ""
    action_server: str = ""
    # A password may stand in it.
    redis_url: str = field(default="", repr=False)
    most_waiting: int = 100

    @property
    def data(self) -> Path:
        """The folder with knowledge, red flags and texts."""
        return self.project / "data"


def read_settings(environment: Optional[Mapping[str, str]] = None) -> Settings:
    """Read all settings.

    Args:
        environment: Where from; by default the environment, which wins, and ``.env``.

    Raises:
        SettingsError: A value can't be used; the text names the variable.
    """
    if environment is None:
        environment = {**_env_file(), **os.environ}
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
        telegram_token=environment.get("RUGGESTEUN_TELEGRAM_TOKEN", "").strip(),
        telegram_api=_address(environment, "RUGGESTEUN_TELEGRAM_API") or TELEGRAM_API,
        telegram_webhook=_address(environment, "RUGGESTEUN_TELEGRAM_WEBHOOK", "https"),
        action_server=_address(environment, "RUGGESTEUN_ACTION_SERVER"),
        redis_url=_redis(environment, "RUGGESTEUN_REDIS_URL"),
        most_waiting=_count(environment, "RUGGESTEUN_MOST_WAITING", "100"),
    )


@lru_cache(maxsize=1)
def _env_file() -> Dict[str, str]:
    return read_env_file(PROJECT / ".env")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"RUGGESTEUN_PORT must be a number from 1 to 65535, not {text!r}")
    return int(text)


def _count(environment: Mapping[str, str], name: str, usual: str) -> int:
    text = environment.get(name, usual)
    if not text.isdecimal() or int(text) > 100_000:
        raise SettingsError(f"{name} must be a whole number from 0 to 100000, not {text!r}")
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


def _address(environment: Mapping[str, str], name: str, schemes: str = "https?") -> str:
    text = environment.get(name, "").strip().rstrip("/")
    if text and not re.fullmatch(rf"{schemes}://[^\s/?#@]+(/[^\s?#]*)?", text):
        wanted = "https://" if schemes == "https" else "http:// or https://"
        # Not shown: a password may stand in it.
        raise SettingsError(f"{name} must be an address that begins with {wanted}")
    return text


def _redis(environment: Mapping[str, str], name: str) -> str:
    text = environment.get(name, "").strip()
    if text and not re.match(r"(rediss?|unix)://.", text):
        # Not shown: a password may stand in it.
        raise SettingsError(f"{name} must be an address that begins with redis:// or rediss://")
    return text


@lru_cache(maxsize=1)
def current_practice() -> Practice:
    """The practice that this process serves; read once."""
    return read_practice(read_settings().practice_file)
