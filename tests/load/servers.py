"""Start and stop both sides, and see what they use."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List

import requests
import yaml

from rasa_project.settings import PROJECT
from rasa_project.training import QUIET, content_hash
from tests.dialogues.conftest import copy_of_project, environment
from tests.load.material import Material
from tests.load.stock import train_stock, write_stock
from tests.ports import free_port

START_SECONDS = 300.0
CACHE = PROJECT / "var" / "bench"
OURS, STOCK = "ours", "stock"


@dataclass
class Side:
    """One of the two: how it is started, and what was seen of it."""

    name: str
    folder: Path
    commands: List[List[str]]
    port: int
    database: Path
    settings: Dict[str, str]
    training_s: float
    start_s: float = 0.0
    processes: "List[subprocess.Popen[bytes]]" = field(default_factory=list)
    logs: List[Path] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, first_question: str) -> "Side":
        """Start it; the time until its first answer is noted."""
        started = time.monotonic()
        for number, command in enumerate(self.commands):
            log = self.folder / f"process-{number}.log"
            self.logs.append(log)
            with log.open("wb") as out:
                self.processes.append(
                    subprocess.Popen(
                        command,
                        cwd=self.folder,
                        env=environment(**self.settings),
                        stdin=subprocess.DEVNULL,
                        stdout=out,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                )
        while not self._answers(first_question):
            ended = [process.args for process in self.processes if process.poll() is not None]
            if ended or time.monotonic() - started > START_SECONDS:
                text = "\n".join(log.read_text("utf-8", "replace")[-2000:] for log in self.logs)
                self.stop()
                raise RuntimeError(f"{self.name} does not answer:\n{text}")
            time.sleep(0.1)
        self.start_s = time.monotonic() - started
        return self

    def _answers(self, question: str) -> bool:
        body = json.dumps({"sender": "first", "message": question})
        try:
            reply = requests.post(
                f"{self.address}/webhooks/rest/webhook",
                data=body,
                headers={"Content-Type": "application/json"},
                timeout=60,
            )
        except requests.RequestException:
            return False
        return reply.status_code == 200 and bool(reply.json())

    def stop(self) -> None:
        """End the processes that were started here."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)
        self.processes.clear()

    def memory_mb(self, process: int = -1) -> float:
        """What a process has in memory now; the last one is the one that serves."""
        return rss_mb(self.processes[process].pid)

    def cpu_seconds(self) -> float:
        """The processor's time that its processes have used; neighbours don't change it."""
        return sum(cpu_seconds(process.pid) for process in self.processes)

    def database_bytes(self) -> int:
        """What its database takes; the side must be stopped, so that SQLite tidied up."""
        return self.database.stat().st_size if self.database.exists() else 0


def cpu_seconds(pid: int) -> float:
    """The processor's time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """The resident memory of a process in megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no memory is known of process {pid}")


def stock_side(folder: Path, data: Material, epochs: int) -> Side:
    """Rasa as it comes: two processes."""
    port, action_port = free_port(), free_port()
    project, store = folder / STOCK, folder / "stock.db"
    write_stock(project, data, store, action_port, epochs)
    training = train_stock(project, CACHE)
    rasa = [sys.executable, "-m", "rasa", "run"]
    return Side(
        STOCK,
        project,
        [[*rasa, "actions", "-p", str(action_port)], [*rasa, "-i", "127.0.0.1", "-p", str(port)]],
        port,
        store,
        {},
        training,
    )


def our_side(folder: Path, data: Material, **settings: str) -> Side:
    """Ours, taught the same and nothing else."""
    project = copy_of_project(folder / OURS)
    for path in (project / "data" / "nlu").glob("*.yml"):
        path.unlink()
    taught = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in data.taught.items()
    ]
    (project / "data" / "nlu" / "bench.yml").write_text(
        yaml.safe_dump({"version": "3.1", "nlu": taught}, allow_unicode=True), "utf-8"
    )
    training = _train_ours(project)
    port, store = free_port(), folder / "ours.db"
    return Side(
        OURS,
        project,
        [[sys.executable, "-m", "rasa_project", "run"]],
        port,
        store,
        {
            "RUGGESTEUN_PORT": str(port),
            "RUGGESTEUN_DATABASE_URL": f"sqlite:///{store}",
            **settings,
        },
        training,
    )


def _train_ours(project: Path) -> float:
    model = f"ruggesteun-{content_hash(project)}.tar.gz"
    kept, seconds = CACHE / model, CACHE / f"{model}.seconds"
    names = [model, f"{model}.sha256"]
    if not (kept.is_file() and seconds.is_file()):
        CACHE.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "rasa_project", "train"],
            cwd=project,
            env={**environment(), **QUIET},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        took = time.monotonic() - started
        for name in names:
            shutil.copy2(project / "models" / name, CACHE / name)
        seconds.write_text(f"{took:.1f}", "utf-8")
    for name in names:
        shutil.copy2(CACHE / name, project / "models" / name)
    return float(seconds.read_text("utf-8"))
