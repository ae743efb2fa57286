"""Answer what a worker that died left unanswered, without waiting for the patient to come back."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Callable, List, Tuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from rasa_project.clock import utc_now
from rasa_project.conversation.events import MESSAGE, PATIENT
from rasa_project.errors import StorageError
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import ConversationEventRow, ConversationRow

logger = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
# A worker that lives begins sooner; one that is busy is not disturbed, because it has the claim.
OLDER_THAN = timedelta(seconds=3)
# What is older was answered, or nobody waits for it any more.
YOUNGER_THAN = timedelta(days=1)
# PostgreSQL may commit an event after others with a higher id.
_LOOK_BACK = 200
_MOST = 200


class Leftovers:
    """Finds the conversations of one channel in which a message was left unanswered.

    Args:
        database_url: SQLAlchemy URL.
        channel: The channel's name.
    """

    def __init__(self, database_url: str, channel: str) -> None:
        self._url = database_url
        self._channel = channel
        # All up to here are answered.
        self._after = 0

    def find(self) -> List[str]:
        """Look once. Raises StorageError."""
        now = utc_now()
        said, reply = aliased(ConversationEventRow), aliased(ConversationEventRow)
        query = (
            sa.select(said.id, said.conversation, said.happened_at)
            .join(ConversationRow, ConversationRow.id == said.conversation)
            .outerjoin(reply, reply.reply_to == said.id)
            .where(
                said.id > self._after,
                said.happened_at > now - YOUNGER_THAN,
                said.author == PATIENT,
                said.kind == MESSAGE,
                reply.id.is_(None),
                ConversationRow.channel == self._channel,
            )
            .order_by(said.id)
            .limit(_MOST)
        )
        old = said.happened_at <= now - OLDER_THAN
        with session_for(self._url) as session:
            newest = session.execute(sa.select(sa.func.max(ConversationEventRow.id))).scalar()
            rows: List[Tuple[int, str, bool]] = [
                (row.id, row.conversation, row.is_old)
                for row in session.execute(query.add_columns(old.label("is_old")))
            ]
        first = min((number for number, _, _ in rows), default=(newest or 0) + 1)
        self._after = max(self._after, min(first - 1, (newest or 0) - _LOOK_BACK))
        return list(dict.fromkeys(conversation for _, conversation, is_old in rows if is_old))


async def keep_answering(leftovers: Leftovers, wake: Callable[[str], None]) -> None:
    """Look again and again, until cancelled.

    Args:
        leftovers: Finds them.
        wake: Has a conversation answered.
    """
    is_told = False
    while True:
        try:
            for conversation in await asyncio.to_thread(leftovers.find):
                wake(conversation)
            is_told = False
        except StorageError as error:
            if not is_told:
                logger.error("What was left unanswered can't be looked for: %s", error)
            is_told = True
        await asyncio.sleep(LOOK_SECONDS)
