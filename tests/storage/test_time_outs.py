"""PostgreSQL gives up what takes too long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from rasa_project.errors import StorageError
from rasa_project.storage import engine
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.migrate import migrate


@pytest.fixture
def url(new_postgres, monkeypatch):
    monkeypatch.setattr(engine, "LOCK_SECONDS", 1)
    monkeypatch.setattr(engine, "STATEMENT_SECONDS", 2)
    address = new_postgres
    engine_for.cache_clear()
    yield address
    engine_for(address).dispose()
    engine_for.cache_clear()


@pytest.mark.postgres
def test_what_takes_too_long_is_given_up(url):
    migrate(url)
    with pytest.raises(StorageError, match="statement timeout"), session_for(url) as session:
        session.execute(sa.text("SELECT pg_sleep(30)"))
    with engine_for(url).begin() as holder:
        holder.execute(sa.text("LOCK TABLE conversation"))

        def read():
            with session_for(url) as session:
                session.execute(sa.text("SELECT count(*) FROM conversation"))

        with ThreadPoolExecutor(1) as threads, pytest.raises(StorageError, match="lock timeout"):
            threads.submit(read).result(20)
    with session_for(url) as session:
        assert session.execute(sa.text("SELECT 1")).scalar_one() == 1


@pytest.mark.parametrize(
    ("address", "given"),
    [
        (
            "postgresql://me@h/db?options=-c%20statement_timeout%3D1s&connect_timeout=9",
            {"tcp_user_timeout": 10_000},
        ),
    ],
)
def test_what_the_address_says_wins(address, given):
    assert engine._time_outs(sa.engine.make_url(address)) == given
