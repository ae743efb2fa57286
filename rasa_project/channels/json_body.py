"""Read a JSON request body strictly. No Rasa."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

MAX_BODY_BYTES = 256 * 1024


class BadRequest(ValueError):
    """The request can't be used; the text says why."""


class TooLarge(BadRequest):
    """The body is larger than we read."""


def json_body(body: bytes, most: int = MAX_BODY_BYTES) -> Dict[str, Any]:
    """The body as an object.

    Args:
        body: As it came in.
        most: How many bytes are read.

    Raises:
        TooLarge: It is larger than that.
        BadRequest: Not JSON, or not an object.
    """
    if len(body) > most:
        raise TooLarge(f"the body is larger than {most} bytes")
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON in UTF-8") from None
    if not isinstance(data, dict):
        raise BadRequest("the body must be a JSON object")
    return data


def text_field(body: Dict[str, Any], name: str, most: Optional[int] = None) -> str:
    """A field that must be a string.

    Raises:
        BadRequest: It is missing, no string, or longer than ``most`` characters.
    """
    value = body.get(name)
    if not isinstance(value, str):
        raise BadRequest(f"`{name}` must be a string")
    if most is not None and len(value) > most:
        raise BadRequest(f"`{name}` is longer than {most} characters")
    return value
