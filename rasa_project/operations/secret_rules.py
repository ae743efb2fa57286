"""Which secrets there are, and which values nobody may use: examples, words, twins, short ones."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Extra

from rasa_project.errors import SettingsError
from rasa_project.settings import PROJECT, SERVER, Settings, given_environment
from rasa_project.yaml_lines import parse, read_yaml


class Secret(NamedTuple):
    """One secret of the environment.

    Attributes:
        name: Of the variable.
        shortest: So many characters it must have at least.
        is_in_url: Whether it is the password in an address; none is fine there.
        are_several: Whether several stand behind each other, with commas.
    """

    name: str
    shortest: int
    is_in_url: bool = False
    are_several: bool = False


# One line for each secret. What is named like a secret and isn't here is looked at as well, with
# the length of the first.
SECRETS: Tuple[Secret, ...] = (
    Secret("RUGGESTEUN_LOG_KEY", 20),
    Secret("RUGGESTEUN_METRICS_TOKEN", 20),
    Secret("RUGGESTEUN_ACTION_SECRET", 20),
    # Their form is looked at where they are read (data_keys.py).
    Secret("RUGGESTEUN_DATA_KEYS", 20, are_several=True),
    # Its form is looked at by itself.
    Secret("RUGGESTEUN_TELEGRAM_TOKEN", 0),
    Secret("RUGGESTEUN_SMTP_PASSWORD", 8),
    Secret("RUGGESTEUN_CHATWOOT_TOKEN", 16),
    Secret("RUGGESTEUN_CHATWOOT_WEBHOOK_SECRET", 24),
    Secret("RUGGESTEUN_CHATWOOT_SIGNING_SECRET", 16),
    Secret("RUGGESTEUN_DATABASE_URL", 12, is_in_url=True),
    Secret("RUGGESTEUN_REDIS_URL", 12, is_in_url=True),
)
_IS_SECRET = re.compile(r"RUGGESTEUN_\w*(TOKEN|SECRET|PASSWORD|KEY)S?")
# So long a piece of a page is no accident.
_SHORTEST_QUOTED = 8
_PAGES = ("README.md", "docs/**/*.md", "deploy/**/*", ".env.*", "*.example")


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


@lru_cache(maxsize=1)
def _instructions() -> str:
    """All that we ourselves tell people to type."""
    files = sorted(file for pattern in _PAGES for file in PROJECT.glob(pattern) if _is_page(file))
    return "\n".join(file.read_text("utf-8", "replace") for file in files)


def _is_page(file: Path) -> bool:
    return file.is_file() and file.name != ".env" and file.stat().st_size < 2**20


def is_example(secret: str) -> bool:
    """Whether a secret stands in somebody's instructions, ours or others'."""
    low = secret.lower()
    if any(word in low for word in examples().words) or len(set(low)) < 5:
        return True
    if low in examples().passwords or secret.startswith(tuple(examples().tokens)):
        return True
    return len(secret) >= _SHORTEST_QUOTED and secret in _instructions()


def weaknesses(environment: Mapping[str, str]) -> List[str]:
    """What is wrong with the secrets, one sentence each; the secrets themselves are not told."""
    found: List[str] = []
    seen: Dict[str, str] = {}
    for secret in _all(environment):
        for value in _values(secret, environment.get(secret.name, "")):
            if is_example(value) or _is_user(secret, environment.get(secret.name, ""), value):
                found.append(
                    f"{_called(secret)} looks like an example: put a secret of your own there."
                )
            elif len(value) < secret.shortest:
                found.append(
                    f"{_called(secret)} is too short: it needs at least {secret.shortest} signs."
                )
            if seen.setdefault(value, secret.name) != secret.name:
                found.append(
                    f"{_called(secret)} is the same as {seen[value]}: who learns one has both."
                )
    return found


def _all(environment: Mapping[str, str]) -> Iterator[Secret]:
    yield from SECRETS
    known = {secret.name for secret in SECRETS}
    for name in sorted(environment):
        if name not in known and _IS_SECRET.fullmatch(name):
            yield Secret(name, SECRETS[0].shortest, are_several=name.endswith("S"))


def _values(secret: Secret, text: str) -> List[str]:
    text = text.strip()
    if secret.is_in_url:
        password = _password_in(text)
        return [password] if password else []
    parts = text.split(",") if secret.are_several else [text]
    return [part.strip() for part in parts if part.strip()]


def _password_in(url: str) -> Optional[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        return None
    return unquote(password) if password else None


def _is_user(secret: Secret, url: str, password: str) -> bool:
    return secret.is_in_url and password.lower() == (urlsplit(url).username or "").lower()


def _called(secret: Secret) -> str:
    return f"The password in {secret.name}" if secret.is_in_url else secret.name


def refuse_weak_secrets(
    settings: Settings, environment: Optional[Mapping[str, str]] = None
) -> None:
    """Don't begin with secrets that others know; while trying things out only say so.

    Raises:
        SettingsError: In the profile ``server``, with all that is wrong.
    """
    found = weaknesses(given_environment() if environment is None else environment)
    if found and settings.profile == SERVER:
        raise SettingsError("\n  ".join(["Secrets that can't be used:", *found]))
    for line in found:
        print(f"Mind: {line}", flush=True)
