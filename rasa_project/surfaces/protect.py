"""All protections of the server in one call."""

from __future__ import annotations

from sanic import Sanic

from rasa_project.settings import Settings
from rasa_project.surfaces.address_limits import address_limits
from rasa_project.surfaces.refusing import limit_addresses
from rasa_project.surfaces.security_headers import add_security_headers
from rasa_project.surfaces.time_outs import set_time_outs


def protect(app: Sanic, settings: Settings) -> None:
    """Limits per address, time-outs, and headers on every answer."""
    set_time_outs(app, settings)
    limit_addresses(app, address_limits())
    add_security_headers(app, settings)
