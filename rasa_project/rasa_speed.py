"""What Rasa works out anew in each turn, worked out once. What it gives stays the same."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import rasa.shared.utils.common
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction


def make_turns_quicker() -> None:
    """Call it once, when all of Rasa and of ours is imported."""
    _check_results_quickly()
    _remember_subclasses()


def _check_results_quickly() -> None:
    """Check what actions give against Rasa's schema, but the schema itself only now.

    Rasa checks that too at each action, which was more than half of a turn.
    """
    schema = RemoteAction.action_response_format_spec()
    of_schema = validator_for(schema)
    of_schema.check_schema(schema)
    check = of_schema(schema)

    def validate(_action: RemoteAction, result: Any) -> bool:
        check.validate(result)
        return True

    RemoteAction._validate_action_result = validate


def _remember_subclasses() -> None:
    """For each event that is read from the database, Rasa looks for all kinds of events."""
    common = rasa.shared.utils.common
    if not hasattr(common.all_subclasses, "cache_info"):
        common.all_subclasses = lru_cache(maxsize=None)(common.all_subclasses)
