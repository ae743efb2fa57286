"""The table of all routes of the inbox.

A module with pages has a function ``routes(inbox)`` that gives its part; add it below.
The guard and the tests of access take everything from here.
"""

from __future__ import annotations

from typing import Callable, List, Sequence

from rasa_project.inbox import (
    account_pages,
    accounts_pages,
    audit_pages,
    export_pages,
    files,
    login_pages,
    notice_pages,
    pages,
)
from rasa_project.inbox.access import Route
from rasa_project.inbox.services import Inbox

_PARTS: Sequence[Callable[[Inbox], Sequence[Route]]] = (
    login_pages.routes,
    account_pages.routes,
    accounts_pages.routes,
    audit_pages.routes,
    files.routes,
    pages.routes,
    export_pages.routes,
    notice_pages.routes,
)


def all_routes(inbox: Inbox) -> List[Route]:
    """Every route, of all parts."""
    return [route for part in _PARTS for route in part(inbox)]
