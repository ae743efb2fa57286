"""How long and how large a request may be, before any code of ours sees it."""

from __future__ import annotations

import re
import time
from math import ceil
from typing import Any, Dict, List, Tuple

import httptools
from sanic import Sanic
from sanic.exceptions import InvalidUsage, RequestTimeout
from sanic.http import Http, Stage
from sanic.server import HttpProtocol

from rasa_project.channels.json_body import MAX_BODY_BYTES
from rasa_project.channels.turn_queue import PATIENCE_SECONDS
from rasa_project.settings import Settings

# So long may a request take to come, from its first byte to the end of its body. Phones on a
# bad line need a few seconds.
REQUEST_SECONDS = 15
# So long an open connection may say nothing.
KEEP_ALIVE_SECONDS = 15
# So long an answer may say nothing. Polls wait 25 seconds; streams say something every 15.
SHORTEST_RESPONSE_SECONDS = 60
# Two turns may follow each other for one message (channels/turns.py), and some time goes by.
_SPARE_SECONDS = 15
_LENGTH = re.compile(rb"[0-9]{1,15}")


def set_time_outs(app: Sanic, settings: Settings) -> None:
    """Set them all, where Rasa leaves an hour and Sanic a hundred megabytes."""
    turn = 2 * settings.turn_seconds + PATIENCE_SECONDS + _SPARE_SECONDS
    app.config.REQUEST_TIMEOUT = REQUEST_SECONDS
    app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_SECONDS
    app.config.RESPONSE_TIMEOUT = max(SHORTEST_RESPONSE_SECONDS, ceil(turn))
    app.config.REQUEST_MAX_SIZE = MAX_BODY_BYTES * 2

    @app.signal("http.lifecycle.read_head")
    async def refuse_unclear_heads(head: bytes, **_: Any) -> None:
        # Sanic makes 400 of it; without this it would fail with 500.
        if not is_clear(head):
            raise InvalidUsage


def is_clear(head: bytes) -> bool:
    """Whether a head has an address that can be read, and says in one way how long its body is.

    Where it doesn't, a proxy may take for one request what the server takes for two.
    """
    try:
        httptools.parse_url(head.split(b"\r\n")[0].split(b" ")[1])
    except (IndexError, httptools.HttpParserInvalidURLError):
        return False
    headers: Dict[bytes, List[bytes]] = {}
    for name, value in map(_parted, head.split(b"\r\n")[1:]):
        headers.setdefault(name, []).append(value)
    lengths = headers.get(b"content-length", [])
    codings = headers.get(b"transfer-encoding", [])
    if len(lengths) + len(codings) > 1:
        return False
    if any(not _LENGTH.fullmatch(length) for length in lengths):
        return False
    return all(coding == b"chunked" for coding in codings)


def _parted(line: bytes) -> Tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.lower(), value.strip()


class _CarefulHttp(Http):
    """Can refuse a request whose address can't be read; Sanic would read it once more."""

    __slots__ = ()

    def create_empty_request(self) -> None:
        """Stands for a request that could not be read, in the answer that refuses it."""
        self.url = None
        super().create_empty_request()


class HurriedProtocol(HttpProtocol):
    """Cuts off who sends a request letter by letter.

    Sanic's own clock begins anew with each byte that comes.
    """

    __slots__ = ("_since",)

    def _setup_connection(self) -> None:
        super()._setup_connection()
        self._http = _CarefulHttp(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes in, as long as there is time for this request."""
        # Not there before the first byte.
        http = getattr(self, "_http", None)
        if http is None or http.stage is Stage.IDLE:
            self._since = time.monotonic()
        elif _is_coming(http) and time.monotonic() - self._since > REQUEST_SECONDS:
            http.exception = RequestTimeout("Request Timeout")
            if self._task:
                self._task.cancel()
            return
        super().data_received(data)


def _is_coming(http: Any) -> bool:
    """Whether the present request is still on its way to us."""
    return http.stage is Stage.REQUEST or bool(http.stage is Stage.HANDLER and http.request_body)
