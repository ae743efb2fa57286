"""Stands in front of every route of the inbox, and makes a page of whatever goes wrong."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from typing import Any, Callable, Coroutine, Dict, Optional, Sequence
from urllib.parse import unquote

from sanic import Blueprint, Sanic, response
from sanic.exceptions import PayloadTooLarge
from sanic.request import Request
from sanic.response import BaseHTTPResponse, HTTPResponse

from rasa_project.channels.json_body import BadRequest, TooLarge, json_body
from rasa_project.channels.origins import decide
from rasa_project.conversation.log import ConversationGone
from rasa_project.errors import StorageError
from rasa_project.inbox import cookies, headers
from rasa_project.inbox.access import (
    CALL,
    PAGE,
    NotFound,
    Refused,
    Route,
    Visitor,
    is_conversation_id,
)
from rasa_project.inbox.forms import form_fields
from rasa_project.inbox.render import ADDRESS, render
from rasa_project.inbox.services import Inbox
from rasa_project.inbox.sessions import Found
from rasa_project.surfaces.network_address import network_address

logger = logging.getLogger(__name__)
METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
LOGIN, SET_UP = f"{ADDRESS}/login", f"{ADDRESS}/code"
# None when the handler answered by itself.
_Answer = Optional[HTTPResponse]
_Serve = Callable[..., Coroutine[Any, Any, _Answer]]


class _Stop(Exception):
    """The guard's own answer, in place of the route's."""

    def __init__(self, status: int, to: str = ""):
        super().__init__(status)
        self.status = status
        self.to = to


class Guard:
    """Lets in who may, and nobody else.

    Args:
        inbox: Knows sessions, conversations and the audit.
        routes: The whole table.
    """

    def __init__(self, inbox: Inbox, routes: Sequence[Route]):
        self._inbox = inbox
        self._by_path: Dict[str, Dict[str, Route]] = {}
        for route in routes:
            methods = self._by_path.setdefault(route.path, {})
            if route.method in methods:
                raise ValueError(f"two routes for {route.method} {route.path}")
            methods[route.method] = route

    def add_to(self, blueprint: Blueprint) -> None:
        """Register every path, with all methods: a wrong one is answered by us too."""
        for number, (path, methods) in enumerate(self._by_path.items()):
            blueprint.add_route(
                self._serving(methods),
                f"/{path}" if path else "",
                methods=list(METHODS),
                name=f"route_{number}",
            )
        unknown = Route("GET", "unknown", _not_there)
        blueprint.add_route(
            self._serving({method: unknown for method in METHODS}),
            "/<rest:path>",
            methods=list(METHODS),
            name="unknown",
        )

        @blueprint.listener("after_server_start")
        async def add_headers(app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
            # For all of the server, and so also for what finds no route of ours; and last,
            # because Rasa's server adds headers of its own.
            app.response_middleware.append(_secure)

        @blueprint.exception(PayloadTooLarge)
        async def too_large(request: Request, _error: PayloadTooLarge) -> HTTPResponse:
            return refusal(request, PAGE, 413)

    def _serving(self, methods: Dict[str, Route]) -> _Serve:
        kind = next(iter(methods.values())).kind

        async def serve(request: Request, **parameters: str) -> _Answer:
            route = methods.get(request.method)
            if route is None:
                return refusal(request, kind, 405, headers={"Allow": ", ".join(methods)})
            return await self._serve(request, route, parameters)

        return serve

    async def _serve(self, request: Request, route: Route, parameters: Dict[str, str]) -> _Answer:
        visitor: Optional[Visitor] = None
        try:
            found = await self._who(request, route)
            visitor = found.visitor if found else None
            request.ctx.inbox_found = found
            request.ctx.inbox_visitor = visitor
            self._check_role(route, found)
            if route.changes:
                _check_form(request, route, found)
            values = {name: unquote(value) for name, value in parameters.items()}
            await self._check_conversation(route, values)
            if visitor is not None and route.audit and not route.changes:
                await self._note(route, visitor, values)
            answer = await route.handler(request, visitor, **values)
            done = answer is None or answer.status < 400
            if visitor is not None and route.audit and route.changes and done:
                await self._note(route, visitor, values)
            return answer
        except _Stop as stop:
            if stop.to:
                return response.redirect(stop.to, status=303)
            return refusal(request, route.kind, stop.status, visitor)
        except Refused as error:
            return refusal(request, route.kind, error.status, visitor, error.message)
        except (NotFound, ConversationGone):
            return refusal(request, route.kind, 404, visitor)
        except TooLarge:
            return refusal(request, route.kind, 413, visitor)
        except BadRequest:
            return refusal(request, route.kind, 400, visitor)
        except StorageError as error:
            logger.error("A request of the inbox failed: %s", error)
            status = 503
        except Exception:  # noqa: BLE001 - whatever fails, somebody must be told what to do
            logger.exception("A request of the inbox failed.")
            status = 500
        if request.responded:
            return None
        return refusal(request, route.kind, status, visitor)

    async def _who(self, request: Request, route: Route) -> Optional[Found]:
        token = cookies.read(request, cookies.SESSION)
        if token is None:
            return None
        source = network_address(request, self._inbox.proxies)
        return await asyncio.to_thread(
            self._inbox.sessions.find, token, source, not route.in_background
        )

    def _check_role(self, route: Route, found: Optional[Found]) -> None:
        if route.without_login:
            return
        if found is None:
            raise _Stop(401, "" if route.kind == CALL else LOGIN)
        if not found.is_complete and not route.before_totp:
            raise _Stop(401, "" if route.kind == CALL else SET_UP)
        if found.visitor.role not in route.roles:
            raise _Stop(403)

    async def _check_conversation(self, route: Route, values: Dict[str, str]) -> None:
        if not route.is_about_conversation:
            return
        conversation = values["conversation"]
        if not is_conversation_id(conversation) or not await asyncio.to_thread(
            self._inbox.knows, conversation
        ):
            raise NotFound

    async def _note(self, route: Route, visitor: Visitor, values: Dict[str, str]) -> None:
        assert route.audit is not None  # noqa: S101 - for mypy; the callers looked
        await asyncio.to_thread(
            self._inbox.audit.record, route.audit, visitor, values.get("conversation")
        )


def _check_form(request: Request, route: Route, found: Optional[Found]) -> None:
    """Only a page of ours may send something, and only with the token that it was given."""
    origin = request.headers.get("origin")
    if origin is None or not decide(origin, request.headers.get("host"), ()).allowed:
        raise _Stop(403)
    # Read, and so checked, before anybody uses it.
    request.ctx.inbox_body = _body(request, route.most_bytes)
    expected = found.visitor.csrf if found else cookies.read(request, cookies.FORM)
    given = request.headers.get("x-csrf") or request.ctx.inbox_body.get("csrf")
    if expected is None or not isinstance(given, str) or not _is_same(given, expected):
        raise _Stop(403)


def _is_same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _body(request: Request, most: int) -> Dict[str, Any]:
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() == "application/json":
        return json_body(request.body, most)
    fields: Dict[str, Any] = dict(form_fields(request.body, content_type, most))
    return fields


def fields_of(request: Request) -> Dict[str, Any]:
    """What came with a POST: the fields of a form, or of a JSON object."""
    fields: Dict[str, Any] = request.ctx.inbox_body
    return fields


def text_in(request: Request, name: str, most: int = 2_000) -> str:
    """A field of a POST as text, without white space around it; empty when it isn't there.

    Raises:
        BadRequest: It is no text, or longer than ``most`` characters.
    """
    value = fields_of(request).get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise BadRequest(f"`{name}` must be text of at most {most} characters")
    return value.strip()


async def _not_there(_request: Request, _visitor: Visitor, **_: str) -> HTTPResponse:
    raise NotFound


_SAYS = {
    400: "Dit formulier kon niet gelezen worden. Ga terug, laad de pagina opnieuw en probeer "
    "het nog eens.",
    401: "Je bent niet (meer) ingelogd. Log opnieuw in.",
    403: "Dit mag niet met jouw rol, of de pagina was verouderd. Laad de pagina opnieuw en "
    "probeer het nog eens.",
    404: "Deze pagina of dit gesprek is er niet (meer).",
    405: "Dit kan hier niet.",
    413: "Dit is te groot om te lezen. Maak het korter.",
    429: "Vanaf jullie netwerk komen nu te veel aanvragen. Wacht een minuut en probeer het dan nog "
    "eens.",
    500: "Er ging iets mis. Laad de pagina opnieuw. Blijft het zo? Vraag wie de server beheert "
    "om in het logboek van de server te kijken.",
    503: "De database is nu niet bereikbaar. Wat je deed is misschien niet opgeslagen. Probeer "
    "het over een minuut nog eens. Blijft het zo? Bel wie de server beheert, en help patiënten "
    "zolang per telefoon.",
}
_TITLES = {
    400: "Niet gelezen",
    401: "Niet ingelogd",
    403: "Dit mag niet",
    404: "Niet gevonden",
    405: "Dit kan niet",
    413: "Te groot",
    429: "Even wachten",
    500: "Er ging iets mis",
    503: "Even niet bereikbaar",
}


def refusal(
    request: Request,
    kind: str,
    status: int,
    visitor: Optional[Visitor] = None,
    message: Optional[str] = None,
    headers: Optional[Dict[str, str]] = None,
) -> HTTPResponse:
    """The answer to what can't be served, as a page or in JSON."""
    message = message or _SAYS[status]
    if kind == CALL:
        body = {"error": status, "text": message}
        return response.json(body, status, headers=headers, dumps=json.dumps)
    answer = render(
        "error.html",
        visitor,
        status,
        title=_TITLES.get(status, "Dit kan nu niet"),
        message=message,
    )
    answer.headers.update(headers or {})
    return answer


async def _secure(request: Request, answer: BaseHTTPResponse) -> None:
    if request.path == ADDRESS or request.path.startswith(f"{ADDRESS}/"):
        headers.secure(answer)
