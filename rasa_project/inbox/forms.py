"""Read a form strictly. No Rasa, no Sanic."""

from __future__ import annotations

from typing import Dict
from urllib.parse import parse_qsl

from rasa_project.channels.json_body import BadRequest, TooLarge

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 50


def form_fields(body: bytes, content_type: str, most: int) -> Dict[str, str]:
    """The fields of a form; each may stand in it once.

    Args:
        body: As it came in.
        content_type: The header of that name.
        most: How many bytes are read.

    Raises:
        TooLarge: It is larger than that.
        BadRequest: No form, not in UTF-8, or a field stands in it twice.
    """
    if len(body) > most:
        raise TooLarge(f"the form is larger than {most} bytes")
    if body and content_type.partition(";")[0].strip().lower() != FORM:
        raise BadRequest("this is no form")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise BadRequest("the form can't be read") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadRequest("a field stands in the form twice")
    if any("\0" in text for pair in pairs for text in pair):
        raise BadRequest("the form holds a character that can't be stored")
    # Browsers send the lines of a text in the way of an old network protocol.
    return {name: value.replace("\r\n", "\n") for name, value in fields.items()}
