"""A real assistant, as the dialogue tests use it; databases come from ``tests/databases.py``."""

from __future__ import annotations

# pytest finds fixtures by name in this module.
from tests.dialogues.conftest import launch, practice_nl, project, trained_model

__all__ = ["launch", "practice_nl", "project", "trained_model"]
