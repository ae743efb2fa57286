"""Fixtures that every layer may use. Nothing here needs Rasa or a trained model."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from hypothesis import settings as hypothesis_settings

from rasa_project import clock
from rasa_project.conversation import failure, texts
from rasa_project.conversation.triage_file import triage_file
from rasa_project.knowledge.files import Knowledge, read_knowledge
from rasa_project.practice import Practice
from rasa_project.redflags.catalogue import RedFlagCatalogue, read_catalogue
from rasa_project.settings import current_practice
from tests import data_keys
from tests.builders import write_yaml

# Before Rasa or SQLAlchemy is imported by a layer that needs them.
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
assert data_keys.KEYS

# The machine may be busy, and a run must give the same result twice.
hypothesis_settings.register_profile("ruggesteun", deadline=None, derandomize=True)
hypothesis_settings.load_profile("ruggesteun")

# Databases, on SQLite and on PostgreSQL; and several processes.
pytest_plugins = ("tests.databases", "tests.parallel")

PROJECT = Path(__file__).resolve().parent.parent


# A Monday on which everybody is open, and a Sunday night.
MONDAY_MORNING = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
SUNDAY_NIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=timezone.utc)


@pytest.fixture(scope="session", autouse=True)
def _env_file_of_the_developer() -> Iterator[None]:
    """No test writes into it."""
    file = PROJECT / ".env"
    before = file.read_bytes() if file.exists() else None
    yield
    assert (file.read_bytes() if file.exists() else None) == before


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """A function that fixes the clock of this process."""

    def fix(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return fix


def _forget() -> None:
    triage_file.cache_clear()
    current_practice.cache_clear()
    texts.texts.cache_clear()
    failure._rules.cache_clear()


@pytest.fixture(scope="session")
def real_knowledge() -> Knowledge:
    """data/knowledge, read once."""
    return read_knowledge(PROJECT / "data" / "knowledge")


@pytest.fixture(scope="session")
def real_catalogue() -> RedFlagCatalogue:
    """data/red_flags.yml, read once."""
    return read_catalogue(PROJECT / "data" / "red_flags.yml")


@pytest.fixture
def fresh_singletons() -> Iterator[None]:
    """Nothing that an earlier test read is still known, and nothing is left behind."""
    _forget()
    yield
    _forget()


@pytest.fixture
def serve_practice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_singletons: None
) -> Callable[..., Practice]:
    """A function that makes this process serve a practice with the given fields."""

    def serve(**fields: Any) -> Practice:
        content = {"name": "De Brug", "country": "NL", "phone": "010 - 123 45 67", **fields}
        path = write_yaml(tmp_path / "practice.yml", content)
        monkeypatch.setenv("RUGGESTEUN_PRACTICE", str(path))
        current_practice.cache_clear()
        return current_practice()

    return serve
