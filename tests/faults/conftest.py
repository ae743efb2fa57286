"""A real assistant, as the dialogue tests use it; databases come from ``tests/databases.py``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# pytest finds fixtures by name in this module.
from tests.dialogues.conftest import launch, practice_nl, project, trained_model

__all__ = ["launch", "practice_nl", "project", "trained_model"]


@pytest.fixture
def quiet_servers(tmp_path: Path) -> Path:
    """A folder for servers that are forked; the forkserver keeps this environment."""
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    return tmp_path
