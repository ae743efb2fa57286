"""A practice with people who want to be told, and patients who wait. Clocks that tests move."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, List, Optional

import pytest
import sqlalchemy as sa

from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.states import ASSISTANT_ACTOR, PATIENT_ACTOR, Actor
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow, CallbackRow, ConversationRow, NotificationRow

START = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)
# What may never leave the practice's own database.
SECRET = "Piet Puk kan niet plassen, 06 12345678"
CONVERSATION = "web:0123456789abcdef0123456789abcdef01234567"


class Clock:
    """A moment that only tests move."""

    def __init__(self, moment: datetime = START):
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def later(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


class World:
    """One practice, in one database."""

    def __init__(self, url: str, clock: Clock):
        self.url = url
        self.clock = clock
        self.log = ConversationLog(url, clock)
        self.ownerships = Ownerships(url, clock)

    def person(self, login: str, role: str = "therapeut", **more: Any) -> int:
        present = more.pop("present", False)
        with session_for(self.url) as session:
            row = AccountRow(
                login=login,
                name=login.partition("@")[0].title(),
                role=role,
                password_hash="!",
                created_at=self.clock(),
                present=present,
                seen_at=self.clock() if present else None,
                **more,
            )
            session.add(row)
            session.flush()
            return int(row.id)

    def change(self, account: int, **values: Any) -> None:
        with session_for(self.url) as session:
            session.execute(sa.update(AccountRow).where(AccountRow.id == account).values(**values))

    def chat_of(self, account: int) -> Optional[int]:
        with session_for(self.url) as session:
            return session.get(AccountRow, account).telegram_chat

    def begin(self, conversation: str = CONVERSATION, said: str = SECRET) -> str:
        self.log.begin(conversation, "website", None, timedelta(days=30))
        self.log.add_message(conversation, "c-1", said)
        return conversation

    def wait(self, conversation: str = CONVERSATION) -> str:
        self.begin(conversation)
        self.ownerships.ask_for_human(conversation, PATIENT_ACTOR, "asked")
        return conversation

    def alarm(self, conversation: str, urgency: Urgency = Urgency.SAME_DAY) -> None:
        assert self.ownerships.raise_urgency(conversation, urgency)

    def callback(self, conversation: str) -> int:
        with session_for(self.url) as session:
            row = CallbackRow(
                conversation=conversation,
                created_at=self.clock(),
                step="done",
                name="Piet Puk",
                contact="06 12345678",
                why="asked",
                consent_at=self.clock(),
                finished_at=self.clock(),
            )
            session.add(row)
            session.flush()
            return int(row.id)

    def notifications(self, **wanted: Any) -> List[NotificationRow]:
        query = sa.select(NotificationRow).order_by(NotificationRow.id)
        for name, value in wanted.items():
            query = query.where(getattr(NotificationRow, name) == value)
        with session_for(self.url) as session:
            rows = list(session.execute(query).scalars())
            session.expunge_all()
            return rows

    def conversation(self, name: str = CONVERSATION) -> ConversationRow:
        with session_for(self.url) as session:
            row = session.get(ConversationRow, name)
            session.expunge(row)
            return row


THERAPIST, ASSISTANT = Actor.therapist, ASSISTANT_ACTOR


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def practice(serve_practice: Any, at: Any) -> Any:
    """Open on Mondays, and it is Monday."""
    at(START)
    return serve_practice(hours={"maandag": ["08:00-18:00"]})


@pytest.fixture
def world(database: str, clock: Clock, practice: Any) -> World:
    return World(database, clock)
