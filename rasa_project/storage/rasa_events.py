"""Rasa's own table of events, as far as we may touch it.

It is read, or a whole conversation is deleted; nothing else.
"""

from __future__ import annotations

import json
from typing import List, Optional

import sqlalchemy as sa
from sqlalchemy.orm import Session

_EVENTS = sa.table(
    "events",
    sa.column("id"),
    sa.column("sender_id"),
    sa.column("type_name"),
    sa.column("data"),
)


def facts_and_replies(session: Session, sender_id: str) -> List[str]:
    """What was said and which slots were set in a conversation, in order, as JSON.

    Args:
        session: The caller's.
        sender_id: Rasa's name of the conversation.
    """
    # Rasa makes the table when it first starts.
    if not sa.inspect(session.connection()).has_table(_EVENTS.name):
        return []
    query = (
        sa.select(_EVENTS.c.data)
        .where(_EVENTS.c.sender_id == sender_id, _EVENTS.c.type_name.in_(("user", "slot")))
        .order_by(_EVENTS.c.id)
    )
    return [str(data) for data in session.execute(query).scalars()]


def last_intent(session: Session, sender_id: str) -> Optional[str]:
    """What Rasa took a patient's last message for; None when it isn't known.

    Args:
        session: The caller's.
        sender_id: Rasa's name of the conversation.
    """
    if not sa.inspect(session.connection()).has_table(_EVENTS.name):
        return None
    query = (
        sa.select(_EVENTS.c.data)
        .where(_EVENTS.c.sender_id == sender_id, _EVENTS.c.type_name == "user")
        .order_by(_EVENTS.c.id.desc())
        .limit(1)
    )
    data = session.execute(query).scalar_one_or_none()
    parsed = json.loads(data).get("parse_data") if data else None
    return ((parsed or {}).get("intent") or {}).get("name")


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
