"""Who of the practice is there to take a conversation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import List, NamedTuple, Optional

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.clock import elapsed
from rasa_project.conversation.events import in_utc
from rasa_project.storage.tables import AccountRow

# The open inbox reports each minute; once may be missed.
SEEN_WITHIN = timedelta(minutes=2)
TAKE_CONVERSATIONS = ("therapeut", "beheerder")


class Person(NamedTuple):
    """Somebody of the practice.

    Attributes:
        account: Whose.
        name: As patients see it.
    """

    account: int
    name: str


def counts_as_present(row: AccountRow, now: datetime) -> bool:
    """Whether somebody said "aanwezig" and has the inbox open. Pure."""
    if not (row.active and row.present and row.role in TAKE_CONVERSATIONS):
        return False
    return row.seen_at is not None and elapsed(in_utc(row.seen_at), now) < SEEN_WITHIN


def people_present(session: Session, now: datetime) -> List[Person]:
    """Who can take a conversation now, by name."""
    query = sa.select(AccountRow).where(AccountRow.present, AccountRow.active)
    rows = session.execute(query).scalars()
    found = [Person(row.id, row.name) for row in rows if counts_as_present(row, now)]
    return sorted(found, key=lambda person: (person.name, person.account))


def is_present(session: Session, account: Optional[int], now: datetime) -> bool:
    """Whether this person is there; somebody without an account of ours always is."""
    if account is None:
        return True
    row = session.get(AccountRow, account, populate_existing=True)
    return row is not None and counts_as_present(row, now)
