"""Databases and a real assistant, as the storage and dialogue tests use them."""

from __future__ import annotations

# pytest finds fixtures by name in this module.
from tests.dialogues.conftest import launch, practice_nl, project, trained_model
from tests.storage.conftest import database, empty_database, new_postgres, postgres_server

__all__ = [
    "database",
    "empty_database",
    "launch",
    "new_postgres",
    "postgres_server",
    "practice_nl",
    "project",
    "trained_model",
]
