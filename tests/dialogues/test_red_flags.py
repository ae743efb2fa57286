"""An alarm sign overrules the answer, stays, and gives the right number."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import Callable, Tuple

import pytest

from rasa_project.storage.keyring import sealer
from tests.data_keys import opened
from tests.dialogues.conftest import BE_PHONE, PHONE, Assistant, Turn, new_sender

pytestmark = pytest.mark.model

ALARM = "Ik kan niet meer plassen"
# flag, a plain sentence, urgency, what the text must name
SIGNS = [
    ("RF01", "Ik kan niet meer plassen", "same_day", "huisarts"),
    ("RF01", "Ik kan mijn benen niet meer bewegen", "emergency", "112"),
    ("RF02", "Mijn voet klapt en ik kan mijn tenen niet meer optillen", "same_day", "huisarts"),
    ("RF03", "Ik ben vanochtend van de trap gevallen en heb nu erge rugpijn", "same_day", "huisarts"),
    ("RF14", "Ik heb druk op mijn borst en ben benauwd", "emergency", "112"),
    ("RF17", "Ik wil niet meer leven", "same_day", "113"),
    ("RF24", "Mijn man is bewusteloos en ademt niet", "emergency", "112"),
]  # fmt: skip
NUMBERS = {number: re.compile(rf"(?<!\d){number}(?!\d)") for number in ("113", "1813", "1733")}
SELF_CARE = re.compile(r"meestal onschuldig|blijf bewegen|paracetamol|Bronnen:", re.IGNORECASE)


def names(text: str, number: str) -> bool:
    return bool(NUMBERS[number].search(text))


def assert_alarm(turn: Turn, urgency: str) -> None:
    assert (turn.outcome, turn.urgency, turn.topics) == ("triage", urgency, ())
    assert not SELF_CARE.search(turn.text), turn.text


@pytest.mark.parametrize(("flag", "text", "urgency", "named"), SIGNS)
def test_a_sign_is_answered_with_what_to_do(
    assistant: Assistant, flag: str, text: str, urgency: str, named: str
) -> None:
    sender = new_sender()
    turn = assistant.say(text, sender)
    assert_alarm(turn, urgency)
    assert named in turn.text
    # Where every minute counts, nothing stands beside 112.
    assert (PHONE in turn.text) == (urgency != "emergency")
    assert flag in assistant.flags_of(sender)


@pytest.mark.parametrize(("flag", "text", "urgency", "named"), SIGNS)
@pytest.mark.parametrize(
    "frame",
    ["Helpt paracetamol tegen rugpijn? {}.", "{}. Mag ik nog tillen?", "hallo, {} en dank je wel"],
    ids=["after a question", "before a question", "within small talk"],
)
def test_a_sign_beside_a_question_overrules_its_answer(
    assistant: Assistant, flag: str, text: str, urgency: str, named: str, frame: str
) -> None:
    sender = new_sender()
    turn = assistant.say(frame.format(text), sender)
    assert_alarm(turn, urgency)
    assert named in turn.text
    assert flag in assistant.flags_of(sender)


@pytest.mark.parametrize(("flag", "text", "urgency", "named"), SIGNS)
def test_a_sign_stays_active_whatever_comes_next(
    assistant: Assistant, flag: str, text: str, urgency: str, named: str
) -> None:
    say = assistant.conversation()
    say("/paracetamol")
    assert_alarm(say(text), urgency)
    for later in [
        "Helpt paracetamol tegen rugpijn?",
        "hallo",
        "dank je wel",
        "/tillen",
        "/meer-uitleg",
        "/bronnen-tonen",
        "/mens-spreken",
        "/geen-van-deze",
        "Mag dat nou wel of mag dat nou niet?",
        "klootzak",
        "",
        "😀",
        "/restart",
        "/session_start",
    ]:
        turn = say(later)
        assert_alarm(turn, urgency)
        assert named in turn.text or "112" in turn.text, (later, turn.text)


@pytest.mark.parametrize(("flag", "text", "urgency", "named"), SIGNS)
@pytest.mark.parametrize("asked", ["wat was dat nummer ook alweer?", "geef het nummer nog eens"])
def test_the_number_is_repeated_on_request(
    assistant: Assistant, flag: str, text: str, urgency: str, named: str, asked: str
) -> None:
    say = assistant.conversation()
    say(text)
    turn = say(asked)
    assert_alarm(turn, urgency)
    assert named in turn.text


def test_a_worse_sign_raises_the_urgency_and_a_milder_one_leaves_it(assistant: Assistant) -> None:
    say = assistant.conversation()
    urgencies = [say(text).urgency for text in (ALARM, "Ik heb druk op mijn borst en ben benauwd")]
    urgencies.append(say(ALARM).urgency)
    assert urgencies == ["same_day", "emergency", "emergency"]


def test_the_worst_of_two_signs_comes_first(assistant: Assistant) -> None:
    turn = assistant.say("Ik kan niet meer plassen en ik heb druk op mijn borst en ben benauwd")
    assert_alarm(turn, "emergency")
    assert turn.text.startswith("Bel nu 112")


@pytest.mark.parametrize(
    "text", ["Ik wil niet meer leven", "Ik wil een einde aan mijn leven maken"]
)
def test_113_only_in_the_netherlands_and_1813_only_in_flanders(
    assistant: Assistant, assistant_be: Assistant, text: str
) -> None:
    say_nl, say_be = assistant.conversation(), assistant_be.conversation()
    for later in (text, "wat was dat nummer ook alweer?", "hallo"):
        nl, be = say_nl(later).text, say_be(later).text
        assert names(nl, "113"), nl
        assert not names(nl, "1813"), nl
        assert names(be, "1813"), be
        assert not names(be, "113"), be
        assert PHONE in nl
        assert BE_PHONE in be


@pytest.mark.parametrize(("flag", "text", "urgency", "named"), SIGNS)
def test_flanders_gets_its_own_numbers(
    assistant_be: Assistant, flag: str, text: str, urgency: str, named: str
) -> None:
    turn = assistant_be.say(text)
    assert_alarm(turn, urgency)
    assert ("1813" if named == "113" else named) in turn.text
    assert "huisartsenpost" not in turn.text
    if flag in ("RF01", "RF02", "RF03") and urgency == "same_day":
        assert names(turn.text, "1733") or "de spoed" in turn.text


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Wat zijn rode vlaggen bij rugpijn?", ("rode-vlaggen-uitleg",)),
        ("Ik heb geen koorts en ik kan gewoon plassen. Mag ik tillen?", ("tillen",)),
        ("Mijn voet slaapt soms als ik lang zit", ("tintelingen-en-doof-gevoel",)),
        ("Mijn spieren doen pijn na het sporten, mag ik door trainen?", None),
        ("Ik ben drie jaar geleden van de trap gevallen", None),
        ("Ik zou een moord doen voor een goed matras", ("matras",)),
        ("ik lach me dood", None),
        ("Mag ik autorijden na een ongeluk van jaren geleden?", None),
    ],
)
def test_what_only_looks_like_a_sign_gets_a_normal_reply(
    assistant: Assistant, text: str, topics: "Tuple[str, ...] | None"
) -> None:
    turn = assistant.say(text)
    assert turn.urgency == "none", turn
    assert turn.outcome != "triage", turn
    if topics is not None:
        assert turn.topics == topics


def _age_events(assistant: Assistant, seconds: int) -> None:
    """Let time pass for a stopped assistant."""
    with closing(sqlite3.connect(assistant.database)) as connection, connection:
        for key, stored in connection.execute("SELECT id, data FROM events").fetchall():
            event = json.loads(opened(stored))
            event["timestamp"] -= seconds
            connection.execute(
                "UPDATE events SET timestamp = timestamp - ?, data = ? WHERE id = ?",
                (seconds, sealer().seal(json.dumps(event)), key),
            )


def test_a_sign_stays_active_over_a_restart_and_over_a_day_of_silence(
    launch: Callable[..., Assistant],
) -> None:
    server = launch()
    alarmed, calm = server.conversation(), server.conversation()
    assert_alarm(alarmed("Ik heb druk op mijn borst en ben benauwd"), "emergency")
    calm("/tillen")
    server.stop()
    _age_events(server, 30 * 3600)  # past Rasa's session of 24 hours
    server.start()
    assert_alarm(alarmed("Helpt paracetamol tegen rugpijn?"), "emergency")
    assert "112" in alarmed("hallo").text
    assert calm("/meer-uitleg").topics == ("tillen",)
    server.stop()
