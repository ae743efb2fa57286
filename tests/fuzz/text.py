"""The text path with many generated messages, in one process: no exception, contract kept.

``python -m tests.fuzz.text --messages 50000`` prints the figures for docs/security.md.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, List, Set

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

# So many messages are generated with one seed: Hypothesis remembers all of them.
ROUND = 1_000
SECONDS = 10.0
IN_A_CONVERSATION = 5
SHOWN = 10


@dataclass
class Judged:
    """What was found."""

    messages: int = 0
    alarms: int = 0
    asked: int = 0
    slowest: float = 0.0
    texts: Set[int] = field(default_factory=set)
    wrong: List[str] = field(default_factory=list)


class Errors(logging.Handler):
    """Keeps what is logged as an error: every caught exception is."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: List[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.msg}")


class TextPath:
    """The assistant as the server loads it, without a network."""

    def __init__(self, folder: Path):
        os.environ["RUGGESTEUN_DATABASE_URL"] = f"sqlite:///{folder / 'fuzz.db'}"
        from rasa_project.cli import load_answers
        from rasa_project.operations.upgrade import upgrade_and_tell
        from rasa_project.settings import read_settings

        self._settings = read_settings()
        upgrade_and_tell(self._settings.database_url)
        load_answers(self._settings)
        self.errors = Errors()
        self._turns: Any = None
        self._number = 0

    async def load(self) -> None:
        from rasa.core.utils import AvailableEndpoints

        from rasa_project.channels.turns import Turns
        from rasa_project.logs import configure_logs
        from rasa_project.server import _load
        from rasa_project.training import ensure_model

        configure_logs()
        project = self._settings.project
        endpoints = AvailableEndpoints.read_endpoints(str(project / "endpoints.yml"))
        app: Any = SimpleNamespace(ctx=SimpleNamespace())
        model = ensure_model(project)
        await _load(self._settings, model, endpoints, app, asyncio.get_running_loop())

        async def take(message: Any) -> None:
            await app.ctx.agent.handle_message(message)

        self._turns = Turns(take, "rest")
        logging.getLogger().addHandler(self.errors)

    async def say(self, text: str, is_first: bool) -> Any:
        """The reply, in a conversation of its own when it ``is_first``."""
        if is_first or self._number % IN_A_CONVERSATION == 0:
            self._number += IN_A_CONVERSATION - self._number % IN_A_CONVERSATION
        conversation = f"fuzz-{self._number // IN_A_CONVERSATION}"
        self._number += 1
        return await self._turns.run(text, conversation)


def judge(path: TextPath, loop: asyncio.AbstractEventLoop, sent: Any, judged: Judged) -> None:
    """Send one message and note what is wrong with the answer."""
    from rasa_project.redflags.urgency import Urgency
    from tests.dialogues.conftest import RANK, read_turn

    started = time.perf_counter()
    path.errors.lines.clear()
    alarm = sent.due is not Urgency.NONE
    try:
        turn = read_turn(loop.run_until_complete(path.say(sent.text, alarm)))
    except Exception as error:  # noqa: BLE001 - each is a finding
        judged.wrong.append(f"{type(error).__name__}: {error} on {sent.text!a}"[:600])
        return
    took = time.perf_counter() - started
    judged.messages += 1
    judged.texts.add(hash(sent.text))
    judged.alarms += alarm
    judged.slowest = max(judged.slowest, took)
    if path.errors.lines:
        judged.wrong.append(f"logged {path.errors.lines[0]} on {sent.text!a}"[:600])
    if took > SECONDS:
        judged.wrong.append(f"{took:.1f} s for {sent.text!a}"[:600])
    if RANK[turn.urgency] < RANK[sent.due.value] and turn.outcome == "triage":
        # Suspected, and asked about: so it is too without noise for signs that only ask.
        judged.asked += 1
    elif RANK[turn.urgency] < RANK[sent.due.value]:
        judged.wrong.append(f"{turn.urgency}, not {sent.due.value}, on {sent.text!a}"[:600])


def generated(how_many: int, first_seed: int, see: Callable[[Any], None], strategy: Any) -> None:
    """Call ``see`` with so many generated messages."""
    for number in range(0, how_many, ROUND):

        @seed(first_seed + number)
        @settings(
            max_examples=min(ROUND, how_many - number),
            database=None,
            deadline=None,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        @given(strategy)
        def one_round(sent: Any) -> None:
            see(sent)

        one_round()


def through_assistant(how_many: int, first_seed: int) -> Judged:
    """Messages through the whole assistant."""
    from tests.fuzz.messages import messages

    judged = Judged()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with tempfile.TemporaryDirectory() as folder:
        path = TextPath(Path(folder))
        loop.run_until_complete(path.load())

        def see(sent: Any) -> None:
            before = len(judged.wrong)
            judge(path, loop, sent, judged)
            for line in judged.wrong[before:]:
                print(f"  wrong: {line}", flush=True)
            if judged.messages % 5_000 == 0:
                print(f"  {judged.messages} messages, {len(judged.wrong)} wrong", flush=True)

        generated(how_many, first_seed, see, messages)
    return judged


def through_rules(how_many: int, first_seed: int) -> Judged:
    """Messages through the rules alone, which stand when all else fails."""
    from rasa_project.conversation.failure import active_findings
    from rasa_project.redflags.urgency import highest
    from tests.fuzz.messages import messages

    judged = Judged()
    # The rules are read before the first is timed.
    active_findings("")

    def see(sent: Any) -> None:
        started = time.perf_counter()
        try:
            found = highest(finding.urgency for finding in active_findings(sent.text))
        except Exception as error:  # noqa: BLE001 - each is a finding
            judged.wrong.append(f"{type(error).__name__}: {error} on {sent.text!a}"[:600])
            return
        judged.messages += 1
        judged.texts.add(hash(sent.text))
        judged.alarms += bool(sent.due.rank)
        judged.slowest = max(judged.slowest, time.perf_counter() - started)
        if found.rank < sent.due.rank:
            judged.wrong.append(f"{found.value}, not {sent.due.value}, on {sent.text!a}"[:600])

    generated(how_many, first_seed, see, messages)
    return judged


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--rules", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    count = 0
    for name, run, how_many in (
        ("by the rules alone", through_rules, chosen.rules),
        ("through the assistant", through_assistant, chosen.messages),
    ):
        started = time.monotonic()
        judged = run(how_many, chosen.seed) if how_many else Judged()
        count += len(judged.wrong)
        print(
            f"{name}: {judged.messages} messages ({len(judged.texts)} different), "
            f"{judged.alarms} of them with a hidden alarm "
            f"({judged.asked} of these asked about, not alarmed), "
            f"slowest {judged.slowest * 1000:.0f} ms, {time.monotonic() - started:.0f} s, "
            f"{len(judged.wrong)} wrong",
            flush=True,
        )
        for line in judged.wrong[:SHOWN]:
            print(f"  {line}", flush=True)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
