"""Where a conversation stands for Rasa, so that not all of its events are read each time."""

from __future__ import annotations

from typing import NamedTuple, Optional

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from rasa_project.storage.keyring import sealer


class Standing(NamedTuple):
    """What is known of a conversation.

    Attributes:
        newest: The id of its newest event; None when it has none.
        last_event: Of the snapshot; None when there is none.
        data: Of the snapshot, as it is stored: encrypted.
    """

    newest: Optional[int]
    last_event: Optional[int]
    data: Optional[str]


# One statement, so that both are of one moment: a snapshot that another worker has
# overtaken is seen to be old.
_READ = sa.text(
    "SELECT (SELECT max(id) FROM events WHERE sender_id = :sender_id) AS newest,"
    " (SELECT last_event FROM rasa_snapshot WHERE sender_id = :sender_id) AS last_event,"
    " (SELECT data FROM rasa_snapshot WHERE sender_id = :sender_id) AS data"
)
_WRITE = sa.text(
    "INSERT INTO rasa_snapshot (sender_id, last_event, data)"
    " VALUES (:sender_id, :last_event, :data)"
    " ON CONFLICT (sender_id) DO UPDATE"
    " SET last_event = excluded.last_event, data = excluded.data"
)
_DROP = sa.text("DELETE FROM rasa_snapshot WHERE sender_id = :sender_id")


def read_standing(connection: Connection, sender_id: str) -> Standing:
    """Read where a conversation stands."""
    return Standing(*connection.execute(_READ, {"sender_id": sender_id}).one())


def write_snapshot(connection: Connection, sender_id: str, last_event: int, data: str) -> None:
    """Put a snapshot in the place of the one before."""
    values = {"sender_id": sender_id, "last_event": last_event, "data": sealer().seal(data)}
    connection.execute(_WRITE, values)


def drop_snapshot(connection: Connection, sender_id: str) -> None:
    """Take a snapshot away: the next turn begins with the record itself."""
    connection.execute(_DROP, {"sender_id": sender_id})
