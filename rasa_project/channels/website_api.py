"""What the chat on a website calls: sessions, messages, events, feedback, erasing."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from contextlib import contextmanager
from typing import Any, Awaitable, Callable, Dict, Iterator, List, Mapping, Optional

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project import clock
from rasa_project.channels import tokens, website_errors
from rasa_project.channels.allowed_websites import PREFIX, AllowedWebsites
from rasa_project.channels.event_stream import CONTENT_TYPE, OPENING, PING, frame, last_seen
from rasa_project.channels.json_body import BadRequest, text_field
from rasa_project.channels.rate_limit import RateLimit
from rasa_project.channels.turns import Turns
from rasa_project.channels.typed_text import storable
from rasa_project.channels.website_consent import WebsiteConsent
from rasa_project.channels.website_errors import Refusal
from rasa_project.channels.website_files import SCRIPT, WebFiles
from rasa_project.channels.website_requests import (
    HEADERS,
    answered,
    body_of,
    close_after,
    json_answer,
    payload_in,
    seconds_to_wait,
    token_hash_of,
)
from rasa_project.conversation.answering import Answering
from rasa_project.conversation.events import ASSISTANT, THERAPIST
from rasa_project.conversation.hub import hub
from rasa_project.conversation.lines import Lines
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.patient_typing import PatientTyping
from rasa_project.conversation.push import Mailbox, Push
from rasa_project.conversation.router import Router
from rasa_project.errors import StorageError
from rasa_project.handoff.opening_hours import open_now_in_words
from rasa_project.privacy.consent_texts import card
from rasa_project.privacy.erasing import AfterErasing
from rasa_project.settings import current_practice
from rasa_project.surfaces.address_limits import TooManyStreams, address_limits

logger = logging.getLogger(__name__)
MOST_CHARACTERS = 2_000
MESSAGES_A_MINUTE = 20
# The widget tells it every three seconds at the most.
TYPING_A_MINUTE = 30
PING_SECONDS = 15.0
# So often an open stream counts as using its conversation.
USE_SECONDS = 300.0
# When a stream of somebody else at the same address may have ended.
_LATER_SECONDS = 15
_CLIENT_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
# Without the last a proxy such as nginx would hold the stream back.
_STREAM_HEADERS = {**HEADERS, "X-Accel-Buffering": "no"}


class WebsiteApi:
    """The calls of the chat.

    Args:
        channel: The name of the channel, kept with a conversation.
        address: Where the channel stands on this server.
        turns: Answers what can't be stored.
        log: What was said.
        push: Wakes streams and polls.
        answering: Answers messages.
        files: Knows the integrity of the script.
        router: Offers a human after feedback, and knows who has a conversation.
        database_url: Where decisions about consent are.
    """

    def __init__(
        self,
        channel: str,
        address: str,
        turns: Turns,
        log: ConversationLog,
        push: Push,
        answering: Answering,
        files: WebFiles,
        router: Router,
        database_url: str,
    ):
        self._channel = channel
        self._address = address
        self._turns = turns
        self._log = log
        self._push = push
        self._answering = answering
        self._files = files
        self._router = router
        self._patient_typing = PatientTyping(hub)
        self._typing_limit = RateLimit(TYPING_A_MINUTE, 60.0)
        self._limit = RateLimit(MESSAGES_A_MINUTE, 60.0)
        self._arrivals = Lines()
        self._after_erasing = AfterErasing(database_url)
        # What was in memory before they agreed was not to be kept.
        self._consent = WebsiteConsent(database_url, channel, log, self._check, turns.forget)

    def add_to(self, routes: Blueprint) -> None:
        """Add the calls, and the rule of which websites may make them."""
        calls = (
            ("GET", "info", self._info),
            ("POST", "session", self._begin),
            ("POST", "messages", self._take_message),
            ("GET", "events", self._give_events),
            ("POST", "feedback", self._take_feedback),
            ("POST", "typing", self._take_typing),
            ("GET", "consent", self._consent.tell),
            ("POST", "consent", self._consent.decide),
            ("GET", "export", self._consent.export),
            ("DELETE", "conversation", self._erase),
        )
        for method, name, handler in calls:
            path = f"{PREFIX}/{name}"
            unique = f"{method.lower()}_{name}"
            routes.add_route(answered(handler), path, methods=[method], name=unique)
        AllowedWebsites(self._address).add_to(routes, {name for _, name, _ in calls})

    def stop(self) -> None:
        """End what nobody waits for."""
        self._after_erasing.stop()

    # ---- the calls

    async def _info(self, _request: Request) -> HTTPResponse:
        practice = current_practice()
        return json_answer(
            {
                "practice": {
                    "name": practice.name,
                    "phone": practice.phone,
                    "country": practice.country,
                    "open_now": open_now_in_words(practice, clock.now()),
                },
                "script": {
                    "path": f"{self._address}/{SCRIPT}",
                    "integrity": self._files.script_integrity,
                },
                "consent": card(),
            }
        )

    async def _begin(self, request: Request) -> HTTPResponse:
        body_of(request)
        token = tokens.new_token()
        token_hash = tokens.hash_of(token)
        expires_at = await self._log.ask(
            self._log.begin,
            tokens.conversation_of(token_hash),
            self._channel,
            token_hash,
            tokens.LIFETIME,
        )
        begun = {"token": token, "expires_at": expires_at.isoformat()}
        return json_answer({**begun, "consent": self._consent.due()}, 201)

    async def _take_message(self, request: Request) -> HTTPResponse:
        token_hash = token_hash_of(request)
        body = body_of(request)
        client_id = text_field(body, "id")
        if not _CLIENT_ID.fullmatch(client_id):
            raise BadRequest("`id` must be 8 to 64 letters, digits or hyphens")
        text = storable(text_field(body, "text"))
        payload = payload_in(body)
        conversation = tokens.conversation_of(token_hash)
        # Messages that come at the same moment are kept in the order of their coming.
        async with self._arrivals.turn_of(conversation):
            try:
                await self._check(token_hash)
                return await self._store(conversation, client_id, text, payload)
            except StorageError as error:
                logger.error("A message can't be stored: %s", error)
                reply = self._turns.without_storing(text, conversation)
                raise website_errors.unavailable(reply) from error

    async def _store(
        self, conversation: str, client_id: str, text: str, payload: Optional[str]
    ) -> HTTPResponse:
        if not text:
            raise Refusal(website_errors.EMPTY)
        if len(text) > MOST_CHARACTERS:
            raise Refusal(website_errors.TOO_LONG, website_errors.alarm_about(text))
        seconds = self._limit.take(conversation)
        if seconds:
            known = await self._log.ask(self._log.message, conversation, client_id)
            if known is None:
                raise Refusal(
                    website_errors.TOO_FAST,
                    website_errors.alarm_about(text),
                    {"Retry-After": str(seconds)},
                )
            return self._taken(conversation, known, is_new=False)
        event, is_new = await self._log.ask(
            self._consent.store, conversation, client_id, text, payload
        )
        if not is_new:
            self._limit.give_back(conversation)
        return self._taken(conversation, event, is_new)

    def _taken(self, conversation: str, event: int, is_new: bool) -> HTTPResponse:
        if is_new:
            self._patient_typing.stop(conversation)
            self._push.notify(conversation)
        self._answering.wake(conversation)
        return json_answer({"event": event}, 202 if is_new else 200)

    async def _give_events(self, request: Request) -> Optional[HTTPResponse]:
        token_hash = token_hash_of(request)
        after = last_seen(request.headers.get("last-event-id") or request.args.get("after"))
        wants_stream = "text/event-stream" in request.headers.get("accept", "")
        wait = 0.0 if wants_stream else seconds_to_wait(request.args.get("wait"))
        conversation = await self._check(token_hash)
        self._answering.wake(conversation)
        if not wants_stream:
            with _a_stream_of(request):
                return await self._poll(request, conversation, after, wait)
        with _a_stream_of(request):
            close_after(request)
            stream = await request.respond(content_type=CONTENT_TYPE, headers=_STREAM_HEADERS)
            await stream.send(OPENING)
            with self._push.mailbox(conversation) as mailbox:
                try:
                    await self._stream(stream.send, mailbox, conversation, after, token_hash)
                except StorageError as error:
                    logger.error("A stream of events ended: %s", error)
                    trouble = self._trouble(conversation)
                    await stream.send(frame(website_errors.UNAVAILABLE, trouble))
        return None

    async def _stream(
        self,
        send: Callable[[bytes], Awaitable[None]],
        mailbox: Mailbox,
        conversation: str,
        after: int,
        token_hash: str,
    ) -> None:
        typing: Optional[str] = None
        trouble: Optional[Mapping[str, Any]] = None
        is_ready = False
        used_until = time.monotonic() + USE_SECONDS
        while not self._push.closed:
            if self._push.is_erased(conversation):
                await send(frame("erased", {}))
                return
            if mailbox.take_news():
                for event in await self._after(conversation, after, is_first=not is_ready):
                    mailbox.seen = after = event["id"]
                    await send(frame("message", event, after))
            now_typing = self._push.typing(conversation)
            if now_typing != typing:
                who = now_typing or typing
                typing = now_typing
                await send(frame("typing", _typing(who, typing is not None)))
            now_trouble = self._push.trouble(conversation)
            if now_trouble is not None and now_trouble is not trouble:
                await send(frame(website_errors.UNAVAILABLE, now_trouble))
            trouble = now_trouble
            if not is_ready:
                is_ready = True
                await send(frame("ready", {}))
            if not await mailbox.changed(PING_SECONDS):
                # An open stream is using the conversation. When it has expired the browser
                # comes back, and is told.
                if time.monotonic() > used_until:
                    used_until = time.monotonic() + USE_SECONDS
                    if not await self._opens(token_hash):
                        return
                self._answering.wake_after_pause(conversation)
                await send(PING)

    async def _poll(
        self, request: Request, conversation: str, after: int, wait: float
    ) -> HTTPResponse:
        until = time.monotonic() + wait
        typing = self._push.typing(conversation)
        with self._push.mailbox(conversation) as mailbox:
            while True:
                events = await self._after(conversation, after, is_first=not after)
                now_typing = self._push.typing(conversation)
                if events or now_typing != typing:
                    break
                if self._push.is_erased(conversation):
                    raise Refusal(website_errors.EXPIRED)
                if self._push.trouble(conversation) is not None:
                    raise Refusal(website_errors.UNAVAILABLE, self._trouble(conversation))
                left = until - time.monotonic()
                if self._push.closed or left <= 0:
                    break
                await mailbox.changed(left)
        if self._push.closed:
            close_after(request)
        shown = _typing(now_typing, True) if now_typing else None
        return json_answer({"events": events, "typing": shown})

    async def _after(self, conversation: str, event: int, is_first: bool) -> List[Dict[str, Any]]:
        if is_first:
            # Whoever comes back to a long conversation reads all of it; others go on meanwhile.
            return await asyncio.to_thread(self._log.events, conversation, event)
        return await self._log.ask(self._log.events, conversation, event)

    async def _take_feedback(self, request: Request) -> HTTPResponse:
        token_hash = token_hash_of(request)
        body = body_of(request)
        event, useful = body.get("event"), body.get("useful", "missing")
        if isinstance(event, bool) or not isinstance(event, int) or not 0 < event < 2**31:
            raise BadRequest("`event` must be the id of an event")
        if useful is not None and not isinstance(useful, bool):
            raise BadRequest("`useful` must be true, false or null")
        conversation = await self._check(token_hash)
        if not await asyncio.to_thread(self._log.give_feedback, conversation, event, useful):
            raise Refusal(website_errors.UNKNOWN_EVENT)
        if useful is False and await asyncio.to_thread(self._router.after_feedback, conversation):
            self._push.notify(conversation)
        return response.empty(headers=HEADERS)

    async def _take_typing(self, request: Request) -> HTTPResponse:
        """Show the therapist that the patient is typing; kept nowhere."""
        conversation = await self._check(token_hash_of(request))
        too_often = self._typing_limit.take(conversation)
        if not too_often and await self._log.ask(self._router.is_with_human, conversation):
            self._patient_typing.show(conversation)
        return response.empty(headers=HEADERS)

    async def _erase(self, request: Request) -> HTTPResponse:
        conversation = await self._check(token_hash_of(request))
        await self._answering.erase(conversation)
        self._turns.forget(conversation)
        self._limit.forget(conversation)
        self._typing_limit.forget(conversation)
        self._consent.forget(conversation)
        self._after_erasing.begin(conversation)
        return response.empty(headers=HEADERS)

    # ---- whose conversation it is

    async def _opens(self, token_hash: str) -> Optional[str]:
        return await self._log.ask(
            self._log.conversation_of, token_hash, tokens.is_valid, tokens.later_expiry
        )

    async def _check(self, token_hash: str) -> str:
        conversation = await self._opens(token_hash)
        if conversation is None:
            raise Refusal(website_errors.EXPIRED)
        return conversation

    def _trouble(self, conversation: str) -> Dict[str, Any]:
        error = website_errors.error_body(website_errors.UNAVAILABLE)
        return {**error, **(self._push.trouble(conversation) or {})}


@contextmanager
def _a_stream_of(request: Request) -> Iterator[None]:
    """One of the streams, or waiting polls, that an address may hold open."""
    try:
        with address_limits().stream(request):
            yield
    except TooManyStreams:
        raise Refusal(
            website_errors.TOO_MANY, headers={"Retry-After": str(_LATER_SECONDS)}
        ) from None


def _typing(who: Optional[str], is_typing: bool) -> Dict[str, Any]:
    """Who is typing: the assistant, or a therapist by name."""
    if who is None or who == ASSISTANT:
        return {"who": ASSISTANT, "on": is_typing}
    return {"who": THERAPIST, "name": who, "on": is_typing}
