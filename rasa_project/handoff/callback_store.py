"""Requests to be called back, in the database. Each function works in the caller's session."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Optional

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.handoff.callback import DONE, ENDED, OFFER, STOPPED, Form
from rasa_project.storage.tables import CallbackRow

# Made once, as it is asked in every turn.
_OPEN = (
    sa.select(CallbackRow)
    .where(CallbackRow.conversation == sa.bindparam("conversation"), CallbackRow.step.not_in(ENDED))
    .order_by(CallbackRow.id.desc())
    .limit(1)
    .execution_options(populate_existing=True)
)


class StoredForm(NamedTuple):
    """An open request.

    Attributes:
        id: Of its row.
        form: What is filled in.
        created_at: When it was begun.
    """

    id: int
    form: Form
    created_at: datetime


def open_form(session: Session, conversation: str) -> Optional[StoredForm]:
    """The request of a conversation that is being filled in, or None."""
    row = session.execute(_OPEN, {"conversation": conversation}).scalar_one_or_none()
    if row is None:
        return None
    form = Form(row.step, row.misses, row.name, row.contact, row.moment)
    return StoredForm(row.id, form, row.created_at)


def begin(session: Session, conversation: str, form: Form, why: str, now: datetime) -> None:
    """Begin a request; one that was open is stopped."""
    stop(session, conversation, now)
    row = CallbackRow(conversation=conversation, created_at=now, why=why)
    session.add(row)
    _write(row, form, now)
    session.flush()


def save(session: Session, stored: StoredForm, form: Form, now: datetime) -> None:
    """Keep what a message added. What is stopped is emptied."""
    row = session.get(CallbackRow, stored.id)
    if row is not None:
        _write(row, form, now)
        session.flush()


def stop(session: Session, conversation: str, now: datetime) -> bool:
    """Stop and empty what was being filled in; True when there was something more than an offer."""
    stored = open_form(session, conversation)
    if stored is None:
        return False
    save(session, stored, Form(step=STOPPED), now)
    return stored.form.step != OFFER


def _write(row: CallbackRow, form: Form, now: datetime) -> None:
    row.step, row.misses = form.step, form.misses
    row.name, row.contact, row.moment = form.name, form.contact, form.moment
    if not form.is_open:
        row.finished_at = now
    if form.step == DONE:
        row.consent_at = now
