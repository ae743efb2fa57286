"""What a practice's own tool is shown of a conversation. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Iterable, Iterator, List, Mapping, Sequence

from rasa_project.conversation.events import MESSAGE, PATIENT
from rasa_project.handoff.external import Post
from rasa_project.inbox.material import Event, Flag
from rasa_project.inbox.texts import InboxTexts
from rasa_project.inbox.transcript import item, plain

# Well below what Chatwoot takes in one message (150,000), and readable.
MOST_SIGNS = 8_000


def mark_of(conversation: str) -> str:
    """Our name for a patient in the tool; it tells nothing, and opens nothing."""
    return "rug-" + hashlib.sha256(conversation.encode()).hexdigest()[:24]


def name_of(conversation: str, channel: str) -> str:
    """What people in the tool see as the patient's name: as in our own inbox."""
    return f"Patiënt {conversation[-4:].upper()} ({channel})"


def before(events: Sequence[Event], since: datetime) -> List[Event]:
    """What was said before the patient's last message when they began to wait.

    That message is shown by itself: it is what somebody has to answer.
    """
    earlier = [event for event in events if event.at < since]
    last = max((event.id for event in earlier if _is_of_patient(event)), default=0)
    return [event for event in earlier if event.id < last] if last else earlier


def _is_of_patient(event: Event) -> bool:
    return event.author == PATIENT and event.kind == MESSAGE


def notes(text: str, mark: str) -> List[Post]:
    """A long text as notes, cut between paragraphs where that can be."""
    return [
        Post(f"{mark}-{number}", part) for number, part in enumerate(_parts(text, MOST_SIGNS), 1)
    ]


def _parts(text: str, most: int) -> Iterator[str]:
    rest = text.strip()
    while len(rest) > most:
        cut = rest.rfind("\n\n", 1, most)
        cut = cut if cut > 0 else most
        yield rest[:cut].strip()
        rest = rest[cut:].strip()
    if rest:
        yield rest


def posts(
    events: Iterable[Event],
    flags: Mapping[int, Sequence[Flag]],
    texts: InboxTexts,
    now: datetime,
    own: str,
) -> Iterator[tuple[int, List[Post]]]:
    """Each event with what the tool is shown of it, which may be nothing.

    Args:
        events: In order.
        flags: By the event of the message that they were found in.
        texts: The words.
        now: This moment.
        own: How the client ids begin of what was written in the tool itself.
    """
    for event in events:
        yield event.id, list(_posts(event, flags.get(event.id, ()), texts, now, own))


def _posts(
    event: Event, flags: Sequence[Flag], texts: InboxTexts, now: datetime, own: str
) -> Iterator[Post]:
    if (event.client_id or "").startswith(own):
        return
    shown = item(event, flags, texts, now)
    text = plain(shown).strip()
    mark = f"event-{event.id}"
    if _is_of_patient(event):
        yield Post(mark, text, by_patient=True)
    elif shown["kind"] == "message" and text:
        yield Post(mark, f"{shown['who']}: {text}")
    elif shown["kind"] == "line" and text:
        yield Post(mark, text)
    if shown["signs"]:
        yield Post(f"{mark}-signs", _signs(shown["signs"]))


def _signs(signs: Sequence[Mapping[str, Any]]) -> str:
    named = "; ".join(f"{sign['name']} ({sign['level']})" for sign in signs)
    return f"Alarmteken: {named}"
