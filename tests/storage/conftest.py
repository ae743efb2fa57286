"""Knowledge, and a database in a file. ``tests/databases.py`` has the others."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Callable, Iterator

import pytest

from rasa_project.conversation import failure
from rasa_project.knowledge.files import Knowledge, read_knowledge
from rasa_project.redflags.assess import RedFlagRules
from rasa_project.redflags.catalogue import read_catalogue
from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from tests.builders import write_knowledge
from tests.conftest import PROJECT


@lru_cache(maxsize=1)
def _rules() -> RedFlagRules:
    return RedFlagRules(read_catalogue(PROJECT / "data" / "red_flags.yml"))


@pytest.fixture
def rules_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The red-flag rules take seconds to read, and are the same for all practices."""

    def shared() -> RedFlagRules:
        return _rules()

    shared.cache_clear = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setattr(failure, "_rules", shared)


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Iterator[Path]:
    """The file of a migrated SQLite database that nobody holds open."""
    path = tmp_path / "test.db"
    migrate(f"sqlite:///{path}")
    engine_for(f"sqlite:///{path}").dispose()
    engine_for.cache_clear()
    yield path
    engine_for(f"sqlite:///{path}").dispose()
    engine_for.cache_clear()


@pytest.fixture
def knowledge(tmp_path: Path) -> Callable[..., Knowledge]:
    """A function that reads knowledge files with the given topics."""

    def read(*topics: dict, **files: object) -> Knowledge:
        return read_knowledge(write_knowledge(tmp_path / "knowledge", list(topics), **files))

    return read
