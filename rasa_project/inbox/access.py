"""Who may do what in the inbox: roles, the visitor, and how a route is declared.

Every route of the inbox stands in one table (``routes.py``), so that one guard
(``guard.py``) stands in front of each, and one test tries each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Awaitable, Callable, FrozenSet, Optional

from rasa_project.conversation.states import Actor

if TYPE_CHECKING:
    # Commands need roles, and no web server.
    from sanic.response import HTTPResponse

BEHEERDER, THERAPEUT, MEEKIJKER = "beheerder", "therapeut", "meekijker"
ROLES = (BEHEERDER, THERAPEUT, MEEKIJKER)

# Who may use a route.
EVERYBODY: FrozenSet[str] = frozenset(ROLES)
WRITERS: FrozenSet[str] = frozenset({BEHEERDER, THERAPEUT})
MANAGERS: FrozenSet[str] = frozenset({BEHEERDER})

PAGE, CALL = "page", "call"
# What a form or a call may be at most; a route may allow more.
MOST_BODY_BYTES = 32 * 1024


@dataclass(frozen=True)
class Visitor:
    """Somebody who is logged in, in one browser.

    Attributes:
        account: Their account's id.
        name: What patients and colleagues see.
        role: One of :data:`ROLES`.
        csrf: What each form must bring along.
        session: The hash of the session's token.
        source: The network address that they come from.
    """

    account: int
    name: str
    role: str
    csrf: str
    session: str = ""
    source: str = ""

    @property
    def can_write(self) -> bool:
        """Whether they may claim and write; who can't only reads."""
        return self.role in WRITERS

    @property
    def is_manager(self) -> bool:
        """Whether accounts and the audit are theirs."""
        return self.role in MANAGERS

    @property
    def actor(self) -> Actor:
        """Who they are for changes of a conversation."""
        return Actor.therapist(self.account, self.name)


# handler(request, visitor, **parameters of the path); None when it answered by itself,
# as a stream does. On a route without login the visitor may be None.
Handler = Callable[..., Awaitable[Optional["HTTPResponse"]]]


@dataclass(frozen=True)
class Route:
    """One address of the inbox.

    Attributes:
        method: GET or POST. A POST is only served with the CSRF token, in the field
            ``csrf`` or the header ``X-CSRF``, and from a page of our own.
        path: Below /inbox, without a slash in front: ``"gesprek/<conversation>/claim"``.
            ``<conversation>`` is given to the handler by that name, and exists: one that
            doesn't is answered with 404 before the handler is called. Other parameters
            (``<account>``) are given as they came, as text.
        handler: ``async def handler(request, visitor, conversation)``.
        roles: Who may use it.
        kind: ``page`` is answered with a page (without login: sent to the login page),
            ``call`` with JSON (without login: 401).
        audit: What the audit says that the visitor did. A GET is written down before it
            is served, a POST when it succeeded (status below 400).
        without_login: Served to everybody.
        before_totp: Served also to who still has to set up the code of their phone.
        in_background: The browser does it by itself (presence, a stream): it doesn't keep
            the session alive.
        most_bytes: How large a body may be.
    """

    method: str
    path: str
    handler: Handler
    roles: FrozenSet[str] = EVERYBODY
    kind: str = PAGE
    audit: Optional[str] = None
    without_login: bool = False
    before_totp: bool = False
    in_background: bool = False
    most_bytes: int = MOST_BODY_BYTES

    @property
    def is_about_conversation(self) -> bool:
        """Whether a conversation is named in its path."""
        return "<conversation>" in self.path

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"


class NotFound(Exception):
    """There is no such thing, or not for this visitor: both look the same."""


class Refused(Exception):
    """What is asked can't be done now; the visitor is told why.

    Args:
        message: One Dutch sentence.
        status: Of the response.
    """

    def __init__(self, message: str, status: int = 409):
        super().__init__(message)
        self.message = message
        self.status = status


_CONVERSATION = re.compile(r"[A-Za-z0-9:_-]{1,64}")


def is_conversation_id(text: str) -> bool:
    """Whether a conversation could have this id."""
    return _CONVERSATION.fullmatch(text) is not None


def number_in(text: Any) -> int:
    """A row's id out of a path or a form.

    Raises:
        NotFound: It is none.
    """
    if isinstance(text, str) and re.fullmatch(r"[1-9][0-9]{0,8}", text):
        return int(text)
    raise NotFound
