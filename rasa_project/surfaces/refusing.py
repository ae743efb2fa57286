"""What is answered to who asks too much: a sentence with the practice's number, and alarms."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Dict, Optional

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels import website_errors
from rasa_project.channels.json_body import BadRequest, json_body
from rasa_project.channels.typed_text import storable
from rasa_project.conversation.texts import filled, texts
from rasa_project.inbox.access import CALL, PAGE
from rasa_project.inbox.guard import refusal
from rasa_project.surfaces.address_limits import AddressLimits, kind_of

_PAGES = ("pages", "others", "webhooks")


def limit_addresses(app: Sanic, limits: AddressLimits) -> None:
    """Refuse who asks too much, before anything else is done for them."""

    async def refuse(request: Request) -> Optional[HTTPResponse]:
        seconds = limits.wait_for(request)
        return await too_much(request, seconds) if seconds else None

    app.register_middleware(refuse, "request")


async def too_much(request: Request, seconds: int) -> HTTPResponse:
    """The answer, in the form in which such a request is answered.

    Args:
        request: The request.
        seconds: Until when the caller should wait.
    """
    kind = kind_of(request.method, request.path)
    if kind in ("inbox", "logins"):
        wants_json = "application/json" in request.headers.get("accept", "")
        answer = refusal(request, CALL if wants_json else PAGE, 429)
    elif kind in _PAGES:
        answer = response.text(filled(texts().website.too_many), 429)
    else:
        body: Dict[str, Any] = website_errors.error_body(website_errors.TOO_MANY)
        if kind == "messages":
            body.update(await asyncio.to_thread(_alarm_in, request.body))
        answer = response.json(body, 429, dumps=json.dumps)
    answer.headers["Retry-After"] = str(seconds)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _alarm_in(body: bytes) -> Dict[str, Any]:
    """The alarm text that a message calls for although it is refused."""
    try:
        text = json_body(body).get("text")
    except BadRequest:
        return {}
    return website_errors.alarm_about(storable(text)) if isinstance(text, str) else {}
