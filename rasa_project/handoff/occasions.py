"""What people of the practice have to be told of, and who: read from what is stored.

Nothing calls this when something happens. It looks at the database, again and again, and
writes down each notification once; so nothing is lost when a process ends, and nobody is
told twice however many processes look.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Collection, List, NamedTuple, Optional, Set

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project import clock
from rasa_project.clock import AHEAD, utc_now
from rasa_project.conversation.states import State
from rasa_project.handoff.expectations import counts_as_open
from rasa_project.handoff.notification_texts import ALARM, CALLBACK, ESCALATION, WAITING
from rasa_project.handoff.presence import TAKE_CONVERSATIONS, counts_as_present
from rasa_project.redflags.urgency import Urgency, urgency_from
from rasa_project.settings import current_practice
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import (
    AccountRow,
    CallbackRow,
    ConversationChangeRow,
    ConversationRow,
    NotificationRow,
)

MAIL, TELEGRAM = "mail", "telegram"
_MANAGER = "beheerder"
# Older things were dealt with in another way, or belong to a time before notifications
# were switched on.
_WAITING_COUNTS = timedelta(days=1)
_ALARM_COUNTS = timedelta(days=2)
_CALLBACK_COUNTS = timedelta(days=7)
# Who was told of the alarm just now needn't be told that the same patient waits.
_SAME_NEWS = timedelta(minutes=2)
_AT_ONCE = 200
NEVER = datetime(9999, 1, 1, tzinfo=timezone.utc)
TOLD_ALREADY = "told of the alarm"


class Occasion(NamedTuple):
    """Something that somebody has to be told of.

    Attributes:
        conversation: Which it is about.
        kind: One of ``notification_texts.KINDS``.
        name: Which occasion of that kind in this conversation.
        urgent: Whether somebody has to come at once.
        change: For ``waiting`` and ``escalation``: the change with which it began.
        by: For ``waiting``: who put the conversation into the queue, and knows.
    """

    conversation: str
    kind: str
    name: str
    urgent: bool
    change: int = 0
    by: Optional[int] = None


class Occasions:
    """Finds occasions and writes down who is to be told. Raises StorageError.

    Args:
        database_url: SQLAlchemy URL.
        ways: Which of mail and Telegram can be used.
        now: What time it is.
    """

    def __init__(
        self, database_url: str, ways: Collection[str], now: Callable[[], datetime] = utc_now
    ):
        self._url = database_url
        self._ways = tuple(ways)
        self._now = now

    def write_down(self) -> int:
        """Write down every notification that isn't there yet; gives how many."""
        written = 0
        for occasion in self.found():
            with session_for(self._url) as session:
                written += self._write(session, occasion)
        return written

    def found(self) -> List[Occasion]:
        """Occasions that nobody was told of yet, the alarms first."""
        with session_for(self._url) as session:
            return [
                *self._alarms(session),
                *self._waiting(session),
                *self._escalations(session),
                *self._callbacks(session),
            ]

    # ---- what there is

    def _waiting(self, session: Session) -> List[Occasion]:
        return self._in_queue(session, WAITING, self._now())

    def _escalations(self, session: Session) -> List[Occasion]:
        minutes = current_practice().handoff.minutes_until_escalation
        return self._in_queue(session, ESCALATION, self._now() - timedelta(minutes=minutes))

    def _in_queue(self, session: Session, kind: str, since: datetime) -> List[Occasion]:
        rows, changes = ConversationRow, ConversationChangeRow
        began = (
            sa.select(sa.func.max(changes.id))
            .where(changes.conversation == rows.id, changes.after == State.WAITING.value)
            .correlate(rows)
            .scalar_subquery()
        )
        query = (
            sa.select(rows.id, rows.urgency, changes.id.label("change"), changes.account)
            .join(changes, changes.id == began)
            .where(
                rows.state == State.WAITING.value,
                # After a clock that was set back: nobody waits for a moment to come round.
                sa.or_(rows.state_since <= since, rows.state_since > self._now() + AHEAD),
                rows.state_since >= self._now() - _WAITING_COUNTS,
                ~_is_known(rows.id, kind, _name_of(changes.id)),
            )
            .order_by(rows.state_since)
            .limit(_AT_ONCE)
        )
        return [
            Occasion(row.id, kind, f"change {row.change}", _urgent(row), row.change, row.account)
            for row in session.execute(query)
        ]

    def _alarms(self, session: Session) -> List[Occasion]:
        rows = ConversationRow
        name = rows.urgency + sa.literal(" ") + sa.cast(rows.alarm_count, sa.String)
        query = (
            sa.select(rows.id, rows.urgency, name.label("name"))
            .where(
                rows.alarm_seen.is_(sa.false()),
                rows.urgency != Urgency.NONE.value,
                rows.last_used_at >= self._now() - _ALARM_COUNTS,
                # A higher level is another alarm, and so is one after somebody had looked.
                ~_is_known(rows.id, ALARM, name),
            )
            .limit(_AT_ONCE)
        )
        return [Occasion(row.id, ALARM, row.name, _urgent(row)) for row in session.execute(query)]

    def _callbacks(self, session: Session) -> List[Occasion]:
        rows, requests = ConversationRow, CallbackRow
        query = (
            sa.select(rows.id, rows.urgency, requests.id.label("request"))
            .join(requests, requests.conversation == rows.id)
            .where(
                requests.finished_at >= self._now() - _CALLBACK_COUNTS,
                requests.consent_at.is_not(None),
                requests.handled_at.is_(None),
                ~_is_known(rows.id, CALLBACK, _name_of(requests.id, "request ")),
            )
            .limit(_AT_ONCE)
        )
        return [
            Occasion(row.id, CALLBACK, f"request {row.request}", _urgent(row))
            for row in session.execute(query)
        ]

    # ---- who is told

    def _write(self, session: Session, occasion: Occasion) -> int:
        rows = NotificationRow
        # The first thing is a change, so that on SQLite too one process decides at a time.
        held = session.execute(
            sa.update(ConversationRow)
            .where(ConversationRow.id == occasion.conversation)
            .values(version=ConversationRow.version)
        )
        known = sa.select(rows.id).where(
            rows.conversation == occasion.conversation,
            rows.kind == occasion.kind,
            rows.occasion == occasion.name,
        )
        if not held.rowcount or session.execute(known.limit(1)).first():
            return 0
        now = self._now()
        told_of_alarm = self._told_of_alarm(session, occasion, now)
        written = 0
        for account in self._recipients(session, occasion):
            for way in self._ways_to(account):
                is_told = account.id in told_of_alarm
                session.add(
                    rows(
                        conversation=occasion.conversation,
                        created_at=now,
                        kind=occasion.kind,
                        occasion=occasion.name,
                        account=account.id,
                        way=way,
                        urgent=occasion.urgent,
                        next_try_at=NEVER if is_told else now,
                        failed=TOLD_ALREADY if is_told else None,
                    )
                )
                written += 1
        session.flush()
        return written

    def _ways_to(self, account: Any) -> List[str]:
        wanted = {MAIL: account.notify_by_mail, TELEGRAM: account.telegram_chat is not None}
        return [way for way in self._ways if wanted[way]]

    def _recipients(self, session: Session, occasion: Occasion) -> List[Any]:
        query = (
            sa.select(AccountRow)
            .where(AccountRow.active.is_(sa.true()), AccountRow.role.in_(TAKE_CONVERSATIONS))
            .order_by(AccountRow.id)
        )
        everybody = [row for row in session.execute(query).scalars() if self._ways_to(row)]
        if occasion.kind == WAITING:
            return self._for_waiting(everybody, occasion)
        if occasion.kind == ESCALATION:
            return self._second_persons(session, everybody, occasion)
        return everybody

    def _for_waiting(self, everybody: List[Any], occasion: Occasion) -> List[Any]:
        here = [row for row in everybody if counts_as_present(row, self._now())]
        if not here and counts_as_open(current_practice(), clock.now()):
            here = everybody
        return [row for row in here if row.id != occasion.by] or here

    @staticmethod
    def _second_persons(session: Session, everybody: List[Any], occasion: Occasion) -> List[Any]:
        rows = NotificationRow
        query = sa.select(rows.account).where(
            rows.conversation == occasion.conversation,
            rows.kind == WAITING,
            rows.occasion == occasion.name,
        )
        told: Set[int] = set(session.execute(query).scalars())
        others = [row for row in everybody if row.id not in told]
        managers = [row for row in everybody if row.role == _MANAGER]
        return others or managers or everybody

    @staticmethod
    def _told_of_alarm(session: Session, occasion: Occasion, now: datetime) -> Set[int]:
        if occasion.kind != WAITING:
            return set()
        rows = NotificationRow
        query = sa.select(rows.account).where(
            rows.conversation == occasion.conversation,
            rows.kind == ALARM,
            rows.created_at >= now - _SAME_NEWS,
        )
        return set(session.execute(query).scalars())


def still_matters(session: Session, notification: Any) -> bool:
    """Whether what a notification is about is still to be done."""
    row = session.get(ConversationRow, notification.conversation)
    if row is None:
        return False
    if notification.kind == ALARM:
        return not row.alarm_seen
    if notification.kind == CALLBACK:
        request = session.get(CallbackRow, _number_in(notification.occasion))
        return request is not None and request.handled_at is None
    if row.state != State.WAITING.value:
        return False
    newest = session.execute(
        sa.select(sa.func.max(ConversationChangeRow.id)).where(
            ConversationChangeRow.conversation == row.id
        )
    ).scalar_one()
    # It may have been claimed and put back since; then that is an occasion of its own.
    return bool(newest == _number_in(notification.occasion))


def _number_in(occasion: str) -> int:
    return int(occasion.rpartition(" ")[2])


def _name_of(number: Any, before: str = "change ") -> Any:
    return sa.literal(before) + sa.cast(number, sa.String)


def _is_known(conversation: Any, kind: str, name: Any) -> Any:
    rows = NotificationRow
    return (
        sa.select(rows.id)
        .where(rows.conversation == conversation, rows.kind == kind, rows.occasion == name)
        .exists()
    )


def _urgent(row: Any) -> bool:
    return bool(urgency_from(row.urgency).rank >= Urgency.SAME_DAY.rank)
