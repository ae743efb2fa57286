"""What people of the practice do with a conversation: plain forms, that the script sends too."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Any, Awaitable, Callable, Dict, Optional, Sequence

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.json_body import BadRequest
from rasa_project.channels.typed_text import storable
from rasa_project.conversation.events import THERAPIST, reply_content
from rasa_project.conversation.hub import hub
from rasa_project.conversation.states import Actor, Ownership, State, WrongState
from rasa_project.inbox import audit
from rasa_project.inbox.access import CALL, WRITERS, Route, Visitor, number_in
from rasa_project.inbox.context import Context
from rasa_project.inbox.guard import fields_of
from rasa_project.inbox.render import ADDRESS
from rasa_project.inbox.texts import filled_in, inbox_texts

# A patient reads no more at once; Telegram takes 4,096.
MOST_CHARACTERS = 4_000
MOST_NOTE = 10_000
# A character may take twelve bytes in a form; who pastes too much is told so kindly.
_MOST_BYTES = 256 * 1024
# The therapist's browser says so every few seconds; after that they stopped, or are gone.
TYPING_SECONDS = 6.0
_CLIENT_ID = re.compile(r"[A-Za-z0-9-]{8,40}")

# request, visitor, conversation, why it can't, and what was typed.
ShowAgain = Callable[..., Awaitable[HTTPResponse]]


class Unusable(Exception):
    """What was sent can't be used; the text says why, in Dutch."""


class Actions:
    """Answers the forms of a conversation's page.

    Args:
        context: What all handlers share.
        show_again: Shows the conversation with what was typed.
    """

    def __init__(self, context: Context, show_again: ShowAgain):
        self._context = context
        self._show_again = show_again
        self._typing: Dict[str, asyncio.TimerHandle] = {}

    def routes(self) -> Sequence[Route]:
        """Their part of the table."""
        forms = (
            ("overnemen", self.claim, audit.CLAIMED),
            ("loslaten", self.release, audit.RELEASED),
            ("overdragen", self.transfer, audit.TRANSFERRED),
            ("teruggeven", self.give_back, audit.GAVE_BACK),
            ("sluiten", self.close, audit.CLOSED),
            ("schrijven", self.write, audit.WROTE),
            ("notitie", self.note, audit.NOTED),
            ("alarm-gezien", self.see_alarm, audit.SAW_ALARM),
            ("teruggebeld", self.called_back, audit.HANDLED),
        )
        return (
            *(
                Route(
                    "POST",
                    f"gesprek/<conversation>/{name}",
                    self._answered(handler),
                    roles=WRITERS,
                    audit=action,
                    most_bytes=_MOST_BYTES,
                )
                for name, handler, action in forms
            ),
            Route(
                "POST",
                "gesprek/<conversation>/typt",
                self.typing,
                roles=WRITERS,
                kind=CALL,
            ),
            Route(
                "POST",
                "gesprek/<conversation>/gelezen",
                self.read,
                roles=WRITERS,
                kind=CALL,
                in_background=True,
            ),
            Route("POST", "aanwezig", self.presence, roles=WRITERS, audit=audit.PRESENCE),
        )

    # ---- who has it

    async def claim(self, _request: Request, visitor: Visitor, conversation: str) -> None:
        """Take a conversation, of the queue or of the assistant."""
        await self._change("claim", conversation, visitor.actor)
        # Who takes a conversation is there; of who is away it would be taken back soon.
        await asyncio.to_thread(self._context.desk.set_present, visitor.account, True)
        self._context.people_changed()

    async def release(self, _request: Request, visitor: Visitor, conversation: str) -> None:
        """Put it back into the queue."""
        said = await self._said(inbox_texts().to_patient.released, visitor, conversation)
        await self._change("release", conversation, visitor.actor, said)

    async def transfer(self, request: Request, visitor: Visitor, conversation: str) -> None:
        """Give it to a colleague who is there."""
        wanted = _text(request, "account", 16)
        people = await asyncio.to_thread(self._context.desk.people)
        to = next((one for one in people if str(one.account) == wanted and one.is_present), None)
        if to is None or number_in(wanted) == visitor.account:
            raise Unusable(inbox_texts().told.nobody)
        await self._change(
            "transfer", conversation, visitor.actor, Actor.therapist(to.account, to.name)
        )

    async def give_back(self, request: Request, visitor: Visitor, conversation: str) -> None:
        """Let the assistant go on, with a line to the patient."""
        line = _message(request, "text", may_be_empty=True)
        said = await self._said(inbox_texts().to_patient.given_back, visitor, conversation, line)
        await self._change("give_back", conversation, visitor.actor, said)

    async def close(self, request: Request, visitor: Visitor, conversation: str) -> None:
        """Close it, with a reason for the practice's own list."""
        reason = _text(request, "reason", 32)
        if reason not in inbox_texts().close_reasons:
            raise Unusable(inbox_texts().told.no_reason)
        said = await self._said(inbox_texts().to_patient.closed, visitor, conversation)
        await self._change("close", conversation, visitor.actor, reason, said)

    # ---- what is written

    async def write(self, request: Request, visitor: Visitor, conversation: str) -> Dict[str, Any]:
        """Say something to the patient; the same form again says nothing more."""
        text = _message(request, "text")
        client_id = _text(request, "client_id", 64)
        if not _CLIENT_ID.fullmatch(client_id):
            raise BadRequest("`client_id` must be 8 to 40 letters, digits or hyphens")
        # Who goes back in the browser and changes the text says something else.
        own = hashlib.sha256(f"{visitor.account} {text}".encode()).hexdigest()[:16]
        event = await asyncio.to_thread(
            self._context.inbox.ownerships.write,
            conversation,
            visitor.actor,
            text,
            f"{client_id}-{own}",
        )
        self._stop_typing(conversation)
        self._context.changed(conversation)
        return {"event": event}

    async def note(self, request: Request, visitor: Visitor, conversation: str) -> None:
        """Write something for colleagues only."""
        text = _message(request, "text", MOST_NOTE)
        await asyncio.to_thread(
            self._context.desk.add_note, conversation, visitor.account, visitor.name, text
        )
        self._context.push.wake_here(conversation)

    async def typing(self, request: Request, visitor: Visitor, conversation: str) -> HTTPResponse:
        """Show the patient that the therapist is typing."""
        now = await asyncio.to_thread(self._context.inbox.ownerships.of, conversation)
        is_own = now.state is State.HUMAN and now.owner == visitor.account
        self._stop_typing(conversation)
        if is_own and _text(request, "on", 8) == "1":
            hub.therapist_types(conversation, visitor.name)
            self._typing[conversation] = asyncio.get_running_loop().call_later(
                TYPING_SECONDS, self._stop_typing, conversation
            )
        return response.empty()

    def _stop_typing(self, conversation: str) -> None:
        timer = self._typing.pop(conversation, None)
        if timer is not None:
            timer.cancel()
        # Another worker may have heard that they type.
        if timer is not None or hub.is_typing_elsewhere(conversation, THERAPIST):
            hub.therapist_types(conversation, None)

    # ---- what was seen and done

    async def see_alarm(self, _request: Request, _visitor: Visitor, conversation: str) -> None:
        """Somebody of the practice deals with the alarm."""
        await asyncio.to_thread(self._context.inbox.ownerships.see_alarm, conversation)
        self._context.push.wake_here(conversation)

    async def called_back(self, _request: Request, visitor: Visitor, conversation: str) -> None:
        """The patient was called back."""
        await asyncio.to_thread(self._context.desk.callback_handled, conversation, visitor.account)
        self._context.push.wake_here(conversation)

    async def read(self, request: Request, _visitor: Visitor, conversation: str) -> HTTPResponse:
        """Everything up to an event was on somebody's screen."""
        event = number_in(_text(request, "event", 16))
        await asyncio.to_thread(self._context.inbox.ownerships.read_up_to, conversation, event)
        self._context.push.wake_here(conversation)
        return response.empty()

    async def presence(self, request: Request, visitor: Visitor) -> HTTPResponse:
        """Somebody is there, or goes."""
        present = _text(request, "present", 8) == "1"
        await asyncio.to_thread(self._context.desk.set_present, visitor.account, present)
        self._context.people_changed()
        if wants_json(request):
            return response.json({"present": present})
        return response.redirect(came_from(request), status=303)

    # ---- parts

    async def _said(
        self, usual: str, visitor: Visitor, conversation: str, line: str = ""
    ) -> Dict[str, Any]:
        """What the patient reads of a change."""
        name = (await asyncio.to_thread(self._context.material, conversation)).patient_name
        text = line or filled_in(usual, visitor.name, name)
        return reply_content([{"text": text}])

    async def _change(self, change: str, conversation: str, *arguments: Any) -> Ownership:
        method = getattr(self._context.inbox.ownerships, change)
        done: Ownership = await asyncio.to_thread(method, conversation, *arguments)
        self._stop_typing(conversation)
        self._context.changed(conversation)
        return done

    def _answered(self, action: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        async def handle(request: Request, visitor: Visitor, conversation: str) -> HTTPResponse:
            told = ""
            try:
                result = await action(request, visitor, conversation)
                if wants_json(request):
                    return response.json(result or {})
                return response.redirect(_back_to(request, conversation), status=303)
            except Unusable as error:
                told = str(error)
            except WrongState as error:
                told = await self._told(error.now, visitor)
                # Whoever looks at it sees how things stand.
                self._context.push.wake_here(conversation)
            if wants_json(request):
                return response.json({"error": "told", "text": told}, 409)
            typed = {
                name: value
                for name, value in fields_of(request).items()
                if name in ("text", "reason", "account") and isinstance(value, str)
            }
            return await self._show_again(
                request, visitor, conversation, told, form=_form_of(request), **typed
            )

        return handle

    async def _told(self, now: Ownership, visitor: Visitor) -> str:
        told = inbox_texts().told
        if now.state is State.HUMAN:
            if now.owner == visitor.account:
                return told.not_yours
            name = await asyncio.to_thread(self._context.desk.name_of, now.owner)
            return told.taken.format(wie=name or "Een collega")
        return {
            State.BOT: told.with_assistant,
            State.WAITING: told.waiting,
            State.CLOSED: told.closed,
        }[now.state]


def _text(request: Request, name: str, most: int) -> str:
    value = fields_of(request).get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise BadRequest(f"`{name}` must be text of at most {most} characters")
    return value.strip()


def _message(
    request: Request, name: str, most: int = MOST_CHARACTERS, may_be_empty: bool = False
) -> str:
    value = fields_of(request).get(name, "")
    text = storable(value) if isinstance(value, str) else ""
    if not text and not may_be_empty:
        raise Unusable(inbox_texts().told.empty)
    if len(text) > most:
        raise Unusable(inbox_texts().told.too_long.format(most=f"{most:,}".replace(",", ".")))
    return text


def wants_json(request: Request) -> bool:
    """Whether the script asks, not a form."""
    return "application/json" in request.headers.get("accept", "")


def _form_of(request: Request) -> str:
    return str(request.path).rpartition("/")[2]


def _back_to(request: Request, conversation: str) -> str:
    query = str(request.query_string or "")
    return f"{ADDRESS}/gesprek/{conversation}" + (f"?{query}" if query else "")


def came_from(request: Request) -> str:
    """The page of ours that a form was on, as the form says it; else the queue."""
    page: Optional[Any] = fields_of(request).get("page")
    if isinstance(page, str) and re.fullmatch(r"/inbox(/[A-Za-z0-9:_/-]*)?", page):
        return page
    return ADDRESS
