"""Which websites may call the chat, told to browsers and held to."""

from __future__ import annotations

from typing import AbstractSet, Optional

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels import website_errors
from rasa_project.channels.website_errors import Refusal
from rasa_project.channels.website_requests import HEADERS, origin_decision, refused

PREFIX = "/api"
_RASAS_HEADERS = ("Access-Control-Allow-Credentials", "Access-Control-Expose-Headers")


class AllowedWebsites:
    """The rule for all calls of the chat.

    Args:
        address: Where the channel stands on this server.
    """

    def __init__(self, address: str):
        self._address = address

    def add_to(self, routes: Blueprint, calls: AbstractSet[str]) -> None:
        """Hold the calls to it, and answer browsers that ask beforehand."""
        for name in sorted(calls):
            path = f"{PREFIX}/{name}"
            routes.add_route(_preflight, path, methods=["OPTIONS"], name=f"may_{name}")
        routes.middleware("request")(self._refuse_others)
        routes.middleware("response")(self._tell_the_browser)

    def _is_ours(self, request: Request) -> bool:
        return bool(request.path.startswith(self._address + PREFIX))

    async def _refuse_others(self, request: Request) -> Optional[HTTPResponse]:
        if self._is_ours(request) and not origin_decision(request).allowed:
            return refused(Refusal(website_errors.ORIGIN))
        return None

    async def _tell_the_browser(self, request: Request, answer: HTTPResponse) -> None:
        # Rasa's server adds headers of its own to all that it serves; here only ours count.
        for name in _RASAS_HEADERS:
            answer.headers.pop(name, None)
        if not self._is_ours(request):
            return
        decision = origin_decision(request)
        if request.method == "OPTIONS":
            # Rasa's server answers before the request gets to our route.
            answer.status = 204 if decision.allowed else 403
            answer.content_type = "text/plain"
        answer.headers.update(decision.headers)


async def _preflight(_request: Request) -> HTTPResponse:
    return response.empty(headers=HEADERS)
