"""Rasa's own table of events. Nothing here imports Rasa.

Rows are added by our tracker store and never changed. They are deleted only as a whole
conversation.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Sequence, Tuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from rasa_project.storage.sealed import SealedText
from rasa_project.storage.tables import RasaSnapshotRow

_EVENTS = sa.table(
    "events",
    *(sa.column(name) for name in ("id", "sender_id", "type_name", "timestamp")),
    sa.column("data", SealedText),
)
# Of every turn, so they are put together once.
_ADD = sa.insert(_EVENTS)
_NEWEST_IDS = (
    sa.select(_EVENTS.c.id)
    .where(_EVENTS.c.sender_id == sa.bindparam("sender_id"))
    .order_by(_EVENTS.c.id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_SESSION_STARTED = "session_started"
Row = Dict[str, Any]


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

    Never a part of it: where the conversation stands is made of all of its events. For
    the same reason no turn of the conversation may be under way.

    Args:
        session: The caller's; it commits.
        sender_id: Rasa's name of the conversation.
    """
    session.execute(sa.delete(RasaSnapshotRow).where(RasaSnapshotRow.sender_id == sender_id))
    # Rasa makes the table when it first starts.
    if sa.inspect(session.connection()).has_table(_EVENTS.name):
        session.execute(sa.delete(_EVENTS).where(_EVENTS.c.sender_id == sender_id))


def index_newest(connection: Connection) -> None:
    """See to it that the newest event of a conversation is found at once."""
    # On SQLite the index on sender_id holds the id already.
    if connection.dialect.name != "sqlite":
        connection.execute(
            sa.text("CREATE INDEX IF NOT EXISTS ix_events_newest ON events (sender_id, id)")
        )


def hold(connection: Connection, sender_id: str) -> None:
    """Let nobody else add events to a conversation until the commit.

    PostgreSQL gives out ids before it commits; without this an older id could show up
    after a newer one. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        key = sa.func.hashtext(sender_id)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def row_of(sender_id: str, event: Dict[str, Any]) -> Row:
    """The row of an event; two of Rasa's columns stay empty.

    What was asked about and what was done (``intent_name``, ``action_name``) stand in the event,
    which is encrypted, and nobody looks them up.

    Args:
        sender_id: Rasa's name of the conversation.
        event: As Rasa serialises it.
    """
    return {
        "sender_id": sender_id,
        "type_name": event["event"],
        "timestamp": event.get("timestamp"),
        "data": json.dumps(event),
    }


def add(connection: Connection, rows: Sequence[Row]) -> None:
    """Add events, all of one conversation."""
    connection.execute(_ADD, list(rows))


def newest_ids(connection: Connection, sender_id: str, count: int) -> List[int]:
    """The ids of the newest events of a conversation, the newest first."""
    asked = {"sender_id": sender_id, "count": count}
    return list(connection.execute(_NEWEST_IDS, asked).scalars())


def events_after(
    connection: Connection, sender_id: str, after: int
) -> List[Tuple[int, Dict[str, Any]]]:
    """Id and event, in order, of what came after an id.

    Raises:
        DataKeyError: A row can't be decrypted.
    """
    query = (
        sa.select(_EVENTS.c.id, _EVENTS.c.data)
        .where(_EVENTS.c.sender_id == sender_id, _EVENTS.c.id > after)
        .order_by(_EVENTS.c.id)
    )
    return [(row.id, json.loads(row.data)) for row in connection.execute(query)]


def before_session(connection: Connection, sender_id: str) -> int:
    """The id after which the conversation's present session begins."""
    query = sa.select(sa.func.max(_EVENTS.c.id)).where(
        _EVENTS.c.sender_id == sender_id, _EVENTS.c.type_name == _SESSION_STARTED
    )
    start: Optional[int] = connection.execute(query).scalar_one()
    return 0 if start is None else start - 1


def count_after(connection: Connection, sender_id: str, after: int) -> int:
    """How many events came after an id."""
    query = sa.select(sa.func.count()).where(_EVENTS.c.sender_id == sender_id, _EVENTS.c.id > after)
    return int(connection.execute(query).scalar_one())


def conversations(connection: Connection) -> List[str]:
    """The names of all conversations."""
    return list(connection.execute(sa.select(_EVENTS.c.sender_id).distinct()).scalars())
