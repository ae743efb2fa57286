"""The channel on Telegram. Silent without a token."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Dict, Optional, Text

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.json_body import BadRequest, json_body
from rasa_project.channels.telegram_bot import WRONG_TOKEN, TelegramBot
from rasa_project.channels.telegram_names import Names
from rasa_project.channels.telegram_updates import update_id
from rasa_project.channels.turns import OnNewMessage, Turns
from rasa_project.errors import StorageError
from rasa_project.settings import read_settings
from rasa_project.workers.claims import turn_claims
from rasa_project.workers.leases import process_leases

logger = logging.getLogger(__name__)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105


class TelegramInput(InputChannel):
    """Talks with Telegram, and serves /webhooks/telegram when a webhook is set."""

    @classmethod
    def name(cls) -> Text:
        """Part of the address: /webhooks/telegram."""
        return "telegram"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "TelegramInput":
        """Needs none: the token is a setting (Rasa's interface)."""
        return cls()

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """The routes (Rasa's interface)."""
        routes = Blueprint("telegram")
        settings = read_settings()
        if not settings.telegram_token:
            return routes
        if not Names(settings.telegram_token).is_possible:
            logger.error(WRONG_TOKEN)
            return routes
        turns = Turns(on_new_message, self.name())
        bots: Dict[str, TelegramBot] = {}

        @routes.listener("after_server_start")
        async def begin(_app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
            bots["bot"] = TelegramBot(settings, turns, turns.run, turn_claims(), process_leases())
            bots["bot"].start()

        @routes.listener("before_server_stop")
        async def end(_app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
            await bots.pop("bot").stop()

        if settings.telegram_webhook:

            @routes.route(f"/{Names(settings.telegram_token).webhook_path}", methods=["POST"])
            async def take(request: Request) -> HTTPResponse:
                return await _take(bots.get("bot"), request)

        return routes


async def _take(bot: Optional[TelegramBot], request: Request) -> HTTPResponse:
    if bot is None:
        return response.empty(503)
    if not bot.names.is_webhook_secret(request.headers.get(SECRET_HEADER, "")):
        return response.empty(403)
    try:
        body = json_body(request.body)
    except BadRequest:
        return response.empty(400)
    if update_id(body) is None:
        return response.empty(400)
    try:
        # It is stored before it is confirmed, and answered after that.
        await bot.take(body)
    except StorageError as error:
        logger.error("A message from Telegram can't be stored now: %s", error)
        # Telegram sends it again.
        return response.empty(503)
    return response.empty(200)
