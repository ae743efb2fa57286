"""A reply after Rasa: what it gives rise to, such as waiting for a human, in its commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Dict, Mapping, Optional

from sqlalchemy.orm import Session

from rasa_project.conversation.before_rasa import CHANGED_MIND
from rasa_project.conversation.events import NOTED, PatientMessage
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.ownership_rows import hold_urgency, read_ownership
from rasa_project.conversation.router_replies import findings_in, with_said
from rasa_project.conversation.router_rows import mark_unseen, outcome_before
from rasa_project.conversation.states import ASSISTANT_ACTOR, PATIENT_ACTOR, Ownership, State
from rasa_project.conversation.texts import texts
from rasa_project.conversation.triage_file import triage_file
from rasa_project.handoff import callback, callback_store, expectations
from rasa_project.handoff.circumstances import circumstances
from rasa_project.handoff.expectations import Said
from rasa_project.handoff.triggers import (
    ALARM,
    ASKED,
    Act,
    Trigger,
    TurnDone,
    asks_something,
    trigger,
)
from rasa_project.redflags.urgency import urgency_from
from rasa_project.settings import current_practice
from rasa_project.storage.rasa_events import last_intent


class AfterRasa:
    """Hands a conversation over, or offers to, by what a turn was about.

    Args:
        ownerships: Who has which conversation.
        now: The time that is written down.
    """

    def __init__(self, ownerships: Ownerships, now: Callable[[], datetime]):
        self._ownerships = ownerships
        self._now = now

    def conclude(
        self, session: Session, row: Any, message: PatientMessage, content: Mapping[str, Any]
    ) -> None:
        """Do what a reply gives rise to, and change it where it says more.

        Args:
            session: The caller's, in which the reply is stored.
            row: The reply's event.
            message: What was answered.
            content: The reply, as ``reply_content`` makes it.
        """
        now = read_ownership(session, row.conversation)
        urgency = urgency_from(content.get("urgency"))
        is_new = urgency.rank > now.urgency.rank and hold_urgency(
            session, now.conversation, urgency
        )
        if content.get("alarm") and not is_new and findings_in(message):
            mark_unseen(session, now.conversation)
            is_new = True
        if now.state is not State.BOT:
            # A human took over while the turn ran; only an alarm is still said.
            if not content.get("alarm"):
                row.kind = NOTED
            return
        if is_new:
            now = read_ownership(session, row.conversation)
        turn = self._turn_done(session, now, message, content, is_new)
        changed = self._hand_over(session, now, turn)
        if changed is not None:
            row.content = changed

    def _hand_over(
        self,
        session: Session,
        now: Ownership,
        turn: TurnDone,
    ) -> Optional[Dict[str, Any]]:
        """Do what the turn gives rise to; the reply with what is added, or None."""
        practice, content = current_practice(), turn.content
        found = trigger(turn, practice.handoff.always_human)
        if found is None:
            return self._form_again(session, now, content)
        there = circumstances(session, now, self._now())
        is_alarm = bool(content.get("alarm"))
        if found.act is Act.OFFER:
            return self._offer(
                session, now, found.why, content, expectations.offer(there, practice)
            )
        if there.somebody_comes:
            said = expectations.waiting(there, practice, is_alarm)
            actor = PATIENT_ACTOR if found.why == ASKED else ASSISTANT_ACTOR
            callback_store.stop(session, now.conversation, self._now())
            self._ownerships.begin_waiting(session, now.conversation, actor, found.why)
            return {**with_said(content, said, found), "place": there.ahead}
        if found.why == ALARM:
            return None
        said = expectations.nobody(there, told_what_to_do=is_alarm)
        return self._offer(session, now, found.why, content, said, found)

    def _turn_done(
        self,
        session: Session,
        now: Ownership,
        message: PatientMessage,
        content: Mapping[str, Any],
        is_new_alarm: bool,
    ) -> TurnDone:
        buttons = triage_file().buttons
        intent = None
        if content.get("alarm") and message.payload is None:
            intent = last_intent(session, now.conversation)
        return TurnDone(
            content=content,
            payload=message.payload,
            intent=intent,
            before=outcome_before(session, now.conversation, message.event),
            alarm_is_open=is_new_alarm or not now.alarm_seen and now.why != CHANGED_MIND,
            asks=asks_something(content, (buttons["ja"], buttons["nee"])),
        )

    def _offer(
        self,
        session: Session,
        now: Ownership,
        why: str,
        content: Mapping[str, Any],
        said: Said,
        found: Optional[Trigger] = None,
    ) -> Dict[str, Any]:
        stored = callback_store.open_form(session, now.conversation)
        if stored is not None and stored.form.step != callback.OFFER:
            return with_said(content, callback.question(stored.form), found)
        offer = callback.Form(step=callback.OFFER)
        callback_store.begin(session, now.conversation, offer, why, self._now())
        return with_said(content, said, found)

    def _form_again(
        self, session: Session, now: Ownership, content: Mapping[str, Any]
    ) -> Optional[Dict[str, Any]]:
        stored = callback_store.open_form(session, now.conversation)
        if stored is None or stored.form.step == callback.OFFER:
            return None
        asked = callback.question(stored.form)
        said = Said((texts().handoff.still_open, *asked.paragraphs), asked.buttons)
        return with_said(content, said)
