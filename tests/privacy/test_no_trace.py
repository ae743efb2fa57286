"""A message with a made-up name, phone, mail and BSN leaves no trace in all that is printed."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Callable, List

import pytest
import requests

from tests.dialogues.conftest import PHONE, Assistant
from tests.dialogues.web_chat import WebChat

# "kwabbelsnor" is no form that anybody could mask: no message text may be logged at all.
NAME, NUMBER, MAIL, BSN = "Xantippe Quirinius", "06-98765432", "x.q@quirinius.example", "123456782"
SECRET = "kwabbelsnor"
MESSAGE = (
    f"Ik ben {NAME}, bel {NUMBER} of mail {MAIL}, mijn bsn is {BSN}. Helpt paracetamol? {SECRET}"
)
ALARM = f"Ik kan niet meer plassen. {MESSAGE}"
TRACES = ["xantippe", "quirinius", "98765432", "123456782", "kwabbelsnor"]


def spoil(server: Assistant, statement: str) -> None:
    with closing(sqlite3.connect(server.database, timeout=20)) as connection, connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(statement)


def say_all(server: Assistant) -> None:
    """On every way in: fine, odd and refused. An error's text tells nothing back either."""
    replies: List[requests.Response] = []
    sender = f"{SECRET}-{NAME}-{NUMBER}"
    for text in (MESSAGE, ALARM, f"/{SECRET}", MESSAGE * 50, f"{MESSAGE}\x00\ud800"):
        replies.append(server.post({"sender": sender, "message": text}))
    for body in (MESSAGE.encode(), b"{" + MESSAGE.encode(), [MESSAGE], {"sender": {MAIL: SECRET}}):
        replies.append(server.post(body))
    for path in (f"/{SECRET}?q={MAIL}", f"/chat/{SECRET}", f"/chat/api/events?after={SECRET}"):
        address = server.address + path
        replies.append(requests.get(address, headers={"X-Name": NAME}, timeout=20))
        replies.append(requests.post(address, data=MESSAGE.encode(), timeout=20))
    with closing(socket.create_connection(("127.0.0.1", server.port), 20)) as raw:
        raw.sendall(f"{SECRET} {NAME}\r\n{MAIL}: x\r\n\r\n".encode())
        with suppress(OSError):
            raw.recv(1000)
    refused = [reply for reply in replies if reply.status_code >= 400]
    assert len(refused) >= 5
    assert max(reply.status_code for reply in refused) < 500
    assert traces_in("".join(reply.text for reply in refused)) == []


def traces_in(text: str) -> List[str]:
    return [trace for trace in TRACES if trace in text.lower()]


def say_on_website(chat: WebChat, text: str) -> None:
    with suppress(requests.RequestException):
        chat.post(text)
        chat.poll(0, wait=1)


@pytest.mark.model
@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_is_printed_holds_a_word(
    launch: Callable[..., Assistant], practice_nl: Path, form: str
) -> None:
    server = launch(RUGGESTEUN_PRACTICE=str(practice_nl), RUGGESTEUN_LOG_FORMAT=form)
    chat = WebChat(server)
    assert PHONE in server.say(ALARM).text
    assert chat.say(MESSAGE)["parts"]
    say_all(server)
    # An action that fails, a reply that can't be stored, a memory that can't be read.
    spoil(server, "DROP TABLE answer_revision")
    say_all(server)
    say_on_website(chat, MESSAGE)
    spoil(server, "DROP TABLE red_flag_event")
    say_all(server)
    spoil(server, "DROP TABLE events")
    say_all(server)
    say_on_website(chat, ALARM)
    spoil(server, "DROP TABLE conversation_event")
    with suppress(AssertionError):
        say_on_website(chat, MESSAGE)
    # The database itself.
    server.database.write_bytes(b"no database any more " * 5_000)
    say_all(server)
    with suppress(AssertionError):
        say_on_website(chat, ALARM)
    figures = requests.get(f"{server.address}/metrics", timeout=20).text
    assert "ruggesteun_failed_replies_total" in figures
    server.stop()
    printed = f"{server.output}\n{server.errors}"
    assert traces_in(printed) == []
    assert traces_in(figures) == []
    # It did speak, and an operator can see what is wrong.
    lines = server.errors.splitlines()
    assert len(lines) > 10
    assert "A turn failed." in printed
    assert "no such table" in printed
    if form == "json":
        parsed = [json.loads(line) for line in lines]
        assert any("errors" in line and line["errors"][0]["at"] for line in parsed)
        assert any("conversation" in line for line in parsed)
    else:
        assert "Traceback" in printed
