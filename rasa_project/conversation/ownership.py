"""Who owns a conversation: the assistant, nobody yet, a human, or nobody any more.

``bot -> waiting -> human -> bot or closed``. Each change is one commit: the new state, a
line of history, and what the patient sees of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.conversation.events import JOINED, LEFT, MESSAGE, SYSTEM, THERAPIST, in_utc
from rasa_project.conversation.log import insert_event
from rasa_project.conversation.ownership_rows import existing_event, hold_urgency, read_ownership
from rasa_project.conversation.states import (
    PATIENT_ACTOR,
    SYSTEM_ACTOR,
    Actor,
    Ownership,
    State,
    WrongState,
)
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import (
    ConversationChangeRow,
    ConversationRow,
)


class Ownerships:
    """Reads and changes who owns conversations.

    Every method raises StorageError when the database fails, and ConversationGone when
    there is no such conversation.

    Args:
        database_url: SQLAlchemy URL.
        now: The time that is written down.
    """

    def __init__(self, database_url: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._now = now

    def of(self, conversation: str) -> Ownership:
        """How a conversation stands."""
        with session_for(self._url) as session:
            return read_ownership(session, conversation)

    def ask_for_human(
        self, conversation: str, actor: Actor, why: str, said: Optional[Mapping[str, Any]] = None
    ) -> Ownership:
        """Let a conversation wait for a human; one that waits or has one stays as it is.

        Args:
            conversation: Which.
            actor: Who asks: the patient, or the assistant for them.
            why: The trigger, such as ``asked`` or ``alarm``.
            said: What the patient is told, as ``reply_content`` makes it; None when the
                reply itself tells it.
        """
        with session_for(self._url) as session:
            return self.begin_waiting(session, conversation, actor, why, said)

    def begin_waiting(
        self,
        session: Session,
        conversation: str,
        actor: Actor,
        why: str,
        said: Optional[Mapping[str, Any]] = None,
    ) -> Ownership:
        """As :meth:`ask_for_human`, within a session of the caller's."""
        now = read_ownership(session, conversation, for_change=True)
        if now.state in (State.WAITING, State.HUMAN):
            return now
        changed = self._change(session, now, State.WAITING, actor, why)
        if said is not None:
            self._say(session, conversation, said)
        return changed

    def claim(self, conversation: str, therapist: Actor, why: str = "claim") -> Ownership:
        """Give a conversation to a therapist; from the assistant too ("overnemen").

        Raises:
            WrongState: Another therapist has it, or it is closed.
        """
        with session_for(self._url) as session:
            now = read_ownership(session, conversation, for_change=True)
            if now.state is State.HUMAN and now.owner == therapist.account:
                return now
            if now.state in (State.HUMAN, State.CLOSED):
                raise WrongState(now)
            changed = self._change(session, now, State.HUMAN, therapist, why, therapist.account)
            self._show(session, conversation, JOINED, therapist.name)
            return changed

    def transfer(self, conversation: str, from_: Actor, to: Actor) -> Ownership:
        """Give one's conversation to a colleague.

        Raises:
            WrongState: It isn't ``from_``'s.
        """
        with session_for(self._url) as session:
            now = self._own(session, conversation, from_)
            changed = self._change(session, now, State.HUMAN, from_, "transfer", to.account)
            self._show(session, conversation, LEFT, from_.name, {"to": "therapist"})
            self._show(session, conversation, JOINED, to.name)
            return changed

    def release(
        self,
        conversation: str,
        therapist: Actor,
        said: Mapping[str, Any],
        why: str = "release",
    ) -> Ownership:
        """Put one's conversation back into the queue, so that a colleague can take it.

        Args:
            conversation: Which.
            therapist: Whose it is.
            said: What the patient is told.
            why: For the history.

        Raises:
            WrongState: It isn't the therapist's.
        """
        with session_for(self._url) as session:
            now = self._own(session, conversation, therapist)
            changed = self._change(session, now, State.WAITING, therapist, why)
            self._show(session, conversation, LEFT, therapist.name, {"to": "waiting"})
            self._say(session, conversation, said)
            return changed

    def give_back(self, conversation: str, therapist: Actor, said: Mapping[str, Any]) -> Ownership:
        """Give one's conversation back to the assistant, with a line to the patient.

        Raises:
            WrongState: It isn't the therapist's.
        """
        with session_for(self._url) as session:
            now = self._own(session, conversation, therapist)
            changed = self._change(session, now, State.BOT, therapist, "give_back")
            self._show(session, conversation, LEFT, therapist.name, {"to": "bot"})
            self._say(session, conversation, said)
            return changed

    def close(
        self, conversation: str, therapist: Actor, why: str, said: Mapping[str, Any]
    ) -> Ownership:
        """Close a conversation that is one's own or waits.

        A patient who writes again begins anew with the assistant (:meth:`reopen`).

        Raises:
            WrongState: It is another's, or not with a human at all.
        """
        with session_for(self._url) as session:
            now = read_ownership(session, conversation, for_change=True)
            is_own = now.state is State.HUMAN and now.owner == therapist.account
            if not is_own and now.state is not State.WAITING:
                raise WrongState(now)
            changed = self._change(session, now, State.CLOSED, therapist, why)
            if is_own:
                self._show(session, conversation, LEFT, therapist.name, {"to": "closed"})
            self._say(session, conversation, said)
            return changed

    def back_to_assistant(
        self,
        conversation: str,
        actor: Actor,
        why: str,
        said: Optional[Mapping[str, Any]] = None,
        among: Sequence[State] = (State.WAITING,),
    ) -> Ownership:
        """Let the assistant go on: the patient changed their mind, or nobody came.

        Args:
            conversation: Which.
            actor: Who decides.
            why: For the history.
            said: What the patient is told; None for nothing.
            among: The states that this is done in.

        Raises:
            WrongState: It is in another state.
        """
        with session_for(self._url) as session:
            return self.let_assistant_go_on(session, conversation, actor, why, said, among)

    def let_assistant_go_on(
        self,
        session: Session,
        conversation: str,
        actor: Actor,
        why: str,
        said: Optional[Mapping[str, Any]] = None,
        among: Sequence[State] = (State.WAITING,),
    ) -> Ownership:
        """As :meth:`back_to_assistant`, within a session of the caller's."""
        now = read_ownership(session, conversation, for_change=True)
        if now.state not in among:
            raise WrongState(now)
        changed = self._change(session, now, State.BOT, actor, why)
        if said is not None:
            self._say(session, conversation, said)
        return changed

    def back_to_queue(
        self, conversation: str, why: str, name: str, said: Mapping[str, Any]
    ) -> Ownership:
        """Take a conversation from a therapist who doesn't answer, for a colleague.

        Args:
            conversation: Which.
            why: For the history.
            name: The therapist's, as the patient saw it.
            said: What the patient is told.

        Raises:
            WrongState: No human has it.
        """
        with session_for(self._url) as session:
            return self.take_back(session, conversation, why, name, said)

    def take_back(
        self, session: Session, conversation: str, why: str, name: str, said: Mapping[str, Any]
    ) -> Ownership:
        """As :meth:`back_to_queue`, within a session of the caller's."""
        now = read_ownership(session, conversation, for_change=True)
        if now.state is not State.HUMAN:
            raise WrongState(now)
        changed = self._change(session, now, State.WAITING, SYSTEM_ACTOR, why)
        self._show(session, conversation, LEFT, name, {"to": "waiting"})
        self._say(session, conversation, said)
        return changed

    def reopen(self, conversation: str) -> Ownership:
        """A patient writes in a closed conversation: the assistant has it again."""
        with session_for(self._url) as session:
            return self.begin_again(session, conversation)

    def begin_again(self, session: Session, conversation: str) -> Ownership:
        """As :meth:`reopen`, within a session of the caller's."""
        now = read_ownership(session, conversation, for_change=True)
        if now.state is not State.CLOSED:
            return now
        return self._change(session, now, State.BOT, PATIENT_ACTOR, "wrote_again")

    def write(self, conversation: str, therapist: Actor, text: str, client_id: str) -> int:
        """Add what a therapist writes in their own conversation; gives its event.

        The same client id again adds nothing.

        Raises:
            WrongState: It isn't the therapist's (any more).
        """
        with session_for(self._url) as session:
            self._own(session, conversation, therapist)
            known = existing_event(session, conversation, client_id)
            if known is not None:
                return known
            return insert_event(
                session,
                self._now(),
                conversation=conversation,
                author=THERAPIST,
                kind=MESSAGE,
                name=therapist.name,
                client_id=client_id,
                content={"text": text},
            )

    def raise_urgency(self, conversation: str, urgency: Urgency) -> bool:
        """Hold at least this urgency; an alarm is unseen until somebody looks.

        Returns:
            Whether it is a new alarm, that somebody has to be told of.
        """
        with session_for(self._url) as session:
            return hold_urgency(session, conversation, urgency)

    def see_alarm(self, conversation: str) -> None:
        """Somebody of the practice has seen the alarm."""
        self._set(conversation, alarm_seen=True)

    def read_up_to(self, conversation: str, event: int) -> None:
        """Somebody of the practice has read everything up to an event."""
        with session_for(self._url) as session:
            session.execute(
                sa.update(ConversationRow)
                .where(ConversationRow.id == conversation, ConversationRow.read_event < event)
                .values(read_event=event)
            )

    def history(self, conversation: str) -> List[Dict[str, Any]]:
        """Each change, in order, with the columns' names and ``at`` for the moment."""
        rows = ConversationChangeRow
        query = sa.select(rows).where(rows.conversation == conversation).order_by(rows.id)
        with session_for(self._url) as session:
            return [
                {
                    "id": row.id,
                    "at": in_utc(row.happened_at),
                    "before": row.before,
                    "after": row.after,
                    "actor": row.actor,
                    "account": row.account,
                    "owner": row.owner,
                    "why": row.why,
                }
                for row in session.execute(query).scalars()
            ]

    def show_left(self, session: Session, conversation: str, name: str, to: str) -> None:
        """Show the patient that a therapist went, within a session of the caller's.

        Args:
            session: The caller's.
            conversation: Which.
            name: The therapist's.
            to: Who has it now: ``bot``, ``waiting``, ``therapist`` or ``closed``.
        """
        self._show(session, conversation, LEFT, name, {"to": to})

    # ---- parts

    def _own(self, session: Session, conversation: str, therapist: Actor) -> Ownership:
        now = read_ownership(session, conversation, for_change=True)
        if now.state is not State.HUMAN or now.owner != therapist.account:
            raise WrongState(now)
        return now

    def _set(self, conversation: str, **values: Any) -> None:
        with session_for(self._url) as session:
            session.execute(
                sa.update(ConversationRow)
                .where(ConversationRow.id == conversation)
                .values(**values)
            )

    def _change(
        self,
        session: Session,
        before: Ownership,
        to: State,
        actor: Actor,
        why: str,
        owner: Optional[int] = None,
    ) -> Ownership:
        moment = self._now()
        # Who is given back to the queue waits from that moment: a human was there.
        waiting_since = moment if to is State.WAITING else None
        values: Dict[str, Any] = {
            "state": to.value,
            "owner": owner,
            "state_since": moment,
            "waiting_since": waiting_since,
            "why": why,
            "version": before.version + 1,
        }
        if actor.account is not None:
            values["alarm_seen"] = True
        done = session.execute(
            sa.update(ConversationRow)
            .where(
                ConversationRow.id == before.conversation,
                ConversationRow.version == before.version,
            )
            .values(**values)
        )
        if not done.rowcount:
            raise WrongState(read_ownership(session, before.conversation))
        session.add(
            ConversationChangeRow(
                conversation=before.conversation,
                happened_at=moment,
                before=before.state.value,
                after=to.value,
                actor=actor.kind,
                account=actor.account,
                owner=owner,
                why=why,
            )
        )
        session.flush()
        return read_ownership(session, before.conversation)

    def _show(
        self,
        session: Session,
        conversation: str,
        kind: str,
        name: str,
        content: Optional[Dict[str, Any]] = None,
    ) -> None:
        insert_event(
            session,
            self._now(),
            conversation=conversation,
            author=THERAPIST,
            kind=kind,
            name=name,
            content=content or {},
        )

    def _say(self, session: Session, conversation: str, said: Mapping[str, Any]) -> None:
        insert_event(
            session,
            self._now(),
            conversation=conversation,
            author=SYSTEM,
            kind=MESSAGE,
            content=dict(said),
        )
