"""Whether a patient agreed that what they write is kept: one row for each decision.

Before that nothing of a message is stored. Taking it back is erasing the conversation.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Callable, List

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.conversation.log import ConversationGone
from rasa_project.conversation.ownership_rows import hold_alone
from rasa_project.privacy.consent_texts import consent_texts
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import ConsentRow

# Asked for every message, so it is put together once.
_DECISIONS = ConsentRow.__table__
_NEWEST = (
    sa.select(_DECISIONS.c.version, _DECISIONS.c.given)
    .where(_DECISIONS.c.conversation == sa.bindparam("conversation"))
    .order_by(_DECISIONS.c.id.desc())
    .limit(1)
)


class Consent(Enum):
    """How it stands for the present text: ``DUE`` also when only an older one was decided."""

    DUE = "due"
    GIVEN = "given"
    REFUSED = "refused"


class Consents:
    """Reads and writes decisions; every method raises StorageError when the database fails.

    Args:
        database_url: SQLAlchemy URL.
        channel: Where patients decide.
        now: The time that is written down.
    """

    def __init__(self, database_url: str, channel: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._channel = channel
        self._now = now

    def state(self, conversation: str) -> Consent:
        """How it stands; also of a conversation that doesn't exist (yet)."""
        with session_for(self._url) as session:
            return state_in(session, conversation)

    def is_given(self, conversation: str) -> bool:
        """Whether messages may be stored."""
        return self.state(conversation) is Consent.GIVEN

    def decide(self, conversation: str, given: bool) -> bool:
        """Write a decision about the present text down; the same twice is one.

        Returns:
            False when it would take back what was given: that is erasing, and asked first.

        Raises:
            ConversationGone: There is no such conversation.
        """
        with session_for(self._url) as session:
            return self.decide_in(session, conversation, given)

    def decide_in(self, session: Session, conversation: str, given: bool) -> bool:
        """As :meth:`decide`, in a session of the caller's, who commits."""
        if not hold_alone(session, conversation):
            raise ConversationGone(f"There is no conversation {conversation}.")
        before = state_in(session, conversation)
        wanted = Consent.GIVEN if given else Consent.REFUSED
        if before is Consent.GIVEN and not given:
            return False
        if before is not wanted:
            session.add(
                ConsentRow(
                    conversation=conversation,
                    version=consent_texts().version,
                    given=given,
                    decided_at=self._now(),
                    channel=self._channel,
                )
            )
            session.flush()
        return True


def state_in(session: Session, conversation: str) -> Consent:
    """How it stands, in a session of the caller's."""
    newest = session.execute(_NEWEST, {"conversation": conversation}).one_or_none()
    if newest is None or newest.version != consent_texts().version:
        return Consent.DUE
    return Consent.GIVEN if newest.given else Consent.REFUSED


def decisions(session: Session, conversation: str) -> List[ConsentRow]:
    """All decisions of a conversation, in order."""
    query = (
        sa.select(ConsentRow).where(ConsentRow.conversation == conversation).order_by(ConsentRow.id)
    )
    return list(session.execute(query).scalars())
