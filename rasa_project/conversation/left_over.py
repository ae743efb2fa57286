"""Answer what an earlier server left unanswered, also when the patient doesn't come back.

A patient who comes back has it answered at once. One who closed the page never does, and what
they wrote may hold an alarm sign that the practice has to see.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Callable, List, Optional, Set

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from rasa_project.clock import utc_now
from rasa_project.conversation.events import MESSAGE, PATIENT
from rasa_project.errors import StorageError
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import ConversationEventRow, ConversationRow

logger = logging.getLogger(__name__)
# What is older was seen by nobody for so long that an answer would only confuse.
LOOK_BACK = timedelta(hours=24)
# One at a time, so that those who write now don't stand behind a crowd.
_BETWEEN_SECONDS = 0.1
_AGAIN_SECONDS, _LONGEST_PAUSE = 5.0, 300.0


def left_over(database_url: str, channel: str, since: datetime) -> List[str]:
    """Conversations with a message that nobody answered, the longest waiting first.

    Args:
        database_url: SQLAlchemy URL.
        channel: Whose.
        since: Messages from then on.

    Raises:
        StorageError: The database could not do it.
    """
    message, reply = ConversationEventRow, aliased(ConversationEventRow)
    query = (
        sa.select(message.conversation)
        .join(ConversationRow, ConversationRow.id == message.conversation)
        .outerjoin(reply, reply.reply_to == message.id)
        .where(
            ConversationRow.channel == channel,
            message.happened_at >= since,
            message.author == PATIENT,
            message.kind == MESSAGE,
            reply.id.is_(None),
        )
        .group_by(message.conversation)
        .order_by(sa.func.min(message.id))
    )
    with session_for(database_url) as session:
        return list(session.execute(query).scalars())


async def answer_left_over(
    database_url: str,
    channel: str,
    wake: Callable[[str], None],
    now: Callable[[], datetime] = utc_now,
) -> None:
    """Wake whoever answers, for each such conversation, until all are answered; once per start.

    Args:
        database_url: SQLAlchemy URL.
        channel: Whose conversations.
        wake: Answers what waits in a conversation.
        now: The moment.
    """
    of_then: Optional[Set[str]] = None
    pause = _AGAIN_SECONDS
    while True:
        try:
            waiting = await asyncio.to_thread(left_over, database_url, channel, now() - LOOK_BACK)
        except StorageError as error:
            logger.error("What an earlier run left unanswered can't be read now: %s", error)
            await asyncio.sleep(_AGAIN_SECONDS)
            continue
        # Only those: who writes now is answered anyway.
        of_then = set(waiting) if of_then is None else of_then & set(waiting)
        if not of_then:
            return
        for conversation in waiting:
            if conversation in of_then:
                wake(conversation)
                await asyncio.sleep(_BETWEEN_SECONDS)
        # Whether it succeeded; the database may have been held meanwhile.
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
