"""What every turn keeps, whatever kind of turn it is."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any, List

import pytest

from tests.dialogues.conftest import RANK, Assistant, new_sender, read_turn

pytestmark = pytest.mark.model

UNCLEAR = "(a sentence without a subject)"
ALARM = "Ik kan niet meer plassen"

KINDS = {
    "a question": ("Helpt paracetamol tegen rugpijn?", {"answered"}),
    "a button": ("/tillen", {"answered"}),
    "a request for a human": ("/mens-spreken", {"handoff"}),
    "small talk": ("hallo", {"smalltalk"}),
    "nothing that I understand": (UNCLEAR, {"clarify", "fallback"}),
    "nothing at all": ("", {"fallback"}),
    "only emoji": ("😀😀", {"fallback"}),
    "an alarm sign": (ALARM, {"triage"}),
    "an emergency": ("Ik kan mijn benen niet meer bewegen", {"triage"}),
    "more, with nothing before": ("/meer-uitleg", {"fallback"}),
    "sources, with nothing before": ("/bronnen-tonen", {"answered"}),
    "none of these": ("/geen-van-deze", {"smalltalk"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_turn_has_one_contract_and_its_outcome(
    assistant: Assistant, unclear: List[str], kind: str
) -> None:
    text, outcomes = KINDS[kind]
    if text == UNCLEAR:
        text = unclear[0]
    assert assistant.say(text).outcome in outcomes


def test_topics_are_claimed_only_when_an_answer_was_given(
    assistant: Assistant, unclear: List[str]
) -> None:
    for text, outcomes in KINDS.values():
        turn = assistant.say(unclear[0] if text == UNCLEAR else text)
        assert bool(turn.topics) == bool(outcomes & {"answered", "handoff"}), (text, turn)


def test_urgency_never_drops_in_a_conversation(assistant: Assistant) -> None:
    say = assistant.conversation()
    held = []
    for text in [
        "Helpt paracetamol tegen rugpijn?",
        ALARM,
        "het gaat alweer beter",
        "nee hoor, ik kan wel plassen",
        "/tillen",
        "Ik kan mijn benen niet meer bewegen",
        "dank je wel",
        "dat was een grapje",
        "Mag dat nou wel of mag dat nou niet?",
        "",
        "/restart",
        ALARM,
    ]:
        held.append(say(text).urgency)
    ranks = [RANK[urgency] for urgency in held]
    assert ranks == sorted(ranks), held
    assert (held[0], held[1], held[-1]) == ("none", "same_day", "emergency"), held


def _body(line: socket.socket) -> Any:
    answer = http.client.HTTPResponse(line)
    answer.begin()
    assert answer.status == 200
    return json.loads(answer.read())


def test_twenty_messages_at_once_are_each_read_once_and_get_their_own_answer(
    assistant: Assistant,
) -> None:
    sender = new_sender()
    topics = ["tillen", "bukken", "matras", "warmte", "zwemmen"] * 4
    # Which of these connections the server reads first is up to the operating system.
    lines = [socket.create_connection(("127.0.0.1", assistant.port), 60) for _ in topics]
    try:
        for line, topic in zip(lines, topics, strict=True):
            body = json.dumps({"sender": sender, "message": f"/{topic}"}).encode()
            head = f"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            line.sendall(head.encode() + body)
        turns = [read_turn(_body(line)) for line in lines]
    finally:
        for line in lines:
            line.close()
    assert [turn.topics for turn in turns] == [(topic,) for topic in topics]
    assert sorted(assistant.said_by(sender)) == sorted(f"/{topic}" for topic in topics)


def test_messages_sent_after_one_another_keep_their_order(assistant: Assistant) -> None:
    sender = new_sender()
    topics = ["tillen", "bukken", "matras", "warmte", "zwemmen"]
    assert [assistant.say(f"/{topic}", sender).topics for topic in topics] == [(t,) for t in topics]
    assert assistant.said_by(sender) == [f"/{topic}" for topic in topics]


def test_two_conversations_do_not_mix(assistant: Assistant) -> None:
    one, other = assistant.conversation(), assistant.conversation()
    one("/tillen")
    other("/matras")
    assert one("/meer-uitleg").topics == ("tillen",)
    assert other("/meer-uitleg").topics == ("matras",)
    assert one(ALARM).urgency == "same_day"
    assert other("hallo").urgency == "none"
    assert other("/bukken").outcome == "answered"
    assert one("/bukken").outcome == "triage"


def test_a_name_that_looks_like_another_is_another_conversation(assistant: Assistant) -> None:
    sender = new_sender()
    assert assistant.say(ALARM, sender).urgency == "same_day"
    for other in (sender.upper(), sender + "'", sender + "%", "_" * len(sender)):
        assert assistant.say("hallo", other).urgency == "none", other
