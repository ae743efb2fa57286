"""Find words in what was said, the same on every database."""

from __future__ import annotations

import unicodedata
from typing import Any, Iterator, List, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.conversation.events import MESSAGE
from rasa_project.storage.tables import ConversationEventRow

MOST_CHARACTERS = 100
MOST_CONVERSATIONS = 500
# How many messages are looked at closely; beyond that the oldest aren't found.
MOST_MESSAGES = 20_000


def folded(text: str) -> str:
    """A text in which capitals, accents and white space make no difference."""
    # A Turkish i without a dot becomes a capital I like any other.
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def texts_in(content: Mapping[str, Any]) -> Iterator[str]:
    """What somebody reads of a message: not its topics or payloads."""
    if content.get("text"):
        yield str(content["text"])
    for part in content.get("parts") or []:
        if part.get("text"):
            yield str(part["text"])


def conversations_with(session: Session, words: str) -> List[str]:
    """The conversations in which something was said, the newest first.

    The database sifts out what can't match; what is left is read here, because databases
    don't agree on what a capital é is, and JSON writes it in its own way.
    """
    sought = folded(words[:MOST_CHARACTERS])
    if not sought:
        return []
    table = ConversationEventRow
    query = (
        sa.select(table.conversation, table.content)
        .where(
            table.kind == MESSAGE,
            sa.func.lower(sa.cast(table.content, sa.Text)).like(_pattern(words), escape="\\"),
        )
        .order_by(table.id.desc())
        .limit(MOST_MESSAGES)
    )
    found: List[str] = []
    known = set()
    for conversation, content in session.execute(query):
        if conversation in known:
            continue
        if any(sought in folded(text) for text in texts_in(content)):
            known.add(conversation)
            found.append(conversation)
            if len(found) >= MOST_CONVERSATIONS:
                break
    return found


def _pattern(words: str) -> str:
    """For LIKE: letters and digits of ASCII as they are, anything may stand for the rest.

    A letter may carry an accent in the message ("cafe" finds "café"), which JSON writes
    as an escape; so vowels and the like are left open too.
    """
    kept = "".join(c if c in _SURE else "%" for c in words[:MOST_CHARACTERS].lower().strip())
    return f"%{kept}%"


# Letters that carry no accent in the languages of our patients, and digits.
_SURE = frozenset("bdfghjklmpqrtvwx0123456789")
