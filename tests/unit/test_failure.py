"""What a patient is told when something is broken."""

from __future__ import annotations

from functools import lru_cache

import pytest

from rasa_project.conversation import failure
from rasa_project.conversation.failure import active_findings, emergency_reply
from tests.conftest import MONDAY_MORNING, SUNDAY_NIGHT


@pytest.fixture(autouse=True)
def small_rules(monkeypatch, rules):
    """The rules of the real file change often; these are the test's own."""
    monkeypatch.setattr(failure, "_rules", lru_cache(lambda: rules))


def test_findings_of_a_text_come_most_urgent_first():
    assert [f.flag for f in active_findings("ik heb koorts en ik wil dood")] == ["RF17", "RF05"]


def test_without_an_alarm_sign_the_patient_gets_the_practices_number(serve_practice):
    practice = serve_practice()
    said, contract = emergency_reply("mag ik tillen")
    assert practice.phone in said["text"]
    assert contract["custom"] == {"topics": [], "urgency": "none", "outcome": "fallback"}


@pytest.mark.parametrize(("country", "number"), [("NL", "113"), ("BE", "1813")])
def test_an_alarm_text_comes_even_when_all_else_fails(serve_practice, at, country, number):
    practice = serve_practice(country=country)
    at(MONDAY_MORNING)
    said, contract = emergency_reply("ik wil dood")
    assert said["text"].startswith(f"Praat erover: bel {number}.")
    assert practice.phone in said["text"]
    assert contract["custom"] == {"topics": [], "urgency": "same_day", "outcome": "triage"}


@pytest.mark.parametrize("text", ["", "\x00", "/restart", "\ud800", "ﾞ", "a" * 30_000], ids=range(6))
def test_any_text_gets_exactly_one_contract(serve_practice, text):
    serve_practice()
    assert sum("custom" in part for part in emergency_reply(text)) == 1


def test_a_closed_practice_is_not_offered_beside_an_alarm(serve_practice, at):
    practice = serve_practice(hours={"maandag": ["08:00-12:00"]})
    at(SUNDAY_NIGHT)
    said, _ = emergency_reply("ik wil dood")
    assert practice.phone not in said["text"]
    assert "nu dicht" in said["text"]
    at(MONDAY_MORNING)
    said, _ = emergency_reply("ik wil dood")
    assert practice.phone in said["text"]
