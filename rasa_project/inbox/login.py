"""Logging in: password and code together, with pauses for who keeps guessing.

Whoever fails hears the same, whatever was wrong, after the same time: nobody learns which
logins exist. Each try counts as a failure from before it is looked at until it turns out
right, so that many at once are no more than many after another.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Callable, Optional

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.conversation.events import in_utc
from rasa_project.inbox import audit as audited
from rasa_project.inbox import totp
from rasa_project.inbox.access import Visitor
from rasa_project.inbox.accounts import normal_login
from rasa_project.inbox.audit import Audit
from rasa_project.inbox.passwords import Passwords
from rasa_project.inbox.sessions import NewSession, Sessions, end_all
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow, AuditRow

FREE_FAILURES = 5
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)
# For one network address, whoever it tries to be.
MOST_FROM_ONE_ADDRESS = 20
ADDRESS_WINDOW = timedelta(minutes=15)

# Not decrypted.
_STORED_SECRET = sa.type_coerce(AccountRow.totp_secret, sa.Text)


class Failed(enum.Enum):
    """Why somebody isn't in; for the audit, not for them."""

    WRONG = "wrong"
    PAUSED = "paused"
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class _Try:
    account: int
    name: str
    password_hash: str
    totp_secret: Optional[str]
    # As it is stored: the database can compare nothing else of it.
    stored_secret: Optional[str]
    totp_last: Optional[int]
    is_open: bool


def pause_after(failures: int) -> Optional[timedelta]:
    """How long logging in pauses after so many failures in a row; None for no pause."""
    if failures < FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES, 10)
    return min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)


class Logins:
    """Lets people in. Every method raises StorageError.

    Args:
        database_url: SQLAlchemy URL.
        passwords: Checks passwords.
        sessions: Begins sessions.
        audit: Gets a line for each try.
        now: The moment.
    """

    def __init__(
        self,
        database_url: str,
        passwords: Passwords,
        sessions: Sessions,
        audit: Audit,
        now: Callable[[], datetime] = utc_now,
    ):
        self._url = database_url
        self._passwords = passwords
        self._sessions = sessions
        self._audit = audit
        self._now = now

    def log_in(
        self, login: str, password: str, code: str, source: str, old_session: Optional[str] = None
    ) -> "NewSession | Failed":
        """Try to log in.

        Args:
            login: As it was typed.
            password: As it was typed.
            code: Of the phone; not looked at while none is set up.
            source: The network address.
            old_session: The hash of a session in the same browser, that ends.
        """
        if self._is_too_many(source):
            return Failed.TOO_MANY
        attempt = self._begin(AccountRow.login == normal_login(login))
        right = self._passwords.matches(attempt.password_hash if attempt else None, password)
        if attempt is None or not attempt.is_open:
            return self._fail(attempt, source, Failed.PAUSED if attempt else Failed.WRONG)
        period = None
        if right and attempt.totp_secret is not None:
            period = totp.period_of(attempt.totp_secret, code, self._now(), attempt.totp_last)
            right = period is not None
        if not right:
            return self._fail(attempt, source, Failed.WRONG)
        rehashed = (
            self._passwords.hash(password)
            if self._passwords.is_outdated(attempt.password_hash)
            else None
        )
        with session_for(self._url) as session:
            if not self._settle(session, attempt, period, rehashed):
                session.rollback()
                return self._fail(attempt, source, Failed.WRONG)
            if old_session is not None:
                self._sessions.end(session, old_session)
            secret = totp.new_secret() if attempt.totp_secret is None else None
            made = self._sessions.begin(session, attempt.account, secret)
            self._add(session, audited.LOGIN, attempt, source)
            return made

    def is_password_of(self, visitor: Visitor, password: str) -> bool:
        """Whether who is logged in knows the password; a wrong one counts as a failure."""
        attempt = self._begin(AccountRow.id == visitor.account)
        right = self._passwords.matches(attempt.password_hash if attempt else None, password)
        if attempt is None or not attempt.is_open or not right:
            self._fail(attempt, visitor.source, Failed.WRONG)
            return False
        with session_for(self._url) as session:
            return self._settle(session, attempt, None, None)

    def confirm_totp(self, visitor: Visitor, secret: str, code: str) -> Optional[NewSession]:
        """Set up the code of somebody's phone; None when the code is wrong.

        All other sessions of the account end: another browser may be at the same point,
        and would be in without a code.

        Args:
            visitor: Who.
            secret: That their session was given.
            code: That the phone shows.
        """
        attempt = self._begin(AccountRow.id == visitor.account)
        period = totp.period_of(secret, code, self._now())
        if attempt is None or not attempt.is_open or period is None:
            self._fail(attempt, visitor.source, Failed.WRONG)
            return None
        with session_for(self._url) as session:
            changed = session.execute(
                sa.update(AccountRow)
                .where(AccountRow.id == visitor.account, AccountRow.totp_secret.is_(None))
                .values(totp_secret=secret, totp_last=period, failures=0, locked_until=None)
            )
            if not changed.rowcount:
                return None
            end_all(session, visitor.account)
            self._add(session, audited.ACCOUNT_TOTP_SET, attempt, visitor.source)
            return self._sessions.begin(session, visitor.account)

    def renew(self, visitor: Visitor) -> NewSession:
        """Another token for who is logged in, after something of the account changed."""
        with session_for(self._url) as session:
            return self._sessions.begin(session, visitor.account)

    def log_out(self, visitor: Visitor) -> None:
        """End the session of this browser; the person is no longer present."""
        with session_for(self._url) as session:
            self._sessions.end(session, visitor.session)
            self._audit.add(
                session,
                audited.LOGOUT,
                account=visitor.account,
                name=visitor.name,
                source=visitor.source,
            )
            session.execute(
                sa.update(AccountRow).where(AccountRow.id == visitor.account).values(present=False)
            )

    # ---- parts

    def _is_too_many(self, source: str) -> bool:
        query = sa.select(sa.func.count()).where(
            AuditRow.source == source,
            AuditRow.action == audited.LOGIN_FAILED,
            AuditRow.happened_at > self._now() - ADDRESS_WINDOW,
        )
        with session_for(self._url) as session:
            return int(session.execute(query).scalar_one()) >= MOST_FROM_ONE_ADDRESS

    def _begin(self, which: Any) -> Optional[_Try]:
        now = self._now()
        with session_for(self._url) as session:
            # The update comes first: it holds the row, so that tries are counted one by one.
            account = session.execute(sa.select(AccountRow.id).where(which)).scalar_one_or_none()
            if account is None:
                # As much work as for somebody who exists.
                session.execute(_count_one_more(0))
                return None
            session.execute(_count_one_more(account))
            row = session.get(AccountRow, account, populate_existing=True)
            stored = sa.select(_STORED_SECRET)
            is_open = row.active and not _is_paused(row.locked_until, now)
            if is_open:
                pause = pause_after(row.failures)
                row.locked_until = now + pause if pause else None
            else:
                # A try during a pause doesn't make the next one longer.
                row.failures = row.failures - 1
            return _Try(
                row.id,
                row.name,
                row.password_hash,
                row.totp_secret,
                session.execute(stored.where(AccountRow.id == account)).scalar_one(),
                row.totp_last,
                bool(is_open),
            )

    def _settle(
        self, session: Session, attempt: _Try, period: Optional[int], rehashed: Optional[str]
    ) -> bool:
        """Make it a success; False when the same code was used at the same moment."""
        unchanged = [AccountRow.id == attempt.account, AccountRow.active.is_(True)]
        # Whoever changed the password or the code meanwhile wants others out.
        unchanged.append(AccountRow.password_hash == attempt.password_hash)
        values: dict = {"failures": 0, "locked_until": None}
        if attempt.totp_secret is None:
            unchanged.append(AccountRow.totp_secret.is_(None))
        else:
            unchanged.append(attempt.stored_secret == _STORED_SECRET)
        if period is not None:
            unchanged.append(sa.or_(AccountRow.totp_last.is_(None), AccountRow.totp_last < period))
            values["totp_last"] = period
        if rehashed is not None:
            values["password_hash"] = rehashed
        update = sa.update(AccountRow).where(*unchanged).values(**values)
        changed = session.execute(update.execution_options(synchronize_session=False))
        return bool(changed.rowcount)

    def _fail(self, attempt: Optional[_Try], source: str, why: Failed) -> Failed:
        with session_for(self._url) as session:
            self._add(session, audited.LOGIN_FAILED, attempt, source, why.value)
        return why

    def _add(
        self,
        session: Session,
        action: str,
        attempt: Optional[_Try],
        source: str,
        detail: str = "",
    ) -> None:
        # What was typed for a login isn't kept: it may be a password in the wrong field.
        self._audit.add(
            session,
            action,
            account=attempt.account if attempt else None,
            name=attempt.name if attempt else "",
            detail=detail,
            source=source,
        )


def _count_one_more(account: int) -> Any:
    return (
        sa.update(AccountRow)
        .where(AccountRow.id == account)
        .values(failures=AccountRow.failures + 1)
        .execution_options(synchronize_session=False)
    )


def _is_paused(until: Optional[datetime], now: datetime) -> bool:
    """Not when it is longer than any pause: then the clock was wrong, and set back."""
    return until is not None and now < in_utc(until) <= now + LONGEST_PAUSE
