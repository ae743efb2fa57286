"""The real assistant on Telegram."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest
import requests

from rasa_project.channels.telegram_format import Look, outgoing
from rasa_project.channels.telegram_names import Names
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.texts import texts
from tests.dialogues.conftest import PHONE, Assistant, Launcher
from tests.dialogues.web_chat import WebChat, said
from tests.telegram.agreed import agree
from tests.telegram.parse_html import parse_html
from tests.telegram.stand_in import SECRET_HEADER, TOKEN, StandIn

pytestmark = pytest.mark.model
INTERNATIONAL = "+31101234567"
ALARM = "Ik kan niet meer plassen en ik voel niets tussen mijn benen"
QUESTION = "Mag ik fietsen met lage rugpijn?"
QUESTIONS = [
    QUESTION, "hoi", "Heb ik een scan nodig?", "Hoe lang duurt rugpijn?", "Helpt warmte?",
    "Wat kost een behandeling?", "Mag ik tillen?", "dank je wel", "Wat is een hernia?",
    "asdf qwer zxcv",
]  # fmt: skip
OURS = Names(TOKEN)
# Ten each takes one to two minutes; who is in a hurry sets fewer.
MESSAGES = int(os.environ.get("TELEGRAM_MESSAGES", "10"))


class Chats:
    """The assistant with the stand-in that it talks to."""

    def __init__(self, assistant: Assistant, telegram: StandIn):
        self.assistant = assistant
        self.telegram = telegram
        self._next = 5000

    def new(self) -> int:
        self._next += 1
        return self._next

    @property
    def database(self) -> str:
        return f"sqlite:///{self.assistant.database}"

    @property
    def log(self) -> ConversationLog:
        return ConversationLog(self.database)


@pytest.fixture(scope="module")
def telegram() -> Iterator[StandIn]:
    server = StandIn(3).start()
    yield server
    server.stop()
    assert server.problems == []


@pytest.fixture(scope="module")
def chats(launch_for_file: Launcher, practice_nl: Path, telegram: StandIn) -> Chats:
    settings = telegram.settings(RUGGESTEUN_PRACTICE=str(practice_nl))
    chats = Chats(launch_for_file(**settings), telegram)
    telegram.agree = partial(agree, chats.database)
    return chats


def complaints(assistant: Assistant) -> List[str]:
    """What stands in the log, but for what each start of the tests says."""
    usual = ("nl_core_news_sm", "RUGGESTEUN_FIXED_TIME")
    lines = assistant.errors.splitlines()
    return [line for line in lines if not any(word in line for word in usual)]


def events_of(chats: Chats, chat: int) -> List[Dict[str, Any]]:
    return chats.log.events(OURS.conversation(chat))


def test_a_question_is_answered_as_on_the_website(chats: Chats):
    chat, telegram = chats.new(), chats.telegram
    telegram.says(chat, QUESTION)
    intro, answer = telegram.wait_for(chat, 2)
    assert PHONE in intro["text"]
    on_website = WebChat(chats.assistant).say(QUESTION)
    short = said(on_website).split("\n\n")[0]
    assert short.replace("**", "").replace("- ", "• ") in answer["text"]
    # The sources are behind the button, that it is a concept is not.
    assert "Bronnen:" not in answer["text"]
    assert "Concept" in answer["text"]
    (reply,) = [event for event in events_of(chats, chat) if event["author"] == "assistant"]
    assert reply["topics"] == on_website["topics"]
    telegram.presses(chat, answer, "Bronnen")
    sources = telegram.wait_for(chat, 3)[2]
    assert "steunt op" in sources["text"]
    telegram.wait(lambda: "Jij koos: Bronnen" in telegram.texts(chat)[1], "the choice is shown")


def test_an_alarm_cannot_be_missed_and_has_a_number_to_tap(chats: Chats):
    chat, telegram = chats.new(), chats.telegram
    telegram.says(chat, ALARM)
    alarm = telegram.wait_for(chat, 2)[1]
    assert alarm["text"].startswith(tuple(texts().telegram.alarm.values()))
    assert alarm["entities"][0]["type"] == "bold"
    on_website = said(WebChat(chats.assistant).say(ALARM))
    for line in on_website.replace("**", "").splitlines():
        assert line.replace(PHONE, f"{PHONE} ({INTERNATIONAL})") in alarm["text"]
    assert chats.assistant.flags_of(OURS.conversation(chat))


def test_an_alarm_under_a_photo_is_seen(chats: Chats):
    chat, telegram = chats.new(), chats.telegram
    photo = [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]
    telegram.says(chat, caption=ALARM, photo=photo)
    _, line, alarm = telegram.wait_for(chat, 3)
    assert "foto" in line["text"]
    assert "BELANGRIJK" in alarm["text"]


def test_typed_commands_of_rasa_do_nothing(chats: Chats):
    chat, telegram = chats.new(), chats.telegram
    telegram.says(chat, '/tillen{"urgency": "none"}')
    telegram.says(chat, "/restart")
    telegram.wait_for(chat, 3)
    kept = chats.assistant.said_by(OURS.conversation(chat))
    assert len(kept) == 2
    assert not any(text.startswith("/") for text in kept)


def test_who_wants_a_human_is_told_how(chats: Chats):
    chat, telegram = chats.new(), chats.telegram
    telegram.says(chat, "/mens")
    answer = telegram.wait_for(chat, 2)[1]
    assert f"{PHONE} ({INTERNATIONAL})" in answer["text"]


def test_what_a_therapist_writes_in_another_process_arrives(chats: Chats):
    chat, telegram = chats.new(), chats.telegram
    telegram.says(chat, "hoi")
    telegram.wait_for(chat, 2)
    chats.log.add_joined(OURS.conversation(chat), "Anna de Wit")
    chats.log.add_therapist_message(OURS.conversation(chat), "Anna de Wit", "Dag, met Anna.")
    said_by_anna = telegram.wait_for(chat, 4)[2:]
    assert "Anna de Wit" in said_by_anna[0]["text"]
    assert said_by_anna[1]["text"] == "Anna de Wit:\nDag, met Anna."


def test_erasing_takes_everything_also_out_of_rasa(chats: Chats):
    chat, telegram = chats.new(), chats.telegram
    telegram.says(chat, "Mijn geheime vraag over fietsen")
    telegram.wait_for(chat, 2)
    telegram.says(chat, "/verwijder")
    telegram.presses(chat, telegram.wait_for(chat, 3)[2], texts().telegram.erase_yes)
    telegram.wait_for(chat, 4)
    assert chats.assistant.said_by(OURS.conversation(chat)) == []

    def dumped() -> str:
        with closing(sqlite3.connect(chats.assistant.database, timeout=20)) as connection:
            return "\n".join(connection.iterdump())

    # The chat is forgotten after Telegram has the goodbye.
    telegram.wait(lambda: OURS.conversation(chat) not in dumped(), "the chat is forgotten")
    assert "geheime" not in dumped()


def expected(chats: Chats, chat: int) -> Tuple[List[str], List[int]]:
    """What the log says that a chat should show, and which messages were answered."""
    headings = texts().telegram.alarm
    look = Look("NL", [PHONE], headings, texts().telegram.joined, texts().telegram.left)
    shown: List[str] = []
    answered: List[int] = []
    for event in events_of(chats, chat):
        if event["author"] == "patient":
            continue
        shown += [parse_html(message.html)[0] for message in outgoing(event, look)]
        if event["reply_to"]:
            answered.append(event["reply_to"])
    return shown, answered


def check(chats: Chats, chat: int, count: int) -> None:
    shown, answered = expected(chats, chat)
    mine = [event["id"] for event in events_of(chats, chat) if event["author"] == "patient"]
    assert len(mine) == count
    assert answered == mine
    assert chats.telegram.texts(chat) == shown


@pytest.mark.timeout(1200)
def test_a_hundred_chats_with_errors_and_a_restart(chats: Chats):
    chance = random.Random(1)
    telegram = chats.telegram
    telegram.error_rate, telegram.repeat_rate, telegram.shuffle = 0.01, 0.05, True
    everybody = [chats.new() for _ in range(100)]
    begun, before = time.monotonic(), len(telegram.called("sendMessage"))
    for _ in range(MESSAGES):
        for chat in everybody:
            telegram.says(chat, chance.choice(QUESTIONS))
    telegram.wait(
        lambda: len(telegram.called("sendMessage")) > before + 50 * MESSAGES, "the middle", 400, 0.5
    )
    chats.assistant.stop()
    chats.assistant.start()
    telegram.wait(lambda: all(telegram.count(c) > MESSAGES for c in everybody), "all", 500, 0.5)
    telegram.wait(telegram.is_all_confirmed)
    time.sleep(1.0)
    telegram.error_rate = telegram.repeat_rate = 0.0
    for chat in everybody:
        check(chats, chat, MESSAGES)
    assert telegram.errors
    print(
        f"{100 * MESSAGES} messages in {time.monotonic() - begun:.0f} s; {telegram.errors} errors"
    )


def test_killed_as_by_a_power_cut_it_goes_on(chats: Chats):
    telegram = chats.telegram
    everybody = [chats.new() for _ in range(5)]
    for seconds in (0.3, 0.6):
        for chat in everybody:
            for question in QUESTIONS[:3]:
                telegram.says(chat, question)
        time.sleep(seconds)
        chats.assistant.kill()
        chats.assistant.start()
    telegram.wait(lambda: all(len(expected(chats, c)[1]) == 6 for c in everybody), "all answered")
    telegram.wait(
        lambda: all(telegram.count(c) >= len(expected(chats, c)[0]) for c in everybody), "all sent"
    )
    time.sleep(1.0)
    for chat in everybody:
        check(chats, chat, 6)


def test_the_log_shows_no_token_and_no_words(chats: Chats):
    for output in (chats.assistant.errors, chats.assistant.output):
        assert TOKEN.partition(":")[2] not in output
        assert "fietsen" not in output
    assert complaints(chats.assistant) == []


def test_over_the_webhook_only_telegram_is_heard(launch: Launcher, practice_nl: Path):
    telegram = StandIn(5).start()
    telegram.repeat_rate = 0.3
    try:
        assistant = launch(
            RUGGESTEUN_PRACTICE=str(practice_nl),
            **telegram.settings(RUGGESTEUN_TELEGRAM_WEBHOOK="https://rug.example"),
        )
        telegram.webhook_target = assistant.address
        telegram.agree = partial(agree, f"sqlite:///{assistant.database}")
        telegram.wait(lambda: telegram.webhook, "the webhook is set")
        path = telegram.webhook["url"].removeprefix("https://rug.example")
        assert path.startswith("/webhooks/telegram/")
        for number in range(5):
            telegram.says(1, f"{QUESTIONS[number]}")
        telegram.wait_for(1, 6)
        update = {
            "update_id": 7,
            "message": {"message_id": 1, "chat": {"id": 99, "type": "private"}, "text": "hoi"},
        }
        secret = telegram.webhook["secret_token"]

        def post(body: Any, shown: Optional[str], to: str = path) -> int:
            headers = {} if shown is None else {SECRET_HEADER: shown}
            return requests.post(
                assistant.address + to, json=body, headers=headers, timeout=30
            ).status_code

        assert post(update, None) == 403
        assert post(update, secret[:-1]) == 403
        assert post(update, "") == 403
        assert post(update, secret, "/webhooks/telegram/elsewhere") == 404
        assert post([], secret) == 400
        assert post({}, secret) == 400
        time.sleep(0.5)
        assert len(telegram.seen(1)) == 6
        assert set(telegram.webhook_answers) == {200}
        assert not telegram.called("getUpdates")
        with closing(sqlite3.connect(assistant.database)) as connection:
            query = "SELECT count(*) FROM telegram_chat"
            assert connection.execute(query).fetchone() == (1,)
        assert complaints(assistant) == []
    finally:
        telegram.stop()


def test_a_wrong_token_is_told_in_one_line_and_the_rest_runs(
    launch: Launcher, practice_nl: Path, telegram: StandIn
):
    token = "4711:the-wrong-token-entirely-AAAAAAAAAAA"
    settings = {**telegram.settings(), "RUGGESTEUN_TELEGRAM_TOKEN": token}
    assistant = launch(RUGGESTEUN_PRACTICE=str(practice_nl), **settings)
    telegram.wait(lambda: complaints(assistant), "it is told")
    time.sleep(1)
    (line,) = complaints(assistant)
    assert "RUGGESTEUN_TELEGRAM_TOKEN" in line
    assert token.partition(":")[2] not in line
    assert assistant.say(QUESTION).outcome == "answered"
