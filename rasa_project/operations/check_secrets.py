"""Whether secrets are secret: not out of an example, and readable for nobody else."""

from __future__ import annotations

import re
import stat
from functools import lru_cache
from pathlib import Path
from typing import Iterator, List, Mapping, Optional

import sqlalchemy as sa
from pydantic import BaseModel, Extra
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.operations.check_database import sqlite_file
from rasa_project.operations.findings import Finding, fine, mind, wrong
from rasa_project.settings import PROJECT, Settings, given_environment
from rasa_project.yaml_lines import parse, read_yaml

_IS_SECRET = re.compile(r"RUGGESTEUN_\w*(TOKEN|SECRET|PASSWORD|KEY)")
_NAME = re.compile(r"RUGGESTEUN_[A-Z_]+[A-Z]")
_BOT_TOKEN = re.compile(r"[0-9]{6,12}:[A-Za-z0-9_-]{35}")
_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Examples(BaseModel):
    """``data/example_secrets.yml``."""

    words: List[str]
    passwords: List[str]
    shortest_password: int
    tokens: List[str]
    practice: List[str]
    data_keys: List[str]

    class Config:
        extra = Extra.forbid


@lru_cache(maxsize=1)
def examples() -> Examples:
    """The examples that nobody may use; read once."""
    path = PROJECT / "data" / "example_secrets.yml"
    return parse(Examples, read_yaml(path), path)


def is_example(secret: str) -> bool:
    """Whether a secret stands in somebody's instructions."""
    low = secret.lower()
    return any(word in low for word in examples().words) or len(set(low)) < 5


def check_secrets(
    settings: Settings, environment: Optional[Mapping[str, str]] = None
) -> Iterator[Finding]:
    """Secrets that are examples, a bot's token that can't be one, and misspelled settings."""
    given = given_environment() if environment is None else environment
    for name in sorted(given):
        if _IS_SECRET.fullmatch(name) and given[name].strip() and is_example(given[name]):
            yield wrong(f"{name} looks like an example: put a secret of your own there.")
    yield from _unknown(given)
    yield from _bot_token(settings.telegram_token)
    yield from _password(settings.database_url)


def _unknown(environment: Mapping[str, str]) -> Iterator[Finding]:
    known = set(_NAME.findall((PROJECT / "rasa_project" / "settings.py").read_text("utf-8")))
    for name in sorted(environment):
        if name.startswith("RUGGESTEUN_") and name not in known:
            yield mind(f"{name} is no setting of ours: is it spelled right?")


def _bot_token(token: str) -> Iterator[Finding]:
    if not token:
        return
    if token.startswith(tuple(examples().tokens)):
        yield wrong("RUGGESTEUN_TELEGRAM_TOKEN is out of an example: make your own bot.")
    elif not _BOT_TOKEN.fullmatch(token):
        yield wrong(
            "RUGGESTEUN_TELEGRAM_TOKEN is no bot token: copy it from @BotFather, digits, a colon "
            "and 35 signs."
        )
    else:
        yield fine("The token of Telegram has the right form.")


def _password(url: str) -> Iterator[Finding]:
    try:
        parsed = sa.engine.make_url(url)
    except (SQLAlchemyError, ValueError):
        # The check of the database tells it.
        return
    password = str(parsed.password or "")
    if parsed.get_backend_name() == "sqlite" or not password:
        return
    is_short = len(password) < examples().shortest_password
    known = password.lower() in [*examples().passwords, str(parsed.username).lower()]
    if is_short or known or is_example(password):
        yield wrong(
            "The password in RUGGESTEUN_DATABASE_URL is short or out of an example: choose one of "
            f"at least {examples().shortest_password} signs."
        )


def check_permissions(settings: Settings, env_file: Optional[Path] = None) -> Iterator[Finding]:
    """Whether other users of this computer can read secrets or conversations."""
    files = [env_file or settings.project / ".env"]
    database = sqlite_file(settings.database_url)
    if database is not None:
        files += [Path(f"{database}{ending}") for ending in ("", "-wal", "-shm")]
    open_files = [file for file in files if file.is_file() and file.stat().st_mode & _OF_OTHERS]
    for file in open_files:
        yield wrong(f"Other users of this computer can read {file}: run `chmod 600 {file}`.")
    if not open_files:
        yield fine("Only this user can read the settings and the database.")
