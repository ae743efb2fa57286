"""Everything that is kept of one conversation, read for the practice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.conversation.events import in_utc
from rasa_project.conversation.log import ConversationGone
from rasa_project.conversation.states import Ownership, ownership_of
from rasa_project.storage.engine import session_for
from rasa_project.storage.rasa_events import facts_and_replies
from rasa_project.storage.tables import (
    AccountRow,
    CallbackRow,
    ConversationChangeRow,
    ConversationEventRow,
    ConversationRow,
    FeedbackRow,
    NoteRow,
    RedFlagEventRow,
    TopicRow,
)

DONE = "done"


@dataclass(frozen=True)
class Event:
    """One event of the log, with all that stands in it.

    Attributes:
        id: Rises in the order of the conversation.
        at: When.
        author: As in ``conversation/events.py``; ``kind`` too.
        name: Of a therapist.
        content: As it was stored.
        reply_to: The message that it answers or was noted of.
        client_id: The browser's name for it.
        useful: What the patient thought of it.
    """

    id: int
    at: datetime
    author: str
    kind: str
    name: Optional[str]
    content: Mapping[str, Any]
    reply_to: Optional[int]
    client_id: Optional[str]
    useful: Optional[bool]

    @property
    def text(self) -> str:
        """All that is said in it."""
        own = self.content.get("text")
        parts = [part.get("text", "") for part in self.content.get("parts") or []]
        return "\n\n".join(text for text in (own, *parts) if text)


@dataclass(frozen=True)
class Flag:
    """One red flag that was found, by the assistant or in a message for a human.

    Attributes:
        at: When.
        flag: Such as RF01.
        sign: The rule.
        urgency: What it raised.
        start: Where it stands in the message, in characters; 0 and 0 for a combination.
        end: Where it ends.
        message: The event of the patient's message, when known.
        shown: What the patient was told.
    """

    at: datetime
    flag: str
    sign: str
    urgency: str
    start: int
    end: int
    message: Optional[int]
    shown: str = ""


@dataclass(frozen=True)
class Callback:
    """A request to be called or mailed back that was filled in."""

    id: int
    at: datetime
    name: str
    contact: str
    moment: str
    handled_at: Optional[datetime]
    handled_by: Optional[str]


@dataclass(frozen=True)
class Note:
    """What somebody of the practice wrote for colleagues."""

    id: int
    at: datetime
    name: str
    text: str


@dataclass(frozen=True)
class Change:
    """A change of who has the conversation."""

    at: datetime
    before: str
    after: str
    actor: str
    by: Optional[str]
    owner: Optional[str]
    why: str


@dataclass(frozen=True)
class RasaTurn:
    """What Rasa kept that the summary needs: a slot that was set, or what was said.

    Attributes:
        slot: The slot's name; None for a message of the patient.
        value: Of the slot, or the message.
    """

    slot: Optional[str]
    value: Any


@dataclass(frozen=True)
class Material:
    """Everything of one conversation.

    Attributes:
        ownership: How it stands.
        channel: Where it is held.
        created_at: When it began.
        owner_name: Of who has it.
        read_event: Up to where the practice read it.
        events: In order.
        flags: In order.
        callbacks: Requests that were filled in.
        notes: In order.
        changes: In order.
        turns: What Rasa kept, in order.
        labels: Topics' labels by their ids.
    """

    ownership: Ownership
    channel: str
    created_at: datetime
    owner_name: str
    read_event: int
    events: Tuple[Event, ...]
    flags: Tuple[Flag, ...]
    callbacks: Tuple[Callback, ...]
    notes: Tuple[Note, ...]
    changes: Tuple[Change, ...]
    turns: Tuple[RasaTurn, ...]
    labels: Mapping[str, str]

    @property
    def last_event(self) -> int:
        """The newest event's id; 0 when there is none."""
        return self.events[-1].id if self.events else 0

    @property
    def patient_name(self) -> str:
        """As the patient gave it for a call-back; empty when they didn't."""
        return next((one.name for one in reversed(self.callbacks) if one.name), "")


def read_material(database_url: str, conversation: str) -> Material:
    """Read one conversation.

    Raises:
        ConversationGone: There is no such conversation.
        StorageError: The database can't be read.
    """
    with session_for(database_url) as session:
        row = session.get(ConversationRow, conversation)
        if row is None:
            raise ConversationGone(f"There is no conversation {conversation}.")
        events = _events(session, conversation)
        changes = _rows(session, ConversationChangeRow, conversation)
        callbacks = _rows(session, CallbackRow, conversation)
        people = _names(
            session,
            [row.owner]
            + [account for change in changes for account in (change.account, change.owner)]
            + [callback.handled_by for callback in callbacks],
        )
        return Material(
            ownership=ownership_of(row),
            channel=row.channel,
            created_at=in_utc(row.created_at),
            owner_name=people.get(row.owner, ""),
            read_event=row.read_event,
            events=tuple(events),
            flags=tuple(_flags(session, conversation, events)),
            callbacks=tuple(_callback(one, people) for one in callbacks if one.step == DONE),
            notes=tuple(
                Note(one.id, in_utc(one.written_at), one.name, one.text)
                for one in _rows(session, NoteRow, conversation)
            ),
            changes=tuple(_change(one, people) for one in changes),
            turns=tuple(_turns(session, conversation)),
            labels=_labels(session, events),
        )


def new_events(
    database_url: str, conversation: str, after: int
) -> Tuple[List[Event], List[Flag], int]:
    """What came after an event, without the rest of the conversation.

    Returns:
        The new events, and the messages that they answer, for what is known of those only
        now; the alarm signs; and the newest event.

    Raises:
        ConversationGone: There is no such conversation (any more).
    """
    with session_for(database_url) as session:
        new = _events(session, conversation, ConversationEventRow.id > after)
        if not new:
            if session.get(ConversationRow, conversation) is None:
                raise ConversationGone(f"There is no conversation {conversation}.")
            return [], [], after
        known = {event.id for event in new}
        answered = {event.reply_to for event in new if event.reply_to} - known
        before = _events(session, conversation, ConversationEventRow.id.in_(answered))
        # Which message a finding is about, replies tell: all of them.
        replies = _events(session, conversation, ConversationEventRow.reply_to.is_not(None))
        return before + new, _flags(session, conversation, replies), new[-1].id


def _rows(session: Session, table: Any, conversation: str) -> List[Any]:
    query = sa.select(table).where(table.conversation == conversation).order_by(table.id)
    return list(session.execute(query).scalars())


def _events(session: Session, conversation: str, *which: Any) -> List[Event]:
    table = ConversationEventRow
    query = (
        sa.select(table, FeedbackRow.useful)
        .outerjoin(FeedbackRow, FeedbackRow.event == table.id)
        .where(table.conversation == conversation, *which)
        .order_by(table.id)
    )
    return [
        Event(
            row.id,
            in_utc(row.happened_at),
            row.author,
            row.kind,
            row.name,
            row.content,
            row.reply_to,
            row.client_id,
            useful,
        )
        for row, useful in session.execute(query)
    ]


def _flags(session: Session, conversation: str, events: Sequence[Event]) -> List[Flag]:
    """Those of the assistant's turns, and those noted in messages for a human."""
    found = [
        Flag(
            in_utc(row.happened_at),
            row.flag,
            row.sign,
            row.urgency,
            row.span_start,
            row.span_end,
            message_of(in_utc(row.happened_at), events),
            row.shown,
        )
        for row in _rows(session, RedFlagEventRow, conversation)
    ]
    for event in events:
        for finding in event.content.get("findings") or []:
            found.append(
                Flag(
                    event.at,
                    str(finding.get("flag", "")),
                    str(finding.get("sign", "")),
                    str(finding.get("urgency", "none")),
                    int(finding.get("start") or 0),
                    int(finding.get("end") or 0),
                    event.reply_to,
                )
            )
    return sorted(found, key=lambda flag: flag.at)


def message_of(found_at: datetime, events: Sequence[Event]) -> Optional[int]:
    """The message that a finding of the assistant is about.

    The assistant notes what it found while it makes its reply; messages are answered one
    by one. So it is the message whose reply is the first after the finding.
    """
    for event in events:
        if event.reply_to is not None and event.at >= found_at:
            return event.reply_to
    return None


def _callback(row: Any, people: Mapping[int, str]) -> Callback:
    return Callback(
        row.id,
        in_utc(row.finished_at or row.created_at),
        row.name,
        row.contact,
        row.moment,
        in_utc(row.handled_at) if row.handled_at else None,
        people.get(row.handled_by),
    )


def _change(row: Any, people: Mapping[int, str]) -> Change:
    return Change(
        in_utc(row.happened_at),
        row.before,
        row.after,
        row.actor,
        people.get(row.account),
        people.get(row.owner),
        row.why,
    )


def _names(session: Session, accounts: Sequence[Optional[int]]) -> Dict[int, str]:
    wanted = {account for account in accounts if account is not None}
    if not wanted:
        return {}
    query = sa.select(AccountRow.id, AccountRow.name).where(AccountRow.id.in_(wanted))
    return {row.id: row.name for row in session.execute(query)}


def _turns(session: Session, conversation: str) -> List[RasaTurn]:
    turns = []
    for data in facts_and_replies(session, conversation):
        event = json.loads(data)
        if event.get("event") == "slot":
            turns.append(RasaTurn(str(event.get("name")), event.get("value")))
        elif event.get("event") == "user":
            turns.append(RasaTurn(None, str(event.get("text") or "")))
    return turns


def _labels(session: Session, events: Sequence[Event]) -> Dict[str, str]:
    wanted = {topic for event in events for topic in event.content.get("topics") or []}
    return topic_labels(session, wanted)


def topic_labels(session: Session, topics: Any) -> Dict[str, str]:
    """The labels of topics, also of those that are answered no more."""
    wanted = [topic for topic in topics if isinstance(topic, str)]
    if not wanted:
        return {}
    query = sa.select(TopicRow.id, TopicRow.button).where(TopicRow.id.in_(wanted))
    return {row.id: row.button for row in session.execute(query)}
