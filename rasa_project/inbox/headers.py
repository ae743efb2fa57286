"""What every response of the inbox carries, whatever it is."""

from __future__ import annotations

from sanic.response import BaseHTTPResponse

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; font-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Other websites learn nothing. Not "no-referrer": with that, browsers hide from us too
    # which website a form came from, and that is how forms of others are refused.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
# Rasa's server lets other websites read what it serves; nothing of the inbox is for them.
_FOR_OTHERS = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
)


def secure(answer: BaseHTTPResponse) -> None:
    """Add what must be there, and take away what may not."""
    for name in _FOR_OTHERS:
        answer.headers.pop(name, None)
    answer.headers.update(HEADERS)
    # Only files, that hold nothing of anybody, say something else.
    answer.headers.setdefault("Cache-Control", "no-store")
