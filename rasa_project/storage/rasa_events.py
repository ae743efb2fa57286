"""Rasa's own table of events, as far as we may touch it: not at all, or a whole conversation."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

_EVENTS = sa.table("events", sa.column("sender_id"))


def erase_whole_rasa_conversation(session: Session, sender_id: str) -> None:
    """Delete everything that Rasa keeps of a conversation.

    Never a part of it: Rasa finds what it must store by counting rows. For the same
    reason no turn of the conversation may be under way.

    Args:
        session: The caller's; it commits.
        sender_id: Rasa's name of the conversation.
    """
    # Rasa makes the table when it first starts.
    if sa.inspect(session.connection()).has_table(_EVENTS.name):
        session.execute(sa.delete(_EVENTS).where(_EVENTS.c.sender_id == sender_id))
