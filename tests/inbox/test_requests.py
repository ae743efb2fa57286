"""What is read out of a request: forms, network addresses, ids."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from rasa_project.channels.json_body import BadRequest, TooLarge
from rasa_project.errors import SettingsError
from rasa_project.inbox import cookies
from rasa_project.inbox.access import NotFound, Route, is_conversation_id, number_in
from rasa_project.inbox.forms import FORM, form_fields
from rasa_project.inbox.guard import Guard
from rasa_project.settings import read_settings
from rasa_project.surfaces.network_address import network_address
from tests.inbox.conftest import Clock, quick_inbox


def test_a_form_is_read_as_browsers_write_it():
    body = b"text=Dag+%C3%A9%C3%A9n%0D%0Atwee&empty=&csrf=a-b"
    assert form_fields(body, f"{FORM}; charset=UTF-8", 100) == {
        "text": "Dag één\ntwee",
        "empty": "",
        "csrf": "a-b",
    }
    assert form_fields(b"", "", 100) == {}


@pytest.mark.parametrize(
    "body",
    [b"a=1&a=2", b"a=%ff", b"\xff=1", b"a=%00", b"a", b"&".join([b"a%d=1" % n for n in range(51)])],
)
def test_what_is_no_form_is_refused(body):
    with pytest.raises(BadRequest):
        form_fields(body, FORM, 10_000)


def test_a_large_form_is_not_read():
    with pytest.raises(TooLarge):
        form_fields(b"a=" + b"x" * 99, FORM, 100)
    assert form_fields(b"a=" + b"x" * 98, FORM, 100)


def request(ip: str = "10.0.0.1", scheme: str = "http", **headers: str) -> SimpleNamespace:
    return SimpleNamespace(
        ip=ip,
        scheme=scheme,
        headers={name.replace("_", "-"): text for name, text in headers.items()},
    )


@pytest.mark.parametrize(
    ("said", "proxies", "address"),
    [
        (None, 0, "10.0.0.1"),
        # Without a proxy of one's own anybody could write this.
        ("1.2.3.4", 0, "10.0.0.1"),
        ("1.2.3.4", 1, "1.2.3.4"),
        ("9.9.9.9, 1.2.3.4", 1, "1.2.3.4"),
        ("9.9.9.9, 1.2.3.4, 10.0.0.2", 2, "1.2.3.4"),
        ("1.2.3.4", 2, "10.0.0.1"),
        (None, 1, "10.0.0.1"),
        ("9.9.9.9, ", 1, "10.0.0.1"),
        ("x" * 500, 1, "x" * 64),
    ],
)
def test_only_what_proxies_of_ones_own_say_is_believed(said, proxies, address):
    headers = {} if said is None else {"x_forwarded_for": said}
    assert network_address(request(**headers), proxies) == address


@pytest.mark.parametrize(
    ("scheme", "said", "https"),
    [
        ("http", "", False),
        ("https", "", True),
        ("http", "https", True),
        ("http", "HTTPS, http", True),
        ("http", "http, https", False),
    ],
)
def test_whether_the_browser_came_over_https(scheme, said, https):
    assert cookies.is_https(request(scheme=scheme, x_forwarded_proto=said)) is https


@pytest.mark.parametrize("text", ["web:" + "a" * 40, "tg:0f", "x", "A-b_c:9"])
def test_what_may_be_a_conversation(text):
    assert is_conversation_id(text)


@pytest.mark.parametrize("text", ["", "a b", "a/b", "é", "a\n", "a" * 65, "%20", "a'b"])
def test_what_is_none(text):
    assert not is_conversation_id(text)


def test_numbers_are_plain_numbers():
    assert number_in("12") == 12
    for text in ("", "0", "01", "-1", "1.0", "1e3", " 1", "١", "9" * 10, None, 7):
        with pytest.raises(NotFound):
            number_in(text)


def test_a_route_that_is_declared_twice_is_found_at_the_start():
    async def serve(_request, _visitor):
        return None

    twice = [Route("GET", "x", serve), Route("GET", "x", serve)]
    with pytest.raises(ValueError, match="two routes for GET x"):
        Guard(quick_inbox("sqlite://", Clock()), twice)


def test_the_number_of_proxies_is_a_setting():
    assert read_settings({}).proxies == 0
    assert read_settings({"RUGGESTEUN_PROXIES": "2"}).proxies == 2
    for text in ("10", "-1", "een", "²"):
        with pytest.raises(SettingsError, match="RUGGESTEUN_PROXIES"):
            read_settings({"RUGGESTEUN_PROXIES": text})
