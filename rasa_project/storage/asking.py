"""Ask the database from the event loop: at once where that is quickest, else in a thread.

SQLite answers in less time than it takes to hand over to a thread, and with several patients at
once threads take Python from each other twenty times a message. So it is asked where we are, but
then it may wait for nobody: neither for who holds the file, nor for the disk to take the log over.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from functools import lru_cache
from typing import Any, Awaitable, Callable, Set, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.errors import StorageError
from rasa_project.storage.engine import engine_for, is_file, without_waiting

logger = logging.getLogger(__name__)
_T = TypeVar("_T")
# SQLite takes its log over into the database after so many pages; we after so many questions.
_ASKED_BEFORE_TIDYING = 300
# A log begins anew when somebody writes after all of it was taken over. Pages of 4 kB.
_LONG_LOG = 8_000
_asked: "Counter[str]" = Counter()
_tidying: "Set[str]" = set()


async def ask(
    url: str,
    work: Callable[..., _T],
    *given: Any,
    in_thread: Callable[..., Awaitable[_T]] = asyncio.to_thread,
) -> _T:
    """Do a small piece of work with the database.

    Args:
        url: The database that it asks.
        work: One transaction: when somebody holds the database it is undone and done again.
        given: Handed to it.
        in_thread: Where it is done when it has to wait.

    Raises:
        StorageError: As ``work`` does.
    """
    if _answers_at_once(url):
        try:
            with without_waiting():
                return work(*given)
        except (SQLAlchemyError, StorageError) as error:
            if not _is_held(error):
                raise
        finally:
            _tidy_now_and_then(url)
    return await in_thread(work, *given)


@lru_cache(maxsize=None)
def _answers_at_once(url: str) -> bool:
    return is_file(url)


def _is_held(error: BaseException) -> bool:
    """Whether another one has the database."""
    cause = error.__cause__ if isinstance(error, StorageError) else error
    reason = getattr(cause, "orig", None)
    return isinstance(reason, sqlite3.OperationalError) and "locked" in str(reason)


def _tidy_now_and_then(url: str) -> None:
    _asked[url] += 1
    if _asked[url] >= _ASKED_BEFORE_TIDYING and url not in _tidying:
        _asked[url] = 0
        _tidying.add(url)
        done = asyncio.get_running_loop().run_in_executor(None, _tidy, url)
        done.add_done_callback(lambda done: _tidied(url, done.result()))


def _tidied(url: str, pages: int) -> None:
    try:
        if pages > _LONG_LOG:
            # Somebody always wrote meanwhile. Here nobody does, and little is left to take over.
            with without_waiting():
                _tidy(url)
    finally:
        _tidying.discard(url)


def _tidy(url: str) -> int:
    """Let SQLite take its log over, as far as nobody reads it.

    Returns:
        The length of the log, in pages.
    """
    try:
        with engine_for(url).connect() as connection:
            row = connection.execute(sa.text("PRAGMA wal_checkpoint(PASSIVE)")).one()
            return int(row.log)
    except (SQLAlchemyError, StorageError) as error:
        # What is in the log is not lost; the next time it is tried again.
        logger.warning("SQLite's log could not be taken over: %s", type(error).__name__)
        return 0
