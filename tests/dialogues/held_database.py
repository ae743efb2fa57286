"""Another program that holds the database."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator


def _hold(path: str, held: Any, done: Any) -> None:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("BEGIN EXCLUSIVE")
    held.set()
    done.wait(120)
    connection.execute("ROLLBACK")
    connection.close()


@contextmanager
def held_by_another_program(path: Path) -> Iterator[None]:
    """Another process holds the database exclusively."""
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(str(path), held, done))
    holder.start()
    try:
        assert held.wait(60)
        yield
    finally:
        done.set()
        holder.join(30)
    assert holder.exitcode == 0
