"""One stream for each open page: the queue, and the conversation that is open beside it."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from typing import Any, Awaitable, Callable, Dict, List, Optional, Sequence, Tuple

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.event_stream import CONTENT_TYPE, OPENING, PING, frame, last_seen
from rasa_project.conversation.log import ConversationGone
from rasa_project.errors import StorageError
from rasa_project.inbox.access import CALL, Route, Visitor
from rasa_project.inbox.audit import READ
from rasa_project.inbox.context import Context
from rasa_project.inbox.listening import QUEUE
from rasa_project.inbox.material import new_events
from rasa_project.inbox.texts import inbox_texts
from rasa_project.inbox.transcript import is_shown, items
from rasa_project.inbox.views import panel_view, queue_view
from rasa_project.inbox.wanted import wanted_in

logger = logging.getLogger(__name__)
# How often an open page looks by itself: waiting times go on, and somebody may log out.
LOOK_SECONDS = 15.0
# What stands around the messages, and the queue, change at most so often.
CALM_SECONDS = 1.0
# Without it a proxy such as nginx would hold the stream back.
_STREAM_HEADERS = {"X-Accel-Buffering": "no"}
Send = Callable[[str, Dict[str, Any]], Awaitable[None]]


class Live:
    """Tells open pages what changes.

    Args:
        context: What all handlers share.
    """

    def __init__(self, context: Context):
        self._context = context

    def routes(self) -> Sequence[Route]:
        """Their part of the table."""
        return (
            Route("GET", "live", self.follow, kind=CALL, in_background=True),
            Route("POST", "open", self.is_open, kind=CALL, in_background=True),
            Route("GET", "gesprek/<conversation>/live", self.follow, kind=CALL, in_background=True),
        )

    async def follow(
        self, request: Request, visitor: Visitor, conversation: Optional[str] = None
    ) -> Optional[HTTPResponse]:
        """A stream, or for who can't have one what it would say at once."""
        if conversation is not None and self._context.read_now(visitor, conversation):
            await asyncio.to_thread(self._context.inbox.audit.record, READ, visitor, conversation)
        await self._context.seen(visitor)
        page = _OpenPage(self._context, request, visitor, conversation)
        if "text/event-stream" not in request.headers.get("accept", ""):
            return response.json({"frames": await page.once()}, dumps=json.dumps)
        if request.stream is not None:
            # A server that stops waits for connections that stay open.
            request.stream.keep_alive = False
        stream = await request.respond(content_type=CONTENT_TYPE, headers=_STREAM_HEADERS)
        await stream.send(OPENING)
        await page.stream(stream.send)
        return None

    async def is_open(self, _request: Request, visitor: Visitor) -> HTTPResponse:
        """A page says each minute that it is still open."""
        await self._context.seen(visitor)
        return response.empty()


class _OpenPage:
    """What one open page was told, and what it is to be told."""

    def __init__(
        self, context: Context, request: Request, visitor: Visitor, conversation: Optional[str]
    ):
        self._context = context
        self._visitor = visitor
        self._conversation = conversation
        self._after = last_seen(request.args.get("after"))
        self._wanted = wanted_in(request)
        self._told: Dict[str, str] = {}
        self._lock = asyncio.Lock()

    async def once(self) -> List[Tuple[str, Dict[str, Any]]]:
        """Everything that it is to be told now."""
        frames: List[Tuple[str, Dict[str, Any]]] = []

        async def keep(name: str, data: Dict[str, Any]) -> None:
            frames.append((name, data))

        if self._conversation is not None:
            await self._tell_messages(keep, self._conversation)
            await self._tell_panel(keep, self._conversation)
        await self._tell_queue(keep)
        await self._tell_presence(keep)
        return frames

    async def stream(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Tell it until it goes, its session ends or the server stops."""

        async def send(name: str, data: Dict[str, Any]) -> None:
            async with self._lock:
                await write(frame(name, data))

        async def ping() -> None:
            async with self._lock:
                await write(PING)

        tasks = [asyncio.ensure_future(self._follow_queue(send, ping))]
        if self._conversation is not None:
            tasks.append(asyncio.ensure_future(self._follow_messages(send, self._conversation)))
            tasks.append(asyncio.ensure_future(self._follow_panel(send, self._conversation)))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if isinstance(error, ConversationGone):
                    await send("gone", {})
                elif isinstance(error, StorageError):
                    logger.error("A stream of the inbox ended: %s", error)
                elif error is not None:
                    raise error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # ---- the two things that a page follows

    async def _follow_queue(self, send: Send, ping: Callable[[], Awaitable[None]]) -> None:
        push, sessions = self._context.push, self._context.inbox.sessions
        checked = 0.0
        with push.mailbox(QUEUE) as mailbox:
            while not push.closed:
                if time.monotonic() - checked > LOOK_SECONDS:
                    checked = time.monotonic()
                    if not await asyncio.to_thread(sessions.holds, self._visitor):
                        await send("logout", {})
                        return
                await self._tell_presence(send)
                if not await self._tell_queue(send, may_be_old=True):
                    # Something happened while it was read; look again in a moment.
                    mailbox.wake()
                if not await mailbox.changed(LOOK_SECONDS):
                    await ping()
                await asyncio.sleep(CALM_SECONDS)

    async def _follow_messages(self, send: Send, conversation: str) -> None:
        push = self._context.push
        typing: Optional[str] = None
        with push.mailbox(conversation) as mailbox:
            while not push.closed:
                await self._tell_messages(send, conversation)
                now_typing = push.typing(conversation)
                if now_typing != typing:
                    typing = now_typing
                    await send("typing", {"on": typing is not None})
                await mailbox.changed(LOOK_SECONDS)

    async def _follow_panel(self, send: Send, conversation: str) -> None:
        """What stands around the messages; messages don't wait for it."""
        push = self._context.push
        with push.mailbox(conversation) as mailbox:
            while not push.closed:
                await self._tell_panel(send, conversation)
                await mailbox.changed(LOOK_SECONDS)
                # Not all at once where many pages are open.
                await asyncio.sleep(CALM_SECONDS * random.uniform(0.4, 1.0))

    # ---- what it is told

    async def _tell_messages(self, send: Send, conversation: str) -> None:
        events, flags, last = await asyncio.to_thread(
            new_events, self._context.inbox.database_url, conversation, self._after
        )
        if not events:
            return
        self._after = last
        shown = items(events, flags, inbox_texts(), self._context.now())
        await send("items", {"items": [one for one in shown if is_shown(one)], "last": last})

    async def _tell_panel(self, send: Send, conversation: str) -> None:
        material = await asyncio.to_thread(self._context.material, conversation)
        people = await self._context.people(may_be_old=True)
        panel = panel_view(material, self._visitor, people, inbox_texts(), self._context.now())
        await self._if_changed(send, "panel", panel)

    async def _tell_queue(self, send: Send, may_be_old: bool = False) -> bool:
        page, is_new = await self._context.snapshot(self._wanted, self._visitor.account, may_be_old)
        view = queue_view(page, self._wanted, self._visitor, inbox_texts(), self._context.now())
        await self._if_changed(send, "queue", view)
        return is_new

    async def _tell_presence(self, send: Send) -> None:
        people = await self._context.people(may_be_old=True)
        mine = self._visitor.account
        told = {
            "present": any(one.is_present and one.account == mine for one in people),
            "people": [one.name for one in people if one.is_present],
        }
        await self._if_changed(send, "presence", told)

    async def _if_changed(self, send: Send, name: str, data: Dict[str, Any]) -> None:
        text = json.dumps(data, sort_keys=True)
        if self._told.get(name) != text:
            self._told[name] = text
            await send(name, data)
