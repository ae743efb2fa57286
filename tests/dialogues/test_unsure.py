"""No answer is better than a wrong one: ask back, then offer a human."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import pytest
from ruamel.yaml import YAML

from tests.dialogues.conftest import PHONE, Assistant

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def small_talk(project: Path) -> Dict[str, str]:
    texts = YAML(typ="safe").load((project / "data" / "texts.yml").read_text("utf-8"))
    return dict(texts["small_talk"])


def test_the_first_miss_asks_back_with_buttons(assistant: Assistant, unclear: List[str]) -> None:
    for text in unclear:
        turn = assistant.say(text)
        assert (turn.outcome, turn.topics) == ("clarify", ())
        assert 2 <= len(turn.buttons) <= 3
        assert all(button["title"].rstrip().endswith("?") for button in turn.buttons)


def test_each_button_of_a_clarification_answers_its_topic(
    assistant: Assistant, unclear: List[str]
) -> None:
    for payload in assistant.say(unclear[0]).payloads:
        say = assistant.conversation()
        say(unclear[0])
        assert say(payload).topics == (payload[1:],)


def test_the_second_miss_in_a_row_offers_a_human(assistant: Assistant, unclear: List[str]) -> None:
    say = assistant.conversation()
    say(unclear[0])
    turn = say(unclear[1])
    assert (turn.outcome, turn.topics) == ("handoff", ())
    assert PHONE in turn.text
    assert turn.payloads[-1] == "/mens-spreken"
    assert say("/mens-spreken").outcome == "handoff"


@pytest.mark.parametrize("between", ["Helpt paracetamol tegen rugpijn?", "/tillen", "hallo"])
def test_what_is_understood_in_between_starts_the_count_anew(
    assistant: Assistant, unclear: List[str], between: str
) -> None:
    say = assistant.conversation()
    assert say(unclear[0]).outcome == "clarify"
    assert say(between).outcome in ("answered", "smalltalk")
    # After an answer the same words may be read as a follow-up; they are no second miss.
    assert say(unclear[0]).outcome in ("clarify", "answered")


def test_a_third_miss_still_offers_a_human(assistant: Assistant, unclear: List[str]) -> None:
    say = assistant.conversation()
    outcomes = [say(text).outcome for text in unclear[:3]]
    assert outcomes == ["clarify", "handoff", "handoff"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hallo", "begroeting"),
        ("goedemorgen", "begroeting"),
        ("dank je wel", "bedankt"),
        ("tot ziens", "afscheid"),
        ("hoe gaat het met je?", "hoe-gaat-het"),
        ("ben je een robot?", "ben-je-een-robot"),
        ("klootzak", "beledigen"),
        ("wat ben jij dom zeg", "beledigen"),
        ("asdfgh qwerty", "onzin"),
        ("lorem ipsum dolor", "onzin"),
        ("Wat is de hoofdstad van Frankrijk?", "buiten-onderwerp"),
        ("I have back pain, can you help me?", "andere-taal-en"),
        ("J'ai mal au dos, pouvez-vous m'aider ?", "andere-taal-fr"),
        ("Ich habe Rückenschmerzen", "andere-taal-de"),
        ("ja", "bevestigen"),
        ("nee", "ontkennen"),
    ],
)
def test_small_talk_gets_its_own_reply_and_no_topic(
    assistant: Assistant, small_talk: Dict[str, str], text: str, kind: str
) -> None:
    turn = assistant.say(text)
    assert (turn.outcome, turn.topics, turn.urgency) == ("smalltalk", (), "none")
    assert turn.text.startswith(small_talk[kind].split("{")[0].strip())


@pytest.mark.parametrize("text", ["I have back pain, can you help me?", "J'ai mal au dos"])
def test_another_language_gets_the_numbers_to_call(assistant: Assistant, text: str) -> None:
    reply = assistant.say(text).text
    assert "112" in reply
    assert PHONE in reply


def test_it_says_that_it_is_a_computer(assistant: Assistant) -> None:
    assert "computer" in assistant.say("praat ik met een mens of met een robot?").text


def test_none_of_these_asks_for_other_words(assistant: Assistant, unclear: List[str]) -> None:
    say = assistant.conversation()
    say(unclear[0])
    turn = say("/geen-van-deze")
    assert (turn.outcome, turn.topics) == ("smalltalk", ())
    assert PHONE in turn.text


def test_more_explanation_of_nothing_asks_what_about(assistant: Assistant) -> None:
    turn = assistant.say("/meer-uitleg")
    assert (turn.outcome, turn.topics) == ("fallback", ())
    assert turn.text.endswith("?") or "Stel je vraag" in turn.text
