"""Conversations: what was said, found and thought of it."""

from __future__ import annotations

import sqlalchemy as sa

from rasa_project.storage.sealed import SealedJSON, SealedText
from rasa_project.storage.tables.base import Base


class RedFlagEventRow(Base):
    """One red-flag finding that was shown to a patient: which rule, which text version."""

    __tablename__ = "red_flag_event"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation = sa.Column(sa.String(255), nullable=False)
    happened_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    flag = sa.Column(SealedText, nullable=False)
    sign = sa.Column(SealedText, nullable=False)
    urgency = sa.Column(sa.String(16), nullable=False)
    rules_version = sa.Column(sa.String(64), nullable=False)
    # Where it stood in the message (0 and 0 for a combination or a reply), how it was
    # read, and the text that the patient saw.
    span_start = sa.Column(sa.Integer, nullable=False, server_default="0")
    span_end = sa.Column(sa.Integer, nullable=False, server_default="0")
    qualifiers = sa.Column(SealedJSON, nullable=False, default=list)
    shown = sa.Column(SealedText, nullable=False, default="")

    __table_args__ = (
        # The therapist's view of one conversation, newest last.
        sa.Index("ix_red_flag_conversation", "conversation", "happened_at"),
    )


class ConversationRow(Base):
    """One conversation of one patient; deleting it is erasing the conversation."""

    __tablename__ = "conversation"
    # Rasa's sender id: the channel and a name that can't be guessed.
    id = sa.Column(sa.String(64), primary_key=True)
    channel = sa.Column(sa.String(16), nullable=False)
    created_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    # Empty for a channel that knows its patients in another way.
    token_hash = sa.Column(sa.String(64))
    last_used_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    expires_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    # Who owns it (bot, waiting, human, closed), which account if human, since when and why;
    # each change makes ``version`` one higher, so that of two at once one wins.
    state = sa.Column(sa.String(16), nullable=False, server_default="bot")
    owner = sa.Column(sa.Integer)
    state_since = sa.Column(sa.DateTime(timezone=True))
    waiting_since = sa.Column(sa.DateTime(timezone=True))
    why = sa.Column(sa.String(128), nullable=False, server_default="")
    version = sa.Column(sa.Integer, nullable=False, server_default="0")
    # The highest urgency that was held, and whether somebody of the practice dealt with it.
    urgency = sa.Column(sa.String(16), nullable=False, server_default="none")
    alarm_seen = sa.Column(sa.Boolean, nullable=False, server_default=sa.true())
    # How often it became unseen: each time somebody has to be told anew.
    alarm_count = sa.Column(sa.Integer, nullable=False, server_default="0")
    # The last event that somebody of the practice read.
    read_event = sa.Column(sa.Integer, nullable=False, server_default="0")

    __table_args__ = (
        # ConversationLog.conversation_of: who comes with this token.
        sa.Index("ix_conversation_token", "token_hash", unique=True),
        # Queue: who waits, who talks with a human.
        sa.Index("ix_conversation_state", "state", "last_used_at"),
        # Occasions: alarms that nobody of the practice has seen.
        sa.Index("ix_conversation_alarm", "alarm_seen", "last_used_at"),
    )


class ConversationEventRow(Base):
    """One thing that was said or happened in a conversation. Rows are never changed."""

    __tablename__ = "conversation_event"
    # Patients' browsers count on it that an id never comes back.
    id = sa.Column(sa.Integer, primary_key=True, autoincrement=True)
    conversation = sa.Column(sa.ForeignKey("conversation.id"), nullable=False)
    happened_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    author = sa.Column(sa.String(16), nullable=False)
    kind = sa.Column(sa.String(16), nullable=False)
    name = sa.Column(sa.String(128))
    client_id = sa.Column(sa.String(64))
    reply_to = sa.Column(sa.ForeignKey("conversation_event.id"))
    content = sa.Column(SealedJSON, nullable=False)

    __table_args__ = (
        # A message that is sent again is the same message.
        sa.UniqueConstraint("conversation", "client_id", name="uq_event_client_id"),
        # However many work on it, a message is answered once.
        sa.UniqueConstraint("reply_to", name="uq_event_reply_to"),
        # ConversationLog.events: what came after event n.
        sa.Index("ix_event_conversation", "conversation", "id"),
        {"sqlite_autoincrement": True},
    )


class FeedbackRow(Base):
    """Whether a patient found an answer useful."""

    __tablename__ = "feedback"
    event = sa.Column(sa.ForeignKey("conversation_event.id"), primary_key=True)
    conversation = sa.Column(sa.ForeignKey("conversation.id"), nullable=False)
    useful = sa.Column(sa.Boolean, nullable=False)
    given_at = sa.Column(sa.DateTime(timezone=True), nullable=False)

    __table_args__ = (
        # ConversationLog.events and erase: all of one conversation.
        sa.Index("ix_feedback_conversation", "conversation"),
    )
