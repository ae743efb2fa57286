"""How a conversation stands, read and held within somebody's commit."""

from __future__ import annotations

from typing import Optional

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.conversation.log import ConversationGone, hold
from rasa_project.conversation.states import Ownership, ownership_of
from rasa_project.redflags.urgency import Urgency, highest, urgency_from
from rasa_project.storage.tables import ConversationEventRow, ConversationRow

# Made once, as they are asked in every turn.
_IS_IT = ConversationRow.id == sa.bindparam("conversation")
_ONE = sa.select(ConversationRow).where(_IS_IT).execution_options(populate_existing=True)
_TOUCH = (
    sa.update(ConversationRow)
    .where(_IS_IT)
    .values(version=ConversationRow.version)
    .execution_options(synchronize_session=False)
)


def read_ownership(session: Session, conversation: str, for_change: bool = False) -> Ownership:
    """How a conversation stands, within a session.

    Args:
        session: The caller's.
        conversation: Which.
        for_change: Let nobody else change it until the commit.

    Raises:
        ConversationGone: There is no such conversation.
    """
    if for_change and not hold(session, conversation):
        raise ConversationGone(f"There is no conversation {conversation}.")
    row = session.execute(_ONE, {"conversation": conversation}).scalar_one_or_none()
    if row is None:
        raise ConversationGone(f"There is no conversation {conversation}.")
    return ownership_of(row)


def hold_alone(session: Session, conversation: str) -> bool:
    """As :func:`rasa_project.conversation.log.hold`, and before reading, on SQLite too.

    For what is decided by reading and then written. False when it isn't there.
    """
    return bool(session.execute(_TOUCH, {"conversation": conversation}).rowcount)


def hold_urgency(session: Session, conversation: str, urgency: Urgency) -> bool:
    """Hold at least this urgency; True when it is a new alarm. Within a session."""
    row = session.execute(_ONE, {"conversation": conversation}).scalar_one_or_none()
    if row is None:
        return False
    held = urgency_from(row.urgency)
    if urgency.rank <= held.rank:
        return False
    row.urgency = highest([urgency, held]).value
    if row.alarm_seen:
        row.alarm_seen, row.alarm_count = False, row.alarm_count + 1
    session.flush()
    return True


def existing_event(session: Session, conversation: str, client_id: str) -> Optional[int]:
    """The event that a client id names, or None."""
    query = sa.select(ConversationEventRow.id).where(
        ConversationEventRow.conversation == conversation,
        ConversationEventRow.client_id == client_id,
    )
    return session.execute(query).scalar_one_or_none()
