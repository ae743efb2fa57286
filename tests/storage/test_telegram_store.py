"""What the Telegram channel must still know after a restart, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from rasa_project.conversation.log import ConversationGone, ConversationLog
from rasa_project.errors import StorageError
from rasa_project.storage.engine import keep_open
from rasa_project.storage.telegram_store import UPDATES_KEPT, TelegramStore

BOT, CHAT, NAME = 4711, 2**52, "tg:one"
REPLY = {"parts": [{"text": "Dag.", "buttons": []}], "alarm": "", "outcome": None, "topics": []}


@pytest.fixture
def store(database: str) -> TelegramStore:
    return TelegramStore(database, BOT)


@pytest.fixture
def log(database: str) -> ConversationLog:
    return ConversationLog(database)


def test_a_chat_keeps_its_conversation(store, database):
    assert store.open(CHAT, NAME) == (NAME, True, False)
    assert store.open(CHAT, "tg:made-with-another-token") == (NAME, False, False)
    assert TelegramStore(database, 99).open(CHAT, "tg:other") == ("tg:other", True, False)
    assert store.chat_in(CHAT) == store.chat_of(NAME)
    assert store.chat_in(1) is None
    assert store.chat_of("tg:nobody") is None


def test_an_update_is_handled_once_and_forgotten_when_it_cannot_come_again(database):
    now = datetime(2026, 11, 23, tzinfo=timezone.utc)
    store = TelegramStore(database, BOT, lambda: now)
    store.open(CHAT, NAME)
    assert not store.is_handled(7)
    store.handled(7, NAME, last_message=70)
    store.handled(7, NAME, last_message=71)
    assert store.is_handled(7)
    assert store.chat_of(NAME).last_message == 71
    assert not TelegramStore(database, 99).is_handled(7)
    TelegramStore(database, BOT, lambda: now + UPDATES_KEPT - timedelta(hours=1)).forget_updates()
    assert store.is_handled(7)
    TelegramStore(database, BOT, lambda: now + UPDATES_KEPT + timedelta(hours=1)).forget_updates()
    assert not store.is_handled(7)


def test_what_is_unfinished_is_what_waits_for_an_answer_or_for_being_sent(store, log):
    store.open(CHAT, NAME)
    assert store.unfinished() == []
    said = log.add_message(NAME, "tg-1", "hoi").event
    assert store.unfinished() == [NAME]
    reply = log.add_reply(NAME, said, REPLY).event
    assert store.unfinished() == [NAME]
    store.sent(NAME, 0, 1)
    assert store.chat_of(NAME).sent_parts == 1
    assert store.unfinished() == [NAME]
    store.sent(NAME, reply, 0)
    assert store.unfinished() == []
    log.add_therapist_message(NAME, "Anna", "Dag.")
    assert store.unfinished() == [NAME]
    store.set_blocked(NAME, True)
    assert store.unfinished() == []
    # Who writes has not blocked us any more.
    store.open(CHAT, NAME)
    assert store.unfinished() == [NAME]


def test_a_notice_is_added_once_and_answers_nothing(store, log):
    store.open(CHAT, NAME)
    first = log.add_notice(NAME, "intro", REPLY)
    assert log.add_notice(NAME, "intro", REPLY) == (first.event, False)
    assert log.first_unanswered(NAME) is None
    (event,) = log.events(NAME)
    assert (event["author"], event["kind"], event["parts"]) == ("system", "message", REPLY["parts"])
    with pytest.raises(ConversationGone):
        log.add_notice("tg:nobody", "intro", REPLY)


def test_a_button_counts_until_something_is_said_after_it(store, log):
    store.open(CHAT, NAME)
    said = log.add_message(NAME, "tg-1", "hoi").event
    reply = log.add_reply(NAME, said, REPLY).event
    store.sending(NAME, 0, reply, [("a" * 24, "Ja", "/ja"), ("b" * 24, "Nee", "/nee")])
    button = store.button(NAME, "b" * 24)
    assert (button.event, button.title, button.payload, button.is_live) == (
        reply,
        "Nee",
        "/nee",
        True,
    )
    assert store.button("tg:other", "b" * 24) is None
    assert store.button(NAME, "x" * 64) is None
    log.add_notice(NAME, "n", REPLY)
    log.add_therapist_message(NAME, "Anna", "Dag.")
    assert store.button(NAME, "b" * 24).is_live
    log.add_message(NAME, "tg-2", "wat anders")
    assert not store.button(NAME, "b" * 24).is_live
    store.sending(NAME, 0, reply + 9, [("c" * 24, "Ja", "/ja")])
    assert store.button(NAME, "b" * 24) is None
    # Sent again after a failure.
    store.sending(NAME, 0, reply + 9, [("c" * 24, "Ja", "/ja")])
    store.forget_buttons(NAME)
    assert store.button(NAME, "c" * 24) is None


def test_the_message_that_shows_buttons_is_known(store):
    store.open(CHAT, NAME)
    assert store.sent_with_keyboard(NAME, 1, 50) is None
    assert store.sent_with_keyboard(NAME, 2, 51) == 50
    store.keyboard_gone(NAME, 50)
    assert store.chat_of(NAME).keyboard_message == 51
    store.keyboard_gone(NAME, 51)
    assert store.chat_of(NAME).keyboard_message is None


def test_what_is_being_sent_is_known_until_it_was_sent(store, database):
    store.open(CHAT, NAME)
    assert store.newest_message() == 0
    assert store.chat_of(NAME).sending_above is None
    store.sending(NAME, 70, 5, [("a" * 24, "Ja", "/ja")])
    assert store.chat_of(NAME).sending_above == 70
    assert store.button(NAME, "a" * 24).title == "Ja"
    store.sending(NAME, 2**40)
    assert store.button(NAME, "a" * 24) is not None
    assert store.newest_message() == 2**40
    store.sent(NAME, 0, 1, 71)
    assert store.chat_of(NAME).sending_above is None
    assert store.newest_message() == 71
    store.sending(NAME, 71)
    store.sent(NAME, 1, 0)
    assert (store.chat_of(NAME).sending_above, store.newest_message()) == (None, 71)
    store.sending(NAME, 71)
    store.sent_with_keyboard(NAME, 2, 80)
    assert (store.chat_of(NAME).sending_above, store.newest_message()) == (None, 80)
    store.sent_with_keyboard(NAME, 3, None, 81)
    store.handled(1, NAME, last_message=85)
    assert store.newest_message() == 85
    store.sending(NAME, 85)
    store.set_blocked(NAME, False)
    assert store.chat_of(NAME).sending_above == 85
    store.set_blocked(NAME, True)
    assert store.chat_of(NAME).sending_above is None
    assert TelegramStore(database, 99).newest_message() == 0


def test_an_erased_conversation_is_forgotten_when_that_was_told(store, log):
    store.open(CHAT, NAME)
    store.begin_erasing(NAME)
    assert store.erasing() == [NAME]
    assert store.open(CHAT, NAME).is_erasing
    log.erase(NAME)
    store.forget(NAME)
    assert store.chat_of(NAME) is None
    assert store.erasing() == []


def test_a_conversation_that_begins_anew_meanwhile_is_not_forgotten(store, log):
    store.open(CHAT, NAME)
    store.begin_erasing(NAME)
    log.erase(NAME)
    assert store.open(CHAT, NAME) == (NAME, True, False)
    store.forget(NAME)
    assert store.chat_of(NAME) is not None


def test_a_group_is_greeted_once(store):
    assert store.greet_group(-5, "tg:group")
    assert not store.greet_group(-5, "tg:group")
    assert store.unfinished() == []


def test_a_connection_that_stays_open_is_in_nobodys_way(database, store):
    connection = keep_open(database)
    store.open(CHAT, NAME)
    connection.close()
    with pytest.raises(StorageError):
        keep_open("sqlite:////nowhere/at/all.db")
