"""What is kept beside Rasa's own table of events."""

from __future__ import annotations

import sqlalchemy as sa

from rasa_project.storage.sealed import SealedText
from rasa_project.storage.tables.base import Base


class RasaSnapshotRow(Base):
    """The state after a conversation's last turn; made of Rasa's events, and never instead."""

    __tablename__ = "rasa_snapshot"
    sender_id = sa.Column(sa.String(255), primary_key=True)
    # The id in Rasa's table of the last event that the state holds.
    last_event = sa.Column(sa.Integer, nullable=False)
    # The events that lead to it, as rasa_project.storage.short_history makes them.
    data = sa.Column(SealedText, nullable=False)
