"""The headers of every answer: all routes of the started app, errors and files too."""

from __future__ import annotations

import re
import socket
from contextlib import closing
from typing import Dict, List

import pytest
import requests

from rasa_project.surfaces.security_headers import USUAL
from tests.dialogues.conftest import Assistant
from tests.fuzz.target import Target
from tests.surfaces.conftest import Route

pytestmark = pytest.mark.model
NEEDED = sorted(name.lower() for name in USUAL)


def missing(headers: Dict[str, str]) -> List[str]:
    found = {name.lower(): value for name, value in headers.items()}
    wrong = [name for name in NEEDED if name not in found]
    policy = found.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy or "frame-ancestors" not in policy:
        wrong.append(f"policy {policy!r}")
    if found.get("x-content-type-options") != "nosniff":
        wrong.append("nosniff")
    # Rasa's server would let any website read with the visitor's cookies.
    wrong += [name for name in found if name == "access-control-allow-credentials"]
    return wrong


def tried(target: Target, method: str, path: str) -> requests.Response:
    path = re.sub(r"<[^>]*>", "x", path)
    return requests.request(
        method, target.assistant.address + path, allow_redirects=False, timeout=20, stream=True
    )


def test_every_route_answers_with_them(target: Target, routes: List[Route]) -> None:
    assert len(routes) > 60
    wrong = {}
    for method, path in routes:
        answer = tried(target, method, path)
        lacking = missing(dict(answer.headers))
        answer.close()
        assert answer.status_code < 500, (method, path)
        if lacking:
            wrong[f"{method} {path}"] = lacking
    assert wrong == {}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/chat/ruggesteun.js", 200),
        ("GET", "/chat/page.css", 200),
        ("GET", "/chat/demo", 200),
        ("GET", "/inbox/bestand/inbox.css", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/chat/../../etc/passwd", 404),
        ("PUT", "/health", 405),
        ("POST", "/chat/api/messages", 401),
        ("POST", "/chat/api/session", 400),
        ("OPTIONS", "/chat/api/messages", 204),
    ],
)
def test_files_and_errors_too(target: Target, method: str, path: str, status: int) -> None:
    answer = tried(target, method, path)
    assert answer.status_code == status
    assert missing(dict(answer.headers)) == []
    # Nothing is said about how we are reached when it wasn't by https.
    assert "strict-transport-security" not in answer.headers
    secured = requests.request(
        method,
        target.assistant.address + path,
        headers={"X-Forwarded-Proto": "https"},
        allow_redirects=False,
        timeout=20,
    )
    assert int(secured.headers["strict-transport-security"].partition("=")[2]) > 10_000_000


def test_what_is_no_request_at_all(target: Target) -> None:
    for head in (b"GARBAGE\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" * 700):
        text = raw(target.assistant, head)
        status, _, rest = text.partition("\r\n")
        assert status.split()[1] in ("400", "413"), status
        pairs = (line.split(": ", 1) for line in rest.split("\r\n\r\n")[0].split("\r\n"))
        assert missing({pair[0]: pair[1] for pair in pairs}) == []


def raw(assistant: Assistant, sent: bytes) -> str:
    with closing(socket.create_connection(("127.0.0.1", assistant.port), 10)) as wire:
        wire.sendall(sent)
        got = b""
        while block := wire.recv(65_536):
            got += block
        return got.decode("utf-8")
