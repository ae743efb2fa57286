"""Which conversations have been kept long enough. Only queries: nothing is changed here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, List, Optional

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.conversation.events import THERAPIST, in_utc
from rasa_project.practice import Retention
from rasa_project.storage.tables import (
    AuditRow,
    CallbackRow,
    ConversationChangeRow,
    ConversationEventRow,
    ConversationRow,
    NoteRow,
    RedFlagEventRow,
)

_WITH_HUMANS = ("waiting", "human")
# Rasa's own table, as far as it concerns us; ``timestamp`` is in seconds since 1970.
_EVENTS = sa.table("events", sa.column("sender_id"), sa.column("timestamp"))


@dataclass(frozen=True)
class Limits:
    """Conversations that were not used since then are erased.

    Attributes:
        plain: For those without a hand-off.
        with_hand_off: For those with one.
    """

    plain: datetime
    with_hand_off: datetime


def limits(rules: Retention, now: datetime) -> Limits:
    """The limits that hold at a moment."""
    return Limits(now - timedelta(days=rules.days), now - timedelta(days=rules.days_with_hand_off))


def _unused_since(limit: datetime) -> Any:
    # ``last_used_at`` isn't written each time, and a human may have written later.
    later = sa.exists().where(
        ConversationEventRow.conversation == ConversationRow.id,
        ConversationEventRow.happened_at >= limit,
    )
    return sa.and_(ConversationRow.last_used_at < limit, ~later)


def had_hand_off() -> Any:
    """Whether a human had to do with a conversation, or was asked for and is waited for."""
    of_this = ConversationRow.id
    return sa.or_(
        ConversationRow.state.in_(_WITH_HUMANS),
        sa.exists().where(
            ConversationChangeRow.conversation == of_this,
            ConversationChangeRow.after.in_(_WITH_HUMANS),
        ),
        sa.exists().where(
            CallbackRow.conversation == of_this, CallbackRow.finished_at.is_not(None)
        ),
        sa.exists().where(NoteRow.conversation == of_this),
        sa.exists().where(
            ConversationEventRow.conversation == of_this, ConversationEventRow.author == THERAPIST
        ),
    )


def is_due(until: Limits) -> Any:
    """The condition on a conversation's row."""
    return sa.or_(
        sa.and_(~had_hand_off(), _unused_since(until.plain)),
        sa.and_(had_hand_off(), _unused_since(until.with_hand_off)),
    )


def due_conversations(session: Session, until: Limits) -> List[str]:
    """Conversations whose time is over, the oldest first."""
    query = (
        sa.select(ConversationRow.id).where(is_due(until)).order_by(ConversationRow.last_used_at)
    )
    return list(session.execute(query).scalars())


def newest_moment(session: Session) -> Optional[datetime]:
    """When something was written down last, by anybody; None in an empty database."""
    found = [
        session.execute(sa.select(sa.func.max(column))).scalar_one_or_none()
        for column in (
            ConversationEventRow.happened_at,
            ConversationRow.last_used_at,
            AuditRow.happened_at,
        )
    ]
    return max((in_utc(moment) for moment in found if moment is not None), default=None)


def due_without_a_row(session: Session, until: Limits) -> List[str]:
    """Names under which Rasa or the red-flag log keeps something, and no channel does.

    The ``rest`` channel makes no conversation; and something may be left of an erasure
    that a power cut broke off.
    """
    known = sa.exists().where(ConversationRow.id == RedFlagEventRow.conversation)
    flags = (
        sa.select(RedFlagEventRow.conversation)
        .where(~known)
        .group_by(RedFlagEventRow.conversation)
        .having(sa.func.max(RedFlagEventRow.happened_at) < until.plain)
    )
    names = set(session.execute(flags).scalars())
    # Rasa makes its table when it first starts.
    if not sa.inspect(session.connection()).has_table(_EVENTS.name):
        return sorted(names)
    newest = sa.func.max(_EVENTS.c.timestamp)
    limit = until.plain.timestamp()
    used = sa.select(_EVENTS.c.sender_id).group_by(_EVENTS.c.sender_id).having(newest >= limit)
    names -= set(session.execute(used).scalars())
    known = sa.exists().where(ConversationRow.id == _EVENTS.c.sender_id)
    old = (
        sa.select(_EVENTS.c.sender_id)
        .where(~known)
        .group_by(_EVENTS.c.sender_id)
        .having(newest < limit)
    )
    return sorted(names | set(session.execute(old).scalars()))
