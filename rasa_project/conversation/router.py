"""Who a patient's message is for: the assistant, a human, or a form of ours.

It stands before and after Rasa. What it decides is one commit: the message is settled, the
conversation changes hands, and the patient is told, or none of it. So nothing is lost or
said twice when a process ends, and it works with several of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, Mapping

from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.conversation.after_rasa import AfterRasa
from rasa_project.conversation.before_rasa import BeforeRasa, may_be_ours
from rasa_project.conversation.events import MESSAGE, SYSTEM, PatientMessage
from rasa_project.conversation.log import AlsoDo, ConversationGone, insert_event
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.ownership_rows import hold_alone, read_ownership
from rasa_project.conversation.router_replies import Settled
from rasa_project.conversation.router_rows import (
    has_reply,
    last_answer,
    last_thumbs_offer,
    thumbs_down,
    untold,
)
from rasa_project.conversation.states import State
from rasa_project.conversation.texts import texts
from rasa_project.handoff import callback, callback_store, expectations
from rasa_project.handoff.circumstances import circumstances
from rasa_project.handoff.triggers import THUMBS, THUMBS_DOWN
from rasa_project.privacy.rights import reply_about_rights
from rasa_project.settings import current_practice
from rasa_project.storage.engine import session_for


@dataclass(frozen=True)
class Routed:
    """What becomes of a message.

    Attributes:
        is_settled: It was not for Rasa, and nothing is due any more.
        untold: Alarm signs that the patient told while Rasa wasn't asked; Rasa has to know
            them before it answers.
    """

    is_settled: bool
    untold: str = ""


class Router:
    """Decides for each message who it is for. Raises StorageError and ConversationGone.

    Args:
        database_url: SQLAlchemy URL.
        now: The time that is written down.
    """

    def __init__(self, database_url: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._now = now
        self._ownerships = Ownerships(database_url, now)
        self._before = BeforeRasa(self._ownerships, now)
        self._after = AfterRasa(self._ownerships, now)

    # ---- before Rasa

    def before(self, conversation: str, message: PatientMessage) -> Routed:
        """Settle a message that isn't for Rasa.

        Args:
            conversation: Where it was said.
            message: The first that waits for an answer there.
        """
        about_rights = reply_about_rights(message)
        with session_for(self._url) as session:
            now = read_ownership(session, conversation)
            is_bots = now.state is State.BOT and about_rights is None
            if is_bots and not may_be_ours(session, conversation, message):
                return Routed(False, untold(session, now))
            if not hold_alone(session, conversation):
                raise ConversationGone(f"There is no conversation {conversation}.")
            if has_reply(session, message):
                return Routed(True)
            if about_rights is not None:
                self._insert(session, message, conversation, Settled(about_rights))
                return Routed(True)
            now = read_ownership(session, conversation)
            if now.state is State.CLOSED:
                callback_store.stop(session, conversation, self._now())
                now = self._ownerships.begin_again(session, conversation)
            settled = self._before.settle(session, now, message)
            if settled is None:
                return Routed(False, untold(session, now))
            self._insert(session, message, conversation, settled)
            return Routed(True)

    def _insert(
        self, session: Session, message: PatientMessage, conversation: str, settled: Settled
    ) -> None:
        insert_event(
            session,
            self._now(),
            conversation=conversation,
            author=SYSTEM,
            kind=settled.kind,
            reply_to=message.event,
            content=dict(settled.content),
        )

    # ---- after Rasa

    def after(self, message: PatientMessage, content: Mapping[str, Any]) -> AlsoDo:
        """What belongs to a reply of the assistant, to be done in its commit.

        Args:
            message: What was answered.
            content: The reply, as ``reply_content`` makes it.
        """

        def also(session: Session, row: Any) -> None:
            self._after.conclude(session, row, message, content)

        return also

    # ---- what else channels ask

    def is_with_human(self, conversation: str) -> bool:
        """Whether a human has it."""
        with session_for(self._url) as session:
            return read_ownership(session, conversation).state is State.HUMAN

    def after_feedback(self, conversation: str) -> bool:
        """Offer a human when two answers were of no use; True when something was said."""
        with session_for(self._url) as session:
            if not hold_alone(session, conversation):
                raise ConversationGone(f"There is no conversation {conversation}.")
            now = read_ownership(session, conversation)
            if now.state is not State.BOT or callback_store.open_form(session, conversation):
                return False
            last = last_answer(session, conversation)
            offered = last_thumbs_offer(session, conversation)
            if last <= offered or thumbs_down(session, conversation, offered) < THUMBS_DOWN:
                return False
            before = texts().handoff.offer_after_thumbs
            there = circumstances(session, now, self._now())
            said = expectations.offer(there, current_practice(), before)
            offer = callback.Form(step=callback.OFFER)
            callback_store.begin(session, conversation, offer, THUMBS, self._now())
            insert_event(
                session,
                self._now(),
                conversation=conversation,
                author=SYSTEM,
                kind=MESSAGE,
                client_id=f"{THUMBS}-{last}",
                content=said.content,
            )
            return True
