"""The tables. Each change here needs a migration in ``migrations/versions``."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class TopicRow(Base):  # type: ignore[misc, valid-type]
    """One topic of the catalogue. Rows are never deleted; ``active`` goes off."""

    __tablename__ = "topic"
    id = sa.Column(sa.String(64), primary_key=True)
    topic_group = sa.Column(sa.String(32), nullable=False)
    question = sa.Column(sa.Text, nullable=False)
    button = sa.Column(sa.String(64), nullable=False)
    position = sa.Column(sa.Integer, nullable=False)
    active = sa.Column(sa.Boolean, nullable=False, default=True)


class AnswerRow(Base):  # type: ignore[misc, valid-type]
    """One revision of a topic's answer. Old revisions stay, ``current`` marks the newest."""

    __tablename__ = "answer_revision"
    id = sa.Column(sa.Integer, primary_key=True)
    topic_id = sa.Column(sa.ForeignKey("topic.id"), nullable=False)
    revision = sa.Column(sa.Integer, nullable=False)
    current = sa.Column(sa.Boolean, nullable=False)
    fingerprint = sa.Column(sa.String(64), nullable=False)
    short_nl = sa.Column(sa.Text, nullable=False)
    more_nl = sa.Column(sa.Text, nullable=False)
    short_be = sa.Column(sa.Text, nullable=False)
    more_be = sa.Column(sa.Text, nullable=False)
    simple = sa.Column(sa.Text, nullable=False, server_default="")
    # Pairs of a condition (knowledge/told.py) and a text, the most important first.
    notes = sa.Column(sa.JSON, nullable=False, server_default="[]")
    # The fact that is asked back for, if any.
    ask = sa.Column(sa.String(16))
    follow_ups = sa.Column(sa.JSON, nullable=False)
    review_status = sa.Column(sa.String(16), nullable=False)
    reviewed_on = sa.Column(sa.Date)
    reviewed_by = sa.Column(sa.String(128))
    loaded_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    topic = relationship(TopicRow)
    sources = relationship("AnswerSourceRow", order_by="AnswerSourceRow.position")

    __table_args__ = (
        sa.UniqueConstraint("topic_id", "revision", name="uq_answer_topic_revision"),
        # KnowledgeRepository.answer: the current revision of one topic.
        sa.Index("ix_answer_topic_current", "topic_id", "current"),
    )


class SourceRow(Base):  # type: ignore[misc, valid-type]
    """One publication or other source that answers rest on."""

    __tablename__ = "source"
    key = sa.Column(sa.String(32), primary_key=True)
    reference = sa.Column(sa.Text, nullable=False)
    year = sa.Column(sa.String(16), nullable=False)
    kind = sa.Column(sa.String(64), nullable=False)
    address = sa.Column(sa.Text, nullable=False)


class AnswerSourceRow(Base):  # type: ignore[misc, valid-type]
    """Which sources carry an answer revision, in the order shown."""

    __tablename__ = "answer_source"
    answer_id = sa.Column(sa.ForeignKey("answer_revision.id"), primary_key=True)
    source_key = sa.Column(sa.ForeignKey("source.key"), primary_key=True)
    position = sa.Column(sa.Integer, nullable=False)
    source = relationship(SourceRow)


class RedFlagEventRow(Base):  # type: ignore[misc, valid-type]
    """One red-flag finding that was shown to a patient: which rule, which text version."""

    __tablename__ = "red_flag_event"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation = sa.Column(sa.String(255), nullable=False)
    happened_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    flag = sa.Column(sa.String(8), nullable=False)
    sign = sa.Column(sa.String(64), nullable=False)
    urgency = sa.Column(sa.String(16), nullable=False)
    rules_version = sa.Column(sa.String(64), nullable=False)
    # Where it stood in the message (0 and 0 for a combination or a reply), how it was
    # read, and the text that the patient saw.
    span_start = sa.Column(sa.Integer, nullable=False, server_default="0")
    span_end = sa.Column(sa.Integer, nullable=False, server_default="0")
    qualifiers = sa.Column(sa.JSON, nullable=False, server_default="[]")
    shown = sa.Column(sa.Text, nullable=False, server_default="")

    __table_args__ = (
        # The therapist's view of one conversation, newest last.
        sa.Index("ix_red_flag_conversation", "conversation", "happened_at"),
    )


class ConversationRow(Base):  # type: ignore[misc, valid-type]
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

    __table_args__ = (
        # ConversationLog.conversation_of: who comes with this token.
        sa.Index("ix_conversation_token", "token_hash", unique=True),
    )


class ConversationEventRow(Base):  # type: ignore[misc, valid-type]
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
    content = sa.Column(sa.JSON, nullable=False)

    __table_args__ = (
        # A message that is sent again is the same message.
        sa.UniqueConstraint("conversation", "client_id", name="uq_event_client_id"),
        # However many work on it, a message is answered once.
        sa.UniqueConstraint("reply_to", name="uq_event_reply_to"),
        # ConversationLog.events: what came after event n.
        sa.Index("ix_event_conversation", "conversation", "id"),
        {"sqlite_autoincrement": True},
    )


class FeedbackRow(Base):  # type: ignore[misc, valid-type]
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


class TelegramChatRow(Base):  # type: ignore[misc, valid-type]
    """Where on Telegram a conversation is held. The only place that knows the chat's id."""

    __tablename__ = "telegram_chat"
    # No foreign key: to say that a conversation was erased, this outlives it for a moment.
    conversation = sa.Column(sa.String(64), primary_key=True)
    bot = sa.Column(sa.BigInteger, nullable=False)
    chat = sa.Column(sa.BigInteger, nullable=False)
    # The last event that Telegram took whole, and how many messages of the next one.
    sent_event = sa.Column(sa.Integer, nullable=False, server_default="0")
    sent_parts = sa.Column(sa.Integer, nullable=False, server_default="0")
    # Set while a message is being sent: it gets a higher id than this. And the id of the last
    # one that was. Both are numbers of the bot, over all its chats.
    sending_above = sa.Column(sa.BigInteger)
    sent_message = sa.Column(sa.BigInteger)
    # The patient's last message, to know an edit of it; and the one that shows buttons.
    last_message = sa.Column(sa.BigInteger)
    keyboard_message = sa.Column(sa.BigInteger)
    blocked = sa.Column(sa.Boolean, nullable=False, server_default=sa.false())
    # Set while everything is being erased, so that it is finished after a restart.
    erasing = sa.Column(sa.Boolean, nullable=False, server_default=sa.false())

    __table_args__ = (
        # TelegramStore.conversation_of: whose chat an update is about.
        sa.UniqueConstraint("bot", "chat", name="uq_telegram_chat"),
    )


class TelegramUpdateRow(Base):  # type: ignore[misc, valid-type]
    """That an update was handled; not what was in it, nor whose it was."""

    __tablename__ = "telegram_update"
    bot = sa.Column(sa.BigInteger, primary_key=True)
    update = sa.Column(sa.BigInteger, primary_key=True)
    handled_at = sa.Column(sa.DateTime(timezone=True), nullable=False)

    __table_args__ = (
        # TelegramStore.forget_updates: those that can't come again.
        sa.Index("ix_telegram_update_handled", "handled_at"),
    )


class TelegramButtonRow(Base):  # type: ignore[misc, valid-type]
    """What a button means; Telegram gives back only its id."""

    __tablename__ = "telegram_button"
    id = sa.Column(sa.String(32), primary_key=True)
    conversation = sa.Column(sa.String(64), nullable=False)
    event = sa.Column(sa.Integer, nullable=False)
    title = sa.Column(sa.Text, nullable=False)
    payload = sa.Column(sa.Text, nullable=False)

    __table_args__ = (
        # TelegramStore: the older buttons of one conversation.
        sa.Index("ix_telegram_button_conversation", "conversation", "event"),
    )
