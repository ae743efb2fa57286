"""What a reply to a triage question means, and what safety does with a message."""

from __future__ import annotations

import pytest

from rasa_project.conversation.triage_file import triage_file
from rasa_project.dialogue.safety_policy import safe_action
from rasa_project.dialogue.triage import (
    CHECK,
    CONFIRM,
    WEAK,
    WORSE,
    OpenQuestion,
    check_is_asked_for,
    findings_now,
    means_alarm,
    open_question,
    question_of,
    reply_in,
    weak_signs_now,
)
from rasa_project.names import (
    ACTION_ACTIVE_FLAG,
    ACTION_DETECTOR_FAILED,
    ACTION_RED_FLAG,
    ACTION_TRIAGE,
)
from rasa_project.redflags.catalogue import TriageQuestion
from rasa_project.redflags.urgency import Urgency
from tests.builders import small_catalogue

TRIAGE = triage_file()
KOORTS = {"flag": "RF05", "sign": "RF05-koorts", "urgency": "soon", "start": 0, "end": 3}
ELEMENTS = {
    "elements": [
        {"id": "koorts", "patterns": [["koorts"]]},
        {"id": "rug", "patterns": [["rug"]]},
    ],
    "combinations": [
        {"id": "RF05-beide", "flag": "RF05", "urgency": "soon", "all": [["koorts"], ["rug"]]},
        {
            "id": "RF01-samen",
            "flag": "RF01",
            "urgency": "same_day",
            "all": [["koorts"], ["rug"]],
            "same_message": True,
        },
    ],
}
RULES = small_catalogue(**ELEMENTS)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Ja", "ja"),
        ("ja sinds gisteren", "ja"),
        ("jaa een beetje", "ja"),
        ("klopt", "ja"),
        ("nee ik ga niet bellen", None),
        ("ja maar mijn huisarts is dicht", None),
        ("Nee", "nee"),
        ("neen hoor gelukkig niet", "nee"),
        ("nog niet", "nee"),
        ("nee maar wel een beetje doof", "onzeker"),
        ("Weet ik niet", "onzeker"),
        ("kweeni", "onzeker"),
        ("geen idee", "onzeker"),
        ("misschien", "onzeker"),
        ("stop", "stop"),
        ("laat maar", "stop"),
        ("Verder met de check", "verder"),
        ("mag ik fietsen?", None),
        ("ja mag ik dan ook gewoon blijven fietsen en zwemmen of is dat niet goed", None),
        ("/mens-spreken", None),
        ("", None),
    ],
)
def test_a_reply_is_read(text, reply):
    assert reply_in(text, TRIAGE) == reply


@pytest.mark.parametrize(
    ("reply", "alarm_on", "urgency", "alarm"),
    [
        ("ja", "ja", Urgency.SOON, True),
        ("nee", "ja", Urgency.SAME_DAY, False),
        ("nee", "nee", Urgency.SAME_DAY, True),
        ("onzeker", "ja", Urgency.SAME_DAY, True),
        ("onzeker", "nee", Urgency.EMERGENCY, True),
        ("onzeker", "ja", Urgency.SOON, False),
        (None, "ja", Urgency.SAME_DAY, True),
        (None, "ja", Urgency.SOON, False),
    ],
)
def test_not_knowing_counts_as_yes_for_strong_signs_only(reply, alarm_on, urgency, alarm):
    question = TriageQuestion(question="?", alarm_on=alarm_on, urgency=urgency)
    assert means_alarm(reply, question) is alarm


@pytest.mark.parametrize(
    "text",
    [
        "Is mijn rugpijn ernstig?",
        "is mijn rugpijn gevaarlijk",
        "Kun je nagaan of mijn rugpijn ernstig is?",
        "doe de check",
        "Loop de vragen met me na",
        "moet ik me zorgen maken over mijn rug?",
    ],
)
def test_the_check_can_be_asked_for(text):
    assert check_is_asked_for(text, TRIAGE.check)


@pytest.mark.parametrize(
    "text", ["is rugpijn ernstig", "check", "wat kost een check", "is mijn rugpijn ernstig genoeg"]
)
def test_another_question_does_not_begin_the_check(text):
    assert not check_is_asked_for(text, TRIAGE.check)


def test_the_check_has_at_most_five_taps_and_each_question_has_its_text(real_catalogue):
    assert 1 <= len(TRIAGE.check.questions) <= 5
    for question in TRIAGE.check.questions:
        assert question.urgency in real_catalogue.flags[question.flag].say
    elements = {element.id for element in real_catalogue.elements}
    assert set(TRIAGE.weak_signs) | set(TRIAGE.minors.elements) <= elements


def test_an_open_question_survives_its_slot():
    asked = OpenQuestion(CONFIRM, "RF01", 1, topics=("warmte",))
    assert open_question({"triage": dict(asked.as_slot())}) == asked
    assert open_question({"triage": None}) is None
    assert open_question({"triage": "rubbish"}) is None


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (OpenQuestion(CONFIRM, "RF01", 1), "Kun je plassen?"),
        (OpenQuestion(WORSE, "RF01", 0, "same_day"), "Kun je je benen bewegen?"),
        (OpenQuestion(CHECK), TRIAGE.check.questions[0].question),
        (OpenQuestion(CONFIRM, "RF01", 2), None),
        (OpenQuestion(CONFIRM, "RF99"), None),
        (OpenQuestion(CHECK, number=9), None),
        (OpenQuestion(WEAK, "RF17"), "Denk je aan de dood?"),
        (OpenQuestion(WEAK, "RF17", 1), None),
    ],
)
def test_the_question_is_looked_up(asked, text):
    question = question_of(asked, RULES, TRIAGE.check)
    assert (question.question if question else None) == text


def test_weak_signs_of_earlier_turns_complete_a_combination():
    found = findings_now({"weak_signs": ["rug"]}, {"weak_signs": ["koorts"]}, RULES)
    assert [item["sign"] for item in found] == ["RF05-beide"]


def test_what_one_message_holds_alone_was_judged_before_and_is_not_raised_again():
    assert findings_now({"weak_signs": ["rug", "koorts"]}, {}, RULES) == []
    held = {"weak_signs": ["iets-anders"]}
    assert findings_now({"weak_signs": ["rug", "koorts"]}, held, RULES) == []


def test_weak_signs_add_up_each_once():
    held = {"weak_signs": ["koorts"]}
    assert weak_signs_now({"weak_signs": ["rug", "koorts"]}, held) == ["koorts", "rug"]
    assert weak_signs_now({}, {}) == []


def action(text="tekst", slots=None, **parsed):
    return safe_action({"text": text, **parsed}, slots or {}, RULES, TRIAGE)


def test_what_an_answer_asked_for_is_no_suspicion():
    def after(**parsed):
        parsed = {"text": "6 tot 12 weken", **parsed}
        return safe_action(parsed, {}, RULES, TRIAGE, tells_what_we_asked=True)

    assert after(**SUSPECTED) is None
    assert after(red_flags=[KOORTS]) == ACTION_RED_FLAG


ASKED = {"triage": dict(OpenQuestion(CONFIRM, "RF01").as_slot())}
IN_CHECK = {"triage": dict(OpenQuestion(CHECK).as_slot())}
SUSPECTED = {"suspected_flag": {"flag": "RF01", "urgency": "same_day"}}


@pytest.mark.parametrize(
    ("due", "got"),
    [
        (None, action()),
        (ACTION_RED_FLAG, action(red_flags=[KOORTS])),
        (ACTION_RED_FLAG, action("ja", ASKED, red_flags=[KOORTS])),
        (ACTION_RED_FLAG, action(red_flags=[KOORTS], slots={"urgency": "emergency"})),
        (ACTION_ACTIVE_FLAG, action(slots={"urgency": "same_day"})),
        (ACTION_ACTIVE_FLAG, action("valt wel mee", {"urgency": "emergency"})),
        (ACTION_ACTIVE_FLAG, action("doe de check", {"urgency": "same_day"})),
        (None, action(slots={"urgency": "soon"})),
        (ACTION_TRIAGE, action(**SUSPECTED)),
        (None, action(slots={"denied_flags": ["RF01"]}, **SUSPECTED)),
        (ACTION_TRIAGE, action("ja", ASKED)),
        (ACTION_TRIAGE, action("iets onduidelijks", ASKED)),
        (ACTION_TRIAGE, action("nee", IN_CHECK)),
        (None, action("mag ik fietsen?", IN_CHECK)),
        (ACTION_TRIAGE, action("Is mijn rugpijn ernstig?")),
        (ACTION_TRIAGE, action("Verder met de check")),
        (ACTION_DETECTOR_FAILED, action(detector_failed=True)),
        (ACTION_ACTIVE_FLAG, action(slots={"urgency": "same_day"}, detector_failed=True)),
    ],
)
def test_safety_comes_first(due, got):
    assert got == due
