"""The files of the inbox: styles, scripts, pictures and sounds. Served to everybody."""

from __future__ import annotations

from typing import Any, List

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.web_files import CSS, JAVASCRIPT, SVG, WEB, AllowedFiles
from rasa_project.inbox.access import CALL, NotFound, Route

# Only these may be asked for. They hold nothing of anybody.
_TYPES = {
    "page.css": CSS,
    "inbox.css": CSS,
    "desk.css": CSS,
    "inbox.js": JAVASCRIPT,
    "icon.svg": SVG,
}
# Browsers ask each time whether it changed.
_HEADERS = {"Cache-Control": "no-cache"}
# What the inbox shares with the chat's pages stands a folder higher.
_SHARED = ("page.css", "icon.svg")


def routes(_inbox: Any) -> List[Route]:
    """This module's part of the table."""
    own_types = {name: kind for name, kind in _TYPES.items() if name not in _SHARED}
    own = AllowedFiles(WEB / "inbox", own_types, _HEADERS)
    shared = AllowedFiles(WEB, {name: _TYPES[name] for name in _SHARED}, _HEADERS)

    async def give(request: Request, _visitor: Any, name: str) -> HTTPResponse:
        file = own.file(name) or shared.file(name)
        if file is None:
            raise NotFound
        if file.is_known(request.headers.get("if-none-match")):
            return response.empty(304, headers=file.headers)
        return response.raw(file.content, headers=file.headers, content_type=file.mime_type)

    return [Route("GET", "bestand/<name>", give, kind=CALL, without_login=True)]
