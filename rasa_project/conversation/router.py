"""Who a patient's message is for: the assistant, a human, or a form of ours.

It stands before and after Rasa. What it decides is one commit: the message is settled, the
conversation changes hands, and the patient is told, or none of it. So nothing is lost or
said twice when a process ends, and it works with several of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from rasa_project import clock
from rasa_project.clock import utc_now
from rasa_project.conversation.events import (
    ASSISTANT,
    JOINED,
    MESSAGE,
    NOTED,
    SYSTEM,
    PatientMessage,
    reply_content,
)
from rasa_project.conversation.failure import active_findings, emergency_reply
from rasa_project.conversation.log import AlsoDo, ConversationGone, insert_event
from rasa_project.conversation.ownership import (
    ASSISTANT_ACTOR,
    PATIENT_ACTOR,
    Ownership,
    Ownerships,
    State,
    hold_alone,
    hold_urgency,
    read_ownership,
)
from rasa_project.conversation.texts import filled, texts
from rasa_project.conversation.triage_file import triage_file
from rasa_project.handoff import callback, callback_store, expectations
from rasa_project.handoff.callback_store import StoredForm
from rasa_project.handoff.circumstances import circumstances
from rasa_project.handoff.expectations import Circumstances, Said
from rasa_project.handoff.phrases import phrases, says
from rasa_project.handoff.triggers import (
    ALARM,
    ASKED,
    THUMBS,
    THUMBS_DOWN,
    TOPIC,
    Act,
    Trigger,
    TurnDone,
    asks_something,
    trigger,
)
from rasa_project.names import INTENT_HUMAN
from rasa_project.privacy.rights import reply_about_rights
from rasa_project.redflags.assess import Finding
from rasa_project.redflags.urgency import Urgency, highest, urgency_from
from rasa_project.settings import current_practice
from rasa_project.storage.engine import session_for
from rasa_project.storage.rasa_events import last_intent
from rasa_project.storage.tables import ConversationEventRow, ConversationRow, FeedbackRow

# Why the assistant goes on, as it stands in the history.
CHANGED_MIND, CALLBACK_DONE = "changed_mind", "callback"
# Marks the one line that says what becomes of messages while one waits.
_KEPT = "kept"
_OURS = (
    expectations.GO_ON,
    expectations.CALLBACK,
    expectations.STOP,
    expectations.CONSENT,
)


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


class _Settled(NamedTuple):
    """The event that settles a message."""

    content: Mapping[str, Any]
    kind: str = MESSAGE


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
            if is_bots and not _may_be_ours(session, conversation, message):
                return Routed(False, self._untold(session, now))
            if not hold_alone(session, conversation):
                raise ConversationGone(f"There is no conversation {conversation}.")
            if _has_reply(session, message):
                return Routed(True)
            if about_rights is not None:
                self._insert(session, message, conversation, _Settled(about_rights))
                return Routed(True)
            now = read_ownership(session, conversation)
            if now.state is State.CLOSED:
                callback_store.stop(session, conversation, self._now())
                now = self._ownerships.begin_again(session, conversation)
            settled = self._settle(session, now, message)
            if settled is None:
                return Routed(False, self._untold(session, now))
            self._insert(session, message, conversation, settled)
            return Routed(True)

    def _insert(
        self, session: Session, message: PatientMessage, conversation: str, settled: _Settled
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

    def _settle(
        self, session: Session, now: Ownership, message: PatientMessage
    ) -> Optional[_Settled]:
        if now.state is State.HUMAN:
            return self._for_human(session, now, message)
        if now.state is State.WAITING:
            return self._while_waiting(session, now, message)
        return self._for_form(session, now, message)

    def _for_human(self, session: Session, now: Ownership, message: PatientMessage) -> _Settled:
        # What was being filled in is told to the human now.
        callback_store.stop(session, now.conversation, self._now())
        if message.payload == expectations.GO_ON:
            return self._go_on(session, now)
        found = _findings(message)
        self._raise(session, now, found)
        if highest(finding.urgency for finding in found) is Urgency.EMERGENCY:
            return _Settled(_alarm_content(message, now, found))
        if message.payload == expectations.HUMAN:
            return _Settled(reply_content([{"text": texts().handoff.already_human}]))
        return _noted(found)

    def _while_waiting(self, session: Session, now: Ownership, message: PatientMessage) -> _Settled:
        stored = callback_store.open_form(session, now.conversation)
        found = _findings(message)
        self._raise(session, now, found)
        if found:
            return _Settled(_alarm_content(message, now, found, stored))
        text, payload = message.text, message.payload
        if payload == expectations.GO_ON or payload is None and says(text, phrases().go_on):
            return self._go_on(session, now)
        if payload == expectations.HUMAN or payload is None and says(text, phrases().human):
            return _Settled(self._already_waiting(session, now).content)
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
                return _Settled(said.content)
        elif payload is None and says(text, phrases().stop):
            return self._go_on(session, now)
        if self._was_told(session, now):
            return _noted(())
        line = reply_content([{"text": filled(texts().handoff.kept_for_therapist)}])
        return _Settled({**line, _KEPT: True})

    def _for_form(
        self, session: Session, now: Ownership, message: PatientMessage
    ) -> Optional[_Settled]:
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
                return _Settled(reply_content([{"text": texts().handoff.not_waiting}]))
            return None
        found = _findings(message)
        is_offer = stored.form.step == callback.OFFER
        if found and not is_offer:
            self._raise(session, now, found)
            return _Settled(_alarm_content(message, now, found, stored))
        there = self._circumstances(session, now)
        if payload == expectations.HUMAN:
            if there.somebody_comes or is_offer:
                callback_store.stop(session, now.conversation, self._now())
                return None
            return _Settled(callback.question(stored.form).content)
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
            return _Settled({**said.content, "place": there.ahead})
        return _Settled(said.content)

    # ---- parts of that

    def _take(
        self, session: Session, now: Ownership, stored: StoredForm, message: PatientMessage
    ) -> Any:
        taken = callback.take(
            stored.form,
            message.text,
            message.payload,
            current_practice(),
            self._circumstances(session, now),
            clock.now(),
        )
        if taken is not None:
            callback_store.save(session, stored, taken[0], self._now())
        return taken

    def _begin_form(
        self, session: Session, now: Ownership, stored: Optional[StoredForm]
    ) -> _Settled:
        form = callback.EMPTY
        if stored is not None and stored.form.step != callback.OFFER:
            form = stored.form
        elif stored is not None:
            callback_store.save(session, stored, form, self._now())
        else:
            callback_store.begin(session, now.conversation, form, now.why or ASKED, self._now())
        asked = callback.question(form)
        advice = expectations.flag_advice(now.urgency)
        return _Settled(Said((*advice, *asked.paragraphs), asked.buttons).content)

    def _go_on(self, session: Session, now: Ownership) -> _Settled:
        callback_store.stop(session, now.conversation, self._now())
        name = self._owner_name(session, now)
        self._ownerships.let_assistant_go_on(
            session,
            now.conversation,
            PATIENT_ACTOR,
            CHANGED_MIND,
            among=(State.WAITING, State.HUMAN),
        )
        if now.state is State.HUMAN:
            self._ownerships.show_left(session, now.conversation, name, "bot")
        return _Settled(reply_content([{"text": texts().handoff.goes_on}]))

    def _already_waiting(self, session: Session, now: Ownership) -> Said:
        return expectations.already_waiting(self._circumstances(session, now), current_practice())

    def _was_told(self, session: Session, now: Ownership) -> bool:
        """Whether this waiting patient read already what becomes of a message."""
        rows = ConversationEventRow
        query = sa.select(rows.content).where(
            rows.conversation == now.conversation,
            rows.author == SYSTEM,
            rows.kind == MESSAGE,
            rows.reply_to.is_not(None),
            rows.happened_at >= now.since,
        )
        return any(_KEPT in content for content in session.execute(query).scalars())

    def _circumstances(self, session: Session, now: Ownership) -> Circumstances:
        return circumstances(session, now, current_practice(), self._now(), clock.now())

    def _owner_name(self, session: Session, now: Ownership) -> str:
        rows = ConversationEventRow
        query = (
            sa.select(rows.name)
            .where(rows.conversation == now.conversation, rows.kind == JOINED)
            .order_by(rows.id.desc())
            .limit(1)
        )
        return str(session.execute(query).scalar_one_or_none() or "")

    def _raise(self, session: Session, now: Ownership, found: Sequence[Finding]) -> None:
        urgency = highest(finding.urgency for finding in found)
        is_higher = hold_urgency(session, now.conversation, urgency)
        if not is_higher and found and now.state is not State.HUMAN:
            # As grave as before, but nobody of the practice has read this one.
            _mark_unseen(session, now.conversation)

    def _untold(self, session: Session, now: Ownership) -> str:
        """What a patient told of alarm signs since Rasa last read something.

        Not what a therapist has read: they dealt with it.
        """
        if now.urgency is Urgency.NONE:
            return ""
        reply, said = aliased(ConversationEventRow), aliased(ConversationEventRow)
        since = (
            sa.select(sa.func.max(ConversationEventRow.id))
            .where(
                ConversationEventRow.conversation == now.conversation,
                sa.or_(
                    ConversationEventRow.author == ASSISTANT,
                    ConversationEventRow.kind == JOINED,
                ),
            )
            .scalar_subquery()
        )
        query = (
            sa.select(said.content, reply.content)
            .join(said, said.id == reply.reply_to)
            .where(
                reply.conversation == now.conversation,
                reply.author == SYSTEM,
                reply.id > sa.func.coalesce(since, 0),
            )
            .order_by(reply.id)
        )
        rows = session.execute(query).all()
        return "\n".join(content["text"] for content, noted in rows if noted.get("findings"))

    # ---- after Rasa

    def after(self, message: PatientMessage, content: Mapping[str, Any]) -> AlsoDo:
        """What belongs to a reply of the assistant, to be done in its commit.

        Args:
            message: What was answered.
            content: The reply, as ``reply_content`` makes it.
        """

        def also(session: Session, row: Any) -> None:
            self._conclude(session, row, message, content)

        return also

    def _conclude(
        self, session: Session, row: Any, message: PatientMessage, content: Mapping[str, Any]
    ) -> None:
        now = read_ownership(session, row.conversation)
        urgency = urgency_from(content.get("urgency"))
        is_new = urgency.rank > now.urgency.rank and hold_urgency(
            session, now.conversation, urgency
        )
        if content.get("alarm") and not is_new and _findings(message):
            _mark_unseen(session, now.conversation)
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
        there = self._circumstances(session, now)
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
            return {**_with(content, said, found), "place": there.ahead}
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
            before=_outcome_before(session, now.conversation, message.event),
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
            return _with(content, callback.question(stored.form), found)
        offer = callback.Form(step=callback.OFFER)
        callback_store.begin(session, now.conversation, offer, why, self._now())
        return _with(content, said, found)

    def _form_again(
        self, session: Session, now: Ownership, content: Mapping[str, Any]
    ) -> Optional[Dict[str, Any]]:
        stored = callback_store.open_form(session, now.conversation)
        if stored is None or stored.form.step == callback.OFFER:
            return None
        asked = callback.question(stored.form)
        said = Said((texts().handoff.still_open, *asked.paragraphs), asked.buttons)
        return _with(content, said)

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
            last = _last_answer(session, conversation)
            offered = _last_thumbs_offer(session, conversation)
            if last <= offered or _thumbs_down(session, conversation, offered) < THUMBS_DOWN:
                return False
            before = texts().handoff.offer_after_thumbs
            there = self._circumstances(session, now)
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


# Made once, as they are asked in every turn.
_REPLY = sa.select(ConversationEventRow.id).where(
    ConversationEventRow.reply_to == sa.bindparam("event")
)
_REPLY_BEFORE = (
    sa.select(ConversationEventRow.content)
    .where(
        ConversationEventRow.conversation == sa.bindparam("conversation"),
        ConversationEventRow.author.in_((ASSISTANT, SYSTEM)),
        ConversationEventRow.reply_to < sa.bindparam("event"),
    )
    .order_by(ConversationEventRow.id.desc())
    .limit(1)
)


def _may_be_ours(session: Session, conversation: str, message: PatientMessage) -> bool:
    """Whether a message to the assistant may be for a form of ours."""
    if (
        message.payload in _OURS
        or message.payload is None
        and says(message.text, phrases().call_me)
    ):
        return True
    return callback_store.open_form(session, conversation) is not None


def _has_reply(session: Session, message: PatientMessage) -> bool:
    return session.execute(_REPLY, {"event": message.event}).first() is not None


def _findings(message: PatientMessage) -> Sequence[Finding]:
    # What stands on a button is ours.
    return () if message.payload is not None else active_findings(message.text)


def _mark_unseen(session: Session, conversation: str) -> None:
    session.execute(
        sa.update(ConversationRow)
        # One that is unseen already is no news.
        .where(ConversationRow.id == conversation, ConversationRow.alarm_seen)
        .values(alarm_seen=False, alarm_count=ConversationRow.alarm_count + 1)
        .execution_options(synchronize_session=False)
    )


def _noted(found: Sequence[Finding]) -> _Settled:
    """For the practice only: what the rules found in a message."""
    urgency = highest(finding.urgency for finding in found)
    content = {
        "findings": [finding.as_data() for finding in found],
        "urgency": urgency.value,
        "alarm": urgency.value if urgency.rank >= Urgency.SAME_DAY.rank else "",
    }
    return _Settled(content, NOTED)


def _alarm_content(
    message: PatientMessage,
    now: Ownership,
    found: Sequence[Finding],
    stored: Optional[StoredForm] = None,
) -> Dict[str, Any]:
    """What to do about the signs in a message; the form goes on after it."""
    content = reply_content(emergency_reply(message.text, now.urgency))
    content["findings"] = [finding.as_data() for finding in found]
    if stored is not None and stored.form.step != callback.OFFER:
        asked = callback.question(stored.form)
        said = Said((texts().handoff.after_alarm, *asked.paragraphs), asked.buttons)
        content["parts"] = [*content["parts"], said.part]
    return content


def _with(
    content: Mapping[str, Any], said: Said, found: Optional[Trigger] = None
) -> Dict[str, Any]:
    """A reply with what is said about a human; in its place, when only that was asked."""
    parts: List[Dict[str, Any]] = list(content.get("parts") or [])
    first: List[Dict[str, Any]] = []
    is_all = (
        found is not None
        and found.why == ASKED
        and not content.get("alarm")
        and list(content.get("topics") or []) == [INTENT_HUMAN]
    )
    if not is_all:
        first = expectations.without_button(parts, expectations.HUMAN)
    if found is not None and found.why == TOPIC:
        said = Said((texts().handoff.always_human, *said.paragraphs), said.buttons)
    return {**content, "parts": [*first, said.part]}


def _outcome_before(session: Session, conversation: str, event: int) -> Optional[str]:
    """The outcome of the assistant's reply before this message."""
    given = {"conversation": conversation, "event": event}
    content = session.execute(_REPLY_BEFORE, given).scalar_one_or_none()
    return (content or {}).get("outcome")


def _last_answer(session: Session, conversation: str) -> int:
    rows = ConversationEventRow
    query = sa.select(sa.func.max(rows.id)).where(
        rows.conversation == conversation, rows.author == ASSISTANT, rows.kind == MESSAGE
    )
    return int(session.execute(query).scalar_one() or 0)


def _last_thumbs_offer(session: Session, conversation: str) -> int:
    rows = ConversationEventRow
    query = sa.select(sa.func.max(rows.id)).where(
        rows.conversation == conversation,
        rows.author == SYSTEM,
        rows.client_id.like(f"{THUMBS}-%"),
    )
    return int(session.execute(query).scalar_one() or 0)


def _thumbs_down(session: Session, conversation: str, after: int) -> int:
    """How many answers since an event were found of no use."""
    query = sa.select(sa.func.count()).where(
        FeedbackRow.conversation == conversation,
        FeedbackRow.useful.is_(False),
        FeedbackRow.event > after,
    )
    return int(session.execute(query).scalar_one())
