"""A program that is started, watched and ended as a part of the whole."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess  # noqa: S404 - programs are started with fixed arguments
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Optional

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
# Who ran so long begins with a short pause again.
_STEADY_SECONDS = 60.0
_STOP_SECONDS = 10.0
_LAST_LINES = 15


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Part:
    """One program.

    Attributes:
        name: In what is shown.
        command: With its arguments.
        log: Where it writes.
        is_ready: Whether it can be used.
        environment: Its own; None for ours.
        folder: In which it runs.
        stop_signal: Asks it to end.
    """

    name: str
    command: List[str]
    log: Path
    is_ready: Callable[[], bool]
    environment: Optional[Dict[str, str]] = None
    folder: Optional[Path] = None
    stop_signal: int = signal.SIGTERM
    process: "Optional[subprocess.Popen[bytes]]" = None
    _pause: float = field(default=_FIRST_PAUSE, init=False)
    _started: float = field(default=0.0, init=False)
    _again_at: float = field(default=0.0, init=False)

    @property
    def pid(self) -> int:
        """Of the process that runs, or ran."""
        return self.process.pid if self.process is not None else 0

    @property
    def runs(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it; not waiting until it is ready."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for us; we end the parts in their order.
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one thread starts all parts
            )
        self._started = time.monotonic()

    def see_to(self, say: Callable[[str], None]) -> None:
        """Start it again when it ended, each time a little later."""
        if self.runs:
            return
        now = time.monotonic()
        if not self._again_at:
            if now - self._started > _STEADY_SECONDS:
                self._pause = _FIRST_PAUSE
            code = self.process.returncode if self.process is not None else "?"
            say(f"{self.name} ended ({code}); starting it again in {self._pause:g} s ({self.log}).")
            self._again_at = now + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        elif now >= self._again_at:
            self._again_at = 0.0
            self.start()

    def stop(self) -> None:
        """Ask it to end, and end it when it doesn't."""
        if self.process is None or not self.runs:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(_STOP_SECONDS)

    def last_lines(self) -> str:
        """What it wrote last."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])


def _end_with_parent() -> None:
    """Should we be killed, Linux ends the parts too."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def python(*arguments: str) -> List[str]:
    """A command of ours."""
    return [sys.executable, "-m", "rasa_project", *arguments]


def ours(**settings: str) -> Dict[str, str]:
    """The environment with these settings."""
    return {**os.environ, **settings}
