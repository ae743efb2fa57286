"""Answers, their longer version, their sources, and buttons; in both countries' words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List

import pytest

from rasa_project.knowledge.files import Knowledge, read_knowledge
from tests.dialogues.conftest import BE_PHONE, PHONE, Assistant, new_sender

pytestmark = pytest.mark.model

DIALOGUE_BUTTONS = {"meer-uitleg", "bronnen-tonen", "geen-van-deze", "snap-ik-niet"}
_NUMBER = {number: re.compile(rf"(?<!\d){number}(?!\d)") for number in ("113", "1813", "1733")}


@pytest.fixture(scope="module")
def knowledge(project: Path) -> Knowledge:
    return read_knowledge(project / "data" / "knowledge")


def all_answers(assistant: Assistant, knowledge: Knowledge) -> Dict[str, List[str]]:
    """Every short and long answer, asked for with buttons; checked as they come."""
    known = {entry.id for _, entry in knowledge.topics} | DIALOGUE_BUTTONS
    answers: Dict[str, List[str]] = {}
    for _, entry in knowledge.topics:
        say = assistant.conversation()
        short, more = say(f"/{entry.id}"), say("/meer-uitleg")
        assert short.topics == more.topics == (entry.id,)
        assert short.outcome == ("handoff" if entry.id == "mens-spreken" else "answered"), entry.id
        assert more.outcome == "answered", entry.id
        assert short.urgency == more.urgency == "none", entry.id
        assert {"/meer-uitleg", "/bronnen-tonen"} <= set(short.payloads), entry.id
        buttons = [payload for payload in short.payloads + more.payloads if payload[0] == "/"]
        unknown = {payload[1:] for payload in buttons} - known
        assert not unknown, f"{entry.id} has buttons that lead nowhere: {unknown}"
        answers[entry.id] = [short.text, more.text]
    return answers


@pytest.fixture(scope="module")
def answers_nl(assistant: Assistant, knowledge: Knowledge) -> Dict[str, List[str]]:
    return all_answers(assistant, knowledge)


@pytest.fixture(scope="module")
def answers_be(assistant_be: Assistant, knowledge: Knowledge) -> Dict[str, List[str]]:
    return all_answers(assistant_be, knowledge)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Helpt paracetamol tegen rugpijn?", "paracetamol"),
        ("Mag ik tillen met rugpijn?", "tillen"),
        ("Wat is een hernia?", "wat-is-een-hernia"),
        ("Moet er een MRI van mijn rug gemaakt worden?", "scan-of-mri"),
        ("Wat zijn jullie openingstijden?", "openingstijden"),
    ],
)
def test_a_question_gets_the_answer_of_its_topic(
    assistant: Assistant, text: str, topic: str
) -> None:
    turn = assistant.say(text)
    assert (turn.topics, turn.outcome, turn.urgency) == ((topic,), "answered", "none")
    assert "Bronnen: " in turn.text


def test_more_explanation_is_about_the_last_answer_and_says_more(assistant: Assistant) -> None:
    say = assistant.conversation()
    short = say("Helpt paracetamol tegen rugpijn?")
    more = say("meer uitleg graag")
    assert (more.topics, more.outcome) == (("paracetamol",), "answered")
    assert more.text != short.text
    say("/tillen")
    assert say("/meer-uitleg").topics == ("tillen",)


def test_sources_are_listed_with_their_year(assistant: Assistant, knowledge: Knowledge) -> None:
    say = assistant.conversation()
    say("/paracetamol")
    turn = say("waar haal je dat vandaan?")
    assert (turn.topics, turn.outcome) == (("paracetamol",), "answered")
    entry = next(entry for _, entry in knowledge.topics if entry.id == "paracetamol")
    for key in entry.sources:
        source = knowledge.sources[key]
        assert source.reference in turn.text
        if source.year[0].isdigit():
            assert f"({source.year})" in turn.text


def test_every_button_of_an_answer_works(assistant: Assistant) -> None:
    payloads = assistant.say("/hernia-herstel").payloads
    assert len(payloads) > 3
    for payload in payloads:
        say = assistant.conversation()
        say("/hernia-herstel")
        turn = say(payload)
        own = payload[1:] in DIALOGUE_BUTTONS or payload[0] != "/"
        assert turn.topics == (("hernia-herstel",) if own else (payload[1:],))


def test_a_payload_with_spaces_around_it_is_still_a_button(assistant: Assistant) -> None:
    assert assistant.say("  /tillen  ").topics == ("tillen",)


@pytest.mark.parametrize("typed", ["/onleesbaar-bericht", "/nlu_fallback", "/action_listen"])
def test_a_name_that_is_no_button_is_read_as_text(assistant: Assistant, typed: str) -> None:
    sender = new_sender()
    assistant.say(typed, sender)
    assert assistant.said_by(sender) == [typed[1:]]


def test_no_answer_in_the_netherlands_has_an_unfilled_placeholder(
    answers_nl: Dict[str, List[str]],
) -> None:
    assert not [t for t, texts in answers_nl.items() if re.search(r"[{}]", " ".join(texts))]
    assert len(answers_nl) >= 156


def test_no_answer_in_flanders_has_an_unfilled_placeholder(
    answers_be: Dict[str, List[str]],
) -> None:
    assert not [t for t, texts in answers_be.items() if re.search(r"[{}]", " ".join(texts))]
    assert len(answers_be) >= 156


def test_answers_name_only_the_numbers_of_their_own_country(
    answers_nl: Dict[str, List[str]], answers_be: Dict[str, List[str]]
) -> None:
    def naming(answers: Dict[str, List[str]], number: str) -> List[str]:
        return [t for t, texts in answers.items() if _NUMBER[number].search(" ".join(texts))]

    assert naming(answers_nl, "1813") == []
    assert naming(answers_nl, "1733") == []
    assert naming(answers_be, "113") == []
    assert naming(answers_be, "1733"), "1733 is what a Flemish patient calls out of hours"


def test_answers_use_the_words_of_their_country(
    answers_nl: Dict[str, List[str]], answers_be: Dict[str, List[str]], knowledge: Knowledge
) -> None:
    compared = 0
    for _, entry in knowledge.topics:
        for word in ("therapeut", "avondpost", "verzekeraar", "spoedeisend"):
            name = f"{{{word}}}"
            if name in entry.short_for("NL"):
                assert knowledge.wording.NL[word] in answers_nl[entry.id][0].lower(), entry.id
                compared += 1
            if name in entry.short_for("BE"):
                assert knowledge.wording.BE[word] in answers_be[entry.id][0].lower(), entry.id
                compared += 1
    assert compared >= 10


def test_answers_give_the_number_of_this_practice(
    answers_nl: Dict[str, List[str]], answers_be: Dict[str, List[str]]
) -> None:
    assert PHONE in answers_nl["mens-spreken"][0]
    assert BE_PHONE in answers_be["mens-spreken"][0]
    assert not [t for t, texts in answers_be.items() if PHONE in " ".join(texts)]


def test_what_a_practice_left_out_is_answered_with_its_number(
    answers_be: Dict[str, List[str]],
) -> None:
    for topic in ("openingstijden", "kosten", "adres-en-bereikbaarheid"):
        assert BE_PHONE in answers_be[topic][0], topic
