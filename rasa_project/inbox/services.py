"""What the pages of the inbox work with, made once for a server."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Callable, Optional, TypeVar

import sqlalchemy as sa

from rasa_project.clock import utc_now
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.ownership import Ownerships
from rasa_project.inbox.accounts import Accounts
from rasa_project.inbox.audit import Audit
from rasa_project.inbox.listening import InboxPush
from rasa_project.inbox.login import Logins
from rasa_project.inbox.passwords import Passwords
from rasa_project.inbox.sessions import Sessions
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import ConversationRow

# A hash takes 64 MB and half a core for a moment: two at once leave patients the rest.
_MOST_HASHES_AT_ONCE = 2
Result = TypeVar("Result")


@dataclass(frozen=True)
class Inbox:
    """The parts; :func:`inbox_for` makes them.

    Attributes:
        database_url: SQLAlchemy URL.
        now: The moment, for what is stored.
        accounts: Of the practice.
        sessions: Who is logged in.
        logins: Lets people in.
        audit: What everybody did.
        log: What was said.
        ownerships: Whose conversations are.
        push: Wakes the streams of the inbox.
        proxies: How many proxies of the practice's own stand in front.
    """

    database_url: str
    now: Callable[[], datetime]
    accounts: Accounts
    sessions: Sessions
    logins: Logins
    audit: Audit
    log: ConversationLog
    ownerships: Ownerships
    push: InboxPush
    proxies: int = 0
    _hashing: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_MOST_HASHES_AT_ONCE, "inbox-hash")
    )

    def knows(self, conversation: str) -> bool:
        """Whether there is such a conversation."""
        query = sa.select(ConversationRow.id).where(ConversationRow.id == conversation)
        with session_for(self.database_url) as session:
            return session.execute(query).scalar_one_or_none() is not None

    async def hashing(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Do what computes a hash in one of few threads of its own."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._hashing, work, *arguments)


def inbox_for(
    database_url: str,
    proxies: int = 0,
    passwords: Optional[Passwords] = None,
    now: Callable[[], datetime] = utc_now,
) -> Inbox:
    """Make the parts.

    Args:
        database_url: SQLAlchemy URL.
        proxies: How many proxies of the practice's own stand in front.
        passwords: Makes hashes; tests give a quick one.
        now: The moment.
    """
    passwords = passwords or Passwords()
    audit = Audit(database_url, now)
    sessions = Sessions(database_url, now)
    return Inbox(
        database_url=database_url,
        now=now,
        accounts=Accounts(database_url, passwords, audit, now),
        sessions=sessions,
        logins=Logins(database_url, passwords, sessions, audit, now),
        audit=audit,
        log=ConversationLog(database_url),
        ownerships=Ownerships(database_url, now),
        push=InboxPush(),
        proxies=proxies,
    )
