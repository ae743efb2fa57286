"""Redis, processes that hold something, and two whole workers behind nginx."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest

from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from rasa_project.workers import programs
from tests.dialogues.conftest import (  # noqa: F401
    PROJECT,
    Assistant,
    environment,
    project,
    trained_model,
)
from tests.storage import postgres
from tests.workers import redis_server
from tests.workers.cluster import Cluster

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.workers.holding", "tests.telegram.light"])


@pytest.fixture
def redis() -> Iterator[redis_server.RedisServer]:
    reason = redis_server.why_not()
    if reason:
        pytest.skip(reason)
    server = redis_server.RedisServer().start()
    yield server
    server.go_on()
    server.stop()


@pytest.fixture
def shared_database(new_postgres: str) -> Iterator[str]:
    """A PostgreSQL with all tables."""
    migrate(new_postgres)
    yield new_postgres
    engine_for(new_postgres).dispose()
    engine_for.cache_clear()


class Holder:
    """Another process that holds a claim or a lease until it is ended."""

    def __init__(self, target: Callable[..., None], *given: Any) -> None:
        self.ready = _CONTEXT.Event()
        self.process = _CONTEXT.Process(target=target, args=(*given, self.ready), daemon=True)
        self.process.start()
        assert self.ready.wait(60)

    def kill(self) -> None:
        self.process.kill()
        self.process.join(20)

    def pause(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)


@pytest.fixture
def hold() -> Iterator[Callable[..., Holder]]:
    holders: List[Holder] = []

    def start(target: Callable[..., None], *given: Any) -> Holder:
        holders.append(Holder(target, *given))
        return holders[-1]

    yield start
    for holder in holders:
        with contextlib.suppress(ProcessLookupError):
            holder.go_on()
        holder.kill()


@pytest.fixture(scope="session")
def cluster(
    trained_model: Path,  # noqa: F811
) -> Iterator[Cluster]:
    """Two workers with PostgreSQL, Redis and nginx; skipped where one of those is missing."""
    for program in (programs.NGINX, programs.REDIS, programs.POSTGRES):
        if programs.find(program) is None:
            pytest.skip(f"{program.name} is not installed")
    reason = postgres.why_not()
    if reason:
        pytest.skip(reason)
    # Not in pytest's folder: when we are root, PostgreSQL runs as a user that can't get there.
    folder = Path(tempfile.mkdtemp(prefix="ruggesteun-workers-"))
    folder.chmod(0o755)
    running = Cluster(folder).start()
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder)
