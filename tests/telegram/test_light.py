"""The bot without Rasa: what it says to what, each once and in order."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import Any, Dict, List

import pytest
import sqlalchemy as sa

from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.texts import texts
from rasa_project.storage.engine import engine_for
from tests.data_keys import opened
from tests.telegram.light import echo_of
from tests.telegram.stand_in import TOKEN, StandIn

CHAT = 1001


def sentence(text: str) -> str:
    """The first words of a text, by which it is known again."""
    return text.replace("**", "").split("{")[0].split("\n")[0][:40].strip()


def buttons_of(message: Dict[str, Any]) -> List[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    assert all(len(row) == 1 for row in rows), "one button a row"
    return [button["text"] for (button,) in rows]


def conversations(database: str) -> List[str]:
    with engine_for(database).connect() as connection:
        rows = connection.execute(sa.text("SELECT id FROM conversation ORDER BY created_at"))
        return [row[0] for row in rows]


def count(database: str, table: str) -> int:
    with engine_for(database).connect() as connection:
        return int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())


def quiet(stand_in: StandIn, seconds: float = 0.6) -> None:
    """Wait until all that came was handled, and a little more."""
    stand_in.wait(stand_in.is_all_confirmed, "all confirmed")
    time.sleep(seconds)


@pytest.fixture
def bot(light_bot):
    return light_bot().start()


def test_before_the_first_answer_it_says_what_it_is(stand_in, bot):
    stand_in.says(CHAT, "hoi")
    intro, answer = stand_in.wait_for(CHAT, 2)
    for words in ("computerprogramma", "geen arts", "concept", "versleuteld", "/verwijder", "112"):
        assert words in intro["text"]
    assert answer["text"] == echo_of("hoi")
    stand_in.says(CHAT, "nog iets")
    assert [m["text"] for m in stand_in.wait_for(CHAT, 3)][2:] == [echo_of("nog iets")]


def test_who_came_by_a_link_is_greeted_and_greeted_again(stand_in, bot):
    stand_in.says(CHAT, "/help")
    intro = stand_in.wait_for(CHAT, 1)[0]
    assert "geen arts" in intro["text"]
    stand_in.says(CHAT, "/start website")
    assert stand_in.wait_for(CHAT, 3)[2]["text"] == texts().telegram.again
    assert stand_in.called("setMyCommands")
    named = {command["command"] for command in stand_in.commands}
    assert named == {"start", "help", "mens", "privacy", "export", "verwijder"}


@pytest.mark.parametrize(
    ("command", "words"),
    [("/help", "/privacy"), ("/HELP@rug_bot", "/privacy"), ("/privacy", "versleuteld")],
)
def test_commands_are_answered_by_the_channel_itself(stand_in, bot, command, words):
    stand_in.says(CHAT, command)
    assert words in stand_in.wait_for(CHAT, 2)[1]["text"]


def test_a_command_that_is_none_is_read_as_text(stand_in, bot):
    stand_in.says(CHAT, "/botten doen zeer")
    stand_in.says(CHAT, "/help ik kan niet plassen")
    said = [m["text"] for m in stand_in.wait_for(CHAT, 3)]
    assert said[1:] == [echo_of("botten doen zeer"), echo_of("help ik kan niet plassen")]


def test_who_wants_a_human_says_so_to_the_assistant(stand_in, bot):
    stand_in.says(CHAT, "/mens")
    text = stand_in.wait_for(CHAT, 2)[1]["text"]
    assert text.startswith(echo_of("/mens-spreken"))
    # It is honoured, whatever the assistant makes of it.
    assert "Dan nemen wij contact met je op" in text


def test_a_button_is_confirmed_shown_and_gone(stand_in, bot):
    stand_in.says(CHAT, "een knop graag")
    asked = stand_in.wait_for(CHAT, 2)[1]
    assert buttons_of(asked) == ["Ja", "Nee"]
    query = stand_in.presses(CHAT, asked, "Nee")
    assert stand_in.wait_for(CHAT, 3)[2]["text"] == echo_of("Nee")
    stand_in.wait(lambda: stand_in.callbacks[query] == "", "the press is confirmed")
    shown = stand_in.wait(
        lambda: [m for m in stand_in.seen(CHAT) if "Jij koos: Nee" in m["text"]], "the choice"
    )
    assert shown[0]["message_id"] == asked["message_id"]
    assert "reply_markup" not in shown[0]


def test_a_press_that_comes_twice_or_late_does_nothing_and_is_told(stand_in, bot):
    stand_in.says(CHAT, "een knop graag")
    asked = stand_in.wait_for(CHAT, 2)[1]
    first, second = (stand_in.presses(CHAT, asked, title) for title in ("Ja", "Nee"))
    stand_in.wait_for(CHAT, 3)
    stand_in.wait(lambda: stand_in.callbacks[second], "told")
    assert stand_in.callbacks[second] == texts().telegram.old_button
    quiet(stand_in)
    assert stand_in.texts(CHAT)[2:] == [echo_of("Ja")]
    assert stand_in.callbacks[first] == ""


def test_a_button_under_an_older_answer_does_nothing(stand_in, bot):
    stand_in.says(CHAT, "een knop graag")
    asked = stand_in.wait_for(CHAT, 2)[1]
    stand_in.says(CHAT, "iets anders")
    stand_in.wait_for(CHAT, 3)
    stand_in.wait(lambda: "reply_markup" not in stand_in.seen(CHAT)[1], "the old buttons are gone")
    query = stand_in.presses(CHAT, asked, "Ja")
    stand_in.wait(lambda: stand_in.callbacks[query], "told")
    quiet(stand_in)
    assert len(stand_in.seen(CHAT)) == 3


def test_a_button_of_another_chat_or_of_nobody_does_nothing(stand_in, bot):
    stand_in.says(CHAT, "een knop graag")
    asked = stand_in.wait_for(CHAT, 2)[1]
    stand_in.says(2002, "hoi")
    theirs = stand_in.wait_for(2002, 2)[1]
    (row, _) = asked["reply_markup"]["inline_keyboard"]
    for data in (row[0]["callback_data"], "x" * 64):
        query = stand_in.presses_data(2002, theirs, data)
        stand_in.wait(lambda q=query: stand_in.callbacks[q], "told")
    quiet(stand_in)
    assert len(stand_in.seen(2002)) == 2
    assert len(stand_in.seen(CHAT)) == 2


def test_an_edit_of_the_last_message_is_answered_once(stand_in, bot):
    first = stand_in.says(CHAT, "eerste")
    last = stand_in.says(CHAT, "tweede")
    stand_in.wait_for(CHAT, 3)
    stand_in.edits(CHAT, first, "eerste, maar dan anders")
    stand_in.edits(CHAT, last, "tweede, maar dan anders")
    stand_in.edits(CHAT, last, "tweede, en nog eens")
    texts_seen = [m["text"] for m in stand_in.wait_for(CHAT, 5)]
    assert texts_seen[3:] == [texts().telegram.edited, echo_of("tweede, maar dan anders")]
    quiet(stand_in)
    assert len(stand_in.seen(CHAT)) == 5


def test_an_alarm_sign_in_an_older_edit_is_not_passed_over(stand_in, bot):
    first = stand_in.says(CHAT, "eerste")
    stand_in.says(CHAT, "tweede")
    stand_in.wait_for(CHAT, 3)
    stand_in.edits(CHAT, first, "ik kan niet meer plassen")
    assert stand_in.wait_for(CHAT, 5)[4]["text"] == echo_of("ik kan niet meer plassen")


OTHER = {
    "photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}],
    "voice": {"file_id": "a", "duration": 3},
    "sticker": {"file_id": "a"},
    "document": {"file_id": "a"},
    "contact": {"phone_number": "06", "first_name": "A"},
    "location": {"latitude": 1.0, "longitude": 2.0},
    "video_note": {"file_id": "a"},
    "dice": {"value": 3},
}


def test_what_is_no_text_gets_a_kind_line_and_is_not_fetched(stand_in, bot):
    for kind, content in OTHER.items():
        stand_in.says(CHAT, **{kind: content})
    said = [m["text"] for m in stand_in.wait_for(CHAT, 1 + len(OTHER))][1:]
    assert all("Ik lees alleen tekst" in text for text in said)
    assert "therapeut" in said[0]
    quiet(stand_in)
    assert not stand_in.called("getFile")
    assert len(stand_in.seen(CHAT)) == 1 + len(OTHER)


def test_the_text_under_a_picture_is_read(stand_in, bot):
    stand_in.says(CHAT, caption="ik kan niet plassen", photo=OTHER["photo"])
    said = [m["text"] for m in stand_in.wait_for(CHAT, 3)]
    assert texts().telegram.caption in said[1]
    assert said[2] == echo_of("ik kan niet plassen")


def test_a_group_gets_one_line(stand_in, bot):
    for text in ("hoi", "ben je er", "/help"):
        stand_in.group(-5005, text)
    (line,) = stand_in.wait_for(-5005, 1)
    assert "één persoon" in line["text"]
    quiet(stand_in)
    assert len(stand_in.seen(-5005)) == 1
    assert conversations(bot.database) == []


@pytest.mark.parametrize(
    "raw",
    [
        {"channel_post": {"message_id": 1, "chat": {"id": 3, "type": "channel"}, "text": "x"}},
        {"message": {"message_id": 1, "chat": {"id": 3, "type": "private"}, "pinned_message": {}}},
        {"message": {"message_id": 1, "chat": {"id": 3, "type": "private"}, "text": 7}},
        {"message": {"message_id": 1, "chat": None, "text": "x"}},
        {"message": "x"},
        {"callback_query": {"id": "q", "data": "x"}},
        {"my_chat_member": {}},
        {"something_new": {"chat": {"id": 1}}},
    ],
)
def test_what_is_not_for_us_does_nothing(stand_in, bot, raw):
    stand_in.comes(raw)
    stand_in.says(CHAT, "hoi")
    stand_in.wait_for(CHAT, 2)
    quiet(stand_in, 0.1)
    assert len(conversations(bot.database)) == 1
    assert bot.errors == ""


def test_who_blocked_the_bot_is_left_alone_until_they_come_back(stand_in, bot):
    stand_in.says(CHAT, "eerste")
    stand_in.wait_for(CHAT, 2)
    stand_in.blocked.add(CHAT)
    (conversation,) = conversations(bot.database)
    log = ConversationLog(bot.database)
    log.add_therapist_message(conversation, "Anna", "Dag.")
    stand_in.wait(lambda: count(bot.database, "telegram_chat WHERE blocked") == 1, "it is known")
    calls = len(stand_in.called("sendMessage"))
    log.add_therapist_message(conversation, "Anna", "Ben je er nog?")
    time.sleep(2.5)
    assert len(stand_in.called("sendMessage")) == calls
    assert bot.errors == ""
    stand_in.changes(CHAT, "member")
    said = [m["text"] for m in stand_in.wait_for(CHAT, 4)]
    assert said[2:] == ["Anna:\nDag.", "Anna:\nBen je er nog?"]


def test_what_a_therapist_writes_elsewhere_arrives(stand_in, bot):
    stand_in.says(CHAT, "hoi")
    stand_in.wait_for(CHAT, 2)
    (conversation,) = conversations(bot.database)
    log = ConversationLog(bot.database)
    log.add_joined(conversation, "Anna de Wit")
    log.add_therapist_message(conversation, "Anna de Wit", "Dag, 1 < 2 & **niet** <b>dik</b>.")
    log.add_left(conversation, "Anna de Wit")
    said = stand_in.wait_for(CHAT, 5)[2:]
    assert said[0]["text"] == f"Anna de Wit {texts().telegram.joined}"
    assert said[1]["text"] == "Anna de Wit:\nDag, 1 < 2 & niet <b>dik</b>."
    assert said[1]["entities"][0] == {"type": "bold", "offset": 0, "length": 11}
    assert said[2]["text"] == f"Anna de Wit {texts().telegram.left}"


def test_a_conversation_is_given_as_files(stand_in, bot):
    stand_in.says(CHAT, "Mag ik fietsen?")
    stand_in.wait_for(CHAT, 2)
    stand_in.says(CHAT, "/export")
    stand_in.wait_for(CHAT, 4)
    (page_name, page), (data_name, data) = stand_in.files[CHAT]
    assert (page_name, data_name) == ("mijn-gegevens.html", "mijn-gegevens.json")
    assert "Mag ik fietsen?" in page.decode()
    said = [(one["author"], one["text"]) for one in json.loads(data)["messages"]]
    assert ("patient", "Mag ik fietsen?") in said
    assert ("assistant", echo_of("Mag ik fietsen?")) in said
    assert json.loads(data)["conversation"]["telegram_chat"] == CHAT


def everything(database: str) -> str:
    """All that stands in the database, but for answers."""
    found = []
    with engine_for(database).connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            found += [
                f"{table}: {tuple(map(opened, row))}"
                for row in connection.execute(sa.text(f'SELECT * FROM "{table}"'))
            ]
    return "\n".join(found)


def test_everything_is_erased_after_a_yes(stand_in, bot):
    # So long a number stands nowhere else by chance.
    chat = 1_001_000_001
    stand_in.says(chat, "geheim")
    stand_in.says(2002, "van een ander")
    stand_in.wait_for(chat, 2)
    stand_in.wait_for(2002, 2)
    stand_in.says(chat, "/verwijder")
    asked = stand_in.wait_for(chat, 3)[2]
    assert len(buttons_of(asked)) == 2
    stand_in.presses(chat, asked, texts().telegram.erase_yes)
    assert sentence(texts().telegram.erased) in stand_in.wait_for(chat, 4)[3]["text"]
    stand_in.wait(lambda: count(bot.database, "telegram_chat") == 1, "the chat is forgotten")
    kept = everything(bot.database)
    assert "geheim" not in kept
    assert str(chat) not in kept
    assert "van een ander" in kept
    stand_in.says(chat, "opnieuw")
    intro, asked = stand_in.wait_for(chat, 6)[4:]
    assert "geen arts" in intro["text"]
    # Who erased everything is asked again.
    assert buttons_of(asked) == ["Ik ga akkoord", "Liever niet"]


def test_nothing_is_erased_after_a_no_or_a_question(stand_in, bot):
    stand_in.says(CHAT, "hoi")
    stand_in.wait_for(CHAT, 2)
    stand_in.says(CHAT, "/verwijder")
    asked = stand_in.wait_for(CHAT, 3)[2]
    stand_in.presses(CHAT, asked, texts().telegram.erase_no)
    assert stand_in.wait_for(CHAT, 4)[3]["text"] == texts().telegram.kept
    query = stand_in.presses(CHAT, asked, texts().telegram.erase_yes)
    stand_in.wait(lambda: stand_in.callbacks[query], "told")
    stand_in.says(CHAT, "/verwijder")
    again = stand_in.wait_for(CHAT, 5)[4]
    stand_in.says(CHAT, "wat anders")
    stand_in.wait_for(CHAT, 6)
    late = stand_in.presses(CHAT, again, texts().telegram.erase_yes)
    stand_in.wait(lambda: stand_in.callbacks[late], "told")
    assert "hoi" in everything(bot.database)


def test_an_erasing_that_was_cut_short_is_ended(stand_in, light_bot):
    bot = light_bot().start()
    stand_in.says(CHAT, "geheim")
    stand_in.wait_for(CHAT, 2)
    bot.kill()
    with engine_for(bot.database).begin() as connection:
        connection.execute(sa.text("UPDATE telegram_chat SET erasing = 1"))
    bot.start()
    assert sentence(texts().telegram.erased) in stand_in.wait_for(CHAT, 3)[2]["text"]
    stand_in.wait(lambda: count(bot.database, "telegram_chat") == 0, "forgotten")
    assert "geheim" not in everything(bot.database)


def test_updates_that_come_twice_and_in_disorder_are_answered_once_in_order(stand_in, light_bot):
    stand_in.repeat_rate, stand_in.shuffle = 0.7, True
    said = [f"bericht {number}" for number in range(20)]
    bot = light_bot()
    for text in said[:10]:
        stand_in.says(CHAT, text)
    bot.start()
    for text in said[10:]:
        stand_in.says(CHAT, text)
        time.sleep(0.05)
    stand_in.wait_for(CHAT, 21)
    quiet(stand_in)
    assert stand_in.texts(CHAT)[1:] == [echo_of(text) for text in said]


def test_while_it_works_it_types_and_many_chats_are_answered_at_once(stand_in, light_bot):
    light_bot(seconds=1.0).start()
    begun = time.monotonic()
    for chat in range(3001, 3021):
        stand_in.says(chat, "hoi")
    for chat in range(3001, 3021):
        stand_in.wait_for(chat, 2)
    # One after the other they take 20 seconds.
    assert time.monotonic() - begun < 15
    typing = {call["chat_id"] for call in stand_in.called("sendChatAction")}
    assert len(typing) >= 15


def test_an_answer_of_any_length_arrives_whole(stand_in, bot):
    text = "Een zin met 😀 & <tekens>. " * 140
    stand_in.says(CHAT, text[:4000])
    said = stand_in.wait_for(CHAT, 2)[1:]
    (conversation,) = conversations(bot.database)
    ConversationLog(bot.database).add_therapist_message(conversation, "Anna", text * 3)
    stand_in.wait_for(CHAT, 5)
    quiet(stand_in)
    whole = " ".join(stand_in.texts(CHAT)[2:])
    assert whole.count("Een zin met 😀 & <tekens>.") == 140 * 3
    assert said


def test_when_telegram_is_away_nothing_is_lost(stand_in, bot):
    stand_in.says(CHAT, "eerste")
    stand_in.wait_for(CHAT, 2)
    (conversation,) = conversations(bot.database)
    stand_in.down = True
    ConversationLog(bot.database).add_therapist_message(conversation, "Anna", "Dag.")
    stand_in.says(CHAT, "tweede")
    time.sleep(3)
    stand_in.down = False
    texts_seen = stand_in.wait_for(CHAT, 4)[2:]
    assert sorted(m["text"] for m in texts_seen) == ["Anna:\nDag.", echo_of("tweede")]
    quiet(stand_in)
    assert len(stand_in.seen(CHAT)) == 4


def test_when_the_database_is_held_an_alarm_is_told_and_the_answer_comes_later(stand_in, bot):
    stand_in.says(CHAT, "eerste")
    stand_in.agrees(2002)
    stand_in.wait_for(CHAT, 2)
    import sqlite3

    path = bot.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        stand_in.says(CHAT, "ik kan niet meer plassen")
        stand_in.says(2002, "hoe lang duurt het")
        alarm = stand_in.wait_for(CHAT, 3)[2]
        holder.execute("ROLLBACK")
    assert "BELANGRIJK" in alarm["text"]
    said = stand_in.wait_for(CHAT, 4)[3]
    assert said["text"] == echo_of("ik kan niet meer plassen")
    said = stand_in.wait(
        lambda: [t for t in stand_in.texts(2002) if echo_of("hoe lang duurt het") == t]
    )
    quiet(stand_in)
    assert len(stand_in.seen(CHAT)) == 4


def test_the_token_is_nowhere_to_be_read(stand_in, bot, tmp_path):
    stand_in.down = True
    time.sleep(2)
    stand_in.down = False
    stand_in.says(CHAT, "hoi")
    stand_in.wait_for(CHAT, 2)
    secret = TOKEN.partition(":")[2]
    assert secret not in bot.errors
    assert secret not in everything(bot.database)
    assert secret not in repr(stand_in.texts(CHAT))
