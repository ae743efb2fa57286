"""Who is logged in, in which browser.

The browser holds a random token, the database only its hash: who reads the database can't
log in with what stands there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Callable, NamedTuple, Optional

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.channels.tokens import hash_of, new_token
from rasa_project.clock import utc_now
from rasa_project.conversation.events import in_utc
from rasa_project.inbox.access import Visitor
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow, InboxSessionRow

IDLE = timedelta(hours=4)
LONGEST = timedelta(hours=12)
# Writing each time that a session is used would cost more than it tells.
_WRITTEN_AT_MOST_EVERY = timedelta(seconds=30)


class NewSession(NamedTuple):
    """What a browser gets when somebody logs in.

    Attributes:
        token: For its cookie; kept nowhere else.
        csrf: What each form must bring along.
    """

    token: str
    csrf: str


@dataclass(frozen=True)
class Found:
    """A session that holds.

    Attributes:
        visitor: Who it is.
        is_complete: Whether the code of their phone is set up.
        totp_secret: The secret that is being set up in this browser, until it is.
    """

    visitor: Visitor
    is_complete: bool
    totp_secret: Optional[str]


class Sessions:
    """Begins, finds and ends sessions. Every method raises StorageError.

    Args:
        database_url: SQLAlchemy URL.
        now: The moment.
    """

    def __init__(self, database_url: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._now = now

    def begin(
        self, session: Session, account: int, totp_secret: Optional[str] = None
    ) -> NewSession:
        """A new session, within a database session of the caller's.

        Args:
            session: Of the database.
            account: Whose it is.
            totp_secret: The secret that is to be set up in it.
        """
        now = self._now()
        # Those that ended by themselves are swept out here.
        session.execute(
            sa.delete(InboxSessionRow).where(
                sa.or_(InboxSessionRow.expires_at <= now, InboxSessionRow.used_at <= now - IDLE)
            )
        )
        made = NewSession(new_token(), new_token())
        session.add(
            InboxSessionRow(
                token_hash=hash_of(made.token),
                account=account,
                csrf=made.csrf,
                totp_secret=totp_secret,
                created_at=now,
                used_at=now,
                expires_at=now + LONGEST,
            )
        )
        return made

    def find(self, token: str, source: str = "", keep_alive: bool = True) -> Optional[Found]:
        """The session of a token; None when there is none that holds.

        Args:
            token: As the browser sent it.
            source: The network address that it came from.
            keep_alive: Whether this use counts; what a browser does by itself doesn't.
        """
        now = self._now()
        with session_for(self._url) as session:
            row = session.get(InboxSessionRow, hash_of(token))
            if row is None:
                return None
            account = session.get(AccountRow, row.account)
            used_at = in_utc(row.used_at)
            if not account.active or now >= in_utc(row.expires_at) or now >= used_at + IDLE:
                return None
            found = Found(
                Visitor(account.id, account.name, account.role, row.csrf, row.token_hash, source),
                account.totp_secret is not None,
                row.totp_secret,
            )
            if keep_alive and now - used_at >= _WRITTEN_AT_MOST_EVERY:
                # An update by key: a session that ended meanwhile isn't brought back.
                session.execute(
                    sa.update(InboxSessionRow)
                    .where(InboxSessionRow.token_hash == row.token_hash)
                    .values(used_at=now)
                )
            return found

    def holds(self, visitor: Visitor) -> bool:
        """Whether a visitor is still logged in, with the same role; for open streams."""
        now = self._now()
        query = (
            sa.select(InboxSessionRow.token_hash)
            .join(AccountRow, AccountRow.id == InboxSessionRow.account)
            .where(
                InboxSessionRow.token_hash == visitor.session,
                InboxSessionRow.expires_at > now,
                InboxSessionRow.used_at > now - IDLE,
                AccountRow.active.is_(True),
                AccountRow.role == visitor.role,
            )
        )
        with session_for(self._url) as session:
            return session.execute(query).scalar_one_or_none() is not None

    def end(self, session: Session, token_hash: str) -> None:
        """End one session, within a database session of the caller's."""
        session.execute(sa.delete(InboxSessionRow).where(InboxSessionRow.token_hash == token_hash))


def end_all(session: Session, account: int) -> None:
    """End all sessions of an account, within a database session of the caller's."""
    session.execute(sa.delete(InboxSessionRow).where(InboxSessionRow.account == account))
