"""A running inbox without Rasa's model, accounts of each role, and browsers logged in.

``inbox_server`` is one for all tests of a file; ``new_inbox_server`` starts one for a test.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Optional

import argon2
import pyotp
import pytest
import rasa.core.run
import requests
import sqlalchemy as sa
from sanic import Sanic

from rasa_project.channels.inbox import blueprint_of
from rasa_project.inbox.access import BEHEERDER, MEEKIJKER, ROLES, THERAPEUT
from rasa_project.inbox.accounts import OPERATOR, Account
from rasa_project.inbox.passwords import Passwords
from rasa_project.inbox.services import Inbox, inbox_for
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.migrate import migrate
from rasa_project.storage.tables import AccountRow

# Sanic else refuses a second server in a process.
Sanic.test_mode = True

START = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)
PASSWORD = "vier losse woorden dus"
NAMES = {BEHEERDER: "Bea Baas", THERAPEUT: "Anna de Wit", MEEKIJKER: "Mo Kijker"}
# As safe as a wet paper bag, and quick.
QUICK_HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Clock:
    """A moment that only tests move."""

    def __init__(self, moment: datetime = START):
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


def quick_inbox(database_url: str, clock: Callable[[], datetime]) -> Inbox:
    """The parts of an inbox with quick hashes and a clock of the test's."""
    return inbox_for(database_url, passwords=Passwords(QUICK_HASHER), now=clock)


class Browser:
    """Somebody's browser: keeps cookies, and sends forms as a page of ours would."""

    def __init__(self, server: "InboxServer"):
        self.server = server
        self.http = requests.Session()
        self.csrf = ""

    def get(self, path: str = "", **options: Any) -> requests.Response:
        """A page below /inbox; redirects are not followed unless asked for."""
        options.setdefault("allow_redirects", False)
        return self.http.get(self.server.url(path), timeout=20, **options)

    def post(
        self, path: str, fields: Optional[Dict[str, Any]] = None, **options: Any
    ) -> requests.Response:
        """Send a form with the token of the session; ``csrf=...`` for another, or None."""
        csrf = options.pop("csrf", self.csrf)
        headers = {"Origin": self.server.address, **options.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        data = {**(fields or {}), **({} if csrf is None else {"csrf": csrf})}
        options.setdefault("allow_redirects", False)
        options.setdefault("data", data)
        return self.http.post(self.server.url(path), timeout=20, headers=headers, **options)

    def call(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Send JSON, as the script of a page does."""
        headers = {"X-CSRF": self.csrf, **options.pop("headers", {})}
        return self.post(path, data=None, json=body or {}, headers=headers, csrf=None, **options)

    def read_csrf(self, path: str) -> str:
        """Take the token out of the forms of a page."""
        self.csrf = _CSRF.search(self.get(path).text)[1]
        return self.csrf

    def try_login(self, login: str, password: str, code: str = "") -> requests.Response:
        """Fill in the login form."""
        self.read_csrf("login")
        return self.post("login", {"login": login, "password": password, "code": code})


class Person:
    """Somebody of the practice, with their password and their phone."""

    def __init__(self, server: "InboxServer", account: Account, password: str):
        self.server = server
        self.account = account
        self.password = password
        self.secret: Optional[str] = None

    @property
    def id(self) -> int:
        return self.account.id

    @property
    def login(self) -> str:
        return self.account.login

    def code(self) -> str:
        """What the phone shows; a new one each time."""
        self.server.clock.advance(seconds=30)
        return pyotp.TOTP(self.secret).at(self.server.clock())

    def set_up(self) -> Browser:
        """Log in for the first time, with the code of the phone; gives the browser."""
        browser = Browser(self.server)
        assert browser.try_login(self.login, self.password).status_code == 303
        page = browser.get("code").text
        self.secret = re.search(r'<p class="secret"><code>([A-Z2-7 ]+)<', page)[1].replace(" ", "")
        browser.csrf = _CSRF.search(page)[1]
        assert browser.post("code", {"code": self.code()}).status_code == 303
        browser.read_csrf("account")
        return browser

    def log_in(self) -> Browser:
        """A browser in which they are logged in."""
        if self.secret is None:
            return self.set_up()
        browser = Browser(self.server)
        answer = browser.try_login(self.login, self.password, self.code())
        assert answer.status_code == 303, answer.text
        browser.read_csrf("account")
        return browser


class InboxServer:
    """A running inbox.

    Attributes:
        inbox: Its parts.
        clock: The moment for what it stores.
        people: One of each role, by role; made when asked for.
    """

    def __init__(self, inbox: Inbox, clock: Clock, port: int):
        self.inbox = inbox
        self.clock = clock
        self.port = port
        self._people: Dict[str, Person] = {}
        self._browsers: Dict[str, Browser] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, path: str = "") -> str:
        return f"{self.address}/inbox" + (f"/{path}" if path else "")

    def add_person(self, login: str, role: str = THERAPEUT, name: str = "Iemand Anders") -> Person:
        account = self.inbox.accounts.add(login, name, role, PASSWORD, "De Brug", OPERATOR)
        return Person(self, account, PASSWORD)

    def person(self, role: str) -> Person:
        """The one of this role."""
        if role not in self._people:
            self._people[role] = self.add_person(f"{role}@debrug.example", role, NAMES[role])
        return self._people[role]

    def logged_in(self, role: str) -> Browser:
        """A new browser in which somebody of this role is logged in."""
        return self.person(role).log_in()

    def browser_of(self, role: str) -> Browser:
        """As :meth:`logged_in`, but the same one again while its session holds."""
        browser = self._browsers.get(role)
        if browser is None or browser.get("account").status_code != 200:
            browser = self._browsers[role] = self.logged_in(role)
        return browser

    def seen_now(self, account: int) -> None:
        """Make somebody present, as their open inbox does each minute."""
        with session_for(self.inbox.database_url) as session:
            session.execute(
                sa.update(AccountRow)
                .where(AccountRow.id == account)
                .values(present=True, seen_at=self.clock())
            )

    def visitor(self) -> Browser:
        """A browser in which nobody is."""
        return Browser(self)

    def begin_conversation(self, name: str = "web:" + "a" * 40, *messages: str) -> str:
        """A conversation of a patient who said these things; gives its id."""
        self.inbox.log.begin(name, "website", None, timedelta(hours=12))
        for number, text in enumerate(messages):
            self.inbox.log.add_message(name, f"client-{number:04d}", text, None)
        return name


@contextmanager
def serving(inbox: Inbox, clock: Clock) -> Iterator[InboxServer]:
    """Serve an inbox in a thread, on Rasa's own web server."""
    app = rasa.core.run.configure_app([], enable_api=False)
    app.config.FALLBACK_ERROR_FORMAT = "json"
    app.blueprint(blueprint_of(inbox), url_prefix="/inbox")
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    ports: list = []

    async def run(stop: asyncio.Event) -> None:
        # With port 0 Sanic would take 8000.
        own = socket.socket()
        own.bind(("127.0.0.1", 0))
        server = await app.create_server(
            sock=own, return_asyncio_server=True, debug=False, access_log=False
        )
        await server.startup()
        await server.before_start()
        await server.start_serving()
        await server.after_start()
        ports.append(server.server.sockets[0].getsockname()[1])
        ready.set()
        await stop.wait()
        await server.before_stop()
        await server.close()
        await server.after_stop()

    stop = asyncio.Event()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(run(stop))
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(30), "the server does not start"
    try:
        yield InboxServer(inbox, clock, ports[0])
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(15)


@contextmanager
def new_server(folder: Path) -> Iterator[InboxServer]:
    """An inbox with an empty SQLite database."""
    url = f"sqlite:///{folder / 'inbox.db'}"
    migrate(url)
    clock = Clock()
    with serving(quick_inbox(url, clock), clock) as server:
        yield server
    engine_for(url).dispose()


@pytest.fixture(scope="module")
def inbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InboxServer]:
    """One for all tests of a file."""
    with new_server(tmp_path_factory.mktemp("inbox")) as server:
        yield server


@pytest.fixture
def new_inbox_server(tmp_path: Path) -> Iterator[InboxServer]:
    """One for this test alone."""
    with new_server(tmp_path) as server:
        yield server


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest) -> str:
    """Each role."""
    return request.param


@pytest.fixture
def clock() -> Clock:
    """A moment that the test moves."""
    return Clock()


@pytest.fixture
def parts(database: str, clock: Clock) -> Inbox:
    """The parts of an inbox without a server, on SQLite and on PostgreSQL."""
    return quick_inbox(database, clock)
