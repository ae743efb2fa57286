"""Erase what was kept long enough. No statistics are kept of what is erased, but its number."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Awaitable, Callable, Optional

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.conversation.log import ConversationLog
from rasa_project.errors import RuggesteunError
from rasa_project.operations.upgrade import forget_backups
from rasa_project.practice import Practice, Retention
from rasa_project.privacy.audit_retention import audit_limit, count_old_lines, delete_old_lines
from rasa_project.privacy.due import (
    Limits,
    due_conversations,
    due_without_a_row,
    is_due,
    limits,
    newest_moment,
)
from rasa_project.privacy.wipe import wipe
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import (
    AuditRow,
    ConversationRow,
    TelegramButtonRow,
    TelegramChatRow,
)

logger = logging.getLogger(__name__)
AT_NIGHT = time(3, 30)
_AGAIN_AFTER_FAILURE = timedelta(hours=1)
# Nothing was written down for so long, or the clock is wrong.
DOUBTFUL = timedelta(days=7)
_LOOK_AGAIN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Erased:
    """What one run did.

    Attributes:
        conversations: How many were erased, or would be.
        leftovers: How many names without a conversation were.
        wiped: Whether the freed space was wiped or given free too.
        audit_lines: How many lines of the audit were.
    """

    conversations: int
    leftovers: int
    wiped: bool
    audit_lines: int = 0

    def __str__(self) -> str:
        audit = f", {self.audit_lines} old lines of the audit" if self.audit_lines else ""
        later = "" if self.wiped else "; the freed space is cleaned next time"
        return f"{self.conversations} conversations and {self.leftovers} leftovers{audit}{later}"


class RetentionRun:
    """Erases the conversations of one practice whose time is over.

    Args:
        database_url: SQLAlchemy URL.
        rules: For how long what is kept.
        now: The real time, which tests replace.
        erased: Told the name of each erased conversation, for what a process remembers.
    """

    def __init__(
        self,
        database_url: str,
        rules: Retention,
        now: Callable[[], datetime] = utc_now,
        erased: Optional[Callable[[str], None]] = None,
    ):
        self._url = database_url
        self._rules = rules
        self._now = now
        self._erased = erased
        self._log = ConversationLog(database_url)

    def clock_is_doubtful(self) -> bool:
        """Whether the clock is far ahead of all that was ever written down.

        A clock that jumps ahead would erase everything at once. It can also be that nobody
        used the assistant for so long; so it is a reason to wait, not to stop.

        Raises:
            StorageError: The database can't be read.
        """
        with session_for(self._url) as session:
            newest = newest_moment(session)
        return newest is not None and self._now() - newest > DOUBTFUL

    def run(self, dry: bool = False) -> Erased:
        """Erase; or, when dry, only count.

        Raises:
            StorageError: The database could not do it; what is left is erased next time.
        """
        until = limits(self._rules, self._now())
        old_lines = audit_limit(self._rules.audit_years, self._now())
        with session_for(self._url) as session:
            due = due_conversations(session, until)
            leftovers = due_without_a_row(session, until)
            lines = count_old_lines(session, old_lines)
        if dry:
            return Erased(len(due), len(leftovers), wiped=True, audit_lines=lines)
        conversations = sum(self._erase(conversation, until) for conversation in due)
        for name in leftovers:
            self._log.erase(name)
            self._tell(name)
        lines = self._erase_audit(old_lines)
        if conversations or leftovers:
            with session_for(self._url) as session:
                self._write_down(session, f"erased={conversations + len(leftovers)}")
        forget_backups(self._url, self._rules.days, self._now())
        return Erased(conversations, len(leftovers), wipe(self._url), lines)

    def _erase_audit(self, limit: datetime) -> int:
        with session_for(self._url) as session:
            lines = delete_old_lines(session, limit)
            if lines:
                # In the same commit: nothing goes without a line that says so.
                self._write_down(session, f"audit lines={lines}")
            return lines

    def _erase(self, conversation: str, until: Limits) -> bool:
        def still_due(session: Session) -> bool:
            return _is_still_due(session, conversation, until)

        # The chat first: if we end in between, the conversation is still due tomorrow.
        with session_for(self._url) as session:
            if not still_due(session):
                return False
            for table in (TelegramButtonRow, TelegramChatRow):
                session.execute(sa.delete(table).where(table.conversation == conversation))
        if not self._log.erase(conversation, only_if=still_due):
            return False
        self._tell(conversation)
        return True

    def _tell(self, conversation: str) -> None:
        if self._erased is not None:
            self._erased(conversation)

    def _write_down(self, session: Session, detail: str) -> None:
        """That something was erased and how much, for whoever must account for it."""
        session.add(
            AuditRow(happened_at=self._now(), name="Ruggesteun", action="retention", detail=detail)
        )


def _is_still_due(session: Session, conversation: str, until: Limits) -> bool:
    """Whether nobody used it since we looked; nobody can until the commit."""
    this = ConversationRow.id == conversation
    # Changes nothing, but SQLite and PostgreSQL let nobody else write here from now on.
    session.execute(sa.update(ConversationRow).where(this).values(version=ConversationRow.version))
    query = sa.select(ConversationRow.id).where(this, is_due(until))
    return session.execute(query).scalar_one_or_none() is not None


class RetentionJob:
    """Runs it at once and then each night, until cancelled.

    Start it once per process: ``loop.create_task(RetentionJob(run).run_daily())``. Several
    processes may: what one has erased, another doesn't find.

    Args:
        run: What erases.
        sleep: Waits; tests replace it.
        now: The local time, which tests replace.
    """

    def __init__(
        self,
        run: RetentionRun,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        now: Callable[[], datetime] = datetime.now,
    ):
        self._run = run
        self._sleep = sleep
        self._now = now
        self._has_waited = False

    async def run_daily(self) -> None:
        """Erase now and every night; a failure is logged and tried again after an hour."""
        while True:
            await self._sleep(await self._once())

    async def _once(self) -> float:
        """Erase; gives the seconds until the next time."""
        try:
            if not self._has_waited and await asyncio.to_thread(self._run.clock_is_doubtful):
                # Counted by a clock that doesn't jump: whoever watches has a day to see this.
                self._has_waited = True
                logger.error(
                    "The clock is more than %s days ahead of all that was written down. Nothing is "
                    "erased for a day: check the clock of this computer.",
                    DOUBTFUL.days,
                )
                return _LOOK_AGAIN_AFTER.total_seconds()
            await asyncio.to_thread(self._run.run)
            self._has_waited = False
        except RuggesteunError as error:
            logger.error("What was kept long enough can't be erased now: %s", error)
        except Exception:  # noqa: BLE001 - it must be tried again, whatever it was
            logger.exception("What was kept long enough could not be erased.")
        else:
            return seconds_until(AT_NIGHT, self._now())
        return _AGAIN_AFTER_FAILURE.total_seconds()


def seconds_until(moment: time, now: datetime) -> float:
    """Seconds until it is a time of day again; never nought."""
    then = datetime.combine(now.date(), moment, now.tzinfo)
    if then <= now:
        then += timedelta(days=1)
    return (then - now).total_seconds()


def retention_of(
    practice: Practice, database_url: str, erased: Optional[Callable[[str], None]] = None
) -> RetentionRun:
    """The run for a practice, by its ``retention`` in practice.yml."""
    return RetentionRun(database_url, practice.retention, erased=erased)
