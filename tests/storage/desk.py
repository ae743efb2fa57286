"""A practice with people, a clock, and an assistant that says what a test wants."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any, Dict, List, Optional, Sequence

import sqlalchemy as sa

from rasa_project.channels.tokens import LIFETIME
from rasa_project.contract import Outcome, turn
from rasa_project.conversation.events import PatientMessage, reply_content
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.router import Routed, Router
from rasa_project.conversation.states import Actor, Ownership, State
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow, CallbackRow, ConversationEventRow

ME, OTHER = "web:me", "web:other"
MONDAY_TEN = "2026-11-23T10:00+01:00"
MONDAY_EVENING = "2026-11-23T20:00+01:00"
HOURS = {"maandag": ["08:00-18:00"], "dinsdag": ["08:00-18:00"]}
ALARM = "Ik kan niet meer plassen en het is doof tussen mijn benen"
EMERGENCY = "Ik heb druk op de borst en krijg bijna geen lucht"
Event = Dict[str, Any]


class Clock:
    """The time that is written down."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def later(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


def reply(
    outcome: Outcome = Outcome.ANSWERED,
    urgency: Urgency = Urgency.NONE,
    topics: Sequence[str] = ("tillen",),
    text: str = "Dat mag.",
    buttons: Sequence[Dict[str, str]] = (),
) -> Event:
    """A reply of the assistant."""
    claimed = topics if outcome in (Outcome.ANSWERED, Outcome.HANDOFF) else ()
    message = {"text": text, "buttons": list(buttons)}
    return reply_content([message, {"custom": turn(outcome, urgency, claimed)}])


ANSWER = reply()
HUMAN_WANTED = reply(Outcome.HANDOFF, topics=["mens-spreken"], text="Ja, dat kan.")
MISSED_TWICE = reply(Outcome.HANDOFF, topics=(), text="Het lukt me niet.")
ALARM_REPLY = reply(Outcome.TRIAGE, Urgency.SAME_DAY, text="Bel nu je huisarts.")


class Desk:
    """All that a test of who has a conversation needs."""

    def __init__(self, database: str) -> None:
        self.database, self.clock = database, Clock()
        self.log = ConversationLog(database, self.clock)
        self.router = Router(database, self.clock)
        self.ownerships = Ownerships(database, self.clock)
        self._numbers = count(1)
        for conversation in (ME, OTHER):
            self.log.begin(conversation, "website", f"hash of {conversation}", LIFETIME)

    # ---- people

    def person(
        self, name: str = "Anna de Wit", present: bool = True, role: str = "therapeut"
    ) -> Actor:
        """Somebody of the practice."""
        with session_for(self.database) as session:
            row = AccountRow(
                login=f"{name}@debrug.example".replace(" ", ".").lower(),
                name=name,
                role=role,
                password_hash="x",  # noqa: S106
                created_at=self.clock.now,
                present=present,
                seen_at=self.clock.now if present else None,
            )
            session.add(row)
            session.flush()
            return Actor.therapist(row.id, name)

    def seen(self, actor: Actor, present: bool = True) -> None:
        """The inbox of somebody reports itself."""
        with session_for(self.database) as session:
            session.execute(
                sa.update(AccountRow)
                .where(AccountRow.id == actor.account)
                .values(present=present, seen_at=self.clock.now)
            )

    # ---- the patient

    def says(
        self,
        text: str,
        answer: Event = ANSWER,
        payload: Optional[str] = None,
        conversation: str = ME,
    ) -> Event:
        """Say something, and give what settles it; ``answer`` when the assistant is asked."""
        message = self.sends(text, payload, conversation)
        routed = self.routed = self.router.before(conversation, message)
        if not routed.is_settled:
            also = self.router.after(message, answer)
            self.log.add_reply(conversation, message.event, answer, also=also)
        (settled,) = [e for e in self.staff(conversation) if e["reply_to"] == message.event]
        return settled

    def sends(
        self, text: str, payload: Optional[str] = None, conversation: str = ME
    ) -> PatientMessage:
        """Say something that is not settled yet."""
        stored = self.log.add_message(conversation, f"client-{next(self._numbers)}", text, payload)
        return PatientMessage(stored.event, text, payload)

    def presses(self, payload: str, answer: Event = ANSWER, conversation: str = ME) -> Event:
        """Press a button."""
        return self.says("knop", answer, payload, conversation)

    # ---- what became of it

    routed: Routed

    def of(self, conversation: str = ME) -> Ownership:
        return self.ownerships.of(conversation)

    @property
    def state(self) -> State:
        return self.of().state

    def seen_by_patient(self, conversation: str = ME) -> List[Event]:
        return self.log.events(conversation)

    def last(self, conversation: str = ME) -> Event:
        """The last thing that the patient sees."""
        return self.seen_by_patient(conversation)[-1]

    def staff(self, conversation: str = ME) -> List[Event]:
        return self.log.events_for_staff(conversation)

    def contents(self, conversation: str = ME) -> List[Event]:
        """What is stored in the events."""
        rows = ConversationEventRow
        query = sa.select(rows.content).where(rows.conversation == conversation).order_by(rows.id)
        with session_for(self.database) as session:
            return [dict(content) for content in session.execute(query).scalars()]

    def requests(self, conversation: str = ME) -> List[CallbackRow]:
        with session_for(self.database) as session:
            query = sa.select(CallbackRow).where(CallbackRow.conversation == conversation)
            rows = list(session.execute(query.order_by(CallbackRow.id)).scalars())
            session.expunge_all()
            return rows


def said(event: Event) -> str:
    """All that is read in an event."""
    return "\n\n".join(part["text"] for part in event["parts"])


def payloads(event: Event) -> List[str]:
    return [button["payload"] for part in event["parts"] for button in part["buttons"]]
