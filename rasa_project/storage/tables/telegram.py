"""What the channel on Telegram has to remember."""

from __future__ import annotations

import sqlalchemy as sa

from rasa_project.storage.sealed import SealedText
from rasa_project.storage.tables.base import Base


class TelegramChatRow(Base):
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


class TelegramUpdateRow(Base):
    """That an update was handled; not what was in it, nor whose it was."""

    __tablename__ = "telegram_update"
    bot = sa.Column(sa.BigInteger, primary_key=True)
    update = sa.Column(sa.BigInteger, primary_key=True)
    handled_at = sa.Column(sa.DateTime(timezone=True), nullable=False)

    __table_args__ = (
        # TelegramStore.forget_updates: those that can't come again.
        sa.Index("ix_telegram_update_handled", "handled_at"),
    )


class TelegramButtonRow(Base):
    """What a button means; Telegram gives back only its id."""

    __tablename__ = "telegram_button"
    id = sa.Column(sa.String(32), primary_key=True)
    conversation = sa.Column(sa.String(64), nullable=False)
    event = sa.Column(sa.Integer, nullable=False)
    title = sa.Column(SealedText, nullable=False)
    payload = sa.Column(SealedText, nullable=False)

    __table_args__ = (
        # TelegramStore: the older buttons of one conversation.
        sa.Index("ix_telegram_button_conversation", "conversation", "event"),
    )
