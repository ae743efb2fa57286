"""The inbox's cookies. Reads headers; no database."""

from __future__ import annotations

from typing import Optional

from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.inbox.render import ADDRESS

SESSION = "ruggesteun_inbox"
# Before anybody is logged in: ties the login form to the browser that asked for it.
FORM = "ruggesteun_inbox_form"


def is_https(request: Request) -> bool:
    """Whether the browser came over https.

    A proxy's word is taken for it. Who lies here only changes their own cookie.
    """
    said = request.headers.get("x-forwarded-proto", "")
    return request.scheme == "https" or said.split(",")[0].strip().lower() == "https"


def _name(name: str, request: Request) -> str:
    # Browsers take a cookie with this name over https only, and only marked as secure.
    return f"__Secure-{name}" if is_https(request) else name


def read(request: Request, name: str) -> Optional[str]:
    """The value of one of our cookies."""
    value = request.cookies.get(_name(name, request))
    return value if value and len(value) <= 64 else None


def put(request: Request, response: HTTPResponse, name: str, value: str) -> None:
    """Let the browser keep a cookie until it is closed."""
    full = _name(name, request)
    response.cookies[full] = value
    _describe(request, response, full)


def drop(request: Request, response: HTTPResponse, name: str) -> None:
    """Let the browser forget a cookie."""
    full = _name(name, request)
    response.cookies[full] = ""
    _describe(request, response, full)
    response.cookies[full]["max-age"] = 0


def _describe(request: Request, response: HTTPResponse, full: str) -> None:
    cookie = response.cookies[full]
    cookie["path"] = ADDRESS
    cookie["httponly"] = True
    cookie["samesite"] = "Strict"
    if is_https(request):
        cookie["secure"] = True
