"""The only reader of the environment, of ``.env``, and of ``practice.yml`` through them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Dict, Mapping, Optional, Tuple

from rasa_project.data_keys import read_data_keys
from rasa_project.env_file import read_env_file
from rasa_project.errors import SettingsError
from rasa_project.practice import Practice, read_practice

PROJECT = Path(__file__).resolve().parent.parent
_SHORTEST_KEY = 20
TELEGRAM_API = "https://api.telegram.org"
SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOCAL, SERVER = "local", "server"
_HERE = ("localhost", "127.0.0.1", "::1")
# A secret that stands in an address must be past guessing.
_SHORTEST_SECRET = 24


@dataclass(frozen=True)
class SmtpSettings:
    """The mail server that tells the practice that somebody waits.

    Attributes:
        host: ``RUGGESTEUN_SMTP_HOST``.
        port: ``RUGGESTEUN_SMTP_PORT``; by default what goes with ``security``.
        security: ``starttls``, ``tls`` or ``none``; ``RUGGESTEUN_SMTP_SECURITY``.
        sender: Whom the mail is from; ``RUGGESTEUN_SMTP_FROM``.
        user: ``RUGGESTEUN_SMTP_USER``; empty for a server that asks for none.
        password: ``RUGGESTEUN_SMTP_PASSWORD``.
    """

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class ChatwootSettings:
    """A practice's own Chatwoot (docs/chatwoot.md).

    Attributes:
        url: Where it is; ``RUGGESTEUN_CHATWOOT_URL``.
        token: Of the user as whom we write there; ``RUGGESTEUN_CHATWOOT_TOKEN``.
        account: Number of the account; ``RUGGESTEUN_CHATWOOT_ACCOUNT``.
        inbox: Number of the inbox, of the kind API; ``RUGGESTEUN_CHATWOOT_INBOX``.
        webhook_secret: The last part of the address that Chatwoot calls;
            ``RUGGESTEUN_CHATWOOT_WEBHOOK_SECRET``.
        signing_secret: The inbox's own secret, with which Chatwoot 4.13 and later sign
            what they send; ``RUGGESTEUN_CHATWOOT_SIGNING_SECRET``. Empty: not checked.
    """

    url: str
    token: str = field(repr=False)
    account: int
    inbox: int
    webhook_secret: str = field(repr=False)
    signing_secret: str = field(default="", repr=False)


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
        log_format: ``text`` or ``json``; ``RUGGESTEUN_LOG_FORMAT``.
        log_key: So that a conversation has the same name in the logs after a restart;
            ``RUGGESTEUN_LOG_KEY``.
        metrics_token: Who shows it gets /metrics from anywhere; empty for this computer
            only. ``RUGGESTEUN_METRICS_TOKEN``.
        project: The folder that holds config.yml, data/ and the rest.
        profile: ``local`` for trying, developing and one small practice; ``server`` for
            patients on the internet. ``RUGGESTEUN_PROFILE``.
        telegram_token: Of the practice's bot; empty for no Telegram.
            ``RUGGESTEUN_TELEGRAM_TOKEN``.
        telegram_api: Where the Bot API is; ``RUGGESTEUN_TELEGRAM_API``.
        telegram_webhook: Address of this assistant on the internet, for Telegram to call;
            empty to ask Telegram instead. ``RUGGESTEUN_TELEGRAM_WEBHOOK``.
        address: Address of this assistant on the internet, for links to the inbox; empty
            for no links. ``RUGGESTEUN_ADDRESS``.
        smtp: None for no mail.
        chatwoot: None for none.
        proxies: How many proxies of the practice's own stand in front of the server, so
            that it knows from which network address somebody comes; ``RUGGESTEUN_PROXIES``.
        action_server: Address of ``rasa run actions``; empty to execute actions in the
            server itself. ``RUGGESTEUN_ACTION_SERVER``.
        redis_url: Of the Redis through which several workers take turns; empty for one
            worker. ``RUGGESTEUN_REDIS_URL``.
        data_keys: With which the database's texts are encrypted, the newest first; none when
            no key is made yet. ``RUGGESTEUN_DATA_KEYS``.
        action_secret: With which the server proves to the action server who it is;
            ``RUGGESTEUN_ACTION_SECRET``.
        limits: What is allowed of data/limits.yml for each address, so many times; 0 for no
            limits. ``RUGGESTEUN_LIMITS``.
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
    profile: str = LOCAL
    # Not shown when the settings are printed: it is a secret.
    telegram_token: str = field(default="", repr=False)
    telegram_api: str = TELEGRAM_API
    telegram_webhook: str = ""
    address: str = ""
    smtp: Optional[SmtpSettings] = None
    chatwoot: Optional[ChatwootSettings] = None
    proxies: int = 0
    action_server: str = ""
    # A password may stand in it.
    redis_url: str = field(default="", repr=False)
    most_waiting: int = 100
    data_keys: Tuple[str, ...] = field(default=(), repr=False)
    action_secret: str = field(default="", repr=False)
    limits: float = 1.0

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
        profile=_one_of(environment, "RUGGESTEUN_PROFILE", (LOCAL, SERVER)),
        telegram_token=environment.get("RUGGESTEUN_TELEGRAM_TOKEN", "").strip(),
        telegram_api=_address(environment, "RUGGESTEUN_TELEGRAM_API") or TELEGRAM_API,
        telegram_webhook=_address(environment, "RUGGESTEUN_TELEGRAM_WEBHOOK", "https"),
        address=_address(environment, "RUGGESTEUN_ADDRESS", "https"),
        smtp=_smtp(environment),
        chatwoot=_chatwoot(environment),
        proxies=_count(environment, "RUGGESTEUN_PROXIES", "0", 9),
        action_server=_address(environment, "RUGGESTEUN_ACTION_SERVER"),
        redis_url=_redis(environment, "RUGGESTEUN_REDIS_URL"),
        most_waiting=_count(environment, "RUGGESTEUN_MOST_WAITING", "100", 100_000),
        data_keys=read_data_keys(environment.get("RUGGESTEUN_DATA_KEYS", "")),
        action_secret=_secret(environment, "RUGGESTEUN_ACTION_SECRET"),
        limits=_times(environment, "RUGGESTEUN_LIMITS"),
    )


def given_environment() -> Dict[str, str]:
    """The environment and, where that says nothing, ``.env``."""
    return {**_env_file(), **os.environ}


def env_file() -> Path:
    """Where a practice keeps settings and secrets."""
    return PROJECT / ".env"


def forget_env_file() -> None:
    """Read ``.env`` anew next time: something was added to it."""
    _env_file.cache_clear()


@lru_cache(maxsize=1)
def _env_file() -> Dict[str, str]:
    return read_env_file(env_file())


def _port(text: str, name: str = "RUGGESTEUN_PORT") -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"{name} must be a number from 1 to 65535, not {text!r}")
    return int(text)


def _smtp(environment: Mapping[str, str]) -> Optional[SmtpSettings]:
    given = _group(environment, "RUGGESTEUN_SMTP_")
    host = given.get("HOST", "")
    if not host:
        # Without a server the rest means nothing.
        return None
    security = given.get("SECURITY", "starttls").lower()
    if security not in SMTP_PORTS:
        raise SettingsError("RUGGESTEUN_SMTP_SECURITY must be starttls, tls or none")
    if security == "none" and host not in _HERE:
        raise SettingsError(
            "RUGGESTEUN_SMTP_SECURITY=none is only for a mail server on this computer"
        )
    sender = given.get("FROM", "")
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", sender):
        raise SettingsError("RUGGESTEUN_SMTP_FROM must be the mail address that mail comes from")
    port = given.get("PORT") or str(SMTP_PORTS[security])
    return SmtpSettings(
        host=host,
        port=_port(port, "RUGGESTEUN_SMTP_PORT"),
        security=security,
        sender=sender,
        user=given.get("USER", ""),
        password=given.get("PASSWORD", ""),
    )


def _chatwoot(environment: Mapping[str, str]) -> Optional[ChatwootSettings]:
    name = "RUGGESTEUN_CHATWOOT_"
    given = _group(environment, name)
    url = _address(environment, f"{name}URL")
    if not url:
        return None
    for part in ("TOKEN", "WEBHOOK_SECRET"):
        if not re.fullmatch(r"[A-Za-z0-9_-]+", given.get(part, "")):
            raise SettingsError(f"{name}{part} must be letters, digits, - and _ (docs/chatwoot.md)")
    if len(given["WEBHOOK_SECRET"]) < _SHORTEST_SECRET:
        raise SettingsError(
            f"{name}WEBHOOK_SECRET must have at least {_SHORTEST_SECRET} characters"
        )
    for part in ("ACCOUNT", "INBOX"):
        if not re.fullmatch(r"[1-9][0-9]{0,8}", given.get(part, "")):
            raise SettingsError(f"{name}{part} must be the number that Chatwoot gave it")
    return ChatwootSettings(
        url=url,
        token=given["TOKEN"],
        account=int(given["ACCOUNT"]),
        inbox=int(given["INBOX"]),
        webhook_secret=given["WEBHOOK_SECRET"],
        signing_secret=given.get("SIGNING_SECRET", ""),
    )


def _group(environment: Mapping[str, str], prefix: str) -> Dict[str, str]:
    return {
        name[len(prefix) :]: value.strip()
        for name, value in environment.items()
        if name.startswith(prefix)
    }


def _count(environment: Mapping[str, str], name: str, usual: str, most: int) -> int:
    text = environment.get(name, "").strip() or usual
    if not re.fullmatch("[0-9]{1,6}", text) or int(text) > most:
        raise SettingsError(f"{name} must be a whole number from 0 to {most}, not {text!r}")
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


def _times(environment: Mapping[str, str], name: str) -> float:
    text = environment.get(name, "").strip() or "1"
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text):
        raise SettingsError(f"{name} must be a number such as 2 or 0.5, or 0 for no limits")
    return float(text)


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
