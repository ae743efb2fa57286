"""The database is asked where we are when nothing has to be waited for, else in a thread."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, List

import pytest
import sqlalchemy as sa

from rasa_project.clock import utc_now
from rasa_project.conversation.log import ConversationGone, ConversationLog
from rasa_project.errors import StorageError
from rasa_project.storage import asking
from rasa_project.storage.asking import ask
from rasa_project.storage.engine import engine_for, session_for, without_waiting
from rasa_project.storage.tables import ConversationRow

HERE = threading.main_thread()


class Work:
    """Adds one conversation each time it is done, and notes where that was."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.done_in: List[threading.Thread] = []

    def __call__(self, name: str) -> str:
        self.done_in.append(threading.current_thread())
        with session_for(self.url) as session:
            now = utc_now()
            times = dict.fromkeys(("created_at", "last_used_at", "expires_at"), now)
            session.add(ConversationRow(id=name, channel="web", **times))
        return name

    def stored(self) -> int:
        with engine_for(self.url).connect() as connection:
            return int(
                connection.execute(sa.text("SELECT count(*) FROM conversation")).scalar_one()
            )


def pragma(connection: Any, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


async def test_only_sqlite_is_asked_where_we_are(database):
    work = Work(database)
    assert await ask(database, work, "web:1") == "web:1"
    assert (work.done_in == [HERE]) == database.startswith("sqlite")
    assert work.stored() == 1


async def test_who_holds_the_database_keeps_nobody_else_waiting(sqlite_file):
    url = f"sqlite:///{sqlite_file}"
    work, ticks = Work(url), []

    async def others() -> None:
        while work.stored() == 0:
            ticks.append(1)
            await asyncio.sleep(0.01)

    with engine_for(url).connect() as holder:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        asked = asyncio.ensure_future(ask(url, work, "web:1"))
        going_on = asyncio.ensure_future(others())
        while len(ticks) <= 5:
            await asyncio.sleep(0.01)
        assert not asked.done()
        holder.rollback()
    assert await asked == "web:1"
    await going_on
    # Undone where we are, and done once in a thread.
    assert [thread is HERE for thread in work.done_in] == [True, False]
    assert work.stored() == 1


async def test_what_else_goes_wrong_is_not_tried_again(sqlite_file):
    url = f"sqlite:///{sqlite_file}"
    work = Work(url)
    await ask(url, work, "web:1")
    with pytest.raises(StorageError, match="UNIQUE"):
        await ask(url, work, "web:1")
    assert len(work.done_in) == 2
    log = ConversationLog(url)
    with pytest.raises(ConversationGone):
        await log.ask(log.add_message, "web:2", "m" * 8, "hallo")
    assert work.stored() == 1


def test_only_who_is_asked_at_once_is_impatient(sqlite_file):
    engine = engine_for(f"sqlite:///{sqlite_file}")
    for _ in range(2):
        with without_waiting(), engine.connect() as connection:
            assert (
                pragma(connection, "busy_timeout"),
                pragma(connection, "wal_autocheckpoint"),
            ) == (
                0,
                0,
            )
        with engine.connect() as connection:
            assert pragma(connection, "busy_timeout") == 5000
            assert pragma(connection, "wal_autocheckpoint") == 1000


def log_of(sqlite_file: Any) -> int:
    """The size of SQLite's log, in bytes."""
    return int(sqlite_file.with_name(f"{sqlite_file.name}-wal").stat().st_size)


async def ask_often(url: str, work: Work, numbers: range) -> None:
    for number in numbers:
        await ask(url, work, f"web:{number}")
    while asking._tidying:
        await asyncio.sleep(0.01)


async def test_the_log_of_sqlite_is_taken_over_now_and_then(sqlite_file, monkeypatch):
    monkeypatch.setattr(asking, "_ASKED_BEFORE_TIDYING", 20)
    url = f"sqlite:///{sqlite_file}"
    work, in_database = Work(url), sqlite_file.stat().st_size
    await ask_often(url, work, range(20))
    log = log_of(sqlite_file)
    # It begins anew at its front, so it doesn't grow with what is written.
    for begin in range(20, 600, 20):
        await ask_often(url, work, range(begin, begin + 20))
    assert sqlite_file.stat().st_size > in_database
    assert log_of(sqlite_file) < 3 * log
    assert work.stored() == 600


@pytest.mark.parametrize("longest", [100, 10**9])
async def test_a_log_does_not_grow_on_when_somebody_always_writes(
    sqlite_file, monkeypatch, longest
):
    monkeypatch.setattr(asking, "_ASKED_BEFORE_TIDYING", 20)
    monkeypatch.setattr(asking, "_LONG_LOG", longest)
    url = f"sqlite:///{sqlite_file}"
    work, tidy = Work(url), asking._tidy

    def tidy_while_somebody_writes(url: str) -> int:
        if threading.current_thread() is HERE:
            return tidy(url)
        # Only what was written before somebody began to read is taken over.
        with engine_for(url).connect() as reader:
            reader.exec_driver_sql("BEGIN")
            reader.execute(sa.text("SELECT count(*) FROM conversation")).one()
            work(f"web:meanwhile-{len(work.done_in)}")
            return tidy(url)

    monkeypatch.setattr(asking, "_tidy", tidy_while_somebody_writes)
    for begin in range(0, 600, 20):
        await ask_often(url, work, range(begin, begin + 20))
    assert work.stored() == 630
    page = 4096 + 24
    # Without the second look it grows with all that is written: the test can fail.
    assert (log_of(sqlite_file) < 4 * 100 * page) == (longest == 100)


async def test_a_log_that_cannot_be_taken_over_is_said_and_harms_nobody(
    sqlite_file, monkeypatch, caplog
):
    monkeypatch.setattr(asking, "_ASKED_BEFORE_TIDYING", 1)
    url = f"sqlite:///{sqlite_file}"
    work = Work(url)

    def fail(_url: str) -> Any:
        raise StorageError("gone")

    monkeypatch.setattr(asking, "engine_for", fail)
    assert await ask(url, work, "web:1") == "web:1"
    while asking._tidying:
        await asyncio.sleep(0.01)
    assert "could not be taken over" in caplog.text
