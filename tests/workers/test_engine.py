"""Connections to PostgreSQL that ended: found out in time, and nobody waits for who was stopped."""

from __future__ import annotations

import time
from typing import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from rasa_project.storage import engine as engine_module
from rasa_project.storage.engine import engine_for

pytestmark = pytest.mark.postgres


@pytest.fixture
def url(new_postgres: str) -> Iterator[str]:
    yield new_postgres
    engine_for(new_postgres).dispose()
    engine_for.cache_clear()


def end_all(url: str) -> None:
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
    with admin.connect() as connection:
        connection.execute(sa.text(f"{query} AND datname = current_database()"))


def ask(url: str) -> int:
    with engine_for(url).connect() as connection:
        return int(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())


def test_a_connection_that_ended_while_it_lay_is_made_anew(url, monkeypatch):
    monkeypatch.setattr(engine_module, "_FRESH_SECONDS", 0.2)
    before = ask(url)
    end_all(url)
    time.sleep(0.3)
    assert ask(url) != before


def test_one_that_was_used_a_moment_ago_fails_at_most_once(url, monkeypatch):
    monkeypatch.setattr(engine_module, "_FRESH_SECONDS", 60)
    before = ask(url)
    end_all(url)
    with pytest.raises(DBAPIError):
        ask(url)
    assert ask(url) != before


def test_what_a_stopped_process_began_is_undone(url, monkeypatch):
    monkeypatch.setattr(engine_module, "IDLE_SECONDS", 1)
    with engine_for(url).connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        time.sleep(1.5)
        with pytest.raises(DBAPIError):
            connection.execute(sa.text("SELECT 1"))
        connection.invalidate()


def test_who_prepares_the_database_may_read_files_in_between(url, monkeypatch):
    monkeypatch.setattr(engine_module, "IDLE_SECONDS", 1)
    with engine_for(url).begin() as connection:
        engine_module.hold_for_start(connection)
        time.sleep(1.5)
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
