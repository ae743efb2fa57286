"""A real Redis of the tests' own: free port, nothing kept; stopped and started at will."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from typing import Optional

from rasa_project.workers import programs
from rasa_project.workers.parts import listens
from tests.ports import free_port


def why_not() -> Optional[str]:
    """Why none can be started here, or None."""
    return None if programs.find(programs.REDIS) else "redis-server is not installed"


class RedisServer:
    """One server; ``stop`` ends that process and no other."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = tempfile.TemporaryDirectory(prefix="ruggesteun-redis-")
        self._process: "Optional[subprocess.Popen[bytes]]" = None

    def start(self) -> "RedisServer":
        program = programs.find(programs.REDIS)
        assert program is not None
        self._process = subprocess.Popen(
            [str(program), "--bind", "127.0.0.1", "--port", str(self.port)]
            + ["--save", "", "--dir", self._folder.name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while not listens(self.port):
            assert time.monotonic() < until
            time.sleep(0.02)
        return self

    def hang(self) -> None:
        """It takes connections and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(20)
