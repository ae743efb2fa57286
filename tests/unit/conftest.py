"""Fixtures of the pure tests."""

from __future__ import annotations

import pytest

from rasa_project.redflags.assess import RedFlagRules
from tests.builders import small_catalogue


@pytest.fixture(scope="session")
def rules() -> RedFlagRules:
    """The small catalogue of tests/builders.py, ready for use."""
    return RedFlagRules(small_catalogue())
