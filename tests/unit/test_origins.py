"""Which websites may talk to the chat."""

from __future__ import annotations

import pytest

from rasa_project.channels.origins import decide

WEBSITES = ["https://www.debrug.example", "http://localhost:8000"]
HOST = "chat.debrug.example"


@pytest.mark.parametrize(
    "origin",
    [
        "https://www.debrug.example",
        "https://WWW.debrug.example",
        "http://localhost:8000",
        "https://chat.debrug.example",
        "http://chat.debrug.example",
    ],
)
def test_a_website_of_the_practice_and_our_own_may(origin):
    decision = decide(origin, HOST, WEBSITES)
    assert decision.allowed
    assert decision.headers == {"Vary": "Origin", "Access-Control-Allow-Origin": origin}


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://www.debrug.example",
        "https://debrug.example",
        "https://www.debrug.example.evil.example",
        "https://www.debrug.example:444",
        "https://chat.debrug.example:5005",
        "http://localhost",
        "null",
        "",
        "*",
        "https://[",
        "https://www.debrug.example/",
    ],
)
def test_any_other_may_not(origin):
    decision = decide(origin, HOST, WEBSITES)
    assert not decision.allowed
    # Its page may read the sentence of the refusal; a preflight gets nothing at all.
    assert set(decision.headers) <= {"Vary", "Access-Control-Allow-Origin"}
    assert decision.headers.get("Access-Control-Allow-Origin", origin) == origin
    assert decide(origin, HOST, WEBSITES, is_preflight=True).headers == {"Vary": "Origin"}


def test_only_a_page_may_read_its_refusal():
    readable = {"Vary": "Origin", "Access-Control-Allow-Origin": "https://evil.example"}
    assert decide("https://evil.example", HOST, WEBSITES) == (False, readable)
    for origin in ("null", "*", ""):
        assert decide(origin, HOST, WEBSITES) == (False, {"Vary": "Origin"})


@pytest.mark.parametrize("host", [None, ""])
def test_without_a_host_only_the_list_counts(host):
    assert not decide("https://chat.debrug.example", host, WEBSITES).allowed
    assert not decide("", host, WEBSITES).allowed
    assert decide(WEBSITES[0], host, WEBSITES).allowed


def test_a_request_without_an_origin_is_no_other_website():
    assert decide(None, HOST, []).allowed
    assert "Access-Control-Allow-Origin" not in decide(None, HOST, []).headers


def test_only_a_preflight_is_told_what_may_be_sent():
    headers = decide(WEBSITES[0], HOST, WEBSITES, is_preflight=True).headers
    assert headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE"
    assert headers["Access-Control-Allow-Headers"] == "authorization, content-type, last-event-id"
    assert headers["Access-Control-Max-Age"] == "600"
    refused = decide("https://evil.example", HOST, WEBSITES, is_preflight=True)
    assert refused == (False, {"Vary": "Origin"})


def test_cookies_are_never_allowed():
    headers = decide(WEBSITES[0], HOST, WEBSITES, is_preflight=True).headers
    assert "Access-Control-Allow-Credentials" not in headers
