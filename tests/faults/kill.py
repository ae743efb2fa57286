"""``make kill``: hundreds of kills, on SQLite and on PostgreSQL; prints the figures.

By far most of them kill the server without Rasa, which starts in a fraction of a second; some
kill the whole assistant, as ``make run`` starts it.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Iterator, List

import sqlalchemy as sa

from tests.dialogues.conftest import PROJECT, Assistant, snapshot_of_project
from tests.faults.judge import Event
from tests.faults.killing import Figures, kill_light, kill_many
from tests.faults.patients import ALARM
from tests.storage import postgres

QUESTIONS = {
    "Helpt paracetamol tegen rugpijn?": "paracetamol",
    "Mag ik tillen met rugpijn?": "tillen",
    "Mag ik fietsen met rugpijn?": "fietsen",
}
_LIFE_SECONDS = 4.0


class Whole(Assistant):
    """The real assistant, which remembers over its lives what it complained of."""

    def kill(self) -> None:
        super().kill()
        complaints = getattr(self, "complaints", [])
        self.complaints: List[str] = [*complaints, *self.errors.splitlines()]


def kill_whole(database_url: str, folder: Path, kills: int) -> Figures:
    """Kill the assistant itself, with Rasa and the trained model."""
    project = snapshot_of_project(folder / "project")
    settings = {"RUGGESTEUN_DATABASE_URL": database_url}
    server = Whole(folder / "server", settings, project)
    try:
        server.start()
        # On the channel without a router: here Rasa alone keeps the alarm.
        assert server.say(ALARM, "held").urgency == "same_day"
        server.kill()
        texts = [*QUESTIONS, *QUESTIONS, ALARM, "bel mij terug"]
        figures = kill_many(
            server, database_url, kills, texts, 5, longest_life=_LIFE_SECONDS, fits=fits_to_whole
        )
        turn = server.say("Mag ik tillen met rugpijn?", "held")
        assert (turn.urgency, turn.outcome) == ("same_day", "triage")
        server.kill()
        assert "Traceback" not in "\n".join(server.complaints)
        return figures
    finally:
        if server.process is not None:
            server.kill()


def fits_to_whole(text: str, reply: Event) -> None:
    """Whether the assistant, or the router, says this to that message."""
    if reply["outcome"] == "answered":
        assert reply["topics"] == [QUESTIONS[text]], (text, reply)
    if text == ALARM:
        assert reply["alarm"] == "same_day", reply


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[List[str]]:
    """Two databases: for the light server and for the whole one."""
    if kind == "sqlite":
        yield [f"sqlite:///{folder / name}.db" for name in ("light", "whole")]
        return
    reason = postgres.why_not()
    if reason:
        raise SystemExit(reason)
    servers = postgres.serve()
    address = next(servers)
    try:
        admin = sa.create_engine(f"{address}postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name in ("light", "whole"):
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
        admin.dispose()
        yield [f"{address}{name}" for name in ("light", "whole")]
    finally:
        servers.close()  # type: ignore[attr-defined]


def main() -> None:
    """Print what each run came to; the first thing that was lost ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--light", type=int, default=120, metavar="N")
    parser.add_argument("--whole", type=int, default=12, metavar="N")
    parser.add_argument("--on", nargs="+", default=["sqlite", "postgresql"])
    given = parser.parse_args()
    print(f"{date.today()}, {platform.platform()}, Python {platform.python_version()}", flush=True)
    for kind in given.on:
        with tempfile.TemporaryDirectory(prefix="ruggesteun-kill-") as name:
            folder = Path(name)
            with _databases(kind, folder) as (light, whole):
                if given.light:
                    print(
                        f"{kind}, without Rasa: {kill_light(light, folder, given.light)}",
                        flush=True,
                    )
                if given.whole:
                    print(
                        f"{kind}, the assistant: {kill_whole(whole, folder, given.whole)}",
                        flush=True,
                    )


if __name__ == "__main__":
    assert PROJECT.is_dir()
    main()
