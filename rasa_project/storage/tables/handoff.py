"""How a conversation gets to a human."""

from __future__ import annotations

import sqlalchemy as sa

from rasa_project.storage.sealed import SealedText
from rasa_project.storage.tables.base import Base


class ConversationChangeRow(Base):
    """One change of who owns a conversation: when, by whom and why. Never changed."""

    __tablename__ = "conversation_change"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation = sa.Column(sa.ForeignKey("conversation.id"), nullable=False)
    happened_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    before = sa.Column(sa.String(16), nullable=False)
    after = sa.Column(sa.String(16), nullable=False)
    # patient, assistant, therapist or system; which account, if any; and for whom.
    actor = sa.Column(sa.String(16), nullable=False)
    account = sa.Column(sa.Integer)
    owner = sa.Column(sa.Integer)
    why = sa.Column(sa.String(128), nullable=False)

    __table_args__ = (
        # Ownerships.history: one conversation, in order.
        sa.Index("ix_conversation_change", "conversation", "id"),
    )


class CallbackRow(Base):
    """A patient's request to be called or mailed back, also while it is being filled in."""

    __tablename__ = "callback_request"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation = sa.Column(sa.ForeignKey("conversation.id"), nullable=False)
    created_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    # What is asked next: name, contact, moment, consent; done or stopped at the end.
    step = sa.Column(sa.String(16), nullable=False)
    misses = sa.Column(sa.Integer, nullable=False, server_default="0")
    name = sa.Column(SealedText, nullable=False, default="")
    contact = sa.Column(SealedText, nullable=False, default="")
    moment = sa.Column(SealedText, nullable=False, default="")
    # Why it came to this, as in ConversationChangeRow.
    why = sa.Column(sa.String(128), nullable=False)
    consent_at = sa.Column(sa.DateTime(timezone=True))
    finished_at = sa.Column(sa.DateTime(timezone=True))
    handled_at = sa.Column(sa.DateTime(timezone=True))
    handled_by = sa.Column(sa.Integer)

    __table_args__ = (
        # Callbacks.open_form: the request of one conversation that is being filled in.
        sa.Index("ix_callback_conversation", "conversation", "id"),
    )


class NoteRow(Base):
    """What people of the practice write for each other about a conversation."""

    __tablename__ = "conversation_note"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation = sa.Column(sa.ForeignKey("conversation.id"), nullable=False)
    written_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    account = sa.Column(sa.Integer, nullable=False)
    name = sa.Column(sa.String(128), nullable=False)
    text = sa.Column(SealedText, nullable=False)

    __table_args__ = (
        # Notes: those of one conversation, in order.
        sa.Index("ix_note_conversation", "conversation", "id"),
    )


class NotificationRow(Base):
    """One message to somebody of the practice, without anything about a patient's health."""

    __tablename__ = "notification"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation = sa.Column(sa.ForeignKey("conversation.id"), nullable=False)
    created_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    # waiting, alarm, escalation or callback.
    kind = sa.Column(sa.String(16), nullable=False)
    # What it is about: a change, an event or a request; nobody is told twice of the same.
    occasion = sa.Column(sa.String(32), nullable=False)
    account = sa.Column(sa.ForeignKey("account.id"), nullable=False)
    # mail or telegram.
    way = sa.Column(sa.String(16), nullable=False)
    urgent = sa.Column(sa.Boolean, nullable=False)
    attempts = sa.Column(sa.Integer, nullable=False, server_default="0")
    next_try_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    sent_at = sa.Column(sa.DateTime(timezone=True))
    # Given up, and why; not what was in it.
    failed = sa.Column(sa.String(128))

    __table_args__ = (
        sa.UniqueConstraint(
            "conversation", "kind", "occasion", "account", "way", name="uq_notification"
        ),
        # Notifications.due: what is to be sent now.
        sa.Index("ix_notification_due", "sent_at", "next_try_at"),
    )


class ExternalConversationRow(Base):
    """Where a conversation is in a practice's own tool, and how far that tool was told."""

    __tablename__ = "external_conversation"
    conversation = sa.Column(sa.ForeignKey("conversation.id"), primary_key=True)
    tool = sa.Column(sa.String(16), nullable=False)
    # Empty until the tool has given them.
    external_contact = sa.Column(sa.String(128))
    external_id = sa.Column(sa.String(128))
    posted_event = sa.Column(sa.Integer, nullable=False, server_default="0")
    closed = sa.Column(sa.Boolean, nullable=False, server_default=sa.false())
    # One worker at a time tells the tool: until then it is this one's turn, or everybody
    # lets the tool rest after a failure.
    held_until = sa.Column(sa.DateTime(timezone=True))

    __table_args__ = (
        # The adapter: whose conversation a webhook is about.
        sa.UniqueConstraint("tool", "external_id", name="uq_external_conversation"),
    )
