"""`python -m rasa_project workers` in a folder of its own, for tests and for the benchmark."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict

from tests.dialogues.conftest import PROJECT, environment
from tests.ports import free_port


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
