"""What a patient is told when something is broken."""

from __future__ import annotations

from functools import lru_cache

import pytest

from rasa_project.conversation import failure
from rasa_project.conversation.failure import active_findings, alarm_text, emergency_reply
from tests.builders import small_catalogue

CATALOGUE = small_catalogue()


@pytest.fixture(autouse=True)
def small_rules(monkeypatch, rules):
    """The rules of the real file change often; these are the test's own."""
    monkeypatch.setattr(failure, "_rules", lru_cache(lambda: rules))


def test_an_alarm_text_follows_the_country():
    flags = [("RF17", "same_day")]
    assert alarm_text(CATALOGUE, flags, "NL") == "Praat erover: bel 113."
    assert alarm_text(CATALOGUE, flags, "BE") == "Praat erover: bel 1813."


def test_two_flags_at_the_most_are_told_and_the_most_urgent_first():
    flags = [("RF01", "emergency"), ("RF17", "same_day"), ("RF05", "soon")]
    assert alarm_text(CATALOGUE, flags, "NL").split("\n\n") == [
        "Bel nu 112 voor je rug.",
        "Praat erover: bel 113.",
    ]


def test_the_same_text_is_said_once():
    flags = [("RF01", "same_day"), ("RF01", "same_day"), ("RF05", "soon")]
    assert alarm_text(CATALOGUE, flags, "NL").split("\n\n") == [
        "Bel nu de huisartsenpost.",
        "Maak een afspraak (NL).",
    ]


def test_findings_of_a_text_come_most_urgent_first():
    assert [f.flag for f in active_findings("ik heb koorts en ik wil dood")] == ["RF17", "RF05"]


def test_without_an_alarm_sign_the_patient_gets_the_practices_number(serve_practice):
    practice = serve_practice()
    said, contract = emergency_reply("mag ik tillen")
    assert practice.phone in said["text"]
    assert contract["custom"] == {"topics": [], "urgency": "none", "outcome": "fallback"}


@pytest.mark.parametrize(("country", "number"), [("NL", "113"), ("BE", "1813")])
def test_an_alarm_text_comes_even_when_all_else_fails(serve_practice, country, number):
    practice = serve_practice(country=country)
    said, contract = emergency_reply("ik wil dood")
    assert said["text"].startswith(f"Praat erover: bel {number}.")
    assert practice.phone in said["text"]
    assert contract["custom"] == {"topics": [], "urgency": "same_day", "outcome": "triage"}


@pytest.mark.parametrize("text", ["", "\x00", "/restart", "\ud800", "ﾞ", "a" * 30_000], ids=range(6))
def test_any_text_gets_exactly_one_contract(serve_practice, text):
    serve_practice()
    assert sum("custom" in part for part in emergency_reply(text)) == 1
