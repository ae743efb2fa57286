"""How much one network address may do."""

from __future__ import annotations

import json
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from rasa_project.surfaces.address_limits import AddressLimits, TooManyStreams, kind_of
from rasa_project.surfaces.budget import Budget
from rasa_project.surfaces.limits import Limits, limits
from rasa_project.surfaces.network_address import counted_as, is_this_computer


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


# ---- the budget


def test_so_many_at_once_and_then_one_by_one(clock):
    budget = Budget(3, 60.0, clock)
    assert [budget.take("a") for _ in range(4)] == [0, 0, 0, 20]
    clock.now += 19
    assert budget.take("a") == 1
    clock.now += 1
    assert [budget.take("a"), budget.take("a")] == [0, 20]
    clock.now += 600
    assert [budget.take("a") for _ in range(4)] == [0, 0, 0, 20]


def test_each_key_for_itself(clock):
    budget = Budget(1, 60.0, clock)
    assert [budget.take("a"), budget.take("b"), budget.take("a")] == [0, 0, 60]


def test_who_is_refused_does_not_wait_longer_for_it(clock):
    budget = Budget(1, 10.0, clock)
    budget.take("a")
    assert [budget.take("a") for _ in range(50)] == [10] * 50


def test_many_addresses_do_not_fill_the_memory(clock):
    budget = Budget(5, 60.0, clock, most_keys=100)
    for number in range(10_000):
        budget.take(str(number))
    assert len(budget) == 100


# ---- whose address it is


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4321", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_as_it_is_counted(address, key):
    assert counted_as(address) == key


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", ""])
def test_this_computer(address):
    assert is_this_computer(address)


@pytest.mark.parametrize("address", ["10.0.0.1", "203.0.113.7", "2001:db8::1", "x"])
def test_another_computer(address):
    assert not is_this_computer(address)


# ---- requests


def request(
    method: str = "POST", path: str = "/chat/api/session", ip: str = "127.0.0.1", **headers: str
) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(method=method, path=path, ip=ip, headers=named)


def few(most: int = 2, streams: int = 2) -> Limits:
    figure = {"most": most, "seconds": 60}
    kinds = limits().budgets.by_kind()
    return Limits(budgets={kind: figure for kind in kinds}, streams=streams)


def test_the_figures_are_wide_enough_for_a_waiting_room():
    budgets = limits().budgets.by_kind()
    # Thirty patients who each begin, type, and have the chat open.
    assert budgets["sessions"].most >= 30
    assert budgets["messages"].most >= 30 * 6
    assert budgets["typing"].most >= 30 * 20
    assert limits().streams >= 30
    assert budgets["pages"].most >= 30 * 8


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/chat/api/session", "sessions"),
        ("POST", "/chat/api/session/", "sessions"),
        ("POST", "/chat/api/messages", "messages"),
        ("GET", "/chat/api/events", "events"),
        ("DELETE", "/chat/api/conversation", "calls"),
        ("POST", "/chat/api/consent", "calls"),
        ("GET", "/chat/api", "calls"),
        ("GET", "/chat/api//x", "calls"),
        ("GET", "/chat", "pages"),
        ("GET", "/chat/ruggesteun.js", "pages"),
        ("POST", "/inbox/login", "logins"),
        ("GET", "/inbox/login", "inbox"),
        ("GET", "/inbox", "inbox"),
        ("POST", "/webhooks/chatwoot/x", "webhooks"),
        ("POST", "/webhooks/telegram/x", None),
        ("GET", "/health", "others"),
        ("GET", "/inboxes", "others"),
        ("GET", "*", "others"),
    ],
)
def test_under_which_figure_a_request_is_counted(method, path, kind):
    assert kind_of(method, path) == kind


def test_each_address_has_its_own(clock):
    gate = AddressLimits(few(), proxies=1, clock=clock)
    one = request(x_forwarded_for="203.0.113.7")
    assert [gate.wait_for(one) for _ in range(3)] == [0, 0, 30]
    assert gate.wait_for(request(x_forwarded_for="203.0.113.8")) == 0
    # What stands further left anybody can write.
    assert gate.wait_for(request(x_forwarded_for="9.9.9.9, 203.0.113.7")) == 30


def test_one_network_of_ipv6_is_one_address(clock):
    gate = AddressLimits(few(), proxies=1, clock=clock)
    waits = [gate.wait_for(request(x_forwarded_for=f"2001:db8::{number}")) for number in range(3)]
    assert waits == [0, 0, 30]


def test_each_kind_has_its_own(clock):
    gate = AddressLimits(few(), clock=clock)
    waits = [
        gate.wait_for(request(path=f"/chat/api/{name}", ip="203.0.113.7"))
        for name in ("session", "session", "session", "messages")
    ]
    assert waits == [0, 0, 30, 0]


def test_figures_can_be_multiplied_and_switched_off(clock):
    double = AddressLimits(few(), 2, clock=clock)
    assert [double.wait_for(request(ip="203.0.113.7")) for _ in range(5)] == [0, 0, 0, 0, 15]
    off = AddressLimits(few(), 0, clock=clock)
    assert {off.wait_for(request(ip="203.0.113.7")) for _ in range(50)} == {0}


def test_this_computer_is_not_limited(clock):
    gate = AddressLimits(few(), clock=clock)
    assert {gate.wait_for(request()) for _ in range(50)} == {0}


def test_a_proxy_that_nobody_told_us_of_shuts_nobody_out_and_is_said_once(clock, caplog):
    gate = AddressLimits(few(), clock=clock)
    waits = {gate.wait_for(request(x_forwarded_for="203.0.113.7")) for _ in range(50)}
    assert waits == {0}
    assert caplog.text.count("RUGGESTEUN_PROXIES") == 1
    assert "203.0.113" not in caplog.text


def test_streams_that_are_open_at_the_same_time(clock):
    gate = AddressLimits(few(), clock=clock)
    one = request(ip="203.0.113.7")
    with ExitStack() as opened:
        opened.enter_context(gate.stream(one))
        opened.enter_context(gate.stream(one))
        with pytest.raises(TooManyStreams), gate.stream(one):
            pass
        with gate.stream(request(ip="203.0.113.8")):
            pass
    with gate.stream(one):
        pass
    assert not gate._streams, "nothing is kept of who left"


def test_the_file_is_checked(tmp_path):
    from rasa_project.errors import DataFileError
    from rasa_project.yaml_lines import parse

    content = json.loads(limits().json())
    content["budgets"]["sessions"]["most"] = 0
    with pytest.raises(DataFileError, match="sessions"):
        parse(Limits, content, tmp_path / "limits.yml")
