"""The queue: which conversations there are, most urgent first."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.conversation.events import ASSISTANT, MESSAGE, NOTED, PATIENT, in_utc
from rasa_project.conversation.states import Ownership, State, ownership_of
from rasa_project.inbox.material import DONE, topic_labels
from rasa_project.inbox.moments import end_of, start_of
from rasa_project.inbox.search import conversations_with
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import (
    AccountRow,
    CallbackRow,
    ConversationEventRow,
    ConversationRow,
)

WAITING, MINE, ASSISTANTS, CALLBACKS, CLOSED, ALL = (
    "wacht",
    "mijn",
    "assistent",
    "terugbellen",
    "gesloten",
    "alles",
)
TABS = (WAITING, MINE, ASSISTANTS, CALLBACKS, CLOSED, ALL)
PAGE_ROWS = 50
# A conversation with the assistant in which nothing was said for so long isn't running.
RUNNING = timedelta(hours=24)
# The topic asked last stands in one of the assistant's last replies, or isn't told.
_REPLIES_READ = 6
_LINE_CHARACTERS = 90


@dataclass(frozen=True)
class Wanted:
    """Which part of the queue somebody looks at.

    Attributes:
        tab: One of :data:`TABS`.
        search: Words that must stand in a message; empty for all.
        channel: Only this one; empty for all.
        urgency: At least this one.
        first_day: Of the last thing that was said; None for no bound.
        last_day: The same, inclusive.
        page: From 1.
    """

    tab: str = WAITING
    search: str = ""
    channel: str = ""
    urgency: Urgency = Urgency.NONE
    first_day: Optional[date] = None
    last_day: Optional[date] = None
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether more than a tab was chosen."""
        return self != replace(Wanted(), tab=self.tab, page=self.page)


@dataclass(frozen=True)
class Row:
    """One conversation in the queue.

    Attributes:
        ownership: How it stands; holds its id.
        channel: Where it is held.
        owner_name: Of who has it.
        topics: Labels of the topics that were answered last.
        last_line: What was said last, shortened, and by whom.
        last_author: As in ``conversation/events.py``.
        last_at: When.
        last_event: Its id.
        unread: Messages of the patient that nobody of the practice read.
        callback_open: Whether they wait to be called back.
    """

    ownership: Ownership
    channel: str
    owner_name: str
    topics: Tuple[str, ...]
    last_line: str
    last_author: str
    last_at: Optional[datetime]
    last_event: int
    unread: int
    callback_open: bool


@dataclass(frozen=True)
class QueuePage:
    """A page of the queue.

    Attributes:
        rows: At most :data:`PAGE_ROWS`.
        total: How many there are on all pages.
        page: From 1.
        pages: How many there are.
        counts: How many conversations each tab has.
        calling: What somebody should look at now: a conversation's id and "waiting" or
            "alarm", with what makes it a new one.
    """

    rows: Tuple[Row, ...] = ()
    total: int = 0
    page: int = 1
    pages: int = 1
    counts: Mapping[str, int] = field(default_factory=dict)
    calling: FrozenSet[str] = frozenset()


class Queue:
    """Reads the queue; raises StorageError when the database fails.

    Args:
        database_url: SQLAlchemy URL.
    """

    def __init__(self, database_url: str):
        self._url = database_url

    def page(self, wanted: Wanted, account: int, now: datetime) -> QueuePage:
        """What somebody sees of it.

        Args:
            wanted: What they look at.
            account: Who they are.
            now: This moment.
        """
        with session_for(self._url) as session:
            conditions = _conditions(session, wanted, account, now)
            total = _count(session, conditions)
            pages = max(1, math.ceil(total / PAGE_ROWS))
            page = min(max(1, wanted.page), pages)
            query = (
                sa.select(ConversationRow, _LAST_EVENT, _UNREAD, _CALLBACK_OPEN, AccountRow.name)
                .outerjoin(AccountRow, AccountRow.id == ConversationRow.owner)
                .where(*conditions)
                .order_by(*_ORDER)
                .limit(PAGE_ROWS)
                .offset((page - 1) * PAGE_ROWS)
            )
            found = list(session.execute(query))
            lines = _last_messages(session, [row[0].id for row in found])
            topics = _last_topics(session, [row[0].id for row in found])
            return QueuePage(
                rows=tuple(
                    _row(row, lines.get(row[0].id), topics.get(row[0].id, ())) for row in found
                ),
                total=total,
                page=page,
                pages=pages,
                counts={
                    tab: _count(session, _tab(tab, account, now)) for tab in TABS if tab != ALL
                },
                calling=_calling(session),
            )


# ---- parts of the queries

_events = ConversationEventRow
_LAST_EVENT = (
    sa.select(sa.func.max(_events.id))
    .where(_events.conversation == ConversationRow.id, _events.kind != NOTED)
    .scalar_subquery()
)
_UNREAD = (
    sa.select(sa.func.count())
    .select_from(_events)
    .where(
        _events.conversation == ConversationRow.id,
        _events.id > ConversationRow.read_event,
        _events.author == PATIENT,
        _events.kind == MESSAGE,
    )
    .scalar_subquery()
)
_CALLBACK_OPEN = (
    sa.select(CallbackRow.id)
    .where(
        CallbackRow.conversation == ConversationRow.id,
        CallbackRow.step == DONE,
        CallbackRow.handled_at.is_(None),
    )
    .exists()
)
_RANK = sa.case(
    *((ConversationRow.urgency == level.value, level.rank) for level in Urgency), else_=0
)
_IS_WAITING = ConversationRow.state == State.WAITING.value
_HAS_ALARM = ConversationRow.alarm_seen.is_(sa.false())
# An alarm that nobody saw, by its level; then who waits, by level and by how long; then
# the rest, the newest first.
_ORDER = (
    sa.case((_HAS_ALARM, _RANK), else_=0).desc(),
    sa.case((_IS_WAITING, 1), else_=0).desc(),
    sa.case((_IS_WAITING, _RANK), else_=0).desc(),
    sa.case((_IS_WAITING, 0), else_=1),
    ConversationRow.waiting_since.is_(None),
    ConversationRow.waiting_since,
    _LAST_EVENT.desc(),
    ConversationRow.id,
)


def _has_events(*conditions: Any) -> Any:
    return (
        sa.select(_events.id)
        .where(_events.conversation == ConversationRow.id, *conditions)
        .exists()
    )


def _tab(tab: str, account: int, now: datetime) -> List[Any]:
    state = ConversationRow.state
    if tab == WAITING:
        return [sa.or_(_IS_WAITING, _HAS_ALARM)]
    if tab == MINE:
        return [state == State.HUMAN.value, ConversationRow.owner == account]
    if tab == ASSISTANTS:
        return [state == State.BOT.value, _has_events(_events.happened_at > now - RUNNING)]
    if tab == CALLBACKS:
        return [_CALLBACK_OPEN]
    if tab == CLOSED:
        return [state == State.CLOSED.value]
    return [_has_events()]


def _conditions(session: Session, wanted: Wanted, account: int, now: datetime) -> List[Any]:
    conditions = _tab(wanted.tab, account, now)
    if wanted.channel:
        conditions.append(ConversationRow.channel == wanted.channel)
    if wanted.urgency is not Urgency.NONE:
        conditions.append(wanted.urgency.rank <= _RANK)
    if wanted.first_day is not None:
        conditions.append(_has_events(_events.happened_at >= start_of(wanted.first_day)))
    if wanted.last_day is not None:
        # Said on or before that day, and nothing after it.
        conditions.append(_has_events(_events.happened_at < end_of(wanted.last_day)))
        conditions.append(~_has_events(_events.happened_at >= end_of(wanted.last_day)))
    if wanted.search.strip():
        found = conversations_with(session, wanted.search, conditions)
        conditions.append(ConversationRow.id.in_(found))
    return conditions


def _count(session: Session, conditions: Sequence[Any]) -> int:
    query = sa.select(sa.func.count()).select_from(ConversationRow).where(*conditions)
    return int(session.execute(query).scalar_one())


def _calling(session: Session) -> FrozenSet[str]:
    query = sa.select(ConversationRow).where(sa.or_(_IS_WAITING, _HAS_ALARM))
    calling = set()
    for row in session.execute(query).scalars():
        if row.state == State.WAITING.value:
            calling.add(f"{row.id} waiting {row.version}")
        if not row.alarm_seen:
            calling.add(f"{row.id} alarm {row.urgency}")
    return frozenset(calling)


def _last_messages(session: Session, conversations: Sequence[str]) -> Dict[str, Any]:
    if not conversations:
        return {}
    newest = (
        sa.select(sa.func.max(_events.id))
        .where(_events.conversation.in_(conversations), _events.kind == MESSAGE)
        .group_by(_events.conversation)
    )
    rows = session.execute(sa.select(_events).where(_events.id.in_(newest))).scalars()
    return {row.conversation: row for row in rows}


def _last_topics(session: Session, conversations: Sequence[str]) -> Dict[str, Tuple[str, ...]]:
    if not conversations:
        return {}
    place = sa.func.row_number().over(partition_by=_events.conversation, order_by=_events.id.desc())
    newest = (
        sa.select(_events.conversation, _events.content, _events.id, place.label("place"))
        .where(_events.conversation.in_(conversations), _events.author == ASSISTANT)
        .subquery()
    )
    query = (
        sa.select(newest.c.conversation, newest.c.content)
        .where(newest.c.place <= _REPLIES_READ)
        .order_by(newest.c.id.desc())
    )
    asked: Dict[str, List[str]] = {}
    for conversation, content in session.execute(query):
        if content.get("topics") and conversation not in asked:
            asked[conversation] = content["topics"]
    labels = topic_labels(session, {topic for topics in asked.values() for topic in topics})
    return {
        conversation: tuple(labels.get(topic, topic) for topic in topics)
        for conversation, topics in asked.items()
    }


def _row(found: Any, message: Any, topics: Tuple[str, ...]) -> Row:
    row, last_event, unread, callback_open, owner_name = found
    return Row(
        ownership=ownership_of(row),
        channel=row.channel,
        owner_name=owner_name or "",
        topics=topics,
        last_line=shortened(_text(message.content)) if message is not None else "",
        last_author=message.author if message is not None else "",
        last_at=in_utc(message.happened_at) if message is not None else None,
        last_event=last_event or 0,
        unread=unread,
        callback_open=bool(callback_open),
    )


def _text(content: Mapping[str, Any]) -> str:
    parts = [part.get("text", "") for part in content.get("parts") or []]
    return " ".join(text for text in (content.get("text"), *parts) if text)


def shortened(text: str, most: int = _LINE_CHARACTERS) -> str:
    """A text on one line, cut at a word where that is near."""
    line = " ".join(text.replace("**", "").split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    at_word = cut.rfind(" ")
    return (cut[:at_word] if at_word > most * 2 // 3 else cut).rstrip() + "…"
