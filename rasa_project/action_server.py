"""``python -m rasa_project actions``: the action server, for this computer and with a secret.

``rasa run actions`` still works for developing; it listens on all addresses and asks nobody who
they are, so it is not for patients' data.
"""

from __future__ import annotations

import hmac
from typing import Optional, Tuple
from urllib.parse import urlsplit

from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.errors import SettingsError
from rasa_project.logs import configure_logs, silence_libraries
from rasa_project.operations.plain_errors import plain_errors
from rasa_project.ports import check_port
from rasa_project.settings import SERVER, Settings

SECRET_HEADER = "X-Ruggesteun-Action-Secret"  # noqa: S105 - its name
USUAL_PORT = 5055
_HERE = ("127.0.0.1", "::1", "localhost")
# A call holds the whole conversation as far as it is kept in memory.
_MOST_BODY_BYTES = 10 * 1024 * 1024
_REQUEST_SECONDS = 15


def action_endpoint(settings: Settings) -> EndpointConfig:
    """Where Rasa sends action calls, with the secret as a header.

    Raises:
        SettingsError: The profile asks for a secret and there is none.
    """
    _check(settings)
    headers = {SECRET_HEADER: settings.action_secret} if settings.action_secret else {}
    return EndpointConfig(url=settings.action_server, headers=headers)


def _check(settings: Settings) -> None:
    if settings.profile == SERVER and not settings.action_secret:
        raise SettingsError(
            "RUGGESTEUN_ACTION_SERVER needs RUGGESTEUN_ACTION_SECRET with RUGGESTEUN_PROFILE="
            "server: an action server without one answers anybody"
        )


def where_to_listen(settings: Settings) -> Tuple[str, int]:
    """Host and port of ``RUGGESTEUN_ACTION_SERVER``; 127.0.0.1 and 5055 without it.

    Raises:
        SettingsError: It is not on this computer.
    """
    if not settings.action_server:
        return "127.0.0.1", USUAL_PORT
    address = urlsplit(settings.action_server)
    host, port = address.hostname or "", address.port or USUAL_PORT
    if host not in _HERE:
        raise SettingsError(
            "RUGGESTEUN_ACTION_SERVER must be on 127.0.0.1: what patients say goes there as it is"
        )
    return host, port


def create_app(secret: str) -> Sanic:
    """rasa_sdk's own server with a lock on it: all its addresses, and what is not there."""
    from rasa_sdk.endpoint import create_app as rasas_app

    app = rasas_app("actions", cors_origins="")
    plain_errors(app)
    expected = secret.encode()

    @app.exception(Exception)
    async def refuse(_request: Request, _error: Exception) -> HTTPResponse:
        # The SDK's own would send the call back, with all that was said.
        return response.json({"error": "internal server error"}, status=500)

    async def ask_who(request: Request) -> Optional[HTTPResponse]:
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        if hmac.compare_digest(given, expected):
            return None
        return response.json({"error": "forbidden"}, status=403)

    app.register_middleware(ask_who, "request")
    app.config.REQUEST_MAX_SIZE = _MOST_BODY_BYTES
    app.config.REQUEST_TIMEOUT = _REQUEST_SECONDS
    app.config.FALLBACK_ERROR_FORMAT = "json"
    return app


def serve_actions(settings: Settings) -> None:
    """Serve the actions on this computer, for who knows RUGGESTEUN_ACTION_SECRET.

    Raises:
        SettingsError: There is no secret, or the address is not on this computer.
        PortInUse: The port is taken.
    """
    if not settings.action_secret:
        raise SettingsError(
            "RUGGESTEUN_ACTION_SECRET is needed, here and for the assistant; make one with "
            "`python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`"
        )
    host, port = where_to_listen(settings)
    configure_logs(settings.log_format, settings.log_key)
    check_port(host, port)
    app = create_app(settings.action_secret)
    print(f"The action server is ready on {host}, port {port}.", flush=True)
    silence_libraries()
    app.run(host, port, workers=1, access_log=False, motd=False)
