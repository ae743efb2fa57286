"""A process that upgrades a database and ends in the middle of it, as by a power cut."""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import Any

import sqlalchemy as sa

from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.upgrade.interrupted"])


def _die_at(url: str, statement: int) -> None:
    count = [0]

    def look(*_given: Any) -> None:
        count[0] += 1
        if count[0] == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine_for(url), "before_cursor_execute", look)
    migrate(url)


def killed_while_upgrading(url: str, statement: int) -> bool:
    """Upgrade, and be killed before a statement; False when it came to its end before that."""
    process = _CONTEXT.Process(target=_die_at, args=(url, statement), daemon=True)
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return bool(process.exitcode)
