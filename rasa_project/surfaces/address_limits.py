"""How much one network address may do, on every route that others can reach.

Counted in this process and only in memory; nothing of it is stored or logged.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Callable, Dict, Iterator, Optional

from rasa_project.settings import Settings, read_settings
from rasa_project.surfaces.budget import Budget
from rasa_project.surfaces.limits import Limits, limits
from rasa_project.surfaces.network_address import (
    counted_as,
    is_by_proxy,
    is_this_computer,
    network_address,
)

logger = logging.getLogger(__name__)
_CALL = re.compile(r"/chat/api/([a-z]+)/?")
_CALLS = {
    "session": "sessions",
    "messages": "messages",
    "typing": "typing",
    "feedback": "feedback",
    "events": "events",
}


def kind_of(method: str, path: str) -> Optional[str]:
    """Under which figure of data/limits.yml a request is counted; None for none.

    Telegram's webhook is not counted: all patients on Telegram come from its few addresses, and
    it is only taken with its secret. The REST channel is for this computer alone.
    """
    call = _CALL.match(path)
    if call or path.startswith("/chat/api"):
        return _CALLS.get(call[1], "calls") if call else "calls"
    if path == "/chat" or path.startswith("/chat/"):
        return "pages"
    if path == "/inbox" or path.startswith("/inbox/"):
        return "logins" if method == "POST" and path == "/inbox/login" else "inbox"
    if path.startswith("/webhooks/"):
        return None if path.startswith("/webhooks/telegram/") else "webhooks"
    return "others"


class TooManyStreams(Exception):
    """An address holds as many streams open as it may."""


class AddressLimits:
    """Counts what each address does.

    Args:
        figures: How much it may.
        times: All figures are multiplied by this; 0 for no limits.
        proxies: How many proxies of the practice's own stand in front.
        clock: Seconds that only go up.
    """

    def __init__(
        self,
        figures: Limits,
        times: float = 1.0,
        proxies: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._proxies = proxies
        self._budgets: Dict[str, Budget] = {}
        if times:
            self._budgets = {
                kind: Budget(figure.most * times, figure.seconds, clock)
                for kind, figure in figures.budgets.by_kind().items()
            }
        self._most_streams = figures.streams * times
        # As many as are open at this moment; the server bounds those.
        self._streams: "Counter[str]" = Counter()
        self._has_warned = False

    def wait_for(self, request: Any) -> int:
        """Count a request.

        Returns:
            0 when it may be served, else in how many seconds another one may.
        """
        kind = kind_of(request.method, request.path)
        source = self._source(request)
        if kind is None or source is None or not self._budgets:
            return 0
        return self._budgets[kind].take(source)

    @contextmanager
    def stream(self, request: Any) -> Iterator[None]:
        """Hold a stream of events open.

        Raises:
            TooManyStreams: The address holds too many already.
        """
        source = self._source(request)
        if source is None or not self._budgets:
            yield
            return
        if self._streams[source] >= self._most_streams:
            raise TooManyStreams
        self._streams[source] += 1
        try:
            yield
        finally:
            self._streams[source] -= 1
            if self._streams[source] <= 0:
                del self._streams[source]

    def _source(self, request: Any) -> Optional[str]:
        """Whom to count; None for who is on this computer."""
        address = network_address(request, self._proxies)
        if not is_this_computer(address):
            return counted_as(address)
        if not self._proxies and is_by_proxy(request):
            # All patients would be one address. Better none counted than all shut out.
            self._warn()
        return None

    def _warn(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            logger.warning(
                "A proxy on this computer passes requests on, and RUGGESTEUN_PROXIES is 0: nobody "
                "is limited by network address. Set it to the number of your proxies."
            )


@lru_cache(maxsize=1)
def address_limits() -> AddressLimits:
    """The limits of this process."""
    settings: Settings = read_settings()
    return AddressLimits(limits(), settings.limits, settings.proxies)
