"""A message before Rasa: for a human, for a form of ours, or for the assistant."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Optional, Sequence

from sqlalchemy.orm import Session

from rasa_project import clock
from rasa_project.conversation.events import PatientMessage, reply_content
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.ownership_rows import hold_urgency
from rasa_project.conversation.router_replies import Settled, alarm_content, findings_in, noted
from rasa_project.conversation.router_rows import KEPT, mark_unseen, name_of_human, was_told
from rasa_project.conversation.states import PATIENT_ACTOR, Ownership, State
from rasa_project.conversation.texts import filled, texts
from rasa_project.handoff import callback, callback_store, expectations
from rasa_project.handoff.callback_store import StoredForm
from rasa_project.handoff.circumstances import circumstances
from rasa_project.handoff.expectations import Said
from rasa_project.handoff.phrases import phrases, says
from rasa_project.handoff.triggers import ASKED
from rasa_project.redflags.assess import Finding
from rasa_project.redflags.urgency import Urgency, highest
from rasa_project.settings import current_practice

# Why the assistant goes on, as it stands in the history.
CHANGED_MIND, CALLBACK_DONE = "changed_mind", "callback"
_OURS = (
    expectations.GO_ON,
    expectations.CALLBACK,
    expectations.STOP,
    expectations.CONSENT,
)


def may_be_ours(session: Session, conversation: str, message: PatientMessage) -> bool:
    """Whether a message to the assistant may be for a form of ours."""
    if (
        message.payload in _OURS
        or message.payload is None
        and says(message.text, phrases().call_me)
    ):
        return True
    return callback_store.open_form(session, conversation) is not None


class BeforeRasa:
    """Settles what isn't for Rasa, by who has the conversation.

    Args:
        ownerships: Who has which conversation.
        now: The time that is written down.
    """

    def __init__(self, ownerships: Ownerships, now: Callable[[], datetime]):
        self._ownerships = ownerships
        self._now = now

    def settle(
        self, session: Session, now: Ownership, message: PatientMessage
    ) -> Optional[Settled]:
        """What settles a message; None when it is for Rasa.

        Args:
            session: The caller's, which holds the conversation alone.
            now: Who has the conversation.
            message: The first that waits for an answer there.
        """
        if now.state is State.HUMAN:
            return self._for_human(session, now, message)
        if now.state is State.WAITING:
            return self._while_waiting(session, now, message)
        return self._for_form(session, now, message)

    def _for_human(self, session: Session, now: Ownership, message: PatientMessage) -> Settled:
        # What was being filled in is told to the human now.
        callback_store.stop(session, now.conversation, self._now())
        if message.payload == expectations.GO_ON:
            return self._go_on(session, now)
        found = findings_in(message)
        self._raise(session, now, found)
        if highest(finding.urgency for finding in found) is Urgency.EMERGENCY:
            return Settled(alarm_content(message, now, found))
        if message.payload == expectations.HUMAN:
            return Settled(reply_content([{"text": texts().handoff.already_human}]))
        return noted(found)

    def _while_waiting(self, session: Session, now: Ownership, message: PatientMessage) -> Settled:
        stored = callback_store.open_form(session, now.conversation)
        found = findings_in(message)
        self._raise(session, now, found)
        if found:
            return Settled(alarm_content(message, now, found, stored))
        text, payload = message.text, message.payload
        if payload == expectations.GO_ON or payload is None and says(text, phrases().go_on):
            return self._go_on(session, now)
        if payload == expectations.HUMAN or payload is None and says(text, phrases().human):
            return Settled(self._already_waiting(session, now).content)
        if payload == expectations.CALLBACK or payload is None and says(text, phrases().call_me):
            return self._begin_form(session, now, stored)
        if stored is not None:
            taken = self._take(session, now, stored, message)
            if taken is not None:
                form, said = taken
                if form.step == callback.DONE:
                    self._ownerships.let_assistant_go_on(
                        session, now.conversation, PATIENT_ACTOR, CALLBACK_DONE
                    )
                elif form.step == callback.STOPPED:
                    said = self._already_waiting(session, now)
                return Settled(said.content)
        elif payload is None and says(text, phrases().stop):
            return self._go_on(session, now)
        if was_told(session, now):
            return noted(())
        line = reply_content([{"text": filled(texts().handoff.kept_for_therapist)}])
        return Settled({**line, KEPT: True})

    def _for_form(
        self, session: Session, now: Ownership, message: PatientMessage
    ) -> Optional[Settled]:
        """A message to the assistant's form; None when it is for Rasa."""
        stored = callback_store.open_form(session, now.conversation)
        text, payload = message.text, message.payload
        if stored is None:
            if (
                payload == expectations.CALLBACK
                or payload is None
                and says(text, phrases().call_me)
            ):
                return self._begin_form(session, now, None)
            if payload in _OURS:
                return Settled(reply_content([{"text": texts().handoff.not_waiting}]))
            return None
        found = findings_in(message)
        is_offer = stored.form.step == callback.OFFER
        if found and not is_offer:
            self._raise(session, now, found)
            return Settled(alarm_content(message, now, found, stored))
        there = circumstances(session, now, self._now())
        if payload == expectations.HUMAN:
            if there.somebody_comes or is_offer:
                callback_store.stop(session, now.conversation, self._now())
                return None
            return Settled(callback.question(stored.form).content)
        taken = None if found else self._take(session, now, stored, message)
        if taken is None:
            if is_offer:
                # An offer holds for one message.
                callback_store.stop(session, now.conversation, self._now())
            return None
        form, said = taken
        begins = is_offer and form.is_open and payload is None and not form.contact
        if begins and there.somebody_comes:
            # They wanted a human, and now somebody is there.
            callback_store.stop(session, now.conversation, self._now())
            said = expectations.waiting(there, current_practice())
            self._ownerships.begin_waiting(session, now.conversation, PATIENT_ACTOR, ASKED)
            return Settled({**said.content, "place": there.ahead})
        return Settled(said.content)

    # ---- parts of that

    def _take(
        self, session: Session, now: Ownership, stored: StoredForm, message: PatientMessage
    ) -> Any:
        taken = callback.take(
            stored.form,
            message.text,
            message.payload,
            current_practice(),
            circumstances(session, now, self._now()),
            clock.now(),
        )
        if taken is not None:
            callback_store.save(session, stored, taken[0], self._now())
        return taken

    def _begin_form(
        self, session: Session, now: Ownership, stored: Optional[StoredForm]
    ) -> Settled:
        form = callback.EMPTY
        if stored is not None and stored.form.step != callback.OFFER:
            form = stored.form
        elif stored is not None:
            callback_store.save(session, stored, form, self._now())
        else:
            callback_store.begin(session, now.conversation, form, now.why or ASKED, self._now())
        asked = callback.question(form)
        advice = expectations.flag_advice(now.urgency)
        return Settled(Said((*advice, *asked.paragraphs), asked.buttons).content)

    def _go_on(self, session: Session, now: Ownership) -> Settled:
        callback_store.stop(session, now.conversation, self._now())
        name = name_of_human(session, now.conversation)
        self._ownerships.let_assistant_go_on(
            session,
            now.conversation,
            PATIENT_ACTOR,
            CHANGED_MIND,
            among=(State.WAITING, State.HUMAN),
        )
        if now.state is State.HUMAN:
            self._ownerships.show_left(session, now.conversation, name, "bot")
        return Settled(reply_content([{"text": texts().handoff.goes_on}]))

    def _already_waiting(self, session: Session, now: Ownership) -> Said:
        return expectations.already_waiting(
            circumstances(session, now, self._now()), current_practice()
        )

    def _raise(self, session: Session, now: Ownership, found: Sequence[Finding]) -> None:
        urgency = highest(finding.urgency for finding in found)
        is_higher = hold_urgency(session, now.conversation, urgency)
        if not is_higher and found and now.state is not State.HUMAN:
            # As grave as before, but nobody of the practice has read this one.
            mark_unseen(session, now.conversation)
