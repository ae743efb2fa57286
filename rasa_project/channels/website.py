"""The page on which a patient can chat, and what it talks to."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path
from typing import Any, Dict, Optional, Text

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project import clock
from rasa_project.channels.json_body import BadRequest, json_body, text_field
from rasa_project.channels.turns import OnNewMessage, Turns
from rasa_project.conversation.texts import filled, texts
from rasa_project.handoff.opening_hours import open_now_in_words
from rasa_project.settings import current_practice

WEB = Path(__file__).resolve().parent.parent / "web"
ADDRESS = "/chat"
_FILES = {
    "chat.css": "text/css; charset=utf-8",
    "chat.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_TOKEN = re.compile(r"^[A-Za-z0-9_-]{43}$")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def conversation_of(token: str) -> str:
    """The conversation behind a token; the token itself is stored nowhere.

    Raises:
        BadRequest: It is not a token that we gave out.
    """
    if not _TOKEN.match(token):
        raise BadRequest("unknown token")
    return "web:" + hashlib.sha256(token.encode()).hexdigest()[:40]


class WebsiteInput(InputChannel):
    """Serves /chat."""

    @classmethod
    def name(cls) -> Text:
        """Stored with each message."""
        return "website"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "WebsiteInput":
        """Needs no credentials (Rasa's interface)."""
        return cls()

    def url_prefix(self) -> Text:
        """A short address of its own, outside Rasa's /webhooks."""
        return ADDRESS

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """The routes (Rasa's interface)."""
        routes = Blueprint("website")
        turns = Turns(on_new_message, self.name())

        @routes.route("", methods=["GET"])
        async def page(_request: Request) -> HTTPResponse:
            return await response.file(
                WEB / "chat.html", mime_type="text/html; charset=utf-8", headers=_HEADERS
            )

        @routes.route("/<name>", methods=["GET"])
        async def part(_request: Request, name: str) -> HTTPResponse:
            if name == "session":
                return response.json(_session(), headers=_HEADERS)
            if name not in _FILES:
                return response.json({"error": "not found"}, status=404)
            return await response.file(WEB / name, mime_type=_FILES[name], headers=_HEADERS)

        @routes.route("/message", methods=["POST"])
        async def message(request: Request) -> HTTPResponse:
            try:
                body = json_body(request.body)
                conversation = conversation_of(text_field(body, "token"))
                text = text_field(body, "message")
            except BadRequest:
                error = filled(texts().bad_request)
                return response.json({"error": error}, status=400, headers=_HEADERS)
            reply = await turns.run(text, conversation)
            return response.json({"messages": reply}, headers=_HEADERS)

        return routes


def _session() -> Dict[str, Any]:
    practice = current_practice()
    return {
        "token": secrets.token_urlsafe(32),
        "practice": {
            "name": practice.name,
            "phone": practice.phone,
            "open_now": open_now_in_words(practice, clock.now()),
        },
    }
