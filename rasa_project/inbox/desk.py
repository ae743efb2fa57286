"""What people of the practice do beside the conversation itself: presence, notes, call-backs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Callable, List, Optional

import sqlalchemy as sa

from rasa_project.clock import utc_now
from rasa_project.conversation.events import in_utc
from rasa_project.conversation.log import ConversationGone, hold
from rasa_project.handoff.presence import SEEN_WITHIN, counts_as_present
from rasa_project.inbox.access import WRITERS
from rasa_project.inbox.material import DONE
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow, CallbackRow, NoteRow


@dataclass(frozen=True)
class Person:
    """Somebody of the practice who may take conversations.

    Attributes:
        account: Their account's id.
        name: As patients see it.
        is_present: Whether they said that they are there, and their inbox is open.
    """

    account: int
    name: str
    is_present: bool


class Desk:
    """Every method raises StorageError when the database fails.

    Args:
        database_url: SQLAlchemy URL.
        now: The time that is written down.
    """

    def __init__(self, database_url: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._now = now

    def seen(self, account: int) -> bool:
        """Somebody's inbox is open.

        Who comes back after it was closed is away until they say otherwise: nobody should
        be promised to a patient because of what was pressed yesterday.

        Returns:
            Whether they are present.
        """
        now = self._now()
        with session_for(self._url) as session:
            row = session.get(AccountRow, account)
            if row is None:
                return False
            was_there = row.seen_at is not None and now - in_utc(row.seen_at) < SEEN_WITHIN
            row.present = bool(row.present and was_there)
            row.seen_at = now
            return bool(row.present)

    def set_present(self, account: int, present: bool) -> None:
        """Somebody says that they are there, or go."""
        with session_for(self._url) as session:
            session.execute(
                sa.update(AccountRow)
                .where(AccountRow.id == account)
                .values(present=present, seen_at=self._now())
            )

    def people(self) -> List[Person]:
        """Everybody who may take conversations, by name."""
        query = (
            sa.select(AccountRow)
            .where(AccountRow.active, AccountRow.role.in_(sorted(WRITERS)))
            .order_by(AccountRow.name, AccountRow.id)
        )
        now = self._now()
        with session_for(self._url) as session:
            return [
                Person(row.id, row.name, counts_as_present(row, now))
                for row in session.execute(query).scalars()
            ]

    def name_of(self, account: Optional[int]) -> str:
        """What somebody is called; empty when nobody has this account."""
        with session_for(self._url) as session:
            row = session.get(AccountRow, account) if account is not None else None
            return row.name if row is not None else ""

    def add_note(self, conversation: str, account: int, name: str, text: str) -> int:
        """Keep a note for colleagues; gives its id.

        Raises:
            ConversationGone: There is no such conversation.
        """
        with session_for(self._url) as session:
            if not hold(session, conversation):
                raise ConversationGone(f"There is no conversation {conversation}.")
            row = NoteRow(
                conversation=conversation,
                written_at=self._now(),
                account=account,
                name=name,
                text=text,
            )
            session.add(row)
            session.flush()
            return int(row.id)

    def callback_handled(self, conversation: str, account: int) -> int:
        """The patient was called back; gives how many open requests that settled."""
        with session_for(self._url) as session:
            hold(session, conversation)
            done = session.execute(
                sa.update(CallbackRow)
                .where(
                    CallbackRow.conversation == conversation,
                    CallbackRow.finished_at.is_not(None),
                    CallbackRow.step == DONE,
                    CallbackRow.handled_at.is_(None),
                )
                .values(handled_at=self._now(), handled_by=account)
            )
            return int(done.rowcount)
