"""Rasa's REST protocol with a guard in front.

Same address and form as Rasa's own channel: POST /webhooks/rest/webhook with
{"sender": ..., "message": ...} gives a list of messages. Malformed requests get a 4xx
with a reason; a fault inside gets a sentence for the patient, never an empty list.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Text

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.json_body import BadRequest, json_body, text_field
from rasa_project.channels.turns import OnNewMessage, Turns
from rasa_project.settings import read_settings
from rasa_project.surfaces.rest_channel import may_trust_senders

MAX_SENDER_CHARACTERS = 200


class GuardedRestInput(InputChannel):
    """The ``rest`` channel for measuring and developing; trusts any sender id."""

    @classmethod
    def name(cls) -> Text:
        """Part of the address: /webhooks/rest."""
        return "rest"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "GuardedRestInput":
        """Needs no credentials (Rasa's interface)."""
        return cls()

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """The routes (Rasa's interface)."""
        routes = Blueprint("guarded_rest")
        if not may_trust_senders(read_settings()):
            # Also for who starts with `rasa run`.
            return routes
        turns = Turns(on_new_message, self.name())

        @routes.route("/", methods=["GET"])
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            try:
                body = json_body(request.body)
                sender = text_field(body, "sender", MAX_SENDER_CHARACTERS).strip()
                message = text_field(body, "message")
                # A NUL or a lone surrogate can be sent in JSON, but not stored.
                if not sender or not sender.isprintable():
                    raise BadRequest("`sender` must be readable text")
            except BadRequest as error:
                return response.json({"error": str(error)}, status=400)
            reply = await turns.run(message, sender)
            return response.json([{"recipient_id": sender, **part} for part in reply])

        return routes
