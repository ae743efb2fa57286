"""Engine and sessions. One session per operation: commit, or roll back and raise."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Tuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.orm import Session

from rasa_project.errors import StorageError

SQLITE_BUSY_SECONDS = 5
# Of PostgreSQL. Shorter than a turn may take, so that the patient still gets a sentence.
CONNECT_SECONDS, LOCK_SECONDS, STATEMENT_SECONDS = 5, 5, 15
# What a process began that then was stopped is undone after so long: before those who wait for
# it give up, and tell their patient of trouble.
IDLE_SECONDS = 4
# A server that is silent for so long counts as gone.
_SILENT_SECONDS = 10
_HEADER = b"SQLite format 3\0"
_CONNECTIONS, _MORE_CONNECTIONS = 8, 24
# After so many pages of its log SQLite takes it over into the database, as it would by itself.
_PAGES_OF_LOG = 1000
_MAY_WAIT: "ContextVar[bool]" = ContextVar("may wait for SQLite", default=True)
_FRESH_SECONDS = 1.0
# Beyond the 32 bits of the locks of conversations.
_START_KEY = 0x5275676765737400


@lru_cache(maxsize=None)
def engine_for(url: str) -> Engine:
    """The engine for a database URL; the same one each time within a process.

    Raises:
        StorageError: The URL is malformed, or SQLite's folder can't be made.
    """
    try:
        parsed = sa.engine.make_url(url)
        if parsed.get_backend_name() != "sqlite":
            if parsed.get_backend_name() == "postgresql":
                return _engine_for_postgres(url, parsed)
            return sa.create_engine(url, future=True, pool_pre_ping=True, hide_parameters=True)
        if parsed.database in (None, "", ":memory:") or parsed.database.startswith("file:"):
            engine = sa.create_engine(url, future=True, hide_parameters=True)
            sa.event.listen(engine, "connect", tune_sqlite)
            return engine
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_for_this_user_only(path)
        return _engine_for_file(url, path)
    except (SQLAlchemyError, OSError, ImportError, ValueError) as error:
        raise StorageError(plain_reason(error, url)) from error


def _time_outs(url: sa.engine.URL) -> Dict[str, Any]:
    """So that PostgreSQL gives up what takes too long; what the URL itself says wins."""
    limits: Dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": _SILENT_SECONDS * 1000,
        "options": f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={LOCK_SECONDS}s "
        f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s",
    }
    return {name: value for name, value in limits.items() if name not in url.query}


def _engine_for_postgres(url: str, parsed: sa.engine.URL) -> Engine:
    """An engine that asks whether a connection is still there only when it wasn't used lately.

    SQLAlchemy would ask each time: 18 times for a message, a fifth of all statements.
    """
    engine = sa.create_engine(
        url, future=True, hide_parameters=True, connect_args=_time_outs(parsed)
    )

    def note_use(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    def check(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("used", 0.0) < _FRESH_SECONDS:
            return
        if not engine.dialect.do_ping(connection):
            # Another one is made.
            raise DisconnectionError

    sa.event.listen(engine, "connect", note_use)
    sa.event.listen(engine, "checkin", note_use)
    sa.event.listen(engine, "checkout", check)
    return engine


def _engine_for_file(url: str, path: Path) -> Engine:
    """An engine whose connections stay open between operations.

    Opening SQLite's file, tuning it and tidying up after the last connection costs 3 ms,
    a reading on an open connection 0.1 (docs/performance.md).
    """
    engine = sa.create_engine(
        url,
        future=True,
        # What patients say is in the parameters, and doesn't belong in a log.
        hide_parameters=True,
        poolclass=sa.pool.QueuePool,
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        # The one that was used last is already as patient as it must be.
        pool_use_lifo=True,
        # The pool hands a connection to one thread at a time, but not always to the same.
        connect_args={"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False},
    )

    file = _DatabaseFile(path)

    def note_file(_connection: Any, record: Any) -> None:
        record.info["file"] = file.identity()

    def check_file(_connection: Any, record: Any, _proxy: Any) -> None:
        # Somebody put a backup in its place, or damaged it: what is written is lost.
        known = record.info.get("file")
        if known is None or known != file.identity():
            raise DisconnectionError

    def set_patience(connection: Any, record: Any, _proxy: Any) -> None:
        may_wait = _MAY_WAIT.get()
        if record.info.get("may_wait", True) != may_wait:
            patience = SQLITE_BUSY_SECONDS * 1000 if may_wait else 0
            connection.execute(f"PRAGMA busy_timeout={patience}").close()
            pages = _PAGES_OF_LOG if may_wait else 0
            connection.execute(f"PRAGMA wal_autocheckpoint={pages}").close()
            record.info["may_wait"] = may_wait

    sa.event.listen(engine, "connect", tune_sqlite)
    sa.event.listen(engine, "connect", note_file)
    sa.event.listen(engine, "checkout", check_file)
    sa.event.listen(engine, "checkout", set_patience)
    sa.event.listen(engine, "engine_disposed", lambda _engine: file.close())
    return engine


class _DatabaseFile:
    """Which file stands at a path, and whether it still begins as a database.

    SQLite itself looks only when it opens the file. It is opened once here and stays open as
    long as the engine: closing it would take SQLite's own locks away (POSIX).
    """

    def __init__(self, path: Path):
        self._path = path
        self._known: Optional[Tuple[int, int]] = None
        self._file = -1
        self._one = threading.Lock()

    def close(self) -> None:
        """Let go of the file; no connection may be in use."""
        with self._one:
            if self._file >= 0:
                os.close(self._file)
            self._file, self._known = -1, None

    def __del__(self) -> None:
        """The engine is gone, and so are its connections."""
        self.close()

    def identity(self) -> Optional[Tuple[int, int]]:
        """Names the file; None when there is none, or no database."""
        try:
            with self._one:
                found = os.stat(self._path)
                now = (found.st_dev, found.st_ino)
                if now != self._known:
                    self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
                    self._known = now
                begins = os.pread(self._file, len(_HEADER), 0)
        except OSError:
            return None
        # An empty file is a database that nothing was written to.
        return now if begins in (_HEADER, b"") else None


def _make_for_this_user_only(file: Path) -> None:
    """An empty file that other users of the computer can't read; SQLite would let them."""
    with contextlib.suppress(FileExistsError, IsADirectoryError, PermissionError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def tune_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]
    """Let readers go on while one writes (WAL), check foreign keys, wipe what is deleted."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=NORMAL")
    # What a patient wipes is gone from the file, not only from the tables.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def hold_for_start(connection: Connection) -> None:
    """Let no other process prepare the same PostgreSQL until the commit: tables, answers."""
    if connection.dialect.name == "postgresql":
        # Whoever prepares has the time that it takes; others wait for it.
        connection.execute(sa.text("SET LOCAL lock_timeout = '10min'"))
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        # It also reads files in between.
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = '10min'"))
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _START_KEY})


def is_file(url: str) -> bool:
    """Whether a database is a file of SQLite."""
    return isinstance(engine_for(url).pool, sa.pool.QueuePool) and (
        engine_for(url).dialect.name == "sqlite"
    )


@contextmanager
def without_waiting() -> Iterator[None]:
    """Within it SQLite refuses ("locked") instead of waiting, and leaves its log as it is."""
    token = _MAY_WAIT.set(False)
    try:
        yield
    finally:
        _MAY_WAIT.reset(token)


def keep_open(url: str) -> Connection:
    """A connection that does nothing but stay open, until it is closed.

    When the last connection to SQLite closes, SQLite tidies up; with one that stays, not
    each write pays for that (it is eight times as fast).

    Raises:
        StorageError: The database can't be opened.
    """
    try:
        connection = engine_for(url).connect()
        connection.execute(sa.text("SELECT count(*) FROM alembic_version"))
        # The connection stays, but no reading does: that would keep others waiting.
        connection.rollback()
        return connection
    except SQLAlchemyError as error:
        raise StorageError(plain_reason(error, url)) from error


@contextmanager
def session_for(url: str) -> Iterator[Session]:
    """A session for one operation; commits at the end, rolls back on any error.

    Raises:
        StorageError: The database could not do it.
    """
    with Session(engine_for(url), future=True) as session:
        try:
            yield session
            session.commit()
        except SQLAlchemyError as error:
            session.rollback()
            raise StorageError(plain_reason(error, url)) from error
        except BaseException:
            session.rollback()
            raise


def plain_reason(error: BaseException, url: str) -> str:
    """What is wrong with the database and what to do, in one line, without the password."""
    try:
        where = sa.engine.make_url(url).render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        # Not shown: a password may stand in it.
        return "RUGGESTEUN_DATABASE_URL does not hold a database URL: correct it."
    cause = str(getattr(error, "orig", None) or error).splitlines()[0]
    low = cause.lower()
    if "locked" in low or "lock timeout" in low:
        advice = "another program holds it; stop that program and try again"
    elif "readonly" in low or "read-only" in low or "unable to open" in low or "permission" in low:
        advice = "make the file and its folder writable for this user"
    elif "no such table" in low or ("relation" in low and "does not exist" in low):
        advice = "run `make migrate`"
    elif "malformed" in low or "not a database" in low:
        advice = "the file is damaged; put a backup in its place, or move it away to begin anew"
    elif "disk" in low or "full" in low:
        advice = "free some disk space"
    else:
        advice = "check RUGGESTEUN_DATABASE_URL and that the database is running"
    return f"The database {where} can't be used ({cause}): {advice}."
