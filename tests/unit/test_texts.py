"""The fixed sentences of data/texts.yml."""

from __future__ import annotations

from typing import Any, Iterator, Tuple

import pytest

from rasa_project.channels.website_api import MOST_CHARACTERS
from rasa_project.conversation.texts import filled, texts
from rasa_project.nlu.input_check import EMPTY, NO_WORDS, TOO_LONG
from rasa_project.nlu.words import MAX_CHARACTERS
from rasa_project.yaml_lines import read_yaml
from tests.builders import HOURS
from tests.conftest import PROJECT

# "De {braces}" must do no harm: a name is put in, not read.
PRACTICES = [
    {"name": "De {Brug}", "hours": HOURS},
    {"name": "De Kaai", "country": "BE", "phone": "03 123 45 67"},
]


# What only the sentences about a human use.
MORE = {
    name: name
    for name in (
        "wie", "minuten", "langer", "aantal", "naam", "contact", "moment", "wanneer", "opening",
        "verwacht",
    )
}  # fmt: skip


def every_sentence() -> Iterator[Tuple[str, str]]:
    yield from _sentences("texts", texts().dict())


def _sentences(name: str, value: Any) -> Iterator[Tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _sentences(f"{name}.{key}", inner)


@pytest.mark.parametrize("fields", PRACTICES)
def test_every_sentence_fills(serve_practice, fields):
    practice = serve_practice(**fields)
    for name, text in every_sentence():
        result = filled(text, **MORE)
        assert result, name
        assert ("{praktijk}" in text) == (practice.name in result), name
        assert ("{telefoon}" in text) == (practice.phone in result), name


def small_talk_intents():
    rules = read_yaml(PROJECT / "data" / "rules" / "conversation.yml")["rules"]
    (rule,) = [rule for rule in rules if rule["steps"][-1].get("action") == "action_small_talk"]
    first = rule["steps"][0]
    return [step["intent"] for step in first.get("or", [first])]


def test_every_small_talk_intent_has_a_sentence_and_no_sentence_is_idle(serve_practice):
    serve_practice()
    assert sorted(texts().small_talk) == sorted(small_talk_intents())


def test_every_kind_of_bad_input_has_a_sentence(serve_practice):
    serve_practice()
    assert set(texts().bad_input) == {EMPTY, NO_WORDS, TOO_LONG}
    assert str(MAX_CHARACTERS) in texts().bad_input[TOO_LONG]


@pytest.mark.parametrize(
    "name", ["failure", "bad_request", "human", "no_answer", "no_more", "not_simpler"]
)
def test_what_a_patient_reads_in_trouble_names_the_phone_number(serve_practice, name):
    practice = serve_practice()
    assert practice.phone in filled(getattr(texts(), name))


def test_the_failure_sentence_names_the_doctor_and_the_emergency_number(serve_practice):
    serve_practice()
    assert "huisarts" in filled(texts().failure)
    assert "112" in filled(texts().failure)


def test_a_second_miss_tells_the_number_and_whether_the_practice_is_open(serve_practice):
    practice = serve_practice(hours=HOURS)
    said = filled(texts().not_understood_again)
    assert practice.phone in said
    assert "We zijn nu " in said


@pytest.mark.parametrize("code", ["too_large", "too_fast", "origin", "unavailable"])
def test_who_cannot_chat_on_reads_the_phone_number(serve_practice, code):
    practice = serve_practice()
    assert practice.phone in filled(getattr(texts().website, code))


def test_when_the_chat_does_not_work_the_doctor_and_the_emergency_number_are_named(serve_practice):
    serve_practice()
    assert "huisarts" in filled(texts().website.unavailable)
    assert "112" in filled(texts().website.unavailable)


def test_a_message_that_is_too_long_is_told_how_long_it_may_be(serve_practice):
    serve_practice()
    assert f"{MOST_CHARACTERS} tekens" in texts().website.too_long
