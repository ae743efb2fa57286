"""Nobody waits in vain: what has to happen when nothing happens.

A job in the server looks about every few seconds. Each thing it does is one commit that
checks again whether it still holds, and each line is said once; so it is safe with several
servers, and after a restart it goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Callable, List, Optional, Sequence

import sqlalchemy as sa
from sanic import Sanic
from sqlalchemy.orm import Session

from rasa_project import clock
from rasa_project.clock import elapsed, utc_now
from rasa_project.conversation.events import (
    ASSISTANT,
    MESSAGE,
    PATIENT,
    SYSTEM,
    THERAPIST,
    in_utc,
)
from rasa_project.conversation.hub import Hub
from rasa_project.conversation.log import ConversationGone, insert_event
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.ownership_rows import existing_event, hold_alone, read_ownership
from rasa_project.conversation.router_rows import name_of_human
from rasa_project.conversation.states import SYSTEM_ACTOR, Ownership, State, WrongState
from rasa_project.conversation.texts import filled, texts
from rasa_project.errors import StorageError
from rasa_project.handoff import callback, callback_store, expectations
from rasa_project.handoff.circumstances import circumstances
from rasa_project.handoff.expectations import Circumstances, Said, counts_as_open
from rasa_project.handoff.phrases import phrases, says
from rasa_project.handoff.presence import SEEN_WITHIN, is_present
from rasa_project.settings import current_practice
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import CallbackRow, ConversationEventRow, ConversationRow
from rasa_project.workers.leases import Lease, process_leases, wanted

logger = logging.getLogger(__name__)
SWEEP_SECONDS = 5.0
FORM_LASTS = timedelta(days=1)
# The reply that says the place is written in the same moment, a little earlier or later.
_AROUND = timedelta(seconds=5)
# Why, as it stands in the history.
NO_ANSWER, AWAY, CLOSING = "no_answer", "away", "closing"
# What begins the client ids of what is said; with the version it is said once each time.
_CALLBACK_OFFER, _PLACE, _FORM_ENDED = "callback-offer", "place", "form-ended"


class Sweeper:
    """Looks for who would wait in vain. Raises StorageError.

    Args:
        database_url: SQLAlchemy URL.
        now: The real time; opening hours go by :func:`rasa_project.clock.now`.
    """

    def __init__(self, database_url: str, now: Callable[[], datetime] = utc_now):
        self._url = database_url
        self._now = now
        self._ownerships = Ownerships(database_url, now)

    def sweep(self, may_act: Callable[[], bool] = lambda: True) -> List[str]:
        """Do what is due; gives the conversations in which something changed.

        Args:
            may_act: Asked before each: another server may have the job by now.
        """
        changed: List[str] = []
        for find, act in (
            (self._with_human, self._look_after_human),
            (self._waiting, self._look_after_waiting),
            (self._old_forms, self._end_form),
        ):
            for conversation in find():
                if not may_act():
                    return list(dict.fromkeys(changed))
                try:
                    with session_for(self._url) as session:
                        if hold_alone(session, conversation) and act(session, conversation):
                            changed.append(conversation)
                except (WrongState, ConversationGone):
                    # Somebody was first: a therapist, the patient, or another server.
                    continue
        return list(dict.fromkeys(changed))

    # ---- a human who doesn't answer

    def _with_human(self) -> Sequence[str]:
        return self._in_state(State.HUMAN)

    def _look_after_human(self, session: Session, conversation: str) -> bool:
        now = read_ownership(session, conversation)
        if now.state is not State.HUMAN:
            return False
        # What was being filled in is told to the human now.
        callback_store.stop(session, conversation, self._now())
        asked_at = _unanswered_since(session, now)
        if asked_at is None:
            return False
        practice, waited = current_practice(), elapsed(asked_at, self._now())
        too_long = waited >= timedelta(minutes=practice.handoff.minutes_until_taken_back)
        gone = waited >= SEEN_WITHIN and not is_present(session, now.owner, self._now())
        if not (too_long or gone):
            return False
        name = name_of_human(session, conversation)
        there = circumstances(session, now, self._now())
        if name in there.present:
            # Who doesn't answer is not who is expected.
            present = [person for person in there.present if person != name]
            there = Circumstances(there.is_open, present, there.ahead, there.urgency)
        said = expectations.therapist_gone(name, there, practice)
        why = NO_ANSWER if too_long else AWAY
        self._ownerships.take_back(session, conversation, why, name, said.content)
        self._offer(session, now, why)
        return True

    # ---- who waits

    def _waiting(self) -> Sequence[str]:
        return self._in_state(State.WAITING)

    def _look_after_waiting(self, session: Session, conversation: str) -> bool:
        now = read_ownership(session, conversation)
        if now.state is not State.WAITING or now.since is None:
            return False
        practice = current_practice()
        there = circumstances(session, now, self._now())
        if not counts_as_open(practice, clock.now()):
            return self._close_for_today(session, now, there)
        longest = timedelta(minutes=practice.handoff.minutes_until_callback)
        if elapsed(now.since, self._now()) >= longest:
            return self._offer_callback(session, now, there)
        return self._tell_place(session, now, there)

    def _close_for_today(self, session: Session, now: Ownership, there: Circumstances) -> bool:
        stored = callback_store.open_form(session, now.conversation)
        if stored is not None and stored.form.step != callback.OFFER:
            # They are leaving their number already: that goes on, with the assistant.
            asked = callback.question(stored.form)
            apology = filled(texts().handoff.closing)
            advice = expectations.flag_advice(there.urgency)
            said = Said((*advice, apology, *asked.paragraphs), asked.buttons)
        else:
            said = expectations.closing(there)
        self._ownerships.let_assistant_go_on(
            session, now.conversation, SYSTEM_ACTOR, CLOSING, said.content
        )
        self._offer(session, now, CLOSING)
        return True

    def _offer_callback(self, session: Session, now: Ownership, there: Circumstances) -> bool:
        if _has_real_form(session, now.conversation):
            return False
        client_id = f"{_CALLBACK_OFFER}-{now.version}"
        said = expectations.takes_long(there)
        if not self._say_once(session, now.conversation, client_id, said):
            return False
        self._offer(session, now, now.why)
        return True

    def _tell_place(self, session: Session, now: Ownership, there: Circumstances) -> bool:
        """Only that it is one's turn next: who waits isn't to be disturbed."""
        if there.ahead or _has_real_form(session, now.conversation):
            return False
        client_id = f"{_PLACE}-{now.version}"
        if not _place_that_was_told(session, now, now.since or self._now()):
            return False
        said = Said((texts().handoff.now_first,))
        return self._say_once(session, now.conversation, client_id, said)

    # ---- forms that nobody filled in

    def _old_forms(self) -> Sequence[str]:
        oldest = self._now() - FORM_LASTS
        query = (
            sa.select(CallbackRow.conversation)
            .where(CallbackRow.step.not_in(callback.ENDED), CallbackRow.created_at <= oldest)
            .distinct()
        )
        with session_for(self._url) as session:
            return list(session.execute(query).scalars())

    def _end_form(self, session: Session, conversation: str) -> bool:
        stored = callback_store.open_form(session, conversation)
        if stored is None or elapsed(in_utc(stored.created_at), self._now()) < FORM_LASTS:
            return False
        was_begun = callback_store.stop(session, conversation, self._now())
        if not was_begun or read_ownership(session, conversation).state is not State.BOT:
            # Of an offer nothing was kept, and a human sees to it.
            return False
        said = Said((filled(texts().handoff.given_up),), (expectations.callback_button(),))
        return self._say_once(session, conversation, f"{_FORM_ENDED}-{stored.id}", said)

    # ---- parts

    def _in_state(self, state: State) -> Sequence[str]:
        query = sa.select(ConversationRow.id).where(ConversationRow.state == state.value)
        with session_for(self._url) as session:
            return list(session.execute(query.order_by(ConversationRow.state_since)).scalars())

    def _offer(self, session: Session, now: Ownership, why: str) -> None:
        """A "ja" to what was said begins the form."""
        if not _has_real_form(session, now.conversation):
            offer = callback.Form(step=callback.OFFER)
            callback_store.begin(session, now.conversation, offer, why, self._now())

    def _say_once(self, session: Session, conversation: str, client_id: str, said: Said) -> bool:
        if existing_event(session, conversation, client_id) is not None:
            return False
        insert_event(
            session,
            self._now(),
            conversation=conversation,
            author=SYSTEM,
            kind=MESSAGE,
            client_id=client_id,
            content=said.content,
        )
        return True


def _has_real_form(session: Session, conversation: str) -> bool:
    stored = callback_store.open_form(session, conversation)
    return stored is not None and stored.form.step != callback.OFFER


def _unanswered_since(session: Session, now: Ownership) -> Optional[datetime]:
    """Since when a patient waits for a word of the human; None when they don't."""
    rows = ConversationEventRow
    answered = (
        sa.select(sa.func.coalesce(sa.func.max(rows.id), 0))
        .where(
            rows.conversation == now.conversation,
            rows.author == THERAPIST,
            rows.kind == MESSAGE,
        )
        .scalar_subquery()
    )
    query = (
        sa.select(rows.happened_at, rows.content)
        .where(
            rows.conversation == now.conversation,
            rows.author == PATIENT,
            rows.kind == MESSAGE,
            rows.id > answered,
        )
        .order_by(rows.id)
    )
    for at, content in session.execute(query):
        # "Dank je wel" needs no answer.
        if not says(content["text"], phrases().thanks):
            return max(in_utc(at), now.since or in_utc(at))
    return None


def _place_that_was_told(session: Session, now: Ownership, since: datetime) -> int:
    """How many were before them when they began to wait."""
    rows = ConversationEventRow
    query = (
        sa.select(rows.content)
        .where(
            rows.conversation == now.conversation,
            rows.author.in_((ASSISTANT, SYSTEM)),
            rows.happened_at.between(since - _AROUND, since + _AROUND),
        )
        .order_by(rows.id)
    )
    contents = session.execute(query).scalars()
    return next((int(content["place"]) for content in contents if "place" in content), 0)


async def keep_sweeping(sweeper: Sweeper, hub: Hub, lease: Lease) -> None:
    """Sweep every few seconds, until cancelled; tell the channels what changed.

    Args:
        sweeper: Does it.
        hub: The channels of this process; other processes look into the database.
        lease: Only who holds it sweeps.
    """
    is_told = False
    while True:
        try:
            for conversation in await asyncio.to_thread(sweeper.sweep, lambda: lease.is_held):
                hub.spread(conversation)
            is_told = False
        except StorageError as error:
            if not is_told:
                logger.error("Who waits for a human can't be looked after now: %s", error)
            is_told = True
        except Exception:  # noqa: BLE001 - the next round may do better
            logger.exception("Who waits for a human could not be looked after.")
        await asyncio.sleep(SWEEP_SECONDS)


def sweep_while_serving(app: Sanic, sweeper: Sweeper, hub: Hub) -> None:
    """Let a server sweep from its start to its stop."""

    async def begin(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        lease = wanted("sweeper", process_leases())
        app.ctx.sweeping = loop.create_task(keep_sweeping(sweeper, hub, lease))

    async def end(app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        app.ctx.sweeping.cancel()

    app.register_listener(begin, "after_server_start")
    app.register_listener(end, "before_server_stop")
