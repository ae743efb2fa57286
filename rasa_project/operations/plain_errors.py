"""What a caller is told when the server itself refuses: the kind of error, nothing else.

Sanic repeats the address in its text, and an address may hold anything.
"""

from __future__ import annotations

from http import HTTPStatus

from sanic import Sanic, response
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse


def plain_errors(app: Sanic) -> None:
    """Let an app tell only the kind of an error."""

    async def refuse(_request: Request, error: SanicException) -> HTTPResponse:
        status = getattr(error, "status_code", None) or 500
        # For 405 which methods there are, for 401 how to log in.
        headers = getattr(error, "headers", None) or {}
        return response.json({"error": _phrase(status)}, status=status, headers=headers)

    app.error_handler.add(SanicException, refuse)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.lower()
    except ValueError:
        return "error"
