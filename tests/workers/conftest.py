"""Redis, processes that hold something, and two whole workers behind nginx."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from rasa_project.workers import programs
from tests.dialogues.conftest import (  # noqa: F401
    PROJECT,
    Assistant,
    environment,
    free_port,
    project,
    trained_model,
)
from tests.storage import postgres
from tests.workers import redis_server

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


class Cluster:
    """`python -m rasa_project workers`, in a folder of its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._settings = settings
        self._out = folder / "out.log"

    def start(self, count: int = 2) -> "Cluster":
        with self._out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "rasa_project", "workers", "--count", str(count)]
                + ["--port", str(self.port), "--folder", str(self.folder / "data")],
                cwd=PROJECT,
                env=environment(**self._settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + 240
        while "is ready" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < until, self.output
            time.sleep(0.1)
        return self

    @property
    def output(self) -> str:
        return self._out.read_text("utf-8", "replace")

    @property
    def state(self) -> Dict[str, Any]:
        return dict(json.loads((self.folder / "data" / "state.json").read_text("utf-8")))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self, worker: int) -> str:
        return (self.folder / "data" / f"worker-{worker}.log").read_text("utf-8", "replace")

    def pid(self, name: str) -> int:
        return int(self.state["pids"][name])

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        return int(self.process.returncode)


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
