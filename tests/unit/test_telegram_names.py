"""Names that only who has the token can make."""

from __future__ import annotations

import pytest

from rasa_project.channels.telegram_names import Names

TOKEN = "4711:abcdefghijklmnopqrstuvwxyz-_ABCDEFG"
NAMES = Names(TOKEN)


@pytest.mark.parametrize(
    "token", ["", "x", "4711", "4711:", "4711:a b", "a:bcdefghijk", "4:ab/../c"]
)
def test_what_cannot_be_a_token_is_known(token):
    assert not Names(token).is_possible
    assert NAMES.is_possible


def test_names_are_the_same_each_time_and_differ():
    other = Names("4711:another-token-of-the-same-bot")
    assert NAMES.conversation(7) == Names(TOKEN).conversation(7)
    names = {
        NAMES.conversation(7), NAMES.conversation(8), other.conversation(7),
        NAMES.button(1, 0, 0), NAMES.button(1, 0, 1), NAMES.button(1, 1, 0), NAMES.button(2, 0, 0),
        NAMES.webhook_path, NAMES.webhook_secret, other.webhook_path,
    }  # fmt: skip
    assert len(names) == 10


def test_they_are_short_enough_and_tell_nothing():
    assert len(NAMES.conversation(2**52)) <= 64
    assert len(NAMES.button(2**31, 99, 99).encode()) <= 64
    assert "7" * 9 not in NAMES.conversation(777777777)
    assert TOKEN not in repr(NAMES)
    assert NAMES.bot == 4711


def test_the_secret_of_the_webhook():
    assert NAMES.is_webhook_secret(NAMES.webhook_secret)
    for wrong in ("", NAMES.webhook_secret[:-1], NAMES.webhook_secret + "0", "é\ud800"):
        assert not NAMES.is_webhook_secret(wrong)
