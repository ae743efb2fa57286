"""A conversation as a text file that a patient may keep. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterable, List, Mapping
from zoneinfo import ZoneInfo

from rasa_project.conversation.events import MESSAGE, PATIENT, SYSTEM, THERAPIST

_CHANNELS = ("intro", "tg-")
FILE_NAME = "gesprek-rug.txt"
# Dutch and Belgian clocks tell the same time.
_ZONE = ZoneInfo("Europe/Amsterdam")


def transcript(events: Iterable[Mapping[str, Any]], heading: str) -> str:
    """All that was said, oldest first.

    Args:
        events: As :func:`rasa_project.conversation.events.shown` makes them.
        heading: What stands above it.
    """
    blocks = [heading]
    for event in events:
        said = _said(event)
        if said:
            at = datetime.fromisoformat(event["at"]).astimezone(_ZONE)
            blocks.append(f"[{at:%d-%m-%Y %H:%M}] {_who(event)}:\n{said}")
    return "\n\n".join(blocks) + "\n"


def _who(event: Mapping[str, Any]) -> str:
    if event["author"] == THERAPIST:
        return str(event["name"])
    return "Jij" if event["author"] == PATIENT else "Assistent"


def _is_of_the_channel(event: Mapping[str, Any]) -> bool:
    """The introduction, and what it says about this file or about erasing."""
    return event["author"] == SYSTEM and str(event["client_id"] or "").startswith(_CHANNELS)


def _said(event: Mapping[str, Any]) -> str:
    if event["kind"] != MESSAGE or _is_of_the_channel(event):
        return ""
    texts: List[str] = [event["text"] or "", *(part["text"] for part in event["parts"])]
    return "\n\n".join(text.strip() for text in texts if text.strip())
