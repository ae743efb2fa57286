"""Which chat on Telegram is whose, of the people of the practice.

The inbox shows a code; who sends it to the bot as ``/start team_<code>`` has shown that
the chat is theirs. Only the code's hash is kept, and it counts once.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Callable, NamedTuple, Optional

import sqlalchemy as sa

from rasa_project.clock import utc_now
from rasa_project.conversation.events import in_utc
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow

# What stands before a code in the payload of /start.
TEAM = "team_"
CODE_COUNTS = timedelta(minutes=15)


class Linked(NamedTuple):
    """Whose chat it is now.

    Attributes:
        account: Which account.
        name: As colleagues see it.
    """

    account: int
    name: str


class TelegramLinks:
    """Links chats to accounts. Every method raises StorageError.

    Args:
        database_url: SQLAlchemy URL.
        now: What time it is.
    """

    def __init__(self, database_url: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._now = now

    def new_code(self, account: int) -> str:
        """A code for an account; an older one counts no more."""
        code = secrets.token_urlsafe(24)
        self._set(account, telegram_code=_hash(code), telegram_code_until=self._now() + CODE_COUNTS)
        return code

    def redeem(self, code: str, chat: int) -> Optional[Linked]:
        """Link a chat to the account whose code this is; None when it doesn't count."""
        rows = AccountRow
        with session_for(self._url) as session:
            query = sa.select(rows).where(
                rows.telegram_code == _hash(code), rows.active.is_(sa.true())
            )
            row = session.execute(query.with_for_update()).scalar_one_or_none()
            if row is None or in_utc(row.telegram_code_until) < self._now():
                return None
            session.execute(
                sa.update(rows).where(rows.telegram_chat == chat).values(telegram_chat=None)
            )
            done = session.execute(
                sa.update(rows)
                .where(rows.id == row.id, rows.telegram_code == _hash(code))
                .values(telegram_chat=chat, telegram_code=None, telegram_code_until=None)
            )
            return Linked(row.id, row.name) if done.rowcount else None

    def unlink(self, account: int) -> None:
        """Tell an account nothing on Telegram any more."""
        self._set(account, telegram_chat=None, telegram_code=None, telegram_code_until=None)

    def unlink_chat(self, chat: int) -> bool:
        """The same, for whoever writes from a chat; False when it is nobody's."""
        with session_for(self._url) as session:
            done = session.execute(
                sa.update(AccountRow)
                .where(AccountRow.telegram_chat == chat)
                .values(telegram_chat=None)
            )
            return bool(done.rowcount)

    def is_linked(self, account: int) -> bool:
        """Whether an account is told on Telegram."""
        query = sa.select(AccountRow.telegram_chat).where(AccountRow.id == account)
        with session_for(self._url) as session:
            return session.execute(query).scalar_one_or_none() is not None

    def _set(self, account: int, **values: object) -> None:
        with session_for(self._url) as session:
            session.execute(sa.update(AccountRow).where(AccountRow.id == account).values(**values))


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
