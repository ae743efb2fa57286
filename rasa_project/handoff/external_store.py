"""The table ``external_conversation``: how far a practice's own tool was told.

One worker at a time tells the tool of one conversation. Who is killed while doing so
leaves ``held_until`` behind; by that the next one knows that the last thing may have
arrived without having been written down.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Callable, List, NamedTuple, Optional

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.conversation.ownership_rows import read_ownership
from rasa_project.conversation.states import Ownership, State
from rasa_project.errors import StorageError
from rasa_project.handoff.external import Opened
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import (
    ConversationEventRow,
    ConversationRow,
    ExternalConversationRow,
)

HELD = timedelta(seconds=60)
_LONGEST_HELD = timedelta(minutes=10)
_AT_ONCE = 200
_FOR_HUMANS = (State.WAITING.value, State.HUMAN.value)


class Held(NamedTuple):
    """A conversation that this worker alone may tell the tool of.

    Attributes:
        ownership: How it stands.
        channel: Where it is held.
        opened: Where it is in the tool; None when it isn't yet.
        posted_event: The last event that the tool was told of.
        closed: Whether it is closed there.
        is_sure: False when the last thing may have arrived without being written down.
    """

    ownership: Ownership
    channel: str
    opened: Optional[Opened]
    posted_event: int
    closed: bool
    is_sure: bool


class ExternalStore:
    """Reads and writes it. Every method raises StorageError.

    Args:
        database_url: SQLAlchemy URL.
        tool: The tool's name.
        now: What time it is.
    """

    def __init__(self, database_url: str, tool: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._tool = tool
        self._now = now

    def to_do(self) -> List[str]:
        """Conversations of which the tool has to be told something."""
        rows, ours = ConversationRow, ExternalConversationRow
        newest = (
            sa.select(sa.func.max(ConversationEventRow.id))
            .where(ConversationEventRow.conversation == rows.id)
            .correlate(rows)
            .scalar_subquery()
        )
        free = sa.or_(ours.held_until.is_(None), self._is_over(ours.held_until))
        begins = (
            sa.select(rows.id)
            .outerjoin(ours, ours.conversation == rows.id)
            .where(
                rows.state == State.WAITING.value,
                sa.or_(
                    ours.conversation.is_(None),
                    sa.and_(ours.tool == self._tool, free, _is_shut(ours)),
                ),
            )
            .order_by(rows.waiting_since)
            .limit(_AT_ONCE)
        )
        goes_on = (
            sa.select(rows.id)
            .join(ours, ours.conversation == rows.id)
            .where(
                ours.tool == self._tool,
                ours.closed.is_(sa.false()),
                ours.external_id.is_not(None),
                free,
                sa.or_(rows.state.not_in(_FOR_HUMANS), newest > ours.posted_event),
            )
            .limit(_AT_ONCE)
        )
        with session_for(self._url) as session:
            found = [*session.execute(begins).scalars(), *session.execute(goes_on).scalars()]
        return list(dict.fromkeys(found))

    def open_ones(self) -> List[Opened]:
        """Conversations in which people of the tool may write."""
        rows, ours = ConversationRow, ExternalConversationRow
        query = (
            sa.select(ours.external_contact, ours.external_id)
            .join(rows, rows.id == ours.conversation)
            .where(
                ours.tool == self._tool,
                ours.closed.is_(sa.false()),
                ours.external_id.is_not(None),
                rows.state.in_(_FOR_HUMANS),
            )
            .limit(_AT_ONCE)
        )
        with session_for(self._url) as session:
            return [Opened(*row) for row in session.execute(query)]

    def conversation_of(self, external_id: str) -> Optional[str]:
        """Whose conversation it is in the tool, or None."""
        ours = ExternalConversationRow
        query = sa.select(ours.conversation).where(
            ours.tool == self._tool, ours.external_id == external_id
        )
        with session_for(self._url) as session:
            return session.execute(query).scalar_one_or_none()

    def hold(self, conversation: str) -> Optional[Held]:
        """Take a conversation for this worker; None when another has it.

        Raises:
            ConversationGone: It was erased.
        """
        ours = ExternalConversationRow
        self._begin(conversation)
        with session_for(self._url) as session:
            # Changed before it is read: what is read then is what holds, on SQLite too.
            if self._take(session, conversation, ours.held_until.is_(None)):
                is_sure = True
            elif self._take(session, conversation, self._is_over(ours.held_until)):
                is_sure = False
            else:
                return None
            query = sa.select(ours).where(ours.conversation == conversation)
            row = session.execute(query.execution_options(populate_existing=True)).scalar_one()
            return self._held(session, row, is_sure)

    def _take(self, session: Session, conversation: str, is_free: Any) -> bool:
        ours = ExternalConversationRow
        done = session.execute(
            sa.update(ours)
            .where(ours.conversation == conversation, is_free)
            .values(held_until=self._now() + HELD)
            .execution_options(synchronize_session=False)
        )
        return bool(done.rowcount)

    def _is_over(self, held_until: Any) -> Any:
        # Longer than anybody holds it: the clock was wrong, and was set back.
        now = self._now()
        return sa.or_(held_until <= now, held_until > now + _LONGEST_HELD)

    def _held(self, session: Session, row: Any, is_sure: bool) -> Held:
        ownership = read_ownership(session, row.conversation)
        channel = session.execute(
            sa.select(ConversationRow.channel).where(ConversationRow.id == row.conversation)
        ).scalar_one()
        opened = None
        if row.external_id is not None:
            opened = Opened(row.external_contact or "", row.external_id)
        return Held(ownership, channel, opened, row.posted_event, bool(row.closed), is_sure)

    def _begin(self, conversation: str) -> None:
        with session_for(self._url) as session:
            if session.get(ExternalConversationRow, conversation) is not None:
                return
        try:
            with session_for(self._url) as session:
                session.add(ExternalConversationRow(conversation=conversation, tool=self._tool))
        except StorageError as error:
            # Another worker began it, or the conversation was erased.
            if not isinstance(error.__cause__, IntegrityError):
                raise

    def keep(self, conversation: str, **values: Any) -> None:
        """Write down how far it is; it is this worker's turn for another while."""
        self._set(conversation, held_until=self._now() + HELD, **values)

    def let_go(self, conversation: str, seconds: Optional[float] = None) -> None:
        """It is anybody's turn again.

        Args:
            conversation: Which.
            seconds: After a failure: when; and then nobody is sure what arrived.
        """
        until = None if seconds is None else self._now() + timedelta(seconds=seconds)
        self._set(conversation, held_until=until)

    def _set(self, conversation: str, **values: Any) -> None:
        with session_for(self._url) as session:
            session.execute(
                sa.update(ExternalConversationRow)
                .where(ExternalConversationRow.conversation == conversation)
                .values(**values)
            )


def _is_shut(ours: Any) -> Any:
    """Not open in the tool: never was, or closed."""
    return sa.or_(ours.closed.is_(sa.true()), ours.external_id.is_(None))
