"""A real assistant, as the dialogue tests use it."""

from __future__ import annotations

from tests.dialogues.conftest import launch, practice_nl, project, trained_model

__all__ = ["launch", "practice_nl", "project", "trained_model"]
