"""What the Telegram channel must still know after a restart."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from rasa_project.clock import utc_now
from rasa_project.conversation.events import ASSISTANT, MESSAGE, PATIENT, in_utc
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import (
    ConversationEventRow,
    ConversationRow,
    TelegramButtonRow,
    TelegramChatRow,
    TelegramUpdateRow,
)
from rasa_project.workers.leases import Lease

CHANNEL = "telegram"
LIFETIME = timedelta(days=30)
# Telegram itself keeps an update for one day.
UPDATES_KEPT = timedelta(days=7)
_WRITTEN_AT_MOST_EVERY = timedelta(hours=1)


class Chat(NamedTuple):
    """A chat, and how far it was told what happened.

    Attributes:
        conversation: Rasa's sender id.
        chat: Telegram's id of it.
        sent_event: The last event that was sent whole.
        sent_parts: How many messages of the next one were sent.
        sending_above: Set when the next message may have been sent: above which id it stands.
        last_message: The patient's last message there.
        keyboard_message: The message there that shows buttons.
        blocked: Whether the patient blocked us.
        erasing: Whether everything is being erased.
    """

    conversation: str
    chat: int
    sent_event: int
    sent_parts: int
    sending_above: Optional[int]
    last_message: Optional[int]
    keyboard_message: Optional[int]
    blocked: bool
    erasing: bool


class PressedButton(NamedTuple):
    """What a button means, and whether it still counts.

    Attributes:
        event: The event that it belongs to.
        title: What it says.
        payload: What it tells the assistant.
        is_live: False when something was said after it.
    """

    event: int
    title: str
    payload: str
    is_live: bool


class Opened(NamedTuple):
    """A conversation on Telegram.

    Attributes:
        conversation: Rasa's sender id.
        is_new: Whether it has just begun.
        is_erasing: Whether all of it must go before anything is said in it.
    """

    conversation: str
    is_new: bool
    is_erasing: bool


class TelegramStore:
    """Reads and writes it; every method raises StorageError when the database fails.

    Args:
        database_url: SQLAlchemy URL.
        bot: The bot's id.
        now: The time that is written down.
        lease: What was sent is written down by its holder only.
    """

    def __init__(
        self,
        database_url: str,
        bot: int,
        now: Callable[[], datetime] = utc_now,
        lease: Optional[Lease] = None,
    ):
        self._lease = lease or Lease("telegram")
        self._url = database_url
        self._bot = bot
        self._now = now

    # ---- updates

    def is_handled(self, update: int) -> bool:
        """Whether an update was handled already."""
        with session_for(self._url) as session:
            return session.get(TelegramUpdateRow, (self._bot, update)) is not None

    def handled(
        self, update: int, conversation: str = "", last_message: Optional[int] = None
    ) -> None:
        """Write down that an update was handled, and which message it was, if one."""
        with session_for(self._url) as session:
            try:
                session.add(TelegramUpdateRow(bot=self._bot, update=update, handled_at=self._now()))
                session.flush()
            except IntegrityError:
                session.rollback()
            if last_message is not None:
                _change(session, conversation, last_message=last_message)

    def forget_updates(self) -> None:
        """Forget updates that can't come again."""
        with session_for(self._url) as session:
            before = self._now() - UPDATES_KEPT
            session.execute(
                sa.delete(TelegramUpdateRow).where(TelegramUpdateRow.handled_at < before)
            )

    # ---- chats

    def open(self, chat: int, conversation: str) -> Opened:
        """The conversation of a chat, begun when there is none.

        Args:
            chat: Telegram's id of it.
            conversation: Its name if it begins now.
        """
        try:
            return self._open(chat, conversation)
        except _Raced:
            return self._open(chat, conversation)

    def _open(self, chat: int, conversation: str) -> Opened:
        now = self._now()
        with session_for(self._url) as session:
            row = self._row(session, chat)
            if row is None:
                row = TelegramChatRow(conversation=conversation, bot=self._bot, chat=chat)
                _add(session, row)
            elif row.blocked:
                # Who writes has not blocked us any more.
                row.blocked = False
            conversation = str(row.conversation)
            known = session.get(ConversationRow, conversation)
            if known is None:
                _add(
                    session,
                    ConversationRow(
                        id=conversation,
                        channel=CHANNEL,
                        created_at=now,
                        last_used_at=now,
                        expires_at=now + LIFETIME,
                    ),
                )
                row.erasing = False
            elif row.erasing:
                return Opened(conversation, is_new=False, is_erasing=True)
            elif now - in_utc(known.last_used_at) >= _WRITTEN_AT_MOST_EVERY:
                known.last_used_at, known.expires_at = now, now + LIFETIME
            return Opened(conversation, is_new=known is None, is_erasing=False)

    def greet_group(self, chat: int, conversation: str) -> bool:
        """Remember a group; False when it was known."""
        with session_for(self._url) as session:
            if self._row(session, chat) is not None:
                return False
            session.add(TelegramChatRow(conversation=conversation, bot=self._bot, chat=chat))
            return True

    def chat_in(self, chat: int) -> Optional[Chat]:
        """What is known of a chat, by Telegram's id of it."""
        with session_for(self._url) as session:
            row = self._row(session, chat)
            return None if row is None else _chat(row)

    def chat_of(self, conversation: str) -> Optional[Chat]:
        """What is known of a chat, by its conversation."""
        with session_for(self._url) as session:
            row = session.get(TelegramChatRow, conversation)
            return None if row is None else _chat(row)

    def newest_message(self) -> int:
        """The highest id of a message that is known of any chat of the bot; 0 when none is."""
        table = TelegramChatRow
        known = (table.sending_above, table.sent_message, table.last_message)
        query = sa.select(*map(sa.func.max, known)).where(table.bot == self._bot)
        with session_for(self._url) as session:
            return max(number or 0 for number in session.execute(query).one())

    def sending(
        self,
        conversation: str,
        above: int,
        event: int = 0,
        buttons: Sequence[Tuple[str, str, str]] = (),
    ) -> None:
        """Write down that a message is now being sent.

        Args:
            conversation: Where to.
            above: Its id will be higher than this.
            event: The event that it belongs to.
            buttons: Id, title and payload of each; older ones of the conversation go, if there
                are any now.
        """
        with session_for(self._url) as session:
            self._lease.guard(session)
            _change(session, conversation, sending_above=above)
            if buttons:
                _keep_buttons(session, conversation, event, buttons)

    def sent(
        self, conversation: str, event: int, parts: int, message: Optional[int] = None
    ) -> None:
        """Write down how far a chat was told.

        Args:
            conversation: Which.
            event: The last event that was sent whole.
            parts: How many messages of the next one were.
            message: The id of the message that was just sent, when it is known.
        """
        with session_for(self._url) as session:
            self._lease.guard(session)
            _change(session, conversation, **_sent(event, parts, message))

    def sent_with_keyboard(
        self,
        conversation: str,
        event: int,
        keyboard_message: Optional[int],
        message: Optional[int] = None,
    ) -> Optional[int]:
        """Write down that a chat was told an event, and which message shows buttons now.

        Returns:
            The message that showed buttons before, if one did.
        """
        with session_for(self._url) as session:
            self._lease.guard(session)
            query = sa.select(TelegramChatRow.keyboard_message).where(
                TelegramChatRow.conversation == conversation
            )
            old = session.execute(query).scalar_one_or_none()
            values = _sent(event, 0, keyboard_message or message)
            _change(session, conversation, keyboard_message=keyboard_message, **values)
            return old

    def keyboard_gone(self, conversation: str, message: int) -> None:
        """Write down that a message shows no buttons any more."""
        with session_for(self._url) as session:
            session.execute(
                sa.update(TelegramChatRow)
                .where(
                    TelegramChatRow.conversation == conversation,
                    TelegramChatRow.keyboard_message == message,
                )
                .values(keyboard_message=None)
            )

    def set_blocked(self, conversation: str, blocked: bool) -> None:
        """Write down whether the patient blocked us."""
        # What was being sent when they did so, was not taken.
        values = {"blocked": True, "sending_above": None} if blocked else {"blocked": False}
        with session_for(self._url) as session:
            _change(session, conversation, **values)

    def unfinished(self) -> List[str]:
        """Conversations in which something waits for an answer, or for being sent."""
        reply = aliased(ConversationEventRow)
        unsent = sa.select(TelegramChatRow.conversation).where(
            TelegramChatRow.bot == self._bot,
            TelegramChatRow.blocked == sa.false(),
            sa.exists().where(
                ConversationEventRow.conversation == TelegramChatRow.conversation,
                ConversationEventRow.id > TelegramChatRow.sent_event,
                ConversationEventRow.author != PATIENT,
            ),
        )
        unanswered = (
            sa.select(TelegramChatRow.conversation)
            .join(
                ConversationEventRow,
                ConversationEventRow.conversation == TelegramChatRow.conversation,
            )
            .outerjoin(reply, reply.reply_to == ConversationEventRow.id)
            .where(
                TelegramChatRow.bot == self._bot,
                ConversationEventRow.author == PATIENT,
                ConversationEventRow.kind == MESSAGE,
                reply.id.is_(None),
            )
        )
        with session_for(self._url) as session:
            return sorted(session.execute(unsent.union(unanswered)).scalars())

    # ---- buttons

    def button(self, conversation: str, button: str) -> Optional[PressedButton]:
        """What a button of a conversation means; None when it is not known (any more)."""
        with session_for(self._url) as session:
            row = session.get(TelegramButtonRow, button[:32])
            if row is None or row.conversation != conversation:
                return None
            later = sa.select(ConversationEventRow.id).where(
                ConversationEventRow.conversation == conversation,
                ConversationEventRow.id > row.event,
                ConversationEventRow.author.in_([PATIENT, ASSISTANT]),
            )
            is_live = session.execute(later.limit(1)).scalar_one_or_none() is None
            return PressedButton(row.event, row.title, row.payload, is_live)

    # ---- erasing

    def begin_erasing(self, conversation: str) -> None:
        """Write down that a conversation is being erased, so that it will be."""
        with session_for(self._url) as session:
            _change(session, conversation, erasing=True)

    def erasing(self) -> List[str]:
        """The conversations whose erasing was begun and not ended."""
        query = sa.select(TelegramChatRow.conversation).where(
            TelegramChatRow.bot == self._bot, TelegramChatRow.erasing == sa.true()
        )
        with session_for(self._url) as session:
            return sorted(session.execute(query).scalars())

    def forget_buttons(self, conversation: str) -> None:
        """Forget all buttons of a conversation: they hold what was offered there."""
        with session_for(self._url) as session:
            session.execute(
                sa.delete(TelegramButtonRow).where(TelegramButtonRow.conversation == conversation)
            )

    def forget(self, conversation: str) -> None:
        """Forget where an erased conversation was held, unless a new one has begun there."""
        with session_for(self._url) as session:
            session.execute(
                sa.delete(TelegramChatRow).where(
                    TelegramChatRow.conversation == conversation,
                    TelegramChatRow.erasing == sa.true(),
                )
            )

    def _row(self, session: Session, chat: int) -> Any:
        query = sa.select(TelegramChatRow).where(
            TelegramChatRow.bot == self._bot, TelegramChatRow.chat == chat
        )
        return session.execute(query).scalar_one_or_none()


class _Raced(Exception):
    """Another process wrote the same row first."""


def _add(session: Session, row: Any) -> None:
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise _Raced from error


def _change(session: Session, conversation: str, **values: Any) -> None:
    session.execute(
        sa.update(TelegramChatRow)
        .where(TelegramChatRow.conversation == conversation)
        .values(**values)
    )


def _sent(event: int, parts: int, message: Optional[int]) -> Dict[str, Any]:
    values = {"sent_event": event, "sent_parts": parts, "sending_above": None}
    return values if message is None else {**values, "sent_message": message}


def _keep_buttons(
    session: Session, conversation: str, event: int, buttons: Sequence[Tuple[str, str, str]]
) -> None:
    table = TelegramButtonRow
    session.execute(sa.delete(table).where(table.conversation == conversation))
    for button, title, payload in buttons:
        session.add(
            table(id=button, conversation=conversation, event=event, title=title, payload=payload)
        )


def _chat(row: Any) -> Chat:
    return Chat(
        row.conversation,
        row.chat,
        row.sent_event,
        row.sent_parts,
        row.sending_above,
        row.last_message,
        row.keyboard_message,
        row.blocked,
        row.erasing,
    )
