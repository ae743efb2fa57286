"""Limits per address and on slow or unclear requests, on the started assistant."""

from __future__ import annotations

import json
import re
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Dict, Tuple

import pytest
import requests

from rasa_project.surfaces import time_outs
from rasa_project.surfaces.limits import limits
from rasa_project.surfaces.time_outs import is_clear
from tests.dialogues.conftest import PHONE
from tests.dialogues.web_chat import WebChat
from tests.fuzz.target import TIMES, Target

ALARM = "Ik kan niet meer plassen sinds mijn rug zo zeer doet"
MOST = {kind: int(figure.most * TIMES) for kind, figure in limits().budgets.by_kind().items()}
STREAMS = int(limits().streams * TIMES)


def source(address: str) -> Dict[str, str]:
    """The settings of these tests say that one proxy stands in front."""
    return {"X-Forwarded-For": address}


@pytest.mark.model
def test_more_conversations_than_an_address_may_begin(target: Target) -> None:
    url = f"{target.assistant.address}/chat/api/session"
    most = MOST["sessions"]
    origin = {"Origin": target.assistant.address}
    answers = [
        requests.post(url, json={}, headers={**source("203.0.113.1"), **origin}, timeout=20)
        for _ in range(most + 3)
    ]
    assert [answer.status_code for answer in answers[:most]] == [201] * most
    last = answers[-1]
    assert last.status_code == 429
    assert last.json()["error"] == "too_many"
    assert PHONE in last.json()["text"]
    assert 1 <= int(last.headers["retry-after"]) <= 60
    # The patient's browser may read it.
    assert last.headers["access-control-allow-origin"] == target.assistant.address
    others = requests.post(url, json={}, headers=source("203.0.113.2"), timeout=20)
    assert others.status_code == 201


@pytest.mark.model
def test_an_alarm_sign_above_the_limit_still_gets_its_text(target: Target) -> None:
    chat = WebChat(target.assistant)
    address = source("2001:db8:7::1")

    def refused_with(text: str) -> requests.Response:
        """A place comes back each second: it is used up again until the text finds none."""
        for _ in range(10):
            # Malformed ones count too.
            for _ in range(MOST["messages"] * 5):
                if chat.call("POST", "messages", b"[", **address).status_code == 429:
                    break
            body = {"id": uuid.uuid4().hex, "text": text}
            answer = chat.call("POST", "messages", body, **source("2001:db8:7::ffff:2"))
            if answer.status_code == 429:
                return answer
        raise AssertionError("there is no limit")

    refused = refused_with(ALARM)
    assert refused.json()["alarm"] == "same_day", refused.text
    assert "huisarts" in json.dumps(refused.json()["parts"])
    assert "alarm" not in refused_with("Mag ik fietsen?").json()


@pytest.mark.model
def test_streams_that_an_address_holds_open(target: Target) -> None:
    chat = WebChat(target.assistant)
    url = f"{target.assistant.address}/chat/api/events"
    headers = {**chat.headers(Accept="text/event-stream"), **source("203.0.113.3")}

    def opened() -> requests.Response:
        return requests.get(url, headers=headers, stream=True, timeout=20)

    with ExitStack() as streams:
        for _ in range(STREAMS):
            answer = streams.enter_context(closing(opened()))
            assert answer.status_code == 200
        refused = opened()
        assert (refused.status_code, refused.json()["error"]) == (429, "too_many")
        assert PHONE in refused.json()["text"]
        assert "retry-after" in refused.headers
    until = time.monotonic() + 40
    while True:
        # The server learns of a closed one when it has something to say to it.
        with closing(opened()) as again:
            if again.status_code == 200:
                return
        assert time.monotonic() < until, "places don't come back"
        time.sleep(1)


@pytest.mark.model
@pytest.mark.parametrize(
    ("path", "kind", "says"),
    [
        ("/chat", "pages", PHONE),
        ("/nowhere", "others", PHONE),
        ("/inbox/login", "inbox", "netwerk"),
    ],
)
def test_pages_are_refused_in_words(target: Target, path: str, kind: str, says: str) -> None:
    with requests.Session() as session:
        for number in range(MOST[kind] * 10):  # noqa: B007
            answer = session.get(
                target.assistant.address + path, headers=source("203.0.113.4"), timeout=20
            )
            if answer.status_code == 429:
                break
        assert number >= MOST[kind]
        assert says in answer.text
        assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.model
def test_addresses_are_not_logged(target: Target) -> None:
    printed = target.assistant.output + target.assistant.errors
    assert not re.findall(r"203\.0\.113|2001:db8", printed)


# ---- slow and unclear requests


@pytest.mark.model
def test_requests_letter_by_letter_are_cut_off(target: Target) -> None:
    heads = [
        b"GET /chat HTTP/1.1\r\nX-Slow: ",
        b"POST /chat/api/session HTTP/1.1\r\nContent-Length: 99\r\n\r\n",
    ]
    with ThreadPoolExecutor() as threads:
        for took, answer in threads.map(lambda head: slowly(target, head), heads):
            assert time_outs.REQUEST_SECONDS - 1 < took < 1.5 * time_outs.REQUEST_SECONDS
            assert not answer or answer.startswith(b"HTTP/1.1 408"), answer


def slowly(target: Target, head: bytes) -> Tuple[float, bytes]:
    """Send a request letter by letter; how long that goes on, and what comes back."""
    started = time.monotonic()
    answer = b""
    with closing(socket.create_connection(("127.0.0.1", target.assistant.port), 10)) as wire:
        wire.settimeout(0.5)
        wire.sendall(head)
        while time.monotonic() - started < 3 * time_outs.REQUEST_SECONDS:
            try:
                wire.sendall(b"a")
                answer = wire.recv(1_000)
                break
            except socket.timeout:
                continue
            except ConnectionError:
                break
    return time.monotonic() - started, answer


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: x",
        b"Content-Length: -1",
        b"Content-Length: 1\r\ncontent-length: 2",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3",
        b"Content-Length: 99999999999999999999",
    ],
)
def test_a_head_that_says_its_length_in_two_ways_is_refused(lines: bytes) -> None:
    assert not is_clear(b"POST /chat HTTP/1.1\r\nHost: a\r\n" + lines)


@pytest.mark.parametrize("line", [b"", b"GET", b"GET \xff HTTP/1.1", b"GET / \xff"])
def test_an_address_that_cannot_be_read_is_refused(line: bytes) -> None:
    assert is_clear(line) == (line == b"GET / \xff")


@pytest.mark.parametrize(
    "lines", [b"", b"Content-Length: 0", b"Transfer-Encoding: chunked", b"X: Content-Length: x"]
)
def test_a_clear_head_is_taken(lines: bytes) -> None:
    assert is_clear(b"POST /chat?a=b HTTP/1.1\r\nHost: a\r\n" + lines)
