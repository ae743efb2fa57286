"""/health, /ready and /metrics, for whoever watches over the assistant."""

from __future__ import annotations

import hmac
import logging
from typing import Dict

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.operations.exposition import CONTENT_TYPE
from rasa_project.operations.metrics import CountingHandler, metrics
from rasa_project.operations.readiness import Readiness
from rasa_project.settings import Settings
from rasa_project.surfaces.network_address import is_by_proxy, is_this_computer

_HEADERS: Dict[str, str] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_HERE = ("localhost", "127.0.0.1", "::1")


def operations(settings: Settings) -> Blueprint:
    """The routes; register them with ``app.blueprint(operations(settings))``."""
    routes = Blueprint("operations")
    ready: Dict[str, Readiness] = {}
    logging.getLogger().addHandler(CountingHandler())

    @routes.route("/health", methods=["GET"])
    async def health(_request: Request) -> HTTPResponse:
        """Alive: a process that can't say this should be started anew."""
        return response.json({"status": "ok"}, headers=_HEADERS)

    @routes.route("/ready", methods=["GET"])
    async def is_ready(request: Request) -> HTTPResponse:
        """Patients may be sent here. Says which part is not in order, not why: the log does."""
        app = request.app
        if "one" not in ready:
            # Made here, because its lock belongs to the loop that serves.
            ready["one"] = Readiness(settings.database_url, lambda: getattr(app.ctx, "agent", None))
        parts = await ready["one"].parts()
        body = {"ready": all(parts.values()), "parts": parts}
        return response.json(body, status=200 if body["ready"] else 503, headers=_HEADERS)

    @routes.route("/metrics", methods=["GET"])
    async def figures(request: Request) -> HTTPResponse:
        """Figures in Prometheus' text format."""
        if not may_see(request, settings):
            # As if there were nothing.
            return response.json({"error": "not found"}, status=404, headers=_HEADERS)
        return response.text(metrics.text(), headers=_HEADERS, content_type=CONTENT_TYPE)

    return routes


def may_see(request: Request, settings: Settings) -> bool:
    """Whether a request may see the figures: with the token, or from this computer."""
    if settings.metrics_token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(
            given.encode("utf-8", "replace"), f"Bearer {settings.metrics_token}".encode()
        )
    if is_by_proxy(request):
        return False
    return bool(request.ip) and is_this_computer(request.ip) and _host_of(request) in _HERE


def _host_of(request: Request) -> str:
    """The name by which we were called, without its port; a browser can't make it up."""
    host = request.headers.get("host", "")
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
