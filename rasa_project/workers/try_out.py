"""`make workers`: several workers with PostgreSQL, Redis and nginx, to try it. Not for patients.

Everything stands in var/workers and listens on 127.0.0.1 only. Ctrl-C ends all of it.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import shutil
import signal
import subprocess  # noqa: S404 - programs are started with fixed arguments
import time
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Dict, List, Optional

import requests
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.errors import RuggesteunError
from rasa_project.ports import check_port
from rasa_project.settings import Settings, given_environment
from rasa_project.training import QUIET
from rasa_project.workers import programs
from rasa_project.workers.parts import Part, free_port, listens, ours, python

MOST_WORKERS = 32
_READY_SECONDS = 180.0
_LOOK_SECONDS = 0.2
_DATABASE = "ruggesteun"
# Root can't run PostgreSQL; where it is installed there is mostly this user.
_INSTEAD_OF_ROOT = ("postgres", "nobody")


class CannotBegin(RuggesteunError):
    """A part does not start."""


def say(line: str) -> None:
    """Show progress."""
    print(line, flush=True)


class Workers:
    """All parts, in the order in which they start.

    Args:
        settings: Ours.
        count: How many workers.
        port: On which nginx listens.
        folder: For all data, and logs.
    """

    def __init__(self, settings: Settings, count: int, port: int, folder: Path) -> None:
        self._settings = settings
        self._count = count
        self._port = port
        self._folder = folder
        self._state = folder / "state.json"
        self._given = given_environment()
        self.parts: List[Part] = []
        self.workers: List[Part] = []
        self._stopping = False

    # ---- start

    def start(self) -> None:
        """Start everything; what is started when something fails is ended by :meth:`stop`.

        Raises:
            MissingPrograms: Something must be installed.
            CannotBegin: A part does not start.
        """
        where = programs.need(self._needed())
        check_port("127.0.0.1", self._port)
        self._folder.mkdir(parents=True, exist_ok=True)
        database = self._database(where)
        redis = self._redis(where)
        shared = {
            "RUGGESTEUN_DATABASE_URL": database,
            "RUGGESTEUN_REDIS_URL": redis,
            "RUGGESTEUN_HOST": "127.0.0.1",
            "RUGGESTEUN_PROXIES": "1",
            **{name: value for name, value in QUIET.items() if name not in os.environ},
        }
        # Once, before the workers, so that they only look whether it is done.
        for step in ("migrate", "load-answers", "train"):
            self._run_once(step, shared)
        ports = [free_port() for _ in range(self._count)]
        for number, port in enumerate(ports, 1):
            self._start_worker(number, port, shared)
        for worker in self.workers:
            self._wait(worker)
        self._nginx(where[programs.NGINX], ports)
        self._write_state(ports, database, redis)

    def _needed(self) -> List[programs.Program]:
        needed = [programs.NGINX]
        if not self._settings.redis_url:
            needed.append(programs.REDIS)
        url = self._given.get("RUGGESTEUN_DATABASE_URL", "")
        if not url:
            needed += [programs.POSTGRES, programs.INITDB]
        elif not url.startswith("postgres"):
            raise CannotBegin("Several workers need PostgreSQL: RUGGESTEUN_DATABASE_URL isn't one.")
        return needed

    def _database(self, where: Dict[programs.Program, Path]) -> str:
        if programs.POSTGRES not in where:
            return self._settings.database_url
        folder = self._folder / "postgres"
        data, port = folder / "data", free_port()
        as_user = self._prepare_for_postgres(folder)
        if not (data / "PG_VERSION").exists():
            say("PostgreSQL: making its data folder ...")
            made = subprocess.run(  # noqa: S603
                [*as_user, str(where[programs.INITDB]), "-D", str(data), "-U", _DATABASE]
                + ["-A", "trust", "-E", "UTF8", "--locale=C"],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode:
                raise CannotBegin(f"PostgreSQL can't make its data folder:\n{made.stderr}")
        address = f"postgresql://{_DATABASE}@127.0.0.1:{port}"
        self._begin(
            Part(
                "PostgreSQL",
                [*as_user, str(where[programs.POSTGRES]), "-D", str(data), "-p", str(port)]
                + ["-c", "listen_addresses=127.0.0.1", "-k", str(folder)],
                self._folder / "postgres.log",
                lambda: _can_connect(f"{address}/postgres"),
                folder=folder,
                # Ends connections, and waits for nobody.
                stop_signal=signal.SIGINT,
            )
        )
        _make_database(f"{address}/postgres")
        return f"{address}/{_DATABASE}"

    @staticmethod
    def _prepare_for_postgres(folder: Path) -> List[str]:
        folder.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() != 0:
            return []
        users = {entry.pw_name: entry for entry in pwd.getpwall()}
        user = next((users[name] for name in _INSTEAD_OF_ROOT if name in users), None)
        if user is None or shutil.which("setpriv") is None:
            raise CannotBegin(
                "PostgreSQL can't be run by root: become an ordinary user, or set "
                "RUGGESTEUN_DATABASE_URL to one that runs."
            )
        os.chown(folder, user.pw_uid, user.pw_gid)
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]

    def _redis(self, where: Dict[programs.Program, Path]) -> str:
        if programs.REDIS not in where:
            return self._settings.redis_url
        port = free_port()
        self._begin(
            Part(
                "Redis",
                [str(where[programs.REDIS]), "--bind", "127.0.0.1", "--port", str(port)]
                # Nothing in it needs keeping.
                + ["--save", "", "--appendonly", "no", "--dir", str(self._folder)],
                self._folder / "redis.log",
                lambda: listens(port),
            )
        )
        return f"redis://127.0.0.1:{port}/0"

    def _run_once(self, step: str, shared: Dict[str, str]) -> None:
        done = subprocess.run(  # noqa: S603
            python(step), cwd=self._settings.project, env=ours(**shared), check=False
        )
        if done.returncode:
            raise CannotBegin(f"`python -m rasa_project {step}` failed; the lines above say why.")

    def _start_worker(self, number: int, port: int, shared: Dict[str, str]) -> None:
        worker = Part(
            f"Worker {number}",
            python("run"),
            self._folder / f"worker-{number}.log",
            lambda: _answers(f"http://127.0.0.1:{port}/ready"),
            environment=ours(**shared, RUGGESTEUN_PORT=str(port)),
            folder=self._settings.project,
        )
        say(f"{worker.name}: starting on port {port} ...")
        worker.start()
        self.parts.append(worker)
        self.workers.append(worker)

    def _nginx(self, program: Path, ports: List[int]) -> None:
        folder = self._folder / "nginx"
        folder.mkdir(exist_ok=True)
        config = folder / "nginx.conf"
        template = self._settings.project / "deploy" / "nginx"
        text = (template / "try.conf.template").read_text("utf-8")
        config.write_text(
            nginx_config(text, folder, template / "locations.conf", self._port, ports), "utf-8"
        )
        self._begin(
            Part(
                "nginx",
                [str(program), "-p", str(folder), "-e", str(folder / "error.log")]
                + ["-c", str(config)],
                self._folder / "nginx.log",
                lambda: _answers(f"http://127.0.0.1:{self._port}/chat/api/info"),
                stop_signal=signal.SIGTERM,
            )
        )

    def _begin(self, part: Part) -> None:
        say(f"{part.name}: starting ...")
        part.start()
        self.parts.append(part)
        self._wait(part)

    def _wait(self, part: Part) -> None:
        until = time.monotonic() + _READY_SECONDS
        while not part.is_ready():
            if not part.runs or time.monotonic() > until or self._stopping:
                raise CannotBegin(f"{part.name} does not start:\n{part.last_lines()}")
            time.sleep(_LOOK_SECONDS)
        say(f"{part.name}: ready.")

    def _write_state(self, ports: List[int], database: str, redis: str) -> None:
        """For programs that want to know what runs where; without passwords that were given."""
        state: Dict[str, Any] = {
            "address": f"http://127.0.0.1:{self._port}",
            "workers": [f"http://127.0.0.1:{port}" for port in ports],
            "pids": {part.name: part.pid for part in self.parts},
        }
        if "RUGGESTEUN_DATABASE_URL" not in self._given:
            state["database"] = database
        if not self._settings.redis_url:
            state["redis"] = redis
        self._tell(state)

    def _tell(self, state: Dict[str, Any]) -> None:
        """Write down what runs; who reads it finds the whole of it."""
        unfinished = self._folder / "state.json.new"
        unfinished.write_text(json.dumps(state, indent=1), "utf-8")
        os.replace(unfinished, self._state)

    # ---- while it runs, and the end

    def watch(self) -> None:
        """Start again what ends, until asked to stop."""
        pids = [part.pid for part in self.parts]
        while not self._stopping:
            for part in self.parts:
                part.see_to(say)
            now = [part.pid for part in self.parts]
            if now != pids:
                pids = now
                known = json.loads(self._state.read_text("utf-8"))
                known["pids"] = {part.name: part.pid for part in self.parts}
                self._tell(known)
            time.sleep(_LOOK_SECONDS)

    def ask_to_stop(self, _signal: int, _frame: Optional[FrameType]) -> None:
        """Ctrl-C, or SIGTERM."""
        self._stopping = True

    def stop(self) -> None:
        """End everything: first what patients reach, last what keeps their words."""
        if any(part.runs for part in self.parts):
            say("\nStopping ...")
        for part in reversed(self.parts):
            if part in self.workers and part.process is not None and part.runs:
                # Side by side, and waited for below.
                part.process.send_signal(part.stop_signal)
        for part in reversed(self.parts):
            part.stop()
        (self._folder / "state.json").unlink(missing_ok=True)


def nginx_config(
    template: str, folder: Path, locations: Path, port: int, workers: List[int]
) -> str:
    """The configuration of nginx; pure."""
    server = "        server 127.0.0.1:{} max_fails=1 fail_timeout=2s;"
    filled = {
        "@FOLDER@": str(folder),
        "@LOCATIONS@": str(locations),
        "@PORT@": str(port),
        "@SERVERS@": "\n".join(server.format(number) for number in workers),
    }
    for name, value in filled.items():
        template = template.replace(name, value)
    return template


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _can_connect(url: str) -> bool:
    return _with_connection(url, lambda connection: True)


def _make_database(url: str) -> None:
    def make(connection: Any) -> bool:
        known = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
        if connection.execute(known, {"name": _DATABASE}).scalar() is None:
            connection.execute(sa.text(f"CREATE DATABASE {_DATABASE}"))
        return True

    if not _with_connection(url, make):
        raise CannotBegin("PostgreSQL can't make a database.")


def _with_connection(url: str, work: Callable[[Any], bool]) -> bool:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            return work(connection)
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()


def run(settings: Settings, given: argparse.Namespace) -> None:
    """Try several workers: starts PostgreSQL, Redis, nginx and them, in var/workers."""
    folder = Path(given.folder) if given.folder else settings.project / "var" / "workers"
    everything = Workers(settings, given.count, given.port or settings.port, folder.resolve())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, everything.ask_to_stop)
    try:
        everything.start()
        say(
            f"\nRuggesteun is ready: {given.count} workers behind http://127.0.0.1:"
            f"{given.port or settings.port}/chat  (Ctrl-C stops them all)\n"
        )
        everything.watch()
    finally:
        everything.stop()


def add_command(commands: Any) -> None:
    """Add it to the parser of ``ruggesteun``."""
    command = commands.add_parser("workers", help=(run.__doc__ or "").splitlines()[0])
    command.add_argument("--count", type=_count, default=2, help="how many workers")
    command.add_argument("--port", type=int, help="for nginx; by default RUGGESTEUN_PORT")
    command.add_argument("--folder", help="for data and logs; by default var/workers")
    command.set_defaults(run=run)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {MOST_WORKERS}")
    return int(text)
