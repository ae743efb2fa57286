"""What was said in a conversation, in order: the one thing that must never be lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.conversation.events import (
    ASSISTANT,
    JOINED,
    LEFT,
    MESSAGE,
    NOTED,
    PATIENT,
    SYSTEM,
    THERAPIST,
    PatientMessage,
    in_utc,
    shown,
)
from rasa_project.errors import RuggesteunError
from rasa_project.storage.asking import ask
from rasa_project.storage.engine import session_for
from rasa_project.storage.rasa_events import erase_whole_rasa_conversation
from rasa_project.storage.tables import (
    CallbackRow,
    ConsentRow,
    ConversationChangeRow,
    ConversationEventRow,
    ConversationRow,
    ExternalConversationRow,
    FeedbackRow,
    NoteRow,
    NotificationRow,
    RedFlagEventRow,
)


class ConversationGone(RuggesteunError):
    """There is no such conversation: it was erased, or never began."""


# Statements of every turn are made once: to put one together takes SQLAlchemy longer than
# SQLite takes to answer it (docs/performance.md).
_EVENT, _CONVERSATION = ConversationEventRow.__table__, ConversationRow.__table__
_OF_CONVERSATION = _EVENT.c.conversation == sa.bindparam("conversation")
_EVENTS_FOR_STAFF = (
    sa.select(_EVENT, FeedbackRow.useful)
    .select_from(_EVENT.outerjoin(FeedbackRow.__table__, FeedbackRow.event == _EVENT.c.id))
    .where(_OF_CONVERSATION, _EVENT.c.id > sa.bindparam("after"))
    .order_by(_EVENT.c.id)
)
_EVENTS = _EVENTS_FOR_STAFF.where(_EVENT.c.kind != NOTED)
_OF_TOKEN = sa.select(_CONVERSATION.c.id, _CONVERSATION.c.expires_at).where(
    _CONVERSATION.c.token_hash == sa.bindparam("token_hash")
)
_BY_CLIENT_ID = sa.select(_EVENT.c.id).where(
    _OF_CONVERSATION, _EVENT.c.client_id == sa.bindparam("same")
)
_BY_REPLY_TO = sa.select(_EVENT.c.id).where(
    _OF_CONVERSATION, _EVENT.c.reply_to == sa.bindparam("same")
)
_REPLIES = _EVENT.alias()
# The message that the newest reply is to.
_ANSWERED_LAST = (
    sa.select(_EVENT.c.reply_to)
    .where(_OF_CONVERSATION, _EVENT.c.reply_to.is_not(None))
    .order_by(_EVENT.c.id.desc())
    .limit(1)
)
_FIRST_UNANSWERED = (
    sa.select(_EVENT.c.id, _EVENT.c.content)
    .select_from(_EVENT.outerjoin(_REPLIES, _REPLIES.c.reply_to == _EVENT.c.id))
    .where(
        _OF_CONVERSATION,
        _EVENT.c.author == PATIENT,
        _EVENT.c.kind == MESSAGE,
        _REPLIES.c.id.is_(None),
        _EVENT.c.id > sa.bindparam("answered"),
    )
    .order_by(_EVENT.c.id)
    .limit(1)
)
_NEWEST = sa.select(sa.func.max(_EVENT.c.id))
# SQLite has one writer at a time anyway, and leaves FOR UPDATE out.
_HOLD = (
    sa.select(_CONVERSATION.c.id)
    .where(_CONVERSATION.c.id == sa.bindparam("conversation"))
    .with_for_update()
)
_THERE = sa.select(_CONVERSATION.c.id).where(
    _CONVERSATION.c.id.in_(sa.bindparam("asked", expanding=True))
)
# Older SQLites take no more than 999 values in a statement.
_AT_ONCE = 500
_ADD = sa.insert(_EVENT)
_T = TypeVar("_T")
# The session and the new row.
AlsoDo = Callable[[Session, Any], None]


class Stored(NamedTuple):
    """Where a message stands in the log.

    Attributes:
        event: Its id.
        is_new: False when it stood there already.
    """

    event: int
    is_new: bool


class ConversationLog:
    """Reads and writes the log; every method raises StorageError when the database fails.

    Args:
        database_url: SQLAlchemy URL.
        now: The time that is written down; the real one, so that expiry holds also where
            the assistant is told another time.
    """

    def __init__(self, database_url: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._now = now

    async def ask(self, work: Callable[..., _T], *given: Any) -> _T:
        """Do one transaction with this log's database, from the event loop.

        Raises:
            StorageError: As ``work`` does.
        """
        return await ask(self._url, work, *given)

    def begin(
        self, conversation: str, channel: str, token_hash: Optional[str], lifetime: timedelta
    ) -> datetime:
        """Begin a conversation.

        Args:
            conversation: Rasa's sender id.
            channel: Where it is held.
            token_hash: Of the token that opens it; None where a channel needs none.
            lifetime: How long it may lie unused.

        Returns:
            When its token expires.
        """
        now = self._now()
        with session_for(self._url) as session:
            session.add(
                ConversationRow(
                    id=conversation,
                    channel=channel,
                    created_at=now,
                    token_hash=token_hash,
                    last_used_at=now,
                    expires_at=now + lifetime,
                )
            )
        return now + lifetime

    def conversation_of(
        self,
        token_hash: str,
        is_valid: Callable[[datetime, datetime], bool],
        later_expiry: Callable[[datetime, datetime], Optional[datetime]],
    ) -> Optional[str]:
        """The conversation that a token opens; that counts as using it.

        Args:
            token_hash: Of the token that came.
            is_valid: Says of expiry and moment whether the token still counts.
            later_expiry: Says of expiry and moment which expiry to write, if any.

        Returns:
            Its id; None when the token is unknown or expired.
        """
        now = self._now()
        with session_for(self._url) as session:
            row = session.execute(_OF_TOKEN, {"token_hash": token_hash}).one_or_none()
            if row is None or not is_valid(in_utc(row.expires_at), now):
                return None
            later = later_expiry(in_utc(row.expires_at), now)
            if later is not None:
                session.execute(
                    sa.update(ConversationRow)
                    .where(ConversationRow.id == row.id)
                    .values(last_used_at=now, expires_at=later)
                )
            return str(row.id)

    def add_message(
        self, conversation: str, client_id: str, text: str, payload: Optional[str] = None
    ) -> Stored:
        """Add a patient's message; the same client id again adds nothing.

        Raises:
            ConversationGone: There is no such conversation.
        """
        content = {"text": text, "payload": payload} if payload else {"text": text}
        return self._add_once(
            _BY_CLIENT_ID,
            client_id,
            conversation=conversation,
            author=PATIENT,
            kind=MESSAGE,
            client_id=client_id,
            content=content,
        )

    def message(self, conversation: str, client_id: str) -> Optional[int]:
        """The id of a patient's message that stands in the log, or None."""
        with session_for(self._url) as session:
            return _existing(session, _BY_CLIENT_ID, conversation, client_id)

    def add_reply(
        self,
        conversation: str,
        reply_to: int,
        content: Mapping[str, Any],
        author: str = ASSISTANT,
        kind: str = MESSAGE,
        also: Optional[AlsoDo] = None,
    ) -> Stored:
        """Add the reply to a message; a second one adds nothing.

        Args:
            conversation: Where it belongs.
            reply_to: The event of the patient's message.
            content: As :func:`rasa_project.conversation.events.reply_content` makes it.
            author: Who replies.
            kind: ``noted`` for what only the practice sees: no reply is due any more.
            also: What belongs to the reply and is done in the same commit; it may change
                the new row, and is not called when a reply was there already.

        Raises:
            ConversationGone: It was erased in the meantime.
        """
        return self._add_once(
            _BY_REPLY_TO,
            reply_to,
            also,
            conversation=conversation,
            author=author,
            kind=kind,
            reply_to=reply_to,
            content=dict(content),
        )

    def add_notice(
        self,
        conversation: str,
        client_id: str,
        content: Mapping[str, Any],
        kind: str = MESSAGE,
        also: Optional[AlsoDo] = None,
    ) -> Stored:
        """Add what the channel itself tells a patient; the same client id again adds nothing.

        Args:
            conversation: Where it belongs.
            client_id: Names it; what it is told for can come twice.
            content: As :func:`rasa_project.conversation.events.reply_content` makes it.
            kind: What it is, when no message.
            also: As for :meth:`add_reply`.

        Raises:
            ConversationGone: There is no such conversation.
        """
        return self._add_once(
            _BY_CLIENT_ID,
            client_id,
            also,
            conversation=conversation,
            author=SYSTEM,
            kind=kind,
            client_id=client_id,
            content=dict(content),
        )

    def add_therapist_message(self, conversation: str, name: str, text: str) -> int:
        """Add what a therapist wrote; gives its id.

        Raises:
            ConversationGone: There is no such conversation.
        """
        return self._add_of_therapist(conversation, MESSAGE, name, {"text": text})

    def add_joined(self, conversation: str, name: str) -> int:
        """Add that a therapist came in; gives its id.

        Raises:
            ConversationGone: There is no such conversation.
        """
        return self._add_of_therapist(conversation, JOINED, name, {})

    def add_left(self, conversation: str, name: str) -> int:
        """Add that a therapist went; gives its id.

        Raises:
            ConversationGone: There is no such conversation.
        """
        return self._add_of_therapist(conversation, LEFT, name, {})

    def events(self, conversation: str, after: int = 0) -> List[Dict[str, Any]]:
        """What came after an event, in order, as a patient's browser gets it."""
        return self._events(_EVENTS, conversation, after)

    def events_for_staff(self, conversation: str, after: int = 0) -> List[Dict[str, Any]]:
        """As :meth:`events`, with what only the practice sees (kind ``noted``)."""
        return self._events(_EVENTS_FOR_STAFF, conversation, after)

    def _events(self, query: Any, conversation: str, after: int) -> List[Dict[str, Any]]:
        given = {"conversation": conversation, "after": after}
        with session_for(self._url) as session:
            return [shown(row, row.useful) for row in session.execute(query, given)]

    def first_unanswered(self, conversation: str) -> Optional[PatientMessage]:
        """The first message of a patient without a reply, or None.

        Replies are given in the order of the messages: all up to the one that the newest
        reply is to are answered, so that a long conversation costs no more than a short one.
        """
        given = {"conversation": conversation}
        with session_for(self._url) as session:
            # Two questions: PostgreSQL plans the second well only when it knows the number.
            answered = session.execute(_ANSWERED_LAST, given).scalar_one_or_none() or 0
            row = session.execute(_FIRST_UNANSWERED, {**given, "answered": answered}).one_or_none()
        if row is None:
            return None
        return PatientMessage(row.id, row.content["text"], row.content.get("payload"))

    def give_feedback(self, conversation: str, event: int, useful: Optional[bool]) -> bool:
        """Keep what a patient thinks of an answer; None takes it back.

        Returns:
            False when the event is no reply of this conversation.
        """
        with session_for(self._url) as session:
            row = session.get(ConversationEventRow, event)
            if row is None or (row.conversation, row.author) != (conversation, ASSISTANT):
                return False
            hold(session, conversation)
            session.execute(sa.delete(FeedbackRow).where(FeedbackRow.event == event))
            if useful is not None:
                session.add(
                    FeedbackRow(
                        event=event, conversation=conversation, useful=useful, given_at=self._now()
                    )
                )
        return True

    def erase(self, conversation: str, only_if: Optional[Callable[[Session], bool]] = None) -> bool:
        """Delete everything that is kept of a conversation, Rasa's part included.

        No turn of it may be under way: Rasa would write its events afterwards.

        Args:
            conversation: Which.
            only_if: Asked in the same transaction; when it says no, nothing is deleted.

        Returns:
            Whether it was deleted.
        """
        ours = (
            FeedbackRow,
            RedFlagEventRow,
            ConversationChangeRow,
            CallbackRow,
            NoteRow,
            NotificationRow,
            ExternalConversationRow,
            ConsentRow,
            ConversationEventRow,
        )
        with session_for(self._url) as session:
            hold(session, conversation)
            if only_if is not None and not only_if(session):
                return False
            for table in ours:
                session.execute(sa.delete(table).where(table.conversation == conversation))
            erase_whole_rasa_conversation(session, conversation)
            session.execute(sa.delete(ConversationRow).where(ConversationRow.id == conversation))
        return True

    def newest(self) -> int:
        """The id of the newest event of all; 0 when there is none."""
        with session_for(self._url) as session:
            return int(session.execute(_NEWEST).scalar_one() or 0)

    def those_there(self, conversations: Sequence[str]) -> Set[str]:
        """Which of some conversations there are."""
        there: Set[str] = set()
        with session_for(self._url) as session:
            for first in range(0, len(conversations), _AT_ONCE):
                asked = list(conversations[first : first + _AT_ONCE])
                there.update(session.execute(_THERE, {"asked": asked}).scalars())
        return there

    def changed_since(self, event: int) -> Dict[str, int]:
        """The conversations in which something came after an event, with the newest there."""
        query = (
            sa.select(ConversationEventRow.conversation, sa.func.max(ConversationEventRow.id))
            .where(ConversationEventRow.id > event)
            .group_by(ConversationEventRow.conversation)
        )
        with session_for(self._url) as session:
            return {conversation: newest for conversation, newest in session.execute(query)}

    def _add_of_therapist(
        self, conversation: str, kind: str, name: str, content: Dict[str, Any]
    ) -> int:
        with session_for(self._url) as session:
            return self._insert(
                session,
                conversation=conversation,
                author=THERAPIST,
                kind=kind,
                name=name,
                content=content,
            )

    def _add_once(
        self,
        query: Any,
        same: Any,
        also: Optional[AlsoDo] = None,
        *,
        conversation: str,
        **fields: Any,
    ) -> Stored:
        with session_for(self._url) as session:
            event = _existing(session, query, conversation, same)
            if event is not None:
                return Stored(event, is_new=False)
            try:
                event = self._insert(session, conversation=conversation, **fields)
                if also is not None:
                    also(session, session.get(ConversationEventRow, event))
                return Stored(event, is_new=True)
            except IntegrityError as error:
                # Another request or process was first, or erased the conversation.
                session.rollback()
                event = _existing(session, query, conversation, same)
                if event is not None:
                    return Stored(event, is_new=False)
                if hold(session, conversation):
                    raise
                raise _gone(conversation) from error

    def _insert(self, session: Session, conversation: str, **fields: Any) -> int:
        return insert_event(session, self._now(), conversation, **fields)


def insert_event(session: Session, now: datetime, conversation: str, **fields: Any) -> int:
    """Add an event within a session of the caller's; gives its id.

    Raises:
        ConversationGone: There is no such conversation.
    """
    if not hold(session, conversation):
        raise _gone(conversation)
    fields["conversation"], fields["happened_at"] = conversation, now
    return int(session.execute(_ADD, fields).inserted_primary_key[0])


def _gone(conversation: str) -> ConversationGone:
    return ConversationGone(f"There is no conversation {conversation}.")


def _existing(session: Session, query: Any, conversation: str, same: Any) -> Optional[int]:
    return session.execute(query, {"conversation": conversation, "same": same}).scalar_one_or_none()


def hold(session: Session, conversation: str) -> bool:
    """Let nobody else write to a conversation until the commit; False when it isn't there.

    PostgreSQL gives out ids before it commits. Without this an event could show up after
    one with a higher id, and a browser that has seen the higher one would never get it.
    """
    return session.execute(_HOLD, {"conversation": conversation}).scalar_one_or_none() is not None
