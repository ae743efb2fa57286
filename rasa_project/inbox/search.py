"""Find words in what was said. The database holds it encrypted, so it is read here."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Iterator, List, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from rasa_project.conversation.events import MESSAGE
from rasa_project.storage.keyring import sealer
from rasa_project.storage.tables import ConversationEventRow, ConversationRow

MOST_CHARACTERS = 100
MOST_CONVERSATIONS = 500
# How many messages are decrypted for one search, half a second's work; older ones aren't found.
MOST_MESSAGES = 10_000


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


def conversations_with(session: Session, words: str, among: Sequence[Any] = ()) -> List[str]:
    """The conversations in which something was said, the newest first.

    Args:
        session: The caller's.
        words: What is sought.
        among: Conditions on conversations; only the messages of these are looked at.
    """
    sought = folded(words[:MOST_CHARACTERS])
    if not sought:
        return []
    # By another name: the conditions look at events too.
    table = aliased(ConversationEventRow)
    query = (
        # Not decrypted yet: only what must be.
        sa.select(table.conversation, sa.type_coerce(table.content, sa.Text))
        .where(
            table.kind == MESSAGE,
            table.conversation.in_(sa.select(ConversationRow.id).where(*among)),
        )
        .order_by(table.id.desc())
        .limit(MOST_MESSAGES)
    )
    found: List[str] = []
    known = set()
    opened = sealer().open
    for conversation, stored in session.execute(query):
        if conversation in known:
            continue
        if any(sought in folded(text) for text in texts_in(json.loads(opened(stored)))):
            known.add(conversation)
            found.append(conversation)
            if len(found) >= MOST_CONVERSATIONS:
                break
    return found
