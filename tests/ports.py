"""Ports for servers that tests start, which nobody else takes before the server has started."""

from __future__ import annotations

import itertools
import os
import socket

# Linux gives connections and `bind(0)` ports from 32768 on, so none of these. Each process of a
# test run has a share of its own.
_FIRST, _SHARE, _SHARES = 20_000, 1_500, 8
_process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _SHARES
_places = itertools.cycle(range(_FIRST + _process * _SHARE, _FIRST + (_process + 1) * _SHARE))


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens, and that this process gives nobody else soon."""
    for port in itertools.islice(_places, _SHARE):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
