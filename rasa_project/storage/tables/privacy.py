"""What patients decided about what is kept of them."""

from __future__ import annotations

import sqlalchemy as sa

from rasa_project.storage.tables.base import Base


class ConsentRow(Base):
    """One decision of a patient; the newest counts. Holds nothing of what was said."""

    __tablename__ = "consent"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation = sa.Column(sa.ForeignKey("conversation.id"), nullable=False)
    # Of the text that was agreed to or refused (data/consent.yml).
    version = sa.Column(sa.String(32), nullable=False)
    given = sa.Column(sa.Boolean, nullable=False)
    decided_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    channel = sa.Column(sa.String(16), nullable=False)

    __table_args__ = (
        # Consents.state: the newest decision of one conversation.
        sa.Index("ix_consent_conversation", "conversation", "id"),
    )
