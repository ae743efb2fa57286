"""What decides what a patient may expect, read from the database and the clock."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project import clock
from rasa_project.conversation.events import in_utc
from rasa_project.conversation.states import Ownership, State
from rasa_project.handoff.expectations import (
    Circumstances,
    counts_as_open,
    place_in_line,
    who_comes,
)
from rasa_project.handoff.presence import people_present
from rasa_project.redflags.urgency import urgency_from
from rasa_project.settings import current_practice, read_settings
from rasa_project.storage.tables import ConversationRow


def circumstances(session: Session, of: Ownership, now: datetime) -> Circumstances:
    """How things stand for one conversation, by the practice's hours.

    Args:
        session: The caller's.
        of: The conversation; one that doesn't wait is counted as if it began now.
        now: The real time; the hours go by the assistant's own clock.
    """
    rows = ConversationRow
    query = sa.select(rows.id, rows.urgency, rows.waiting_since).where(
        rows.state == State.WAITING.value
    )
    waiting = [
        (urgency_from(row.urgency), in_utc(row.waiting_since), row.id)
        for row in session.execute(query)
        if row.waiting_since is not None
    ]
    names = [person.name for person in people_present(session, now)]
    if not names and read_settings().chatwoot is not None:
        # Who is there, only the practice's own tool knows.
        names = [who_comes(())]
    return Circumstances(
        is_open=counts_as_open(current_practice(), clock.now()),
        present=names,
        ahead=place_in_line((of.urgency, of.waiting_since or now, of.conversation), waiting),
        urgency=of.urgency,
    )
