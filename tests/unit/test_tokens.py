"""The token that proves whose conversation it is."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from rasa_project.channels.tokens import (
    LIFETIME,
    conversation_of,
    hash_of,
    is_valid,
    later_expiry,
    new_token,
    token_in,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)


def test_tokens_are_long_and_never_the_same():
    made = {new_token() for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(len(token) == 43 for token in made)


def test_a_token_is_found_in_its_header():
    token = new_token()
    assert token_in(f"Bearer {token}") == token
    assert token_in(f"bearer {token}") == token


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer x", "Basic " + "a" * 43, "a" * 43,
     "Bearer " + "a" * 42, "Bearer " + "a" * 44, "Bearer " + "a" * 42 + "=",
     "Bearer " + "a" * 43 + "\n", "Bearer  " + "a" * 43, "Bearer " + "é" * 43],
)  # fmt: skip
def test_what_is_no_token_of_ours_is_not_looked_up(header):
    assert token_in(header) is None


def test_the_hash_and_the_conversation_tell_nothing_of_the_token():
    token = new_token()
    assert len(hash_of(token)) == 64
    assert token not in hash_of(token)
    conversation = conversation_of(hash_of(token))
    assert conversation.startswith("web:")
    assert len(conversation) == 44
    assert conversation == conversation_of(hash_of(token))


def test_a_token_lives_twelve_hours():
    assert timedelta(hours=12) == LIFETIME
    assert is_valid(NOW + timedelta(seconds=1), NOW)
    assert not is_valid(NOW, NOW)


def test_using_it_moves_its_end_at_most_once_a_minute():
    written = NOW + LIFETIME
    assert later_expiry(written, NOW) is None
    assert later_expiry(written, NOW + timedelta(seconds=59)) is None
    later = NOW + timedelta(seconds=60)
    assert later_expiry(written, later) == later + LIFETIME
