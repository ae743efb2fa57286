"""From which network address a request comes. Never stored by us, except by a login's audit."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

_FORWARDED = "x-forwarded-for"
# Who comes through a proxy comes from elsewhere, though the proxy is on this computer.
OF_PROXIES = (_FORWARDED, "forwarded", "x-real-ip", "x-forwarded-host", "via")
_WITH_PORT = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[0-9.]+))(?::[0-9]+)?")
# What one household or one school gets of a provider.
_NETWORK_BITS = 64


def network_address(request: Any, proxies: int) -> str:
    """Where a request came from.

    Args:
        request: The request.
        proxies: How many proxies of the practice's own stand in front. Each adds the
            address that it was called from; what stands further left anybody can write.
    """
    if proxies:
        chain = [part.strip() for part in request.headers.get(_FORWARDED, "").split(",")]
        if len(chain) >= proxies and chain[-proxies]:
            return chain[-proxies][:64]
    return str(request.ip)[:64]


def counted_as(address: str) -> str:
    """The address under which somebody is counted: of IPv6 the network, all of which is theirs."""
    match = _WITH_PORT.fullmatch(address)
    bare = (match["v6"] or match["v4"]) if match else address
    try:
        parsed = ip_address(bare.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, _NETWORK_BITS), strict=False))
    return str(parsed)


def is_this_computer(address: str) -> bool:
    """Whether an address is of the computer that we run on; a socket file has none."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return not address


def is_by_proxy(request: Any) -> bool:
    """Whether a proxy says that it passes this on; anybody can say so."""
    return any(name in request.headers for name in OF_PROXIES)
