"""Whatever is sent: a clear reply or a 4xx in JSON, and the conversation goes on."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any, Dict, Tuple

import pytest
import requests

from tests.dialogues.conftest import (
    PHONE,
    PROJECT,
    TURN_SECONDS,
    Assistant,
    Turn,
    new_sender,
    read_turn,
)
from tests.dialogues.web_chat import WebChat, new_id

pytestmark = pytest.mark.model

ALARM = "Ik kan niet meer plassen"
QUESTION = "Helpt paracetamol tegen rugpijn?"

NO_QUESTION = {
    "empty": "",
    "one blank": " ",
    "blanks, tabs and newlines": " \t\r\n \u00a0 ",
    "control characters": "\x01\x02\x07\x1b\x7f",
    "only NUL": "\x00\x00",
    "zero-width characters": "\u200b\u200d\ufeff",
    "bidi marks": "\u202e\u202c\u2066\u2069",
    "emoji": "😀👍🏽🇳🇱",
    "a lone surrogate": "\ud800",
    "punctuation": "???!!!...",
    "digits": "12345 67890",
    "a slash": "/",
    "slashes": "/// //",
    "10,000 characters": "a" * 10_000,
    "10,000 words": "tekst " * 10_000,
    "100,000 characters": "x" * 100_000,
    "100,000 emoji": "😀" * 10_000,
    "a long line of newlines": "\n" * 5_000 + "a" * 5_000,
}
COMMANDS = [
    "/restart",
    "/session_start",
    "/back",
    '/tillen{"x":1}',
    '/tillen{"urgency":"none"}',
    "/tillen@0.9",
    "/nlu_fallback",
    "/onleesbaar-bericht",
    "/action_restart",
    "/EXTERNAL: x",
    " /restart",
    "\u200b/restart",
    "/\u200brestart",
    "//restart",
    "\x00/restart",
]
STILL_A_QUESTION = {
    "NUL inside": "Helpt\x00paracetamol tegen rugpijn?",
    "bell and escape": "Helpt paracetamol\x07 tegen \x1brugpijn?",
    "bidi around it": "\u202eHelpt paracetamol tegen rugpijn?\u202c",
    "a zero-width space before": "\u200bHelpt paracetamol tegen rugpijn?",
    "emoji after": "Helpt paracetamol tegen rugpijn? 😀",
    "a lone surrogate before": "\udfff Helpt paracetamol tegen rugpijn?",
    "capitals": "HELPT PARACETAMOL TEGEN RUGPIJN",
    "newlines": "Helpt\nparacetamol\r\ntegen rugpijn?",
    "markup": "<b>Helpt paracetamol</b> tegen rugpijn?",
}
MALFORMED = {
    "nothing": b"",
    "half an object": b'{"sender": "a", "message": ',
    "not JSON": b"message=hallo",
    "not UTF-8": b'{"message": "\xff\xfe"}',
    "null": b"null",
    "a list": b"[]",
    "a string": b'"hallo"',
    "a number": b"1",
    "very deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "NaN": b'{"sender": NaN, "message": NaN}',
}
WRONG_VALUES = {
    "null": None,
    "a number": 3,
    "a fraction": 1.5,
    "true": True,
    "a list": ["hallo"],
    "an object": {"text": "hallo"},
}


class Door(ABC):
    """One of the two ways in, to send anything through."""

    path: str
    # The fields that must be strings.
    fields: Tuple[str, ...]

    def __init__(self, assistant: Assistant):
        self.assistant = assistant

    @abstractmethod
    def new_name(self) -> str:
        """The name of a new conversation."""

    @abstractmethod
    def body(self, text: str, name: str) -> Dict[str, Any]:
        """A good message."""

    def send(self, body: Any, name: str = "") -> requests.Response:
        """Send a body: bytes as they are, anything else as JSON."""
        response = self._post(body, name)
        assert_tells_nothing(response)
        return response

    def say(self, text: str, name: str) -> Turn:
        """Say something, and give the reply."""
        response = self.send(self.body(text, name), name)
        assert response.ok, f"{response.status_code}: {response.text[:300]}"
        return self._reply(response, name)

    def _post(self, body: Any, name: str) -> requests.Response:
        return self.assistant.post(body, self.path)

    def _reply(self, response: requests.Response, name: str) -> Turn:
        return read_turn(response.json())


class RestDoor(Door):
    path = "/webhooks/rest/webhook"
    fields = ("sender", "message")

    def new_name(self) -> str:
        return new_sender()

    def body(self, text: str, name: str) -> Dict[str, Any]:
        return {"sender": name, "message": text}


class WebsiteDoor(Door):
    """A conversation's name is its token."""

    path = "/chat/api/messages"
    fields = ("id", "text")

    def new_name(self) -> str:
        return WebChat(self.assistant).token

    def body(self, text: str, name: str) -> Dict[str, Any]:
        return {"id": new_id(), "text": text}

    def _post(self, body: Any, name: str) -> requests.Response:
        return WebChat(self.assistant, name or self.new_name()).call("POST", "messages", body)

    def _reply(self, response: requests.Response, name: str) -> Turn:
        event = WebChat(self.assistant, name).reply_to(response.json()["event"])
        # Here a reply tells only of the urgencies that can't wait.
        contract = {
            "topics": event["topics"],
            "outcome": event["outcome"],
            "urgency": event["alarm"] or "none",
        }
        return read_turn([*event["parts"], {"custom": contract}])


def assert_tells_nothing(response: requests.Response) -> None:
    """No 5xx, no stack trace, no path of a file."""
    assert response.status_code < 500, response.text[:500]
    for secret in (
        "Traceback",
        str(PROJECT),
        "/project/",
        "site-packages",
        ".py",
        "Error:",
        "sqlite",
    ):
        assert secret not in response.text, response.text[:500]


def assert_refused(response: requests.Response) -> None:
    assert 400 <= response.status_code < 500, f"{response.status_code}: {response.text[:300]}"
    assert response.headers["content-type"].startswith("application/json")
    said = response.json()
    assert said.get("error") or said.get("message"), said


@pytest.fixture(params=[RestDoor, WebsiteDoor], ids=["rest", "website"])
def door(request: pytest.FixtureRequest, assistant: Assistant) -> Door:
    made = request.param(assistant)
    assert isinstance(made, Door)
    return made


@pytest.mark.parametrize("kind", NO_QUESTION)
def test_a_message_without_a_question_gets_a_clear_reply(door: Door, kind: str) -> None:
    name = door.new_name()
    text = NO_QUESTION[kind]
    response = door.send(door.body(text, name), name)
    if response.ok:
        turn = door.say(text, name)
        assert (turn.outcome, turn.topics, turn.urgency) == ("fallback", (), "none")
    else:
        # The website's chat refuses it before it is a message.
        assert isinstance(door, WebsiteDoor)
        assert response.json()["error"] in ("empty", "too_long", "too_large")
        assert response.json()["text"]
    assert door.say(QUESTION, name).topics == ("paracetamol",)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_typed_command_is_only_text(door: Door, command: str) -> None:
    name = door.new_name()
    assert door.say(command, name).urgency == "none"
    assert door.say(QUESTION, name).topics == ("paracetamol",)
    assert door.say(ALARM, name).urgency == "same_day"
    turn = door.say(command, name)
    assert (turn.outcome, turn.urgency) == ("triage", "same_day")


@pytest.mark.parametrize("kind", STILL_A_QUESTION)
def test_a_question_with_strange_characters_is_still_answered(door: Door, kind: str) -> None:
    assert door.say(STILL_A_QUESTION[kind], door.new_name()).topics == ("paracetamol",)


@pytest.mark.parametrize(
    "text",
    [
        "rug " * 2_500 + ALARM,
        "a" * 10_000 + ". " + ALARM,
        ALARM + " " + "rug " * 25_000,
        "Ik kan niet meer \u200bplas\u200bsen",
        "Ik\x00kan\x00niet\x00meer\x00plassen",
        "IK KAN NIET MEER PLASSEN 😭😭😭",
        "/" + ALARM,
        '/tillen{"x": "' + ALARM + '"}',
        "\ud800" + ALARM,
    ],
    ids=["after 10,000 characters", "after one long word", "before 100,000 characters", "zero-width",
         "NUL", "capitals and emoji", "after a slash", "in a command", "after a surrogate"],
)  # fmt: skip
def test_an_alarm_sign_is_found_in_any_message(door: Door, text: str) -> None:
    name = door.new_name()
    response = door.send(door.body(text, name), name)
    if response.ok:
        turn = door.say(text, name)
        assert (turn.outcome, turn.urgency) == ("triage", "same_day")
    elif response.status_code == 413:
        # Too large to be read at all; the page lets nobody write that much.
        assert PHONE in response.json()["text"]
    else:
        assert (response.json()["error"], response.json()["alarm"]) == ("too_long", "same_day")


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_body_is_refused(door: Door, kind: str) -> None:
    assert_refused(door.send(MALFORMED[kind]))


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("kind", WRONG_VALUES)
def test_a_value_of_the_wrong_type_is_refused(door: Door, place: int, kind: str) -> None:
    name = door.new_name()
    wrong = {**door.body("hallo", name), door.fields[place]: WRONG_VALUES[kind]}
    assert_refused(door.send(wrong, name))
    assert door.say("hallo", name).outcome == "smalltalk"


def test_a_missing_field_is_refused(door: Door) -> None:
    name = door.new_name()
    good = door.body("hallo", name)
    for field in door.fields:
        assert_refused(door.send({key: good[key] for key in good if key != field}, name))
    for empty in ("", "   "):
        assert_refused(door.send({**good, door.fields[0]: empty}, name))


@pytest.mark.parametrize("size", [300_000, 1_000_000, 20_000_000])
def test_a_huge_body_is_refused(door: Door, size: int) -> None:
    name = door.new_name()
    body = json.dumps(door.body("x" * size, name)).encode()
    try:
        response = door.send(body, name)
    except requests.ConnectionError:
        # The server may hang up before it has read everything; it must be there still.
        assert size > 500_000
    else:
        assert_refused(response)
    assert door.say("hallo", door.new_name()).outcome == "smalltalk"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_refused(door: Door, method: str) -> None:
    response = requests.request(method, door.assistant.address + door.path, timeout=TURN_SECONDS)
    assert_tells_nothing(response)
    assert_refused(response)


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/chat/nope",
        "/chat/..%2f..%2fpractice.yml",
        "/chat/%2e%2e/%2e%2e/practice.yml",
        "/chat/%00",
        "/webhooks/telegram/webhook",
        "/conversations/x/tracker",
        "/model",
        "/status",
    ],
)
def test_an_unknown_path_is_refused(assistant: Assistant, path: str) -> None:
    response = requests.get(assistant.address + path, timeout=TURN_SECONDS)
    assert_tells_nothing(response)
    assert_refused(response)


@pytest.mark.parametrize("sender", ["a" * 201, "\ud800", "a\x00b", "\x00"])
def test_a_sender_that_cannot_be_kept_is_refused_or_answered(
    assistant: Assistant, sender: str
) -> None:
    response = assistant.post({"sender": sender, "message": QUESTION})
    assert_tells_nothing(response)
    if response.status_code != 200:
        assert_refused(response)
    else:
        assert read_turn(response.json()).topics == ("paracetamol",)


@pytest.mark.parametrize(
    "sender", ["café ☕", "../../etc/passwd", "x'; DROP TABLE events; --", "😀"]
)
def test_an_unusual_sender_has_a_conversation_of_its_own(assistant: Assistant, sender: str) -> None:
    sender = f"{sender} {new_sender()}"
    assert assistant.say("/tillen", sender).topics == ("tillen",)
    assert assistant.say("/meer-uitleg", sender).topics == ("tillen",)


def test_an_unknown_token_is_refused_in_dutch(assistant: Assistant) -> None:
    response = WebChat(assistant, "x").post("hallo")
    assert_refused(response)
    assert response.json()["error"] == "expired"
    assert "nieuw gesprek" in response.json()["text"]


def test_what_a_patient_writes_is_not_in_the_log(assistant: Assistant) -> None:
    marker = "zzqxmerkwoordqxzz"
    for text in (marker, f"/{marker}", f'/{marker}{{"x":1}}', f"Ik kan niet plassen {marker}"):
        assistant.say(text)
    assistant.post(b'{"sender": "a", "message": "' + marker.encode())
    assistant.post({"sender": "a", "message": [marker]})
    assert marker not in assistant.output
    assert marker not in assistant.errors
