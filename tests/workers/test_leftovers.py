"""What a dead worker left unanswered is found: not too soon, each once more until it is answered."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Callable

import pytest

from rasa_project.conversation.events import reply_content
from rasa_project.conversation.log import ConversationLog
from rasa_project.workers import leftovers as leftovers_module
from rasa_project.workers.leftovers import OLDER_THAN, YOUNGER_THAN, Leftovers

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
REPLY = reply_content([{"text": "Goed."}, {"custom": {"urgency": "none"}}])


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    def move(later: timedelta) -> None:
        monkeypatch.setattr(leftovers_module, "utc_now", lambda: NOW + later)

    return move


def test_a_message_is_found_until_it_is_answered(database, at):
    log = ConversationLog(database, lambda: NOW)
    for name, channel in (("web:1", "website"), ("web:2", "website"), ("tg:1", "telegram")):
        log.begin(name, channel, None, timedelta(hours=12))
    first = log.add_message("web:1", "client-1", "hoi").event
    log.add_message("tg:1", "client-1", "hoi")
    second = log.add_message("web:2", "client-2", "hoi").event
    leftovers = Leftovers(database, "website")
    at(OLDER_THAN / 2)
    assert leftovers.find() == [], "a worker that lives begins sooner"
    at(OLDER_THAN * 2)
    assert leftovers.find() == ["web:1", "web:2"]
    log.add_reply("web:1", first, REPLY)
    assert leftovers.find() == ["web:2"]
    log.add_reply("web:2", second, REPLY)
    assert leftovers.find() == []
    log.add_message("web:1", "client-3", "nog iets")
    assert leftovers.find() == ["web:1"], "also after all was answered"


def test_what_is_long_ago_is_left_alone(database, at):
    log = ConversationLog(database, lambda: NOW)
    log.begin("web:1", "website", None, timedelta(hours=12))
    log.add_message("web:1", "client-1", "hoi")
    at(YOUNGER_THAN + timedelta(minutes=1))
    assert Leftovers(database, "website").find() == []


def test_the_look_goes_on_from_where_all_is_answered(database, at):
    log = ConversationLog(database, lambda: NOW)
    log.begin("web:1", "website", None, timedelta(hours=12))
    leftovers = Leftovers(database, "website")
    at(OLDER_THAN * 2)
    for number in range(250):
        log.add_message("web:1", f"client-{number:04d}", "hoi")
        log.add_reply("web:1", 2 * number + 1, REPLY)
    left = log.add_message("web:1", "client-left", "hoi").event
    assert leftovers.find() == ["web:1"]
    assert 0 < leftovers._after < left
    assert leftovers.find() == ["web:1"]
