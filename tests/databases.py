"""An empty and a migrated database, on SQLite and on PostgreSQL; for all tests."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Iterator

import pytest
import sqlalchemy as sa

from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from tests.storage import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    reason = postgres.why_not()
    if reason:
        pytest.skip(reason)
    yield from postgres.serve()


@pytest.fixture
def new_postgres(postgres_server: str) -> str:
    """A database of this test alone."""
    name = f"t{uuid.uuid4().hex}"
    admin = sa.create_engine(f"{postgres_server}postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return f"{postgres_server}{name}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'sub' / 'test.db'}"
    else:
        url = request.getfixturevalue("new_postgres")
    yield url
    engine_for(url).dispose()
    engine_for.cache_clear()


@pytest.fixture
def database(empty_database: str) -> str:
    """The URL of a database with all tables."""
    migrate(empty_database)
    return empty_database
