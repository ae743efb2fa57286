"""Whoever has no token, or another one, gets nothing: tried on every route of the app.

A new route fails here until it stands in one of the lists below, with who may use it.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import Dict, Iterator, List, Tuple

import pytest
import requests

from rasa_project.channels.tokens import conversation_of, hash_of, new_token
from rasa_project.inbox.access import CALL, ROLES, Route
from rasa_project.inbox.routes import all_routes
from rasa_project.inbox.services import inbox_for
from tests.dialogues.web_chat import WebChat
from tests.fuzz.target import MARK, METRICS_TOKEN, Target
from tests.handoff.chatwoot_stand_in import WEBHOOK_SECRET
from tests.surfaces.conftest import Route as Served

pytestmark = pytest.mark.model
# For everybody; they hold nothing of a patient.
PUBLIC = {
    ("GET", "/"), ("GET", "/chat"), ("GET", "/chat/<name:str>"), ("GET", "/chat/api/info"),
    ("POST", "/chat/api/session"), ("GET", "/health"), ("GET", "/ready"),
}  # fmt: skip
# With the token of the conversation, and a body that is taken when the token is right.
OF_PATIENTS: Dict[Served, object] = {
    ("POST", "/chat/api/messages"): {"id": "token-trial-01", "text": "Mag ik fietsen?"},
    ("GET", "/chat/api/events"): None,
    ("POST", "/chat/api/feedback"): {"event": 1, "useful": True},
    ("POST", "/chat/api/typing"): {},
    ("GET", "/chat/api/consent"): None,
    ("POST", "/chat/api/consent"): {"version": "1", "given": False},
    ("GET", "/chat/api/export"): None,
    ("DELETE", "/chat/api/conversation"): None,
}
# With a secret of a program, or only from this computer.
OF_PROGRAMS = {
    ("GET", "/metrics"), ("POST", "/webhooks/telegram/<path>"),
    ("POST", "/webhooks/chatwoot/<secret:str>"),
}  # fmt: skip
# In the profile local only (tests/surfaces/test_profile.py).
LOCAL_ONLY = {("GET", "/webhooks/rest"), ("POST", "/webhooks/rest/webhook")}
INBOX: List[Route] = all_routes(inbox_for("sqlite://"))
# Of the inbox without a login: the form to log in, and files that hold nothing of anybody.
INBOX_PUBLIC = {("GET", "login"), ("POST", "login"), ("GET", "bestand/<name>")}


def named(path: str, target: Target) -> str:
    return path.replace(target.names.webhook_path, "<path>")


def test_every_route_is_listed(target: Target, routes: List[Served]) -> None:
    listed = {*PUBLIC, *OF_PATIENTS, *OF_PROGRAMS, *LOCAL_ONLY}
    inbox = {f"/inbox/{route.path}".rstrip("/") for route in INBOX} | {"/inbox/<rest:path>"}
    unknown = [
        (method, path)
        for method, path in routes
        # A browser's question about another website, which gives nothing.
        if method not in ("OPTIONS", "HEAD")
        and (method, named(path, target)) not in listed
        and re.sub(r":\w+>", ">", path) not in {re.sub(r":\w+>", ">", one) for one in inbox}
    ]
    assert unknown == [], "say in this file who may use them, and try it"
    served = {(method, named(path, target)) for method, path in routes}
    assert served >= listed, "listed here, and no longer served"


def wrong_tokens(target: Target) -> Iterator[Tuple[str, Dict[str, str]]]:
    """Who asks, and with what."""
    expired = WebChat(target.assistant)
    with closing(sqlite3.connect(target.assistant.database, timeout=20)) as connection, connection:
        done = connection.execute(
            "UPDATE conversation SET expires_at = '2020-01-01 00:00:00' WHERE token_hash = ?",
            (hash_of(expired.token),),
        )
        assert done.rowcount == 1
    conversation = conversation_of(hash_of(target.other.token))
    yield "nobody", {}
    yield "random", {"Authorization": f"Bearer {new_token()}"}
    yield "expired", {"Authorization": f"Bearer {expired.token}"}
    yield "erased", {"Authorization": f"Bearer {target.erased.token}"}
    yield "the conversation's id", {"Authorization": f"Bearer {conversation}"}
    yield "the token's hash", {"Authorization": f"Bearer {hash_of(target.other.token)[:43]}"}
    yield "of the inbox", {"Authorization": f"Bearer {target.people[0].token}"}
    yield "a cookie", {"Cookie": f"ruggesteun_inbox={target.other.token}"}
    yield "another scheme", {"Authorization": f"Basic {target.other.token}"}


def test_nobody_gets_a_patients_conversation_without_its_token(target: Target) -> None:
    before = target.other.events()
    assert any(MARK in str(event) for event in before)
    for who, headers in wrong_tokens(target):
        for (method, path), body in OF_PATIENTS.items():
            for query in ("", f"?token={target.other.token}", "?wait=0&after=0"):
                answer = requests.request(
                    method,
                    target.assistant.address + path + query,
                    json=body,
                    headers={**headers, "Accept": "text/event-stream, application/json"},
                    timeout=20,
                    stream=True,
                )
                assert answer.status_code == 401, (who, method, path, query)
                assert MARK not in answer.text
                assert set(answer.json()) == {"error", "text"}
    assert target.other.events() == before


def test_another_patients_token_gives_only_that_patients_own(target: Target) -> None:
    """Whatever is named in the request, the token alone says whose conversation it is."""
    other = conversation_of(hash_of(target.other.token))
    before = target.other.events()
    their_event = before[-1]["id"]
    own = WebChat(target.assistant)
    for body in (
        {"id": "token-trial-02", "text": "Dag", "conversation": other, "sender": other},
        {"id": "token-trial-03", "text": "Dag", "token": target.other.token},
    ):
        assert own.call("POST", f"messages?conversation={other}", body).status_code == 202
    found = own.call("GET", f"events?after=0&conversation={other}")
    assert MARK not in found.text
    ids = {event["id"] for event in found.json()["events"]}
    assert ids.isdisjoint(event["id"] for event in before)
    # Their events can't be judged with another's token, nor told from those that never were.
    for event in (their_event, 2**30):
        answer = own.call("POST", "feedback", {"event": event, "useful": False})
        assert (answer.status_code, answer.json()["error"]) == (404, "unknown_event")
    with own.stream(last_seen=0) as stream:
        assert MARK not in str(stream.until("ready"))
    assert own.call("DELETE", f"conversation?conversation={other}").status_code == 204
    assert target.other.events() == before
    assert own.call("GET", "events").status_code == 401


def _filled(route: Route, conversation: str) -> str:
    values = {"conversation": conversation, "name": "inbox.css"}
    path = re.sub(r"<(\w+)[^>]*>", lambda found: values.get(found[1], "1"), route.path)
    return f"/inbox/{path}".rstrip("/")


def test_the_inbox_gives_nothing_to_patients_and_strangers(target: Target) -> None:
    conversation = conversation_of(hash_of(target.other.token))
    before = target.other.events()
    cookies = [
        {},
        {"ruggesteun_inbox": new_token()},
        {"ruggesteun_inbox": target.other.token},
        {"ruggesteun_inbox": hash_of(target.people[0].token)},
    ]
    for route in INBOX:
        if (route.method, route.path) in INBOX_PUBLIC:
            continue
        for cookie in cookies:
            for headers in ({}, {"Authorization": f"Bearer {target.people[0].token}"}):
                answer = requests.request(
                    route.method,
                    target.assistant.address + _filled(route, conversation),
                    data={"text": "x", "csrf": "x"} if route.changes else None,
                    headers={"Origin": target.assistant.address, **headers},
                    cookies=cookie,
                    timeout=20,
                    allow_redirects=False,
                    stream=True,
                )
                if route.kind == CALL:
                    assert answer.status_code == 401, route
                else:
                    assert answer.status_code == 303, route
                    assert answer.headers["location"] == "/inbox/login"
                assert MARK not in answer.text
    assert target.other.events() == before


def test_roles_of_the_inbox_get_no_more_than_is_theirs(target: Target) -> None:
    """What each role may is in the table; here that the started assistant keeps to it."""
    conversation = conversation_of(hash_of(target.other.token))
    tried = 0
    for person, role in zip(target.people, ROLES, strict=True):
        for route in INBOX:
            if role in route.roles or route.without_login:
                continue
            answer = requests.request(
                route.method,
                target.assistant.address + _filled(route, conversation),
                data={"text": "x"} if route.changes else None,
                headers={"Origin": target.assistant.address, "X-CSRF": person.csrf},
                cookies={"ruggesteun_inbox": person.token},
                timeout=20,
                allow_redirects=False,
            )
            assert answer.status_code == 403, (role, route.method, route.path)
            assert MARK not in answer.text
            tried += 1
    assert tried > 15


def test_a_session_cannot_send_with_the_form_token_of_another(target: Target) -> None:
    first, second = target.people[:2]
    for route in INBOX:
        if not route.changes or route.without_login:
            continue
        answer = requests.post(
            target.assistant.address + _filled(route, conversation_of(hash_of(new_token()))),
            data={"text": "x", "csrf": second.csrf},
            headers={"Origin": target.assistant.address, "X-CSRF": second.csrf},
            cookies={"ruggesteun_inbox": first.token},
            timeout=20,
            allow_redirects=False,
        )
        assert answer.status_code == 403, route


@pytest.mark.parametrize(
    "secret",
    ["", "x", "é", new_token(), "A" * 64],
    # A token is new each time, and several processes must agree on what the tests are called.
    ids=["empty", "short", "letter", "random", "long"],
)
def test_programs_need_their_secret(target: Target, secret: str) -> None:
    address = target.assistant.address
    shown = secret.encode("utf-8").decode("latin-1")
    figures = requests.get(
        f"{address}/metrics", headers={"Authorization": f"Bearer {shown}"}, timeout=20
    )
    assert figures.status_code == 404
    update = requests.post(
        f"{address}/webhooks/telegram/{target.names.webhook_path}",
        json={"update_id": 1},
        headers={"X-Telegram-Bot-Api-Secret-Token": shown},
        timeout=20,
    )
    assert update.status_code == 403
    note = requests.post(f"{address}/webhooks/chatwoot/{secret}", json={}, timeout=20)
    assert note.status_code in (404, 405)
    # And with it they are served.
    allowed = requests.get(
        f"{address}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}, timeout=20
    )
    assert allowed.status_code == 200
    known = requests.post(
        f"{address}/webhooks/chatwoot/{WEBHOOK_SECRET}", json={"event": "x"}, timeout=20
    )
    assert known.status_code == 200
