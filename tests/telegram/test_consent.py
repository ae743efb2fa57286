"""On Telegram too nothing of a message is stored before its patient agreed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Dict, List

import pytest
import sqlalchemy as sa

from rasa_project.channels.telegram_names import Names
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.texts import texts
from rasa_project.privacy.consent_texts import consent_texts
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.tables import TelegramButtonRow
from tests.privacy.filled import files_with, where_in_database
from tests.telegram.light import echo_of
from tests.telegram.stand_in import TOKEN, StandIn
from tests.telegram.test_light import buttons_of, count, quiet

CHAT = 1001
WORD = "kwabbelsnor"
QUESTION = f"Mag ik fietsen? {WORD}"
ALARM = f"Ik kan niet meer plassen. {WORD}"
YES, NO = consent_texts().ask.yes, consent_texts().ask.no
NAME = Names(TOKEN).conversation(CHAT)


@pytest.fixture
def bot(light_bot):
    """A bot whose patients weren't asked yet."""
    return light_bot(agreed=False).start()


def decisions(database: str) -> List[Any]:
    with engine_for(database).connect() as connection:
        query = "SELECT version, given, channel FROM consent WHERE conversation = :name ORDER BY id"
        return [tuple(row) for row in connection.execute(sa.text(query), {"name": NAME})]


def assert_nowhere(database: str, word: str = WORD) -> None:
    assert where_in_database(database, word) == []
    assert files_with(Path(database.removeprefix("sqlite:///")), word) == []


def agreed(stand_in: StandIn, asked: Dict[str, Any]) -> None:
    before = stand_in.count(CHAT)
    stand_in.presses(CHAT, asked, YES)
    stand_in.wait_for(CHAT, before + 1)


def test_nothing_is_stored_until_they_agree_and_then_they_send_it_again(stand_in, bot):
    stand_in.says(CHAT, QUESTION)
    intro, asked = stand_in.wait_for(CHAT, 2)
    assert "geen arts" in intro["text"]
    assert buttons_of(asked) == [YES, NO]
    for words in ("gezondheid", "30 dagen", "/verwijder", "niet bewaard", "concept"):
        assert words in asked["text"], words
    quiet(stand_in)
    assert_nowhere(bot.database)
    assert count(bot.database, "conversation_event WHERE author = 'patient'") == 0
    query = stand_in.presses(CHAT, asked, YES)
    thanks = stand_in.wait_for(CHAT, 3)[2]
    assert "nog een keer" in thanks["text"]
    stand_in.wait(lambda: stand_in.callbacks[query] == "", "the press is confirmed")
    stand_in.wait(lambda: f"Jij koos: {YES}" in stand_in.texts(CHAT)[1], "the choice")
    stand_in.says(CHAT, QUESTION)
    assert stand_in.wait_for(CHAT, 4)[3]["text"] == echo_of(QUESTION)
    assert decisions(bot.database) == [(consent_texts().version, 1, "telegram")]


def test_an_alarm_comes_before_the_introduction_and_the_question(stand_in, bot):
    begun = time.monotonic()
    stand_in.says(CHAT, ALARM)
    alarm, intro, asked = stand_in.wait_for(CHAT, 3)
    assert "BELANGRIJK" in alarm["text"]
    assert "huisarts" in alarm["text"]
    assert "geen arts" in intro["text"]
    assert buttons_of(asked) == [YES, NO]
    assert time.monotonic() - begun < 20
    # Again, and after a refusal.
    stand_in.says(CHAT, ALARM)
    assert "BELANGRIJK" in stand_in.wait_for(CHAT, 5)[3]["text"]
    stand_in.presses(CHAT, stand_in.seen(CHAT)[4], NO)
    stand_in.wait_for(CHAT, 6)
    stand_in.says(CHAT, caption=ALARM, photo=[{"file_id": "a", "file_unique_id": "b"}])
    assert "BELANGRIJK" in stand_in.wait_for(CHAT, 8)[6]["text"]
    quiet(stand_in)
    assert_nowhere(bot.database)


def test_an_alarm_does_not_wait_for_telegram_to_take_the_question(stand_in, bot):
    stand_in.says(CHAT, "/start")
    stand_in.wait_for(CHAT, 2)
    stand_in.error_rate = 0.5
    stand_in.says(CHAT, ALARM)
    stand_in.wait(lambda: any("BELANGRIJK" in text for text in stand_in.texts(CHAT)), "the alarm")
    stand_in.error_rate = 0.0


def test_who_refuses_is_told_what_to_do_and_may_still_agree(stand_in, bot):
    stand_in.says(CHAT, "/start website")
    asked = stand_in.wait_for(CHAT, 2)[1]
    assert "niet bewaard" not in asked["text"]
    stand_in.presses(CHAT, asked, NO)
    refusal = stand_in.wait_for(CHAT, 3)[2]
    for words in ("112", "huisarts", "113", "010 - 123 45 67"):
        assert words in refusal["text"], words
    assert decisions(bot.database) == [(consent_texts().version, 0, "telegram")]
    stand_in.says(CHAT, QUESTION)
    again = stand_in.wait_for(CHAT, 4)[3]
    assert "niet bewaard" in again["text"]
    stand_in.says(CHAT, "/mens")
    stand_in.wait_for(CHAT, 5)
    quiet(stand_in)
    assert_nowhere(bot.database)
    stand_in.wait(lambda: "reply_markup" not in stand_in.seen(CHAT)[2], "one question at a time")
    agreed(stand_in, stand_in.seen(CHAT)[4])
    stand_in.says(CHAT, "hoi")
    assert stand_in.wait_for(CHAT, 7)[6]["text"] == echo_of("hoi")
    assert [given for _, given, _ in decisions(bot.database)] == [0, 1]


def test_pressed_twice_or_on_both_buttons_it_is_one_decision(stand_in, bot):
    stand_in.says(CHAT, "/start")
    asked = stand_in.wait_for(CHAT, 2)[1]
    for title in (YES, NO, YES, NO):
        stand_in.presses(CHAT, asked, title)
    stand_in.wait_for(CHAT, 3)
    quiet(stand_in)
    assert len(stand_in.seen(CHAT)) == 3
    assert decisions(bot.database) == [(consent_texts().version, 1, "telegram")]


def test_killed_in_between_the_question_still_stands(stand_in, light_bot):
    bot = light_bot(agreed=False).start()
    stand_in.says(CHAT, QUESTION)
    asked = stand_in.wait_for(CHAT, 2)[1]
    bot.kill()
    stand_in.presses(CHAT, asked, YES)
    stand_in.says(CHAT, "daarna")
    bot.start()
    assert stand_in.wait_for(CHAT, 4)[3]["text"] == echo_of("daarna")
    bot.stop()
    bot.start()
    stand_in.says(CHAT, "en nog iets")
    assert stand_in.wait_for(CHAT, 5)[4]["text"] == echo_of("en nog iets")
    assert len(decisions(bot.database)) == 1


def test_a_chat_from_before_is_asked_and_keeps_what_was_said(stand_in, light_bot):
    bot = light_bot().start()
    last = stand_in.says(CHAT, "een knop graag")
    old = stand_in.wait_for(CHAT, 2)[1]
    with engine_for(bot.database).begin() as connection:
        connection.execute(sa.text("DELETE FROM consent"))
    before = ConversationLog(bot.database).events(NAME)
    # A press, an edit and a text: none of them is kept.
    query = stand_in.presses(CHAT, old, "Nee")
    stand_in.wait_for(CHAT, 3)
    stand_in.wait(lambda: stand_in.callbacks[query] == "", "the press is confirmed")
    stand_in.edits(CHAT, last, f"iets anders {WORD}")
    stand_in.wait_for(CHAT, 4)
    stand_in.says(CHAT, QUESTION)
    asked = stand_in.wait_for(CHAT, 5)[4]
    quiet(stand_in)
    assert_nowhere(bot.database)
    now = ConversationLog(bot.database).events(NAME)
    assert now[: len(before)] == before
    assert {event["author"] for event in now[len(before) :]} == {"system"}
    agreed(stand_in, asked)
    stand_in.says(CHAT, "hoi")
    assert stand_in.wait_for(CHAT, 7)[6]["text"] == echo_of("hoi")


def test_a_button_of_an_older_text_asks_anew(stand_in, bot):
    stand_in.says(CHAT, "/start")
    asked = stand_in.wait_for(CHAT, 2)[1]
    with session_for(bot.database) as session:
        for button in session.execute(sa.select(TelegramButtonRow)).scalars():
            button.payload = button.payload.replace(consent_texts().version, "0")
    with engine_for(bot.database).begin() as connection:
        # As if the older text had been asked: the present one was not.
        change = "UPDATE conversation_event SET client_id = 'consent-0' WHERE client_id = :asked"
        connection.execute(sa.text(change), {"asked": f"consent-{consent_texts().version}"})
    stand_in.presses(CHAT, asked, YES)
    anew = stand_in.wait_for(CHAT, 3)[2]
    assert buttons_of(anew) == [YES, NO]
    assert decisions(bot.database) == []
    agreed(stand_in, anew)
    assert len(decisions(bot.database)) == 1


def test_typed_rights_are_understood_with_and_without_consent(stand_in, bot):
    stand_in.says(CHAT, "mijn gegevens")
    # The introduction and two files; nothing is asked for it.
    stand_in.wait_for(CHAT, 3)
    assert [name for name, _ in stand_in.files[CHAT]] == [
        "mijn-gegevens.html",
        "mijn-gegevens.json",
    ]
    stand_in.says(CHAT, "Verwijder mijn gegevens")
    asked = stand_in.wait_for(CHAT, 4)[3]
    assert buttons_of(asked) == [texts().telegram.erase_yes, texts().telegram.erase_no]
    stand_in.presses(CHAT, asked, texts().telegram.erase_yes)
    stand_in.wait_for(CHAT, 5)
    stand_in.wait(lambda: count(bot.database, "telegram_chat") == 0, "forgotten")
    assert decisions(bot.database) == []


def test_erased_words_are_gone_from_the_bytes_too(stand_in, light_bot):
    bot = light_bot().start()
    stand_in.says(CHAT, QUESTION)
    stand_in.wait_for(CHAT, 2)
    stand_in.says(CHAT, "wis mijn gegevens")
    stand_in.presses(CHAT, stand_in.wait_for(CHAT, 3)[2], texts().telegram.erase_yes)
    stand_in.wait_for(CHAT, 4)

    def is_gone() -> bool:
        path = Path(bot.database.removeprefix("sqlite:///"))
        return not (where_in_database(bot.database, WORD) or files_with(path, WORD))

    stand_in.wait(is_gone, "every byte", 20)
    with engine_for(bot.database).connect() as connection:
        kept = connection.execute(sa.text("SELECT name, action, conversation, detail FROM audit"))
        assert [tuple(row) for row in kept] == [("patiënt", "erased", None, "channel=telegram")]
