"""Every route of the table, tried by everybody who may not use it, and by who may.

A route that is added to the table is tested here without further work.
"""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import Dict, Iterator, List
from zoneinfo import ZoneInfo

import pytest
import requests

from rasa_project.conversation.states import Actor, State
from rasa_project.inbox.access import CALL, MEEKIJKER, ROLES, THERAPEUT, Route
from rasa_project.inbox.audit import Filter
from rasa_project.inbox.headers import HEADERS
from rasa_project.inbox.routes import all_routes
from rasa_project.inbox.sessions import IDLE, LONGEST
from tests.inbox.conftest import Browser, Clock, InboxServer, quick_inbox

SAID = "Sinds de val kan ik mijn plas niet ophouden"
PATIENT = "web:" + "5e" * 20
ZONE = ZoneInfo("Europe/Amsterdam")
COUNTER = itertools.count()
# Routes about a conversation that stand in no audit: that one types is nothing that was done.
SILENT = {"POST gesprek/<conversation>/typt"}
TABLE: List[Route] = all_routes(quick_inbox("sqlite://", Clock()))
# What a form of the inbox might hold; a route takes what it knows.
FIELDS = {
    "text": "Dag, ik kijk even mee.",
    "reason": "answered",
    "role": THERAPEUT,
    "client_id": "client-0001",
    "event": "1",
    # Of the colleague whose conversation it is.
    "account": "1",
}


def named(route: Route) -> str:
    return f"{route.method} {route.path or '/'}"


def routes(**wanted: object) -> List[pytest.param]:
    """The routes with these properties."""
    found = [
        route
        for route in TABLE
        if all(getattr(route, name) == value for name, value in wanted.items())
    ]
    assert found, f"no route has {wanted}: this test would test nothing"
    return [pytest.param(route, id=named(route)) for route in found]


GUARDED = routes(without_login=False)
POSTS = routes(without_login=False, method="POST")
COMPLETE = routes(without_login=False, before_totp=False)
ABOUT_CONVERSATIONS = [one for one in routes() if one.values[0].is_about_conversation]
CHANGING_CONVERSATIONS = [one for one in ABOUT_CONVERSATIONS if one.values[0].changes]


@pytest.fixture(scope="module")
def server(inbox_server: InboxServer) -> InboxServer:
    """With a conversation that a therapist has claimed."""
    inbox_server.begin_conversation(PATIENT, SAID)
    owner = inbox_server.add_person("eigenaar@debrug.example", THERAPEUT, "Karim Haddad")
    assert str(owner.id) == FIELDS["account"]
    inbox_server.inbox.ownerships.claim(PATIENT, Actor.therapist(owner.id, "Karim Haddad"))
    return inbox_server


def filled(route: Route, conversation: str = PATIENT, account: str = "1") -> str:
    """The route's path with something in each parameter."""
    known = {"conversation": conversation, "account": account, "name": "inbox.css"}
    return re.sub(r"<(\w+)[^>]*>", lambda found: known.get(found[1], "1"), route.path)


def send(browser: Browser, route: Route, path: str = "", **options: object) -> requests.Response:
    """What a browser sends to a route; only the head is waited for, for streams."""
    path = path or filled(route)
    if route.method == "GET":
        options.pop("csrf", None)
        answer = browser.get(path, stream=True, **options)
    else:
        answer = browser.post(path, FIELDS, stream=True, **options)
    if "text/event-stream" in answer.headers.get("content-type", ""):
        # It would never end.
        answer.close()
    return answer


def is_shut(route: Route, answer: requests.Response, to: str = "/inbox/login") -> None:
    """Nobody is let in, and nothing is told."""
    if route.kind == CALL:
        assert answer.status_code == 401
        assert answer.json()["error"] == 401
    else:
        assert (answer.status_code, answer.headers.get("location")) == (303, to)
    tells_nothing(answer)


def tells_nothing(answer: requests.Response) -> None:
    assert has_headers(answer)
    # A random token may spell a word.
    body = re.sub(r"(?<![\w-])[\w-]{43}(?![\w-])", "", answer.text)
    for secret in (SAID, "plas", PATIENT, "Karim", "debrug.example", "Traceback", "sqlite"):
        assert secret not in body


def has_headers(answer: requests.Response) -> bool:
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, name
    assert answer.headers.get("cache-control") == "no-store"
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    return True


def newest_line(server: InboxServer) -> int:
    """The id of the newest line of the audit."""
    lines = server.inbox.audit.page(Filter(), ZONE, size=1)
    return lines[0].id if lines else 0


def traces(server: InboxServer) -> object:
    """What somebody could have changed: a conversation, the accounts, the audit."""
    inbox = server.inbox
    return (
        inbox.ownerships.of(PATIENT),
        inbox.log.events_for_staff(PATIENT),
        [(one.id, one.name, one.role, one.active, one.has_totp) for one in inbox.accounts.all()],
        newest_line(server),
    )


# ---- the table itself


def test_every_guarded_address_is_in_the_table_once():
    seen = [(route.method, route.path) for route in TABLE]
    assert len(seen) == len(set(seen))
    assert {route.method for route in TABLE} <= {"GET", "POST"}
    assert all(route.roles <= set(ROLES) and route.roles for route in TABLE)


def test_only_the_login_and_files_are_open():
    assert {named(route) for route in TABLE if route.without_login} == {
        "GET login",
        "POST login",
        "GET bestand/<name>",
    }


def test_who_only_reads_has_no_route_that_changes_a_conversation():
    changing = [route for route in TABLE if route.is_about_conversation and route.changes]
    assert [named(route) for route in changing if MEEKIJKER in route.roles] == []


def test_whatever_shows_or_changes_a_conversation_is_in_the_audit():
    silent = {
        named(route)
        for route in TABLE
        if route.is_about_conversation and not route.audit and not route.in_background
    }
    assert silent == SILENT


# ---- nobody without a session


@pytest.mark.parametrize("route", GUARDED)
def test_without_a_login_there_is_nothing(server, route):
    before = traces(server)
    is_shut(route, send(server.visitor(), route))
    assert traces(server) == before


@pytest.mark.parametrize("route", GUARDED)
def test_a_token_that_was_made_up_opens_nothing(server, route):
    browser = server.visitor()
    browser.http.cookies.set("ruggesteun_inbox", "x" * 43, path="/inbox")
    is_shut(route, send(browser, route))


@pytest.mark.parametrize("route", GUARDED)
def test_a_session_that_was_not_used_for_a_while_opens_nothing(server, route):
    browser = server.logged_in(next(iter(sorted(route.roles))))
    server.clock.advance(seconds=IDLE.total_seconds())
    is_shut(route, send(browser, route))


@pytest.mark.parametrize("path", ["account", "live"])
def test_a_session_that_is_used_all_the_time_ends_too(server, path):
    browser = server.logged_in(THERAPEUT)
    token = browser.http.cookies["ruggesteun_inbox"]
    for _ in range(int(LONGEST / timedelta(minutes=20)) - 1):
        server.clock.advance(minutes=20)
        assert server.inbox.sessions.find(token)
    server.clock.advance(minutes=20)
    is_shut(*[(route, send(browser, route)) for route in TABLE if route.path == path][0])


@pytest.mark.parametrize("route", GUARDED)
def test_after_logging_out_the_old_cookie_opens_nothing(server, route):
    browser = server.logged_in(next(iter(sorted(route.roles))))
    token = browser.http.cookies["ruggesteun_inbox"]
    assert browser.post("logout").status_code == 303
    assert "ruggesteun_inbox" not in browser.http.cookies
    browser.http.cookies.set("ruggesteun_inbox", token, path="/inbox")
    is_shut(route, send(browser, route))


@pytest.mark.parametrize("route", COMPLETE)
def test_with_only_a_password_there_is_nothing(server, route):
    """Who still has to set up the code of their phone sees that page only."""
    person = server.add_person(f"nieuw-{next(COUNTER)}@debrug.example", sorted(route.roles)[0])
    browser = server.visitor()
    assert browser.try_login(person.login, person.password).status_code == 303
    browser.read_csrf("code")
    before = traces(server)
    is_shut(route, send(browser, route), "/inbox/code")
    assert traces(server) == before


# ---- the wrong role


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", GUARDED)
def test_each_role_gets_where_it_may_and_nowhere_else(server, route, role):
    other = server.begin_conversation(f"web:{next(COUNTER):040x}", SAID)
    browser = server.browser_of(role)
    before = traces(server)
    answer = send(browser, route, filled(route, other, account="999"))
    if role in route.roles:
        # With a made-up account or an empty form it may be refused, but not for the role.
        assert answer.status_code not in (401, 403, 405, 500, 503) or named(route) == "POST code"
        has_headers(answer)
    else:
        assert answer.status_code == 403
        tells_nothing(answer)
        assert traces(server) == before


# ---- forms of somebody else


def forged(browser: Browser, other: Browser) -> Iterator[Dict[str, object]]:
    yield {"csrf": None}
    yield {"csrf": ""}
    yield {"csrf": "x" * 43}
    yield {"csrf": "\u00e9" * 43}
    yield {"csrf": other.csrf}
    yield {"headers": {"Origin": None}}
    yield {"headers": {"Origin": "null"}}
    yield {"headers": {"Origin": "https://evil.example"}}
    yield {"headers": {"Origin": f"{browser.server.address}.evil.example"}}
    yield {"headers": {"X-CSRF": other.csrf}}


@pytest.mark.parametrize("route", POSTS)
def test_a_form_that_no_page_of_ours_made_changes_nothing(server, route):
    role = sorted(route.roles)[0]
    other, browser = server.logged_in(role), server.browser_of(role)
    before = traces(server)
    for options in forged(browser, other):
        answer = send(browser, route, **options)
        assert answer.status_code == 403, options
        tells_nothing(answer)
    assert traces(server) == before
    assert browser.get("account").status_code == 200


@pytest.mark.parametrize("route", routes(without_login=True, method="POST"))
def test_the_login_form_too_must_be_ours(server, route):
    browser = server.visitor()
    browser.read_csrf("login")
    other = server.visitor()
    other.read_csrf("login")
    for options in forged(browser, other):
        assert send(browser, route, **options).status_code == 403


# ---- conversations


@pytest.mark.parametrize(
    "conversation",
    [
        "web:" + "0" * 40,
        "tg:" + "0" * 40,
        "1-1-1",
        "%27or%201=1--",
        "web%00",
        "a" * 65,
        "%c3%a9",
        "%ff",
    ],
)
@pytest.mark.parametrize("route", ABOUT_CONVERSATIONS)
def test_a_conversation_that_is_not_there_is_not_found(server, route, conversation):
    browser = server.browser_of(sorted(route.roles)[-1])
    before = traces(server)
    answer = send(browser, route, filled(route, conversation))
    assert answer.status_code == 404
    has_headers(answer)
    assert SAID not in answer.text
    assert conversation not in answer.text
    assert traces(server) == before


@pytest.mark.parametrize("route", CHANGING_CONVERSATIONS)
def test_nothing_of_a_colleagues_conversation_can_be_changed(server, route):
    """Its owner, its state and what the patient sees stay as they are."""
    browser = server.browser_of(THERAPEUT)
    owner = server.inbox.ownerships.of(PATIENT)
    assert owner.state is State.HUMAN
    assert owner.owner != server.person(THERAPEUT).id
    shown = server.inbox.log.events(PATIENT)
    server.seen_now(int(FIELDS["account"]))
    answer = send(browser, route)
    assert answer.status_code < 500
    has_headers(answer)
    assert server.inbox.ownerships.of(PATIENT) == owner
    assert server.inbox.log.events(PATIENT) == shown


# ---- what isn't in the table


@pytest.mark.parametrize("path", ["nowhere", "gesprek", "a/b/c/d", "..%2f..%2fcredentials.yml"])
def test_an_address_that_does_not_exist_is_not_found(server, path):
    visitor, browser = server.visitor(), server.browser_of(THERAPEUT)
    answer = visitor.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox/login")
    tells_nothing(answer)
    answer = browser.get(path)
    assert answer.status_code == 404
    has_headers(answer)


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", sorted({filled(route) for route in TABLE}))
def test_other_methods_do_nothing(server, path, method):
    browser = server.browser_of(THERAPEUT)
    before = traces(server)
    answer = browser.http.request(
        method,
        server.url(path),
        headers={"Origin": "https://evil.example", "X-CSRF": browser.csrf},
        timeout=20,
    )
    # Rasa's server answers OPTIONS itself, with nothing in it.
    assert (answer.status_code, answer.content) == (200, b"") or answer.status_code == 405
    has_headers(answer)
    assert traces(server) == before


def test_the_pages_of_patients_keep_their_own_headers(server):
    answer = requests.get(f"{server.address}/", timeout=20)
    assert answer.status_code == 200
    assert "content-security-policy" not in answer.headers


# ---- the headers of what is served


@pytest.mark.parametrize("path", ["login", "account", "accounts", "audit", "audit.csv"])
def test_pages_carry_the_headers_and_nothing_inline(server, path):
    browser = server.visitor() if path == "login" else server.logged_in("beheerder")
    answer = browser.get(path)
    assert answer.status_code == 200
    has_headers(answer)
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text


def test_the_policy_lets_nothing_in_from_elsewhere():
    policy = dict(
        part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["font-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src", "img-src")} == {
        "'self'"
    }
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("inbox.css", "text/css"), ("page.css", "text/css"), ("icon.svg", "image/svg")],
)
def test_files_come_from_a_list(server, name, kind):
    answer = server.visitor().get(f"bestand/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["cache-control"] == "no-cache"
    again = server.visitor().get(
        f"bestand/{name}", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["base.html", "chat.html", "..%2fchat.html", "templates", "%00"])
def test_other_files_are_not_found(server, name):
    assert server.visitor().get(f"bestand/{name}").status_code == 404
