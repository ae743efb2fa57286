"""Which websites may talk to the chat. Pure."""

from __future__ import annotations

import re
from typing import Collection, Dict, NamedTuple, Optional
from urllib.parse import urlsplit

_PAGE = re.compile(r"https?://[^\s/]+")
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "authorization, content-type, last-event-id",
    "Access-Control-Max-Age": "600",
}


class Decision(NamedTuple):
    """What a browser on some page is told.

    Attributes:
        allowed: Whether the request is served.
        headers: What the response must carry.
    """

    allowed: bool
    headers: Dict[str, str]


def decide(
    origin: Optional[str],
    host: Optional[str],
    websites: Collection[str],
    is_preflight: bool = False,
) -> Decision:
    """Whether a page may call the chat.

    Args:
        origin: The ``Origin`` header; browsers leave it away on a page of our own.
        host: The ``Host`` header. What a proxy adds about the host is not believed.
        websites: The origins that the practice allows.
        is_preflight: Whether the browser only asks what it may do.
    """
    # Caches must not give one website's answer to another.
    headers = {"Vary": "Origin"}
    if origin is None:
        return Decision(True, headers)
    if not _is_own(origin, host) and origin.lower() not in websites:
        if not is_preflight and _PAGE.fullmatch(origin):
            # The page may read that it is refused, so that the patient does.
            headers["Access-Control-Allow-Origin"] = origin
        return Decision(False, headers)
    headers["Access-Control-Allow-Origin"] = origin
    return Decision(True, {**headers, **_PREFLIGHT} if is_preflight else headers)


def _is_own(origin: str, host: Optional[str]) -> bool:
    try:
        netloc = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(netloc) and netloc.lower() == (host or "").lower()
