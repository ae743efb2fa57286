"""Everything that is kept of one conversation, for the patient whose it is (AVG art. 15, 20).

What colleagues note for each other is left out: whether a patient may read that is for the
practice to decide (docs/privacy.md).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Dict, List, Optional

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.conversation.events import JOINED, LEFT, MESSAGE, in_utc
from rasa_project.inbox.material import Event, Material, read_material
from rasa_project.inbox.summary import facts, slots_of
from rasa_project.privacy.consent import decisions
from rasa_project.settings import current_practice
from rasa_project.storage.engine import session_for
from rasa_project.storage.rasa_events import facts_and_replies
from rasa_project.storage.tables import (
    CallbackRow,
    ConversationRow,
    ExternalConversationRow,
    NotificationRow,
    TelegramChatRow,
)

FORM = "ruggesteun-gesprek-1"


def own_data(database_url: str, conversation: str, now: datetime) -> Dict[str, Any]:
    """All of it as plain data, ready for JSON.

    Args:
        database_url: SQLAlchemy URL.
        conversation: Whose it is was checked by the caller.
        now: The moment that is written on it.

    Raises:
        ConversationGone: There is no such conversation.
        StorageError: The database can't be read.
    """
    material = read_material(database_url, conversation)
    practice = current_practice()
    with session_for(database_url) as session:
        return {
            "form": FORM,
            "made_at": _at(now),
            "practice": {"name": practice.name, "phone": practice.phone},
            "retention_days": {
                "usual": practice.retention.days,
                "with_a_human": practice.retention.days_with_hand_off,
            },
            "conversation": _conversation(session, conversation, material),
            "consent": [
                {
                    "at": _at(in_utc(row.decided_at)),
                    "given": row.given,
                    "text_version": row.version,
                    "channel": row.channel,
                }
                for row in decisions(session, conversation)
            ],
            "messages": [_message(e) for e in material.events if e.kind in (MESSAGE, JOINED, LEFT)],
            "call_back_requests": _callbacks(session, conversation),
            "noted": {
                "in_words": [
                    {"what": line.label, "value": line.value}
                    for line in facts(slots_of(material.turns))
                ],
                "slots": {
                    name: value
                    for name, value in slots_of(material.turns).items()
                    if value is not None
                },
                "understood": _understood(session, conversation),
            },
            "alarm_signs": [
                {
                    "at": _at(flag.at),
                    "flag": flag.flag,
                    "rule": flag.sign,
                    "urgency": flag.urgency,
                    "shown": flag.shown,
                }
                for flag in material.flags
            ],
            "who_had_it": [
                {
                    "at": _at(change.at),
                    "from": change.before,
                    "to": change.after,
                    "by": change.by or change.actor,
                    "who": change.owner,
                    "why": change.why,
                }
                for change in material.changes
            ],
            "told_to_the_practice": _notifications(session, conversation),
            "left_out": ["notes of colleagues for each other: ask the practice"],
        }


def as_json(data: Dict[str, Any]) -> str:
    """The data as a file."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _at(moment: Optional[datetime]) -> Optional[str]:
    return None if moment is None else in_utc(moment).isoformat(timespec="seconds")


def _conversation(session: Session, conversation: str, material: Material) -> Dict[str, Any]:
    row = session.get(ConversationRow, conversation)
    chat = session.get(TelegramChatRow, conversation)
    external = session.get(ExternalConversationRow, conversation)
    return {
        "name": conversation,
        "channel": material.channel,
        "begun_at": _at(material.created_at),
        "last_used_at": _at(row.last_used_at) if row is not None else None,
        "state": material.ownership.state.value,
        "urgency": material.ownership.urgency.value,
        "telegram_chat": chat.chat if chat is not None else None,
        "also_in": external.tool if external is not None else None,
    }


def _message(event: Event) -> Dict[str, Any]:
    parts = event.content.get("parts") or []
    found: Dict[str, Any] = {
        "at": _at(event.at),
        "author": event.author,
        "kind": event.kind,
        "text": event.text,
    }
    if event.name:
        found["name"] = event.name
    buttons = [button["title"] for part in parts for button in part.get("buttons") or []]
    if buttons:
        found["buttons"] = buttons
    if event.content.get("topics"):
        found["topics"] = event.content["topics"]
    if event.content.get("alarm"):
        found["alarm"] = event.content["alarm"]
    if event.useful is not None:
        found["found_useful"] = event.useful
    return found


def _callbacks(session: Session, conversation: str) -> List[Dict[str, Any]]:
    query = (
        sa.select(CallbackRow)
        .where(CallbackRow.conversation == conversation)
        .order_by(CallbackRow.id)
    )
    return [
        {
            "asked_at": _at(row.created_at),
            "step": row.step,
            "name": row.name,
            "contact": row.contact,
            "moment": row.moment,
            "why": row.why,
            "consent_at": _at(row.consent_at),
            "handled_at": _at(row.handled_at),
        }
        for row in session.execute(query).scalars()
    ]


def _understood(session: Session, conversation: str) -> List[Dict[str, Any]]:
    """What the assistant took each message for."""
    found = []
    for data in facts_and_replies(session, conversation):
        event = json.loads(data)
        if event.get("event") != "user":
            continue
        intent = (event.get("parse_data") or {}).get("intent") or {}
        found.append(
            {
                "message": event.get("text"),
                "topic": intent.get("name"),
                "sureness": intent.get("confidence"),
            }
        )
    return found


def _notifications(session: Session, conversation: str) -> List[Dict[str, Any]]:
    query = (
        sa.select(NotificationRow)
        .where(NotificationRow.conversation == conversation)
        .order_by(NotificationRow.id)
    )
    return [
        {
            "at": _at(row.created_at),
            "kind": row.kind,
            "way": row.way,
            "sent_at": _at(row.sent_at),
        }
        for row in session.execute(query).scalars()
    ]
