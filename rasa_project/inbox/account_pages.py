"""The page of one's own account: password, and whether one is mailed."""

from __future__ import annotations

import asyncio
from typing import Any, List, Optional

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.inbox.access import Route, Visitor
from rasa_project.inbox.accounts import AccountError
from rasa_project.inbox.guard import fields_of, text_in
from rasa_project.inbox.login_pages import with_session
from rasa_project.inbox.render import ADDRESS, render
from rasa_project.inbox.services import Inbox
from rasa_project.settings import current_practice

OWN = f"{ADDRESS}/account"
# Why a password is refused, by the code of an AccountError.
WEAK = {
    "short": "Kies een wachtwoord van ten minste 12 tekens.",
    "long": "Kies een wachtwoord van ten hoogste 128 tekens.",
    "simple": "Dit wachtwoord herhaalt steeds dezelfde tekens. Kies een ander.",
    "common": "Dit wachtwoord is te makkelijk te raden. Neem bijvoorbeeld vier losse woorden.",
    "own": "In dit wachtwoord staat vooral je naam, je mailadres of de naam van de praktijk. "
    "Kies een ander.",
}


def routes(inbox: Inbox) -> List[Route]:
    """This module's part of the table."""
    pages = _AccountPages(inbox)
    return [
        Route("GET", "account", pages.show),
        Route("POST", "account/wachtwoord", pages.change_password),
        Route("POST", "account/meldingen", pages.change_notices),
    ]


class _AccountPages:
    def __init__(self, inbox: Inbox):
        self._inbox = inbox

    async def show(self, request: Request, visitor: Visitor) -> HTTPResponse:
        done = {"wachtwoord": "Je wachtwoord is veranderd.", "meldingen": "Dat is bewaard."}
        return await self._page(visitor, done=done.get(request.args.get("klaar", ""), ""))

    async def change_password(self, request: Request, visitor: Visitor) -> HTTPResponse:
        old, new, again = (_secret(request, name) for name in ("old", "new", "again"))
        if new != again:
            return await self._page(visitor, "De twee nieuwe wachtwoorden zijn niet gelijk.")
        if not await self._inbox.hashing(self._inbox.logins.is_password_of, visitor, old):
            return await self._page(
                visitor,
                "Je oude wachtwoord klopt niet. Na vijf keer moet je even wachten.",
            )
        try:
            await self._inbox.hashing(
                self._inbox.accounts.set_password,
                visitor.account,
                new,
                current_practice().name,
                visitor,
            )
        except AccountError as error:
            return await self._page(visitor, WEAK[error.code])
        # It ended all sessions, this one too.
        made = await asyncio.to_thread(self._inbox.logins.renew, visitor)
        return with_session(request, _back("wachtwoord"), made)

    async def change_notices(self, request: Request, visitor: Visitor) -> HTTPResponse:
        await asyncio.to_thread(
            self._inbox.accounts.set_notify_by_mail,
            visitor.account,
            text_in(request, "mail", 8) == "ja",
            visitor,
        )
        return _back("meldingen")

    async def _page(
        self, visitor: Visitor, trouble: Optional[str] = None, done: str = ""
    ) -> HTTPResponse:
        account = await asyncio.to_thread(self._inbox.accounts.get, visitor.account)
        status = 400 if trouble else 200
        return render("account.html", visitor, status, account=account, trouble=trouble, done=done)


def _back(done: str) -> HTTPResponse:
    return response.redirect(f"{OWN}?klaar={done}", status=303)


def _secret(request: Request, name: str) -> str:
    value: Any = fields_of(request).get(name, "")
    # White space at its ends belongs to a password.
    return value if isinstance(value, str) and len(value) <= 1_000 else ""
