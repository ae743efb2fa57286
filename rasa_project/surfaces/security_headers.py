"""The headers that every answer carries, whoever made it: pages, calls, files, errors."""

from __future__ import annotations

import asyncio
from typing import Dict

from sanic import Sanic
from sanic.request import Request
from sanic.response import BaseHTTPResponse

from rasa_project.inbox.cookies import is_https
from rasa_project.settings import SERVER, Settings

# A page or call that knows better says so itself; these stand where it said nothing. The
# widget is no frame but part of the practice's page, so nobody need frame anything of ours.
USUAL: Dict[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Browsers that came over https once come only so for half a year. No subdomains and no list of
# browsers: the rest of the practice's website is not ours to decide on.
HSTS = "max-age=15552000"
# Rasa's server tells every website that it may read answers; who may is told by the chat itself.
_RASAS = ("Access-Control-Allow-Credentials", "Access-Control-Expose-Headers")


def add_security_headers(app: Sanic, settings: Settings) -> None:
    """Add them to whatever the app answers."""

    async def secure(request: Request, answer: BaseHTTPResponse) -> None:
        for name in _RASAS:
            answer.headers.pop(name, None)
        for name, value in USUAL.items():
            answer.headers.setdefault(name, value)
        if settings.profile == SERVER or is_https(request):
            answer.headers.setdefault("Strict-Transport-Security", HSTS)

    async def come_last(app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        # After Rasa's own, and after those of each channel.
        app.response_middleware.append(secure)

    app.register_listener(come_last, "after_server_start")
