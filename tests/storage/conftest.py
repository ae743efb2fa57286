"""Knowledge, and a database in a file. ``tests/databases.py`` has the others."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import pytest

from rasa_project.knowledge.files import Knowledge, read_knowledge
from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from tests.builders import write_knowledge


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
