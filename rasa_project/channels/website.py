"""The chat on a website: its pages, its files, and what it talks to."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Dict, Optional, Text

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.turns import OnNewMessage, Turns
from rasa_project.channels.website_api import WebsiteApi
from rasa_project.channels.website_errors import UNAVAILABLE, alarm_in, error_body
from rasa_project.channels.website_files import PAGE_HEADERS, WebFiles
from rasa_project.conversation.answering import Answering
from rasa_project.conversation.hub import hub
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.push import Push, Watcher
from rasa_project.conversation.router import Router
from rasa_project.settings import current_practice, read_settings
from rasa_project.workers.claims import turn_claims
from rasa_project.workers.leases import alone, process_leases
from rasa_project.workers.leftovers import Leftovers, keep_answering

ADDRESS = "/chat"
_PAGES = {"": "chat", "demo": "demo", "embed": "embed"}


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
        files = WebFiles()
        turns = Turns(on_new_message, self.name())
        database_url = read_settings().database_url
        log, router = ConversationLog(database_url), Router(database_url)
        push = Push(hub)
        answering = Answering(log, push, turns.run, _as_trouble, router, turn_claims())
        api = WebsiteApi(
            self.name(), ADDRESS, turns, log, push, answering, files, router, database_url
        )
        api.add_to(routes)

        @routes.route("", methods=["GET"])
        async def chat(_request: Request) -> HTTPResponse:
            return _page(files, "")

        @routes.route("/<name>", methods=["GET"])
        async def page_or_file(request: Request, name: str) -> HTTPResponse:
            return _page(files, name) if name in _PAGES else _file(files, request, name)

        @routes.listener("after_server_start")
        async def begin_watching(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            hub.join(push)
            app.ctx.website_tasks = [loop.create_task(Watcher(log, push).run())]
            leases = process_leases()
            # A patient's own stream asks for it as well, once it is back.
            look = partial(keep_answering, Leftovers(database_url, self.name()), answering.wake)
            left = alone("leftovers", leases, look) if leases is not None else look()
            app.ctx.website_tasks.append(loop.create_task(left))

        @routes.listener("before_server_stop")
        async def let_everybody_go(app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
            hub.leave(push)
            push.close()
            for task in app.ctx.website_tasks:
                task.cancel()
            api.stop()
            await answering.stop()

        return routes


def _as_trouble(content: Dict[str, Any]) -> Dict[str, Any]:
    return {**error_body(UNAVAILABLE), **alarm_in(content)}


def _page(files: WebFiles, name: str) -> HTTPResponse:
    page = files.page(_PAGES[name], current_practice())
    return _not_found() if page is None else response.html(page, headers=PAGE_HEADERS)


def _file(files: WebFiles, request: Request, name: str) -> HTTPResponse:
    file = files.file(name)
    if file is None:
        return _not_found()
    if file.is_known(request.headers.get("if-none-match")):
        return response.empty(304, headers=file.headers)
    return response.raw(file.content, headers=file.headers, content_type=file.mime_type)


def _not_found() -> HTTPResponse:
    return response.json({"error": "not found"}, status=404)
