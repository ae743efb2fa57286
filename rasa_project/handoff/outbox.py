"""The table ``notification``: each row is sent by one process, and told of once.

What is sent is marked after it was sent. A process that is killed in between sends it
again after two minutes: somebody of the practice may read an alarm twice, never not at all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Callable, NamedTuple, Optional

import sqlalchemy as sa

from rasa_project.clock import utc_now
from rasa_project.conversation.events import in_utc
from rasa_project.handoff.occasions import NEVER, TELEGRAM, still_matters
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow, NotificationRow

# So long sending may take before another process takes it over.
HELD = timedelta(minutes=2)
GIVEN_UP_AFTER = timedelta(days=1)
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 1800.0
NOT_NEEDED, NOT_WANTED = "not needed any more", "not wanted any more"


class Due(NamedTuple):
    """A notification that this process has to send now.

    Attributes:
        id: Its number.
        kind: What it is about.
        urgent: Whether somebody has to come at once.
        account: Whom it is for.
        mail: Their mail address.
        chat: Their chat on Telegram.
        attempts: How often it was tried, this time included.
        created_at: Since when it waits.
    """

    id: int
    kind: str
    urgent: bool
    account: int
    mail: str
    chat: Optional[int]
    attempts: int
    created_at: datetime


class Outbox:
    """Gives out what is to be sent. Every method raises StorageError.

    Args:
        database_url: SQLAlchemy URL.
        now: What time it is.
    """

    def __init__(self, database_url: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._now = now

    def take(self, way: str) -> Optional[Due]:
        """The most urgent one that is due, for this process alone; None when none is."""
        while True:
            with session_for(self._url) as session:
                row = session.execute(self._due(way)).first()
                if row is None:
                    return None
                taken = self._try_to_take(session, row.NotificationRow, row.AccountRow, way)
                if taken is not None:
                    return taken

    def sent(self, notification: int) -> None:
        """It was sent."""
        self._set(notification, sent_at=self._now())

    def failed(self, due: Due, reason: str, for_good: bool, after: Optional[float] = None) -> bool:
        """It was not sent; it is tried again, unless that won't help.

        Returns:
            Whether it was given up.
        """
        if for_good or self._now() - due.created_at >= GIVEN_UP_AFTER:
            self.give_up(due.id, reason)
            return True
        pause = min(_FIRST_PAUSE * 2 ** (due.attempts - 1), _LONGEST_PAUSE)
        self._set(due.id, next_try_at=self._now() + timedelta(seconds=max(pause, after or 0.0)))
        return False

    def give_up(self, notification: int, reason: str) -> None:
        """Don't try it again."""
        self._set(notification, failed=reason[:128], next_try_at=NEVER)

    def _due(self, way: str) -> sa.sql.Select:
        rows = NotificationRow
        return (
            sa.select(rows, AccountRow)
            .join(AccountRow, AccountRow.id == rows.account)
            .where(
                rows.sent_at.is_(None),
                _is_due(rows.next_try_at, self._now()),
                rows.failed.is_(None),
                rows.way == way,
            )
            .order_by(rows.urgent.desc(), rows.id)
            .limit(1)
            .execution_options(populate_existing=True)
        )

    def _try_to_take(
        self, session: sa.orm.Session, row: NotificationRow, account: AccountRow, way: str
    ) -> Optional[Due]:
        values = {"attempts": row.attempts + 1, "next_try_at": self._now() + HELD}
        reason = None
        if not still_matters(session, row):
            reason = NOT_NEEDED
        elif not account.active or not (
            account.telegram_chat is not None if way == TELEGRAM else account.notify_by_mail
        ):
            reason = NOT_WANTED
        if reason is not None:
            values = {"failed": reason, "next_try_at": NEVER}
        done = session.execute(
            sa.update(NotificationRow)
            .where(
                NotificationRow.id == row.id,
                NotificationRow.attempts == row.attempts,
                NotificationRow.sent_at.is_(None),
                NotificationRow.failed.is_(None),
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        if not done.rowcount or reason is not None:
            return None
        return Due(
            row.id,
            row.kind,
            row.urgent,
            account.id,
            account.login,
            account.telegram_chat,
            row.attempts + 1,
            in_utc(row.created_at),
        )

    def _set(self, notification: int, **values: object) -> None:
        with session_for(self._url) as session:
            session.execute(
                sa.update(NotificationRow)
                .where(NotificationRow.id == notification)
                .values(**values)
            )


def _is_due(next_try_at: Any, now: datetime) -> Any:
    """Its moment has come, or is so far off that the clock must have been wrong and set back."""
    too_far = now + timedelta(seconds=2 * _LONGEST_PAUSE)
    return sa.or_(next_try_at <= now, sa.and_(next_try_at > too_far, next_try_at < NEVER))
