"""The pages to log in, to set up the code of one's phone, and to log out."""

from __future__ import annotations

import asyncio
from typing import List, Optional

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.tokens import hash_of, new_token
from rasa_project.inbox import cookies, totp
from rasa_project.inbox.access import CALL, NotFound, Route, Visitor
from rasa_project.inbox.guard import LOGIN, fields_of, text_in
from rasa_project.inbox.login import Failed
from rasa_project.inbox.render import ADDRESS, render
from rasa_project.inbox.services import Inbox
from rasa_project.inbox.sessions import Found, NewSession
from rasa_project.settings import current_practice
from rasa_project.surfaces.network_address import network_address

_MOST_LOGIN, _MOST_PASSWORD, _MOST_CODE = 254, 1_000, 32


def routes(inbox: Inbox) -> List[Route]:
    """This module's part of the table."""
    pages = _LoginPages(inbox)
    return [
        Route("GET", "login", pages.form, without_login=True),
        Route("POST", "login", pages.log_in, without_login=True),
        Route("GET", "code", pages.code_form, before_totp=True),
        Route("POST", "code", pages.set_code, before_totp=True),
        Route("GET", "code.svg", pages.code_picture, kind=CALL, before_totp=True),
        Route("POST", "logout", pages.log_out, before_totp=True),
    ]


class _LoginPages:
    def __init__(self, inbox: Inbox):
        self._inbox = inbox

    # ---- password and code

    async def form(self, request: Request, visitor: Optional[Visitor]) -> HTTPResponse:
        if visitor is not None:
            return response.redirect(ADDRESS, status=303)
        return _login_page(request)

    async def log_in(self, request: Request, visitor: Optional[Visitor]) -> HTTPResponse:
        login = text_in(request, "login", _MOST_LOGIN)
        password = fields_of(request).get("password", "")
        if not isinstance(password, str) or len(password) > _MOST_PASSWORD:
            password = ""
        result = await self._inbox.hashing(
            self._inbox.logins.log_in,
            login,
            password,
            text_in(request, "code", _MOST_CODE),
            network_address(request, self._inbox.proxies),
            visitor.session if visitor else None,
        )
        if isinstance(result, Failed):
            return _login_page(request, login, has_failed=True, status=403)
        answer = response.redirect(ADDRESS, status=303)
        cookies.drop(request, answer, cookies.FORM)
        return with_session(request, answer, result)

    # ---- the code of one's phone

    async def code_form(self, request: Request, visitor: Visitor) -> HTTPResponse:
        secret = _secret_being_set_up(request)
        if secret is None:
            return response.redirect(ADDRESS, status=303)
        return _code_page(visitor, secret)

    async def code_picture(self, request: Request, visitor: Visitor) -> HTTPResponse:
        secret = _secret_being_set_up(request)
        if secret is None:
            raise NotFound
        account = await asyncio.to_thread(self._inbox.accounts.get, visitor.account)
        address = totp.address(secret, account.login, current_practice().name)
        return response.text(totp.picture(address), content_type="image/svg+xml")

    async def set_code(self, request: Request, visitor: Visitor) -> HTTPResponse:
        secret = _secret_being_set_up(request)
        if secret is None:
            return response.redirect(ADDRESS, status=303)
        made = await asyncio.to_thread(
            self._inbox.logins.confirm_totp,
            visitor,
            secret,
            text_in(request, "code", _MOST_CODE),
        )
        if made is None:
            return _code_page(visitor, secret, has_failed=True, status=403)
        return with_session(request, response.redirect(ADDRESS, status=303), made)

    # ---- and out again

    async def log_out(self, request: Request, visitor: Visitor) -> HTTPResponse:
        await asyncio.to_thread(self._inbox.logins.log_out, visitor)
        answer = response.redirect(f"{LOGIN}?uit=1", status=303)
        cookies.drop(request, answer, cookies.SESSION)
        return answer


def with_session(request: Request, answer: HTTPResponse, made: NewSession) -> HTTPResponse:
    """Let the browser keep a new session."""
    cookies.put(request, answer, cookies.SESSION, made.token)
    return answer


def _login_page(
    request: Request, login: str = "", has_failed: bool = False, status: int = 200
) -> HTTPResponse:
    token = cookies.read(request, cookies.FORM) or new_token()
    page = render(
        "login.html",
        None,
        status,
        login=login,
        csrf=token,
        has_failed=has_failed,
        is_out=bool(request.args.get("uit")),
    )
    cookies.put(request, page, cookies.FORM, token)
    return page


def _code_page(
    visitor: Visitor, secret: str, has_failed: bool = False, status: int = 200
) -> HTTPResponse:
    # The picture's address changes with the secret: no browser shows an old one.
    return render(
        "code.html",
        visitor,
        status,
        secret=totp.in_groups(secret),
        picture=f"{ADDRESS}/code.svg?{hash_of(secret)[:8]}",
        has_failed=has_failed,
    )


def _secret_being_set_up(request: Request) -> Optional[str]:
    found: Found = request.ctx.inbox_found
    return None if found.is_complete else found.totp_secret
