"""How many messages may come in a while."""

from __future__ import annotations

import pytest

from rasa_project.channels import rate_limit
from rasa_project.channels.rate_limit import RateLimit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limit(clock: Clock) -> RateLimit:
    return RateLimit(3, 60.0, clock)


def test_so_many_are_let_through_and_no_more(limit):
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 60]


def test_each_key_is_counted_by_itself(limit):
    for _ in range(3):
        limit.take("a")
    assert limit.take("b") == 0


def test_it_says_after_how_many_seconds_there_is_room(limit, clock):
    limit.take("a")
    clock.now += 30.5
    limit.take("a")
    limit.take("a")
    assert limit.take("a") == 30
    clock.now += 29.4
    assert limit.take("a") == 1
    clock.now += 0.1
    assert limit.take("a") == 0
    assert limit.take("a") == 31


def test_what_is_refused_takes_no_room(limit, clock):
    for _ in range(10):
        limit.take("a")
    clock.now += 60
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 60]


def test_what_is_given_back_may_be_taken_again(limit):
    for _ in range(3):
        limit.take("a")
    limit.give_back("a")
    assert limit.take("a") == 0
    assert limit.take("a") > 0


def test_giving_back_what_was_not_taken_does_nothing(limit):
    limit.give_back("a")
    assert limit.take("a") == 0


def test_a_forgotten_key_begins_anew(limit):
    for _ in range(4):
        limit.take("a")
    limit.forget("a")
    limit.forget("never seen")
    assert limit.take("a") == 0


def test_it_does_not_grow_for_ever(limit, monkeypatch):
    monkeypatch.setattr(rate_limit, "MOST_KEYS", 100)
    for number in range(1_000):
        limit.take(str(number))
    assert len(limit._taken) == 100
    assert "999" in limit._taken
