"""One assistant with everything switched on, for all tests of its surfaces."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Iterator, List, Tuple

import pytest

from tests.dialogues.conftest import (
    Assistant,
    environment,
    launch_for_all,
    launch_for_file,
    practice_nl,
    project,
    trained_model,
)
from tests.fuzz.target import Target, switched_on

__all__ = ["launch_for_all", "launch_for_file", "practice_nl", "project", "trained_model"]
Route = Tuple[str, str]


@pytest.fixture(scope="session")
def target(launch_for_all: Callable[..., Assistant], practice_nl: Path) -> Iterator[Target]:
    """Started once."""
    with switched_on(launch_for_all, practice_nl) as found:
        yield found


def routes_with(settings: Any) -> List[Route]:
    """The routes that an assistant with these settings serves: (method, path)."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.surfaces.list_routes"],
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("ROUTES ")]
    assert lines, done.stderr[-3000:]
    return [(method, path) for method, path in json.loads(lines[0].partition(" ")[2])]


@pytest.fixture(scope="session")
def routes(target: Target) -> List[Route]:
    """All routes of the started assistant, from its router."""
    return routes_with(target.assistant.settings)
