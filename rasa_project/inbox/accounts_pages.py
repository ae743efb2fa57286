"""The page with everybody's accounts, for who manages them."""

from __future__ import annotations

import asyncio
from typing import Callable, List, Optional

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.inbox.access import (
    BEHEERDER,
    MANAGERS,
    ROLES,
    NotFound,
    Route,
    Visitor,
    number_in,
)
from rasa_project.inbox.accounts import AccountError
from rasa_project.inbox.guard import text_in
from rasa_project.inbox.render import ADDRESS, render
from rasa_project.inbox.services import Inbox

_LAST_MANAGER = (
    "Dit is de laatste beheerder. Maak eerst iemand anders beheerder: anders kan niemand "
    "hier nog bij."
)
_NOT_YOURSELF = "Dit kun je niet met je eigen account doen. Vraag een andere beheerder."
_DONE = {
    "rol": "De rol is veranderd. Wie het is, moet opnieuw inloggen.",
    "uit": "Het account staat uit. Wie het is, is uitgelogd.",
    "aan": "Het account staat weer aan.",
    "code": "De code-app is losgekoppeld. Bij het volgende inloggen stelt diegene een nieuwe in.",
}


def routes(inbox: Inbox) -> List[Route]:
    """This module's part of the table."""
    pages = _AccountsPages(inbox)
    return [
        Route("GET", "accounts", pages.show, MANAGERS),
        Route("POST", "accounts/<account>/rol", pages.change_role, MANAGERS),
        Route("POST", "accounts/<account>/uit", pages.switch_off, MANAGERS),
        Route("POST", "accounts/<account>/aan", pages.switch_on, MANAGERS),
        Route("POST", "accounts/<account>/code", pages.reset_code, MANAGERS),
    ]


class _AccountsPages:
    def __init__(self, inbox: Inbox):
        self._inbox = inbox

    async def show(self, request: Request, visitor: Visitor) -> HTTPResponse:
        return await self._page(visitor, done=_DONE.get(request.args.get("klaar", ""), ""))

    async def change_role(self, request: Request, visitor: Visitor, account: str) -> HTTPResponse:
        role = text_in(request, "role", 16)
        if role not in ROLES:
            return await self._page(visitor, "Deze rol bestaat niet.")
        if number_in(account) == visitor.account and role != BEHEERDER:
            return await self._page(visitor, _NOT_YOURSELF)
        accounts = self._inbox.accounts
        return await self._change(
            visitor, "rol", lambda: accounts.set_role(number_in(account), role, visitor)
        )

    async def switch_off(self, _request: Request, visitor: Visitor, account: str) -> HTTPResponse:
        if number_in(account) == visitor.account:
            return await self._page(visitor, _NOT_YOURSELF)
        accounts = self._inbox.accounts
        return await self._change(
            visitor, "uit", lambda: accounts.set_active(number_in(account), False, visitor)
        )

    async def switch_on(self, _request: Request, visitor: Visitor, account: str) -> HTTPResponse:
        accounts = self._inbox.accounts
        return await self._change(
            visitor, "aan", lambda: accounts.set_active(number_in(account), True, visitor)
        )

    async def reset_code(self, _request: Request, visitor: Visitor, account: str) -> HTTPResponse:
        accounts = self._inbox.accounts
        return await self._change(
            visitor, "code", lambda: accounts.reset_totp(number_in(account), visitor)
        )

    async def _change(
        self, visitor: Visitor, done: str, change: Callable[[], None]
    ) -> HTTPResponse:
        try:
            await asyncio.to_thread(change)
        except AccountError as error:
            if error.code == "last_manager":
                return await self._page(visitor, _LAST_MANAGER)
            raise NotFound from error
        return response.redirect(f"{ADDRESS}/accounts?klaar={done}", status=303)

    async def _page(
        self, visitor: Visitor, trouble: Optional[str] = None, done: str = ""
    ) -> HTTPResponse:
        accounts = await asyncio.to_thread(self._inbox.accounts.all)
        return render(
            "accounts.html",
            visitor,
            409 if trouble else 200,
            accounts=accounts,
            roles=ROLES,
            now=self._inbox.now(),
            trouble=trouble,
            done=done,
        )
