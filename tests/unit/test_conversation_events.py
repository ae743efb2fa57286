"""What stands in an event."""

from __future__ import annotations

import pytest

from rasa_project.conversation.events import PatientMessage, reply_content


def contract(outcome: str, urgency: str = "none", topics=()) -> dict:
    return {"custom": {"outcome": outcome, "urgency": urgency, "topics": list(topics)}}


def test_a_reply_of_several_parts_is_one_event():
    buttons = [{"title": "Ja", "payload": "/ja", "type": "postback"}]
    content = reply_content(
        [
            {"text": "Een."},
            contract("answered", topics=["warmte"]),
            {"text": "Twee?", "buttons": buttons},
        ]
    )
    assert content == {
        "parts": [
            {"text": "Een.", "buttons": []},
            {"text": "Twee?", "buttons": [{"title": "Ja", "payload": "/ja"}]},
        ],
        "alarm": "",
        "outcome": "answered",
        "topics": ["warmte"],
        "urgency": "none",
    }


@pytest.mark.parametrize(
    ("outcome", "urgency", "alarm"),
    [
        ("triage", "emergency", "emergency"),
        ("triage", "same_day", "same_day"),
        ("triage", "soon", ""),
        ("triage", "none", ""),
        ("answered", "same_day", ""),
        ("smalltalk", "emergency", ""),
    ],
)
def test_an_alarm_is_a_triage_that_cannot_wait(outcome, urgency, alarm):
    assert reply_content([{"text": "x"}, contract(outcome, urgency)])["alarm"] == alarm


def test_the_assistant_reads_the_command_of_a_button_and_else_the_text():
    assert PatientMessage(1, "Warmte", "/warmte").for_the_assistant == "/warmte"
    assert PatientMessage(1, "Warmte", None).for_the_assistant == "Warmte"
