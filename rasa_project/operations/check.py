"""``ruggesteun check``: says in plain words what is wrong with an installation."""

from __future__ import annotations

from typing import List, Sequence

from rasa_project.errors import RuggesteunError
from rasa_project.operations.check_database import check_database, check_room
from rasa_project.operations.check_keys import check_data_keys
from rasa_project.operations.check_parts import (
    check_address,
    check_alarms,
    check_clock,
    check_data,
    check_model,
    check_practice,
    check_python,
)
from rasa_project.operations.check_secrets import check_permissions, check_secrets
from rasa_project.operations.findings import Check, Finding, Weight
from rasa_project.settings import Settings

CHECKS: Sequence[Check] = (
    check_python,
    check_practice,
    check_data,
    check_alarms,
    check_model,
    check_database,
    check_data_keys,
    check_room,
    check_secrets,
    check_permissions,
    check_address,
    check_clock,
)


class CheckFailed(RuggesteunError):
    """Something is wrong with the installation; it was printed."""


def findings(settings: Settings) -> List[Finding]:
    """All that is found; one broken part doesn't hide the others."""
    return [finding for check in CHECKS for finding in check(settings)]


def check_installation(settings: Settings) -> None:
    """Check the installation: settings, practice, data, model, database, secrets, port.

    Raises:
        CheckFailed: Something is wrong; what can only be minded doesn't count.
    """
    found = findings(settings)
    print("\n".join(map(str, found)), flush=True)
    count = sum(finding.weight is Weight.WRONG for finding in found)
    if count:
        raise CheckFailed(f"{count} {'things are' if count > 1 else 'thing is'} wrong; see above.")
