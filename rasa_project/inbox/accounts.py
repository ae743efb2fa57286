"""The accounts of the practice: make, list and change them.

Each change ends the sessions that it should end, and stands in the audit, in one commit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Callable, List, Optional

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.conversation.events import in_utc
from rasa_project.errors import RuggesteunError
from rasa_project.inbox import audit as audited
from rasa_project.inbox.access import BEHEERDER, ROLES, Visitor
from rasa_project.inbox.audit import COMMAND_LINE, Audit
from rasa_project.inbox.passwords import Passwords, WeakPassword, check_strength
from rasa_project.inbox.sessions import end_all
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow

# Enough to see a slip of the pen; whether mail arrives there is for the practice.
_LOGIN = re.compile(r"[^@\s\x00-\x1f]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")
_MOST_NAME = 128
_WHY_WEAK = {
    "short": "it must have at least 12 characters",
    "long": "it may have at most 128 characters",
    "simple": "it repeats the same few characters",
    "common": "it is one of the first that somebody would try",
    "own": "it is made of the login, the name or the practice's name",
}


class AccountError(RuggesteunError):
    """A change of an account can't be made.

    Attributes:
        code: ``unknown``, ``login``, ``taken``, ``name``, ``role``, ``last_manager``, or
            what :class:`WeakPassword` says.
    """

    def __init__(self, code: str, text: str):
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Account:
    """Somebody of the practice.

    Attributes:
        id: Of the row.
        login: A mail address in lower case.
        name: What patients and colleagues see.
        role: One of ``ROLES``.
        active: Whether they may log in.
        has_totp: Whether the code of their phone is set up.
        created_at: When it was made.
        locked_until: Until when logging in is paused; None when it isn't.
        present: Whether they said that they are there.
        seen_at: When their inbox was last open.
        notify_by_mail: Whether they want mails about who waits.
        telegram_chat: Where their own Telegram is told.
    """

    id: int
    login: str
    name: str
    role: str
    active: bool
    has_totp: bool
    created_at: datetime
    locked_until: Optional[datetime]
    present: bool
    seen_at: Optional[datetime]
    notify_by_mail: bool
    telegram_chat: Optional[int]


# Who makes a change at the server's command line.
OPERATOR = Visitor(0, COMMAND_LINE, BEHEERDER, "")


class Accounts:
    """Reads and changes accounts.

    Every method raises StorageError when the database fails.

    Args:
        database_url: SQLAlchemy URL.
        passwords: Makes hashes.
        audit: Gets a line for each change.
        now: The moment.
    """

    def __init__(
        self,
        database_url: str,
        passwords: Passwords,
        audit: Audit,
        now: Callable[[], datetime] = utc_now,
    ):
        self._url = database_url
        self._passwords = passwords
        self._audit = audit
        self._now = now

    def add(
        self, login: str, name: str, role: str, password: str, practice: str, by: Visitor
    ) -> Account:
        """Make an account.

        Args:
            login: A mail address.
            name: What patients and colleagues see.
            role: One of ``ROLES``.
            password: A good one.
            practice: The practice's name, that the password may not be made of.
            by: Who makes it.

        Raises:
            AccountError: Something of it can't be used, or the login is taken.
        """
        login, name = normal_login(login), " ".join(name.split())
        if not _LOGIN.fullmatch(login) or len(login) > 254:
            raise AccountError("login", f"{login!r} is no mail address.")
        if not 0 < len(name) <= _MOST_NAME or not name.isprintable():
            raise AccountError("name", "A name has 1 to 128 characters.")
        _check_role(role)
        _check_password(password, login, name, practice)
        hashed = self._passwords.hash(password)
        with session_for(self._url) as session:
            row = AccountRow(
                login=login,
                name=name,
                role=role,
                password_hash=hashed,
                created_at=self._now(),
            )
            session.add(row)
            try:
                session.flush()
            except IntegrityError as error:
                raise AccountError("taken", f"There is an account {login} already.") from error
            self._note(session, audited.ACCOUNT_ADDED, row, by, role)
            session.refresh(row)
            return _account(row)

    def all(self) -> List[Account]:
        """Every account, by name."""
        query = sa.select(AccountRow).order_by(AccountRow.name, AccountRow.id)
        with session_for(self._url) as session:
            return [_account(row) for row in session.execute(query).scalars()]

    def get(self, account: int) -> Account:
        """One account.

        Raises:
            AccountError: There is none.
        """
        with session_for(self._url) as session:
            return _account(_row(session, account))

    def of_login(self, login: str) -> Account:
        """The account with a login.

        Raises:
            AccountError: There is none.
        """
        query = sa.select(AccountRow).where(AccountRow.login == normal_login(login))
        with session_for(self._url) as session:
            row = session.execute(query).scalar_one_or_none()
            if row is None:
                raise AccountError("unknown", f"There is no account {login}.")
            return _account(row)

    def set_password(self, account: int, password: str, practice: str, by: Visitor) -> None:
        """Give an account another password; its sessions end, and so does a pause.

        Raises:
            AccountError: There is no such account, or the password is weak.
        """
        now = self.get(account)
        _check_password(password, now.login, now.name, practice)
        hashed = self._passwords.hash(password)
        with session_for(self._url) as session:
            row = _row(session, account)
            row.password_hash, row.failures, row.locked_until = hashed, 0, None
            end_all(session, account)
            self._note(session, audited.ACCOUNT_PASSWORD, row, by)

    def reset_totp(self, account: int, by: Visitor) -> None:
        """Forget the code of somebody's phone; the next login sets up a new one.

        Raises:
            AccountError: There is no such account.
        """
        with session_for(self._url) as session:
            row = _row(session, account)
            row.totp_secret = row.totp_last = None
            row.failures, row.locked_until = 0, None
            end_all(session, account)
            self._note(session, audited.ACCOUNT_TOTP_RESET, row, by)

    def set_active(self, account: int, active: bool, by: Visitor) -> None:
        """Let somebody in, or no more.

        Raises:
            AccountError: There is no such account, or it is the last manager's.
        """
        with session_for(self._url) as session:
            _hold_managers(session)
            row = _row(session, account)
            if not active:
                _keep_a_manager(session, row)
            row.active, row.present = active, False
            row.failures, row.locked_until = 0, None
            end_all(session, account)
            action = audited.ACCOUNT_ON if active else audited.ACCOUNT_OFF
            self._note(session, action, row, by)

    def set_role(self, account: int, role: str, by: Visitor) -> None:
        """Give an account another role; its sessions end.

        Raises:
            AccountError: There is no such account or role, or it is the last manager's.
        """
        _check_role(role)
        with session_for(self._url) as session:
            _hold_managers(session)
            row = _row(session, account)
            if row.role == role:
                return
            if role != BEHEERDER:
                _keep_a_manager(session, row)
            before, row.role, row.present = row.role, role, False
            end_all(session, account)
            self._note(session, audited.ACCOUNT_ROLE, row, by, f"{before} -> {role}")

    def set_notify_by_mail(self, account: int, wanted: bool, by: Visitor) -> None:
        """Whether somebody wants mails about who waits.

        Raises:
            AccountError: There is no such account.
        """
        with session_for(self._url) as session:
            row = _row(session, account)
            row.notify_by_mail = wanted
            self._note(session, audited.ACCOUNT_SETTINGS, row, by, f"mail {wanted}")

    def _note(
        self, session: Session, action: str, row: AccountRow, by: Visitor, detail: str = ""
    ) -> None:
        about = "" if by.account == row.id else row.login
        self._audit.add(
            session,
            action,
            account=by.account or None,
            name=by.name,
            detail=" ".join(filter(None, (about, detail))),
            source=by.source,
        )


def normal_login(login: str) -> str:
    """A login as it is stored."""
    return login.strip().lower()


def _account(row: AccountRow) -> Account:
    return Account(
        row.id,
        row.login,
        row.name,
        row.role,
        bool(row.active),
        row.totp_secret is not None,
        in_utc(row.created_at),
        in_utc(row.locked_until) if row.locked_until else None,
        bool(row.present),
        in_utc(row.seen_at) if row.seen_at else None,
        bool(row.notify_by_mail),
        row.telegram_chat,
    )


def _row(session: Session, account: int) -> AccountRow:
    row = session.get(AccountRow, account)
    if row is None:
        raise AccountError("unknown", f"There is no account {account}.")
    return row


def _hold_managers(session: Session) -> None:
    """Let nobody else change a manager until the commit: two could remove each other."""
    managers = AccountRow.role == BEHEERDER
    session.execute(
        sa.update(AccountRow)
        .where(managers)
        .values(role=AccountRow.role)
        .execution_options(synchronize_session=False)
    )


def _keep_a_manager(session: Session, row: AccountRow) -> None:
    if row.role != BEHEERDER or not row.active:
        return
    others = sa.select(sa.func.count()).where(
        AccountRow.role == BEHEERDER, AccountRow.active.is_(True), AccountRow.id != row.id
    )
    if not session.execute(others).scalar_one():
        raise AccountError("last_manager", f"{row.login} is the last {BEHEERDER}.")


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise AccountError("role", f"The role is one of {', '.join(ROLES)}, not {role!r}.")


def _check_password(password: str, login: str, name: str, practice: str) -> None:
    try:
        check_strength(password, (login, name, practice))
    except WeakPassword as error:
        raise AccountError(
            error.code, f"The password can't be used: {_WHY_WEAK[error.code]}."
        ) from error
