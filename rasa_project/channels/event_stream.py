"""The frames of a stream of events, as browsers read them (server-sent events). Pure."""

from __future__ import annotations

import json
from typing import Any, Mapping, Optional

from rasa_project.channels.json_body import BadRequest

CONTENT_TYPE = "text/event-stream; charset=utf-8"
# The first shows the browser at once that the stream comes through; the others keep
# proxies from closing it.
OPENING = b": ruggesteun\n\n"
PING = b": ping\n\n"
_MOST_DIGITS = 18


def frame(event: str, data: Mapping[str, Any], number: Optional[int] = None) -> bytes:
    """One frame.

    Args:
        event: Its type.
        data: What it holds.
        number: Its id; the browser names the last one when it comes back.
    """
    head = f"id: {number}\n" if number is not None else ""
    # In JSON every newline of a text is escaped, so the data is one line.
    return f"{head}event: {event}\ndata: {json.dumps(data)}\n\n".encode("ascii")


def last_seen(text: Optional[str]) -> int:
    """The number of the last event that a browser has, 0 when it has none.

    Raises:
        BadRequest: It is not a number.
    """
    if text is None or not text.strip():
        return 0
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        raise BadRequest("the last event's id must be a whole number")
    return int(digits)
