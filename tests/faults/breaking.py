"""Ways to break what the assistant stands on, and to mend it again."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import redis
import sqlalchemy as sa

from tests.dialogues.held_database import held_by_another_program
from tests.ports import free_port

_FULL = """
CREATE FUNCTION no_space() RETURNS trigger AS $$ BEGIN
RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$ LANGUAGE plpgsql;
CREATE TRIGGER no_space BEFORE INSERT ON conversation_event
FOR EACH ROW EXECUTE FUNCTION no_space();
"""


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@contextmanager
def gone(url: str) -> Iterator[None]:
    """The database can't be reached."""
    if url.startswith("sqlite"):
        file = file_of(url)
        kept = [Path(f"{file}{ending}") for ending in ("", "-wal", "-shm")]
        kept = [path for path in kept if path.exists()]
        for path in kept:
            path.rename(f"{path}.away")
        try:
            yield
        finally:
            for ending in ("", "-wal", "-shm"):
                # What was made in its place meanwhile.
                Path(f"{file}{ending}").unlink(missing_ok=True)
            for path in kept:
                Path(f"{path}.away").rename(path)
        return
    admin, name = _admin(url)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.exec_driver_sql(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        try:
            yield
        finally:
            connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    admin.dispose()


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another program holds it."""
    if url.startswith("sqlite"):
        with held_by_another_program(file_of(url)):
            yield
        return
    engine = sa.create_engine(url)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("LOCK TABLE conversation, conversation_event")
        yield
    engine.dispose()


@contextmanager
def no_space(url: str) -> Iterator[None]:
    """PostgreSQL's disk is full; for SQLite the server itself is given too few pages."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(_FULL)
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION no_space() CASCADE")
        engine.dispose()


def _admin(url: str) -> "tuple[sa.engine.Engine, str]":
    address, _, name = url.rpartition("/")
    return sa.create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT"), name


class Redis:
    """A server of the tests' own."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self._folder = folder
        self._process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> "Redis":
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        client = redis.Redis(port=self.port)
        deadline = time.monotonic() + 20
        while True:
            try:
                client.ping()
                return self
            except redis.RedisError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None
