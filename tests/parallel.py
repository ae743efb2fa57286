"""Several test processes at once (`pytest -n 3`): a model for all, and the slow files first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# Thousands of quick tests: what is left of them fills the end, when the others run out of work.
QUICK = ("actions", "data", "redflags", "storage", "unit", "widget")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Train before there are several processes, each of which would train."""
    if session.config.getoption("numprocesses", None) and not session.config.option.collectonly:
        subprocess.run([sys.executable, "-m", "rasa_project", "train"], cwd=PROJECT, check=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: List[pytest.Item]) -> None:
    """Begin with what takes long; files stay whole and in their order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.nodeid.split("/")[1] in QUICK)
