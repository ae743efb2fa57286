"""What the router looks up in a conversation, and marks there."""

from __future__ import annotations

from typing import Optional

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from rasa_project.conversation.events import (
    ASSISTANT,
    JOINED,
    MESSAGE,
    SYSTEM,
    PatientMessage,
)
from rasa_project.conversation.states import Ownership
from rasa_project.handoff.triggers import THUMBS
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.tables import ConversationEventRow, ConversationRow, FeedbackRow

# Marks the one line that says what becomes of messages while one waits.
KEPT = "kept"

# Made once, as they are asked in every turn.
_REPLY = sa.select(ConversationEventRow.id).where(
    ConversationEventRow.reply_to == sa.bindparam("event")
)
_REPLY_BEFORE = (
    sa.select(ConversationEventRow.content)
    .where(
        ConversationEventRow.conversation == sa.bindparam("conversation"),
        ConversationEventRow.author.in_((ASSISTANT, SYSTEM)),
        ConversationEventRow.reply_to < sa.bindparam("event"),
    )
    .order_by(ConversationEventRow.id.desc())
    .limit(1)
)


def has_reply(session: Session, message: PatientMessage) -> bool:
    """Whether a message was answered already."""
    return session.execute(_REPLY, {"event": message.event}).first() is not None


def outcome_before(session: Session, conversation: str, event: int) -> Optional[str]:
    """The outcome of the assistant's reply before this message."""
    given = {"conversation": conversation, "event": event}
    content = session.execute(_REPLY_BEFORE, given).scalar_one_or_none()
    return (content or {}).get("outcome")


def was_told(session: Session, now: Ownership) -> bool:
    """Whether this waiting patient read already what becomes of a message."""
    rows = ConversationEventRow
    query = sa.select(rows.content).where(
        rows.conversation == now.conversation,
        rows.author == SYSTEM,
        rows.kind == MESSAGE,
        rows.reply_to.is_not(None),
        rows.happened_at >= now.since,
    )
    return any(KEPT in content for content in session.execute(query).scalars())


def name_of_human(session: Session, conversation: str) -> str:
    """The name of the therapist who came in last, as the patient sees it; "" when none did."""
    rows = ConversationEventRow
    query = (
        sa.select(rows.name)
        .where(rows.conversation == conversation, rows.kind == JOINED)
        .order_by(rows.id.desc())
        .limit(1)
    )
    return str(session.execute(query).scalar_one_or_none() or "")


def untold(session: Session, now: Ownership) -> str:
    """What a patient told of alarm signs since Rasa last read something.

    Not what a therapist has read: they dealt with it.
    """
    if now.urgency is Urgency.NONE:
        return ""
    reply, said = aliased(ConversationEventRow), aliased(ConversationEventRow)
    since = (
        sa.select(sa.func.max(ConversationEventRow.id))
        .where(
            ConversationEventRow.conversation == now.conversation,
            sa.or_(
                ConversationEventRow.author == ASSISTANT,
                ConversationEventRow.kind == JOINED,
            ),
        )
        .scalar_subquery()
    )
    query = (
        sa.select(said.content, reply.content)
        .join(said, said.id == reply.reply_to)
        .where(
            reply.conversation == now.conversation,
            reply.author == SYSTEM,
            reply.id > sa.func.coalesce(since, 0),
        )
        .order_by(reply.id)
    )
    rows = session.execute(query).all()
    return "\n".join(content["text"] for content, noted in rows if noted.get("findings"))


def mark_unseen(session: Session, conversation: str) -> None:
    """Note that nobody of the practice has read the newest alarm yet."""
    session.execute(
        sa.update(ConversationRow)
        # One that is unseen already is no news.
        .where(ConversationRow.id == conversation, ConversationRow.alarm_seen)
        .values(alarm_seen=False, alarm_count=ConversationRow.alarm_count + 1)
        .execution_options(synchronize_session=False)
    )


def last_answer(session: Session, conversation: str) -> int:
    """The event of the assistant's last reply; 0 when there is none."""
    rows = ConversationEventRow
    query = sa.select(sa.func.max(rows.id)).where(
        rows.conversation == conversation, rows.author == ASSISTANT, rows.kind == MESSAGE
    )
    return int(session.execute(query).scalar_one() or 0)


def last_thumbs_offer(session: Session, conversation: str) -> int:
    """The event of the last offer that thumbs gave rise to; 0 when there is none."""
    rows = ConversationEventRow
    query = sa.select(sa.func.max(rows.id)).where(
        rows.conversation == conversation,
        rows.author == SYSTEM,
        rows.client_id.like(f"{THUMBS}-%"),
    )
    return int(session.execute(query).scalar_one() or 0)


def thumbs_down(session: Session, conversation: str, after: int) -> int:
    """How many answers since an event were found of no use."""
    query = sa.select(sa.func.count()).where(
        FeedbackRow.conversation == conversation,
        FeedbackRow.useful.is_(False),
        FeedbackRow.event > after,
    )
    return int(session.execute(query).scalar_one())
