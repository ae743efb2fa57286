"""A patient erases a conversation: everything at once, and nothing comes back to life."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Sequence, Set

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.conversation.log import ConversationLog
from rasa_project.errors import StorageError
from rasa_project.privacy.wipe import wipe
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.tables import AuditRow, ConversationRow

logger = logging.getLogger(__name__)
# As it stands in the audit; who it was, and what was said, does not.
WHO, ACTION = "patiënt", "erased"
# A turn that was given up may still have written something; so it is looked after again.
AFTERWARDS = (0.2, 2.0, 30.0)


def erase_for_patient(log: ConversationLog, conversation: str) -> None:
    """Delete everything of a conversation, and write down that a patient did so.

    Raises:
        StorageError: Nothing is deleted then.
    """
    log.erase(conversation, only_if=partial(_write_down, conversation))


def _write_down(conversation: str, session: Session) -> bool:
    query = sa.select(ConversationRow.channel).where(ConversationRow.id == conversation)
    channel = session.execute(query).scalar_one_or_none()
    if channel is not None:
        session.add(
            AuditRow(happened_at=utc_now(), name=WHO, action=ACTION, detail=f"channel={channel}")
        )
    # What Rasa left of one that is gone already goes too.
    return True


class AfterErasing:
    """Takes what a turn that was given up wrote afterwards, and empties SQLite's log.

    Args:
        database_url: SQLAlchemy URL.
        pauses: Seconds before each time that it looks.
    """

    def __init__(self, database_url: str, pauses: Sequence[float] = AFTERWARDS):
        self._url = database_url
        self._log = ConversationLog(database_url)
        self._pauses = pauses
        self._tasks: Set["asyncio.Task[None]"] = set()

    def begin(self, conversation: str) -> None:
        """Look after a conversation that was just erased; nobody waits for it."""
        task = asyncio.get_running_loop().create_task(self._look_after(conversation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Leave the rest to the next start, which wipes too."""
        for task in self._tasks:
            task.cancel()

    async def _look_after(self, conversation: str) -> None:
        for pause in self._pauses:
            await asyncio.sleep(pause)
            try:
                await asyncio.to_thread(self._clean, conversation)
            except StorageError as error:
                logger.error("What an erased conversation left can't be wiped now: %s", error)

    def _clean(self, conversation: str) -> None:
        with session_for(self._url) as session:
            # On Telegram a new conversation may have begun under the same name.
            is_gone = session.get(ConversationRow, conversation) is None
        if is_gone:
            self._log.erase(conversation, only_if=partial(_is_gone, conversation))
        # PostgreSQL tidies up at night; SQLite's write-ahead log still holds the words.
        if engine_for(self._url).dialect.name == "sqlite":
            wipe(self._url)


def _is_gone(conversation: str, session: Session) -> bool:
    return session.get(ConversationRow, conversation) is None
