"""A practice's own Chatwoot. Silent without settings (docs/chatwoot.md)."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Dict, List, Optional, Text

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.json_body import BadRequest, json_body
from rasa_project.channels.turns import OnNewMessage
from rasa_project.conversation.hub import hub
from rasa_project.errors import StorageError
from rasa_project.handoff.chatwoot import NAME, Chatwoot
from rasa_project.handoff.external_bridge import Bridge
from rasa_project.inbox.export_pages import text_for_tool
from rasa_project.settings import Settings, read_settings
from rasa_project.workers.leases import alone, process_leases

logger = logging.getLogger(__name__)
SIGNATURE, TIMESTAMP = "X-Chatwoot-Signature", "X-Chatwoot-Timestamp"


class ChatwootInput(InputChannel):
    """Serves /webhooks/chatwoot/<secret>; nothing goes to Rasa from here."""

    @classmethod
    def name(cls) -> Text:
        """Part of the address: /webhooks/chatwoot."""
        return NAME

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "ChatwootInput":
        """Needs none: they are settings (Rasa's interface)."""
        return cls()

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """The routes (Rasa's interface)."""
        return blueprint_of(read_settings())


def blueprint_of(settings: Settings) -> Blueprint:
    """The webhook, and what runs beside it; empty when there is no Chatwoot."""
    routes = Blueprint(NAME)
    if settings.chatwoot is None:
        return routes
    tool = Chatwoot(settings.chatwoot)
    bridge = Bridge(settings.database_url, tool, text_for_tool, hub)
    tasks: List["asyncio.Task[None]"] = []

    @routes.listener("after_server_start")
    async def begin(_app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        tasks.append(loop.create_task(alone(NAME, process_leases(), bridge.run)))

    @routes.listener("before_server_stop")
    async def end(_app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await tool.stop()

    @routes.route("/<secret>", methods=["POST"])
    async def take(request: Request, secret: str) -> HTTPResponse:
        # Whoever doesn't know the secret learns nothing, not even that this is here.
        if not tool.is_secret(secret) or not tool.is_genuine(
            request.headers.get(SIGNATURE),
            request.headers.get(TIMESTAMP),
            request.body,
            time.time(),
        ):
            return response.json({"error": "not found"}, status=404)
        try:
            await tool.receive(json_body(request.body))
        except BadRequest:
            return response.empty(400)
        except StorageError as error:
            logger.error("What somebody wrote in Chatwoot can't be stored now: %s", error)
            return response.empty(503)
        return response.empty(200)

    return routes
