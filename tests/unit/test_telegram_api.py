"""Calls of the Bot API: what goes wrong, and that the token is never told."""

from __future__ import annotations

import asyncio
import time
from typing import Iterator

import pytest

from rasa_project.channels import telegram_api as api_module
from rasa_project.channels.telegram_api import (
    Blocked,
    BotApi,
    Conflict,
    Refused,
    TooFast,
    Unreachable,
    WrongToken,
    _error,
)
from rasa_project.channels.telegram_names import Names
from tests.telegram.stand_in import TOKEN, StandIn


@pytest.fixture
def telegram() -> Iterator[StandIn]:
    server = StandIn().start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("code", "description", "kind"),
    [
        (400, "Bad Request: can't parse entities", Refused),
        (400, "Bad Request: chat not found", Blocked),
        (400, "Bad Request: PEER_ID_INVALID", Blocked),
        (401, "Unauthorized", WrongToken),
        (403, "Forbidden: bot was blocked by the user", Blocked),
        (404, "Not Found", WrongToken),
        (409, "Conflict: terminated by other getUpdates request", Conflict),
        (500, "Internal Server Error", Unreachable),
        ("x", None, Unreachable),
    ],
)
def test_what_an_error_means(code, description, kind):
    error = _error("m", 500, {"ok": False, "error_code": code, "description": description})
    assert type(error) is kind


@pytest.mark.parametrize(
    ("parameters", "seconds"),
    [
        ({"retry_after": 7}, 7),
        ({}, 1),
        (None, 1),
        ({"retry_after": "7"}, 1),
        ({"retry_after": 0}, 1),
    ],
)
def test_how_long_to_wait(parameters, seconds):
    error = _error("m", 429, {"ok": False, "error_code": 429, "parameters": parameters})
    assert isinstance(error, TooFast)
    assert error.seconds == seconds


async def test_too_many_is_obeyed_and_the_rest_is_tried_until_it_is_done(telegram, monkeypatch):
    monkeypatch.setattr(api_module, "FIRST_PAUSE", 0.01)
    api = BotApi(Names(TOKEN), telegram.address)
    telegram.error_rate = 0.5
    begun = time.monotonic()
    try:
        done = await asyncio.gather(*(api.insist("getMe") for _ in range(20)))
    finally:
        await api.close()
    assert len(done) == 20
    assert telegram.errors > 5
    assert time.monotonic() - begun >= 1


async def test_no_error_tells_the_token(telegram):
    secret = TOKEN.partition(":")[2]
    telegram.down = True
    for address in (telegram.address, "http://127.0.0.1:9", "http://no such host"):
        api = BotApi(Names(TOKEN), address)
        with pytest.raises(Unreachable) as caught:
            await api.call("getMe")
        await api.close()
        assert secret not in str(caught.value)
        assert caught.value.__suppress_context__
