"""What everybody of the practice did. Rows are only ever added, and hold no patient's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Callable, Iterator, List, NamedTuple, Optional
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.conversation.events import in_utc
from rasa_project.inbox.access import Visitor
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AuditRow

LOGIN, LOGIN_FAILED, LOGOUT = "login", "login_failed", "logout"
READ, CLAIMED, RELEASED, TRANSFERRED = "read", "claimed", "released", "transferred"
CLOSED, WROTE, NOTED, EXPORTED, ERASED = "closed", "wrote", "noted", "exported", "erased"
GAVE_BACK, PRESENCE, HANDLED = "gave_back", "presence", "handled"
SAW_ALARM = "saw_alarm"
ACCOUNT_ADDED, ACCOUNT_PASSWORD = "account_added", "account_password"  # noqa: S105
ACCOUNT_TOTP_SET, ACCOUNT_TOTP_RESET = "account_totp_set", "account_totp_reset"
ACCOUNT_OFF, ACCOUNT_ON, ACCOUNT_ROLE = "account_off", "account_on", "account_role"
ACCOUNT_SETTINGS = "account_settings"
AUDIT_READ, AUDIT_EXPORTED = "audit_read", "audit_exported"
# Written by the nightly job (rasa_project/privacy/retention.py), by nobody's account.
RETENTION = "retention"
# How each is called on the page; an action that isn't here is refused when it is written.
ACTIONS = {
    LOGIN: "ingelogd",
    LOGIN_FAILED: "inloggen mislukt",
    LOGOUT: "uitgelogd",
    READ: "gesprek gelezen",
    CLAIMED: "gesprek overgenomen",
    RELEASED: "gesprek terug in de wachtrij gezet",
    TRANSFERRED: "gesprek doorgegeven",
    GAVE_BACK: "gesprek teruggegeven aan de assistent",
    CLOSED: "gesprek gesloten",
    WROTE: "bericht geschreven",
    NOTED: "notitie geschreven",
    HANDLED: "terugbelverzoek afgehandeld",
    SAW_ALARM: "alarm gezien",
    EXPORTED: "gesprek geëxporteerd",
    ERASED: "gesprek gewist",
    PRESENCE: "aanwezigheid veranderd",
    ACCOUNT_ADDED: "account gemaakt",
    ACCOUNT_PASSWORD: "wachtwoord veranderd",
    ACCOUNT_TOTP_SET: "code-app gekoppeld",
    ACCOUNT_TOTP_RESET: "code-app losgekoppeld",
    ACCOUNT_OFF: "account uitgezet",
    ACCOUNT_ON: "account aangezet",
    ACCOUNT_ROLE: "rol veranderd",
    ACCOUNT_SETTINGS: "instellingen veranderd",
    AUDIT_READ: "logboek gelezen",
    AUDIT_EXPORTED: "logboek geëxporteerd",
    RETENTION: "gewist na de bewaartermijn",
}
PAGE_SIZE = 50
_MOST_DETAIL = 256
# Somebody at the server's command line.
COMMAND_LINE = "opdrachtregel"


@dataclass(frozen=True)
class Entry:
    """One line of the audit.

    Attributes:
        id: Rises.
        at: When.
        account: Whose account it was; None for nobody's.
        name: What that account was called then.
        action: One of :data:`ACTIONS`.
        conversation: Which, if any.
        detail: A few words of ours.
        source: The network address.
    """

    id: int
    at: datetime
    account: Optional[int]
    name: str
    action: str
    conversation: Optional[str]
    detail: str
    source: str

    @property
    def said(self) -> str:
        """The action as it is shown."""
        return ACTIONS.get(self.action, self.action)


class Filter(NamedTuple):
    """Which lines are wanted.

    Attributes:
        account: Of this account.
        conversation: About this conversation.
        since: From this day on, at the practice.
        until: Up to and including this day.
    """

    account: Optional[int] = None
    conversation: Optional[str] = None
    since: Optional[date] = None
    until: Optional[date] = None


class Audit:
    """Adds lines and reads them back. Every method raises StorageError.

    Args:
        database_url: SQLAlchemy URL.
        now: The time that is written down.
    """

    def __init__(self, database_url: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._now = now

    def record(
        self,
        action: str,
        visitor: Visitor,
        conversation: Optional[str] = None,
        detail: str = "",
    ) -> None:
        """Write down what a visitor did.

        Args:
            action: One of :data:`ACTIONS`.
            visitor: Who.
            conversation: Which, if any.
            detail: A few words of ours; never a patient's.
        """
        with session_for(self._url) as session:
            self.add(
                session,
                action,
                account=visitor.account,
                name=visitor.name,
                conversation=conversation,
                detail=detail,
                source=visitor.source,
            )

    def add(
        self,
        session: Session,
        action: str,
        *,
        account: Optional[int] = None,
        name: str = "",
        conversation: Optional[str] = None,
        detail: str = "",
        source: str = "",
    ) -> None:
        """As :meth:`record`, within a session of the caller's."""
        if action not in ACTIONS:
            raise ValueError(f"unknown audit action {action!r}")
        session.add(
            AuditRow(
                happened_at=self._now(),
                account=account,
                name=name,
                action=action,
                conversation=conversation,
                detail=detail[:_MOST_DETAIL],
                source=source[:64],
            )
        )

    def page(
        self, wanted: Filter, zone: ZoneInfo, before: Optional[int] = None, size: int = PAGE_SIZE
    ) -> List[Entry]:
        """Lines, the newest first.

        Args:
            wanted: Which.
            zone: Whose days are meant.
            before: Only those older than this line.
            size: At most so many.
        """
        query = sa.select(AuditRow).order_by(AuditRow.id.desc()).limit(size)
        for condition in _conditions(wanted, zone):
            query = query.where(condition)
        if before is not None:
            query = query.where(AuditRow.id < before)
        with session_for(self._url) as session:
            return [_entry(row) for row in session.execute(query).scalars()]

    def all(self, wanted: Filter, zone: ZoneInfo) -> Iterator[Entry]:
        """Every line, the newest first, read a part at a time."""
        before: Optional[int] = None
        while True:
            entries = self.page(wanted, zone, before, size=1000)
            yield from entries
            if len(entries) < 1000:
                return
            before = entries[-1].id


def _conditions(wanted: Filter, zone: ZoneInfo) -> Iterator[Any]:
    if wanted.account is not None:
        yield AuditRow.account == wanted.account
    if wanted.conversation is not None:
        yield AuditRow.conversation == wanted.conversation
    if wanted.since is not None:
        yield AuditRow.happened_at >= _midnight(wanted.since, zone)
    if wanted.until is not None:
        yield AuditRow.happened_at < _midnight(wanted.until + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # In UTC: SQLite compares texts.
    return datetime.combine(day, time(), zone).astimezone(timezone.utc)


def _entry(row: AuditRow) -> Entry:
    return Entry(
        row.id,
        in_utc(row.happened_at),
        row.account,
        row.name,
        row.action,
        row.conversation,
        row.detail,
        row.source,
    )
