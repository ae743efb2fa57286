"""Whether secrets are secret: not out of an example, and readable for nobody else."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Iterator, Mapping, Optional

from rasa_project.operations.check_database import sqlite_file
from rasa_project.operations.findings import Finding, fine, mind, wrong
from rasa_project.operations.secret_rules import is_example, weaknesses
from rasa_project.settings import PROJECT, Settings, given_environment

_NAME = re.compile(r"RUGGESTEUN_[A-Z_]+[A-Z]")
_BOT_TOKEN = re.compile(r"[0-9]{6,12}:[A-Za-z0-9_-]{35}")
_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_secrets(
    settings: Settings, environment: Optional[Mapping[str, str]] = None
) -> Iterator[Finding]:
    """Secrets that are examples, a bot's token that can't be one, and misspelled settings."""
    given = dict(given_environment() if environment is None else environment)
    ours = {
        "RUGGESTEUN_DATABASE_URL": settings.database_url,
        "RUGGESTEUN_TELEGRAM_TOKEN": settings.telegram_token,
    }
    yield from map(wrong, weaknesses({**given, **ours}))
    yield from _unknown(given)
    yield from _bot_token(settings.telegram_token)


def _unknown(environment: Mapping[str, str]) -> Iterator[Finding]:
    known = set(_NAME.findall((PROJECT / "rasa_project" / "settings.py").read_text("utf-8")))
    for name in sorted(environment):
        if name.startswith("RUGGESTEUN_") and name not in known:
            yield mind(f"{name} is no setting of ours: is it spelled right?")


def _bot_token(token: str) -> Iterator[Finding]:
    if not token:
        return
    if is_example(token):
        # Told already.
        return
    if not _BOT_TOKEN.fullmatch(token):
        yield wrong(
            "RUGGESTEUN_TELEGRAM_TOKEN is no bot token: copy it from @BotFather, digits, a colon "
            "and 35 signs."
        )
    else:
        yield fine("The token of Telegram has the right form.")


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
