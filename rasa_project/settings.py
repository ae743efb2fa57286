"""The only reader of the environment, of ``.env``, and of ``practice.yml`` through them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Dict, Mapping, Optional, Tuple

from rasa_project.env_file import read_env_file
from rasa_project.errors import SettingsError
from rasa_project.practice import Practice, read_practice

PROJECT = Path(__file__).resolve().parent.parent
_SHORTEST_KEY = 20
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
        fixed_time: The time that it is, for tests and demonstrations; None for the real
            one. ``RUGGESTEUN_FIXED_TIME``, as 2026-11-23T10:00+01:00.
        log_format: ``text`` or ``json``; ``RUGGESTEUN_LOG_FORMAT``.
        log_key: So that a conversation has the same name in the logs after a restart;
            ``RUGGESTEUN_LOG_KEY``.
        metrics_token: Who shows it gets /metrics from anywhere; empty for this computer
            only. ``RUGGESTEUN_METRICS_TOKEN``.
        project: The folder that holds config.yml, data/ and the rest.
        telegram_token: Of the practice's bot; empty for no Telegram.
            ``RUGGESTEUN_TELEGRAM_TOKEN``.
        telegram_api: Where the Bot API is; ``RUGGESTEUN_TELEGRAM_API``.
        telegram_webhook: Address of this assistant on the internet, for Telegram to call;
            empty to ask Telegram instead. ``RUGGESTEUN_TELEGRAM_WEBHOOK``.
    """

    database_url: str
    practice_file: Path
    host: str
    port: int
    turn_seconds: float
    detector_seconds: float
    fixed_time: Optional[datetime] = None
    log_format: str = "text"
    log_key: str = field(default="", repr=False)
    metrics_token: str = field(default="", repr=False)
    project: Path = PROJECT
    # Not shown when the settings are printed: it is a secret.
    telegram_token: str = field(default="", repr=False)
    telegram_api: str = TELEGRAM_API
    telegram_webhook: str = ""

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
        environment = given_environment()
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
        log_format=_one_of(environment, "RUGGESTEUN_LOG_FORMAT", ("text", "json")),
        log_key=_secret(environment, "RUGGESTEUN_LOG_KEY"),
        metrics_token=_secret(environment, "RUGGESTEUN_METRICS_TOKEN"),
        telegram_token=environment.get("RUGGESTEUN_TELEGRAM_TOKEN", "").strip(),
        telegram_api=_address(environment, "RUGGESTEUN_TELEGRAM_API") or TELEGRAM_API,
        telegram_webhook=_address(environment, "RUGGESTEUN_TELEGRAM_WEBHOOK", "https"),
    )


def given_environment() -> Dict[str, str]:
    """The environment and, where that says nothing, ``.env``."""
    return {**_env_file(), **os.environ}


@lru_cache(maxsize=1)
def _env_file() -> Dict[str, str]:
    return read_env_file(PROJECT / ".env")


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


def _one_of(environment: Mapping[str, str], name: str, choices: Tuple[str, ...]) -> str:
    """One of some words; the first when nothing is set."""
    text = environment.get(name, "").strip().lower() or choices[0]
    if text not in choices:
        raise SettingsError(f"{name} must be {' or '.join(choices)}, not {text!r}")
    return text


def _secret(environment: Mapping[str, str], name: str) -> str:
    """A secret of the practice's own making, long enough not to be guessed."""
    text = environment.get(name, "").strip()
    if text and (len(text) < _SHORTEST_KEY or len(set(text)) < 8 or not text.isascii()):
        # Not shown: it is a secret.
        raise SettingsError(
            f"{name} must be at least {_SHORTEST_KEY} letters and digits that nobody can guess; "
            "make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`"
        )
    return text


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


@lru_cache(maxsize=1)
def current_practice() -> Practice:
    """The practice that this process serves; read once."""
    return read_practice(read_settings().practice_file)
