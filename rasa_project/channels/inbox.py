"""The inbox of the practice: serves /inbox. Patients are never here."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, List, Optional, Text

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic

from rasa_project.channels.turns import OnNewMessage
from rasa_project.conversation.hub import hub
from rasa_project.conversation.push import Watcher
from rasa_project.handoff.notifications import Notifier
from rasa_project.inbox.guard import Guard
from rasa_project.inbox.routes import all_routes
from rasa_project.inbox.services import Inbox, inbox_for
from rasa_project.settings import Settings, read_settings
from rasa_project.workers.leases import alone, process_leases


class InboxInput(InputChannel):
    """Nothing goes to Rasa from here; as a channel it is served by Rasa's server."""

    @classmethod
    def name(cls) -> Text:
        """Of the channel."""
        return "inbox"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "InboxInput":
        """Needs none: accounts stand in the database (Rasa's interface)."""
        return cls()

    def url_prefix(self) -> Text:
        """A short address of its own, outside Rasa's /webhooks."""
        return "/inbox"

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """The routes (Rasa's interface)."""
        settings = read_settings()
        blueprint = blueprint_of(inbox_for(settings.database_url, settings.proxies))
        _notify_beside(blueprint, settings)
        return blueprint


def _notify_beside(blueprint: Blueprint, settings: Settings) -> None:
    """Tell people of the practice by mail and Telegram, as long as the server runs."""
    tasks: List["asyncio.Task[None]"] = []

    @blueprint.listener("after_server_start")
    async def begin_telling(_app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        telling = alone("notifications", process_leases(), lambda: Notifier(settings, hub).run())
        tasks.append(loop.create_task(telling))

    @blueprint.listener("before_server_stop")
    async def stop_telling(_app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def blueprint_of(inbox: Inbox) -> Blueprint:
    """The routes of an inbox, and what runs beside them."""
    blueprint = Blueprint("inbox")
    Guard(inbox, all_routes(inbox)).add_to(blueprint)

    @blueprint.listener("after_server_start")
    async def begin_watching(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        hub.join(inbox.push, staff=True)
        app.ctx.inbox_watcher = loop.create_task(Watcher(inbox.log, inbox.push).run())

    @blueprint.listener("before_server_stop")
    async def let_everybody_go(app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        hub.leave(inbox.push)
        inbox.push.close()
        app.ctx.inbox_watcher.cancel()

    return blueprint
