"""Questions before and beside an alarm, the check, the clock, and a detector that fails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

import pytest

from tests.dialogues.conftest import BE_PHONE, PHONE, Assistant, write_practice

pytestmark = pytest.mark.model

SUNDAY_NIGHT = "2026-11-22T23:00+01:00"
CHRISTMAS_MORNING = "2026-12-25T10:00+01:00"
ANSWERS = ["Ja", "Nee", "Weet ik niet"]
CHECK = "Is mijn rugpijn ernstig?"
ALARM = "Ik kan niet meer plassen"


def test_the_check_ends_after_five_reassuring_answers(assistant: Assistant) -> None:
    say = assistant.conversation()
    turn = say(CHECK)
    for number in range(1, 6):
        assert f"Vraag {number} van 5." in turn.text
        assert turn.payloads == [*ANSWERS, "Stop met de check"]
        assert (turn.outcome, turn.urgency) == ("triage", "none")
        turn = say("Nee")
    assert "geen alarmtekens" in turn.text
    assert "huisarts" in turn.text
    assert turn.urgency == "none"
    assert say("Mag ik tillen met rugpijn?").topics == ("tillen",)


@pytest.mark.parametrize(("reply", "urgency"), [("Ja", "same_day"), ("Weet ik niet", "same_day")])
def test_the_check_raises_an_alarm(assistant: Assistant, reply: str, urgency: str) -> None:
    say = assistant.conversation()
    say(CHECK)
    say("Nee")
    turn = say(reply)
    assert (turn.outcome, turn.urgency) == ("triage", urgency)
    assert "Bel nu je huisarts" in turn.text
    assert "Verder met de check" not in turn.payloads


def test_the_check_is_stopped_and_taken_up_again(assistant: Assistant) -> None:
    say = assistant.conversation()
    say(CHECK)
    say("Nee")
    stopped = say("Stop met de check")
    assert stopped.payloads == ["Verder met de check"]
    assert say("Mag ik tillen met rugpijn?").topics == ("tillen",)
    assert "Vraag 2 van 5." in say("Verder met de check").text


def test_a_question_in_the_middle_of_the_check_is_answered(assistant: Assistant) -> None:
    say = assistant.conversation()
    say(CHECK)
    turn = say("Mag ik tillen met rugpijn?")
    assert turn.topics == ("tillen",)
    assert "Verder met de check" in turn.payloads
    assert "Vraag 1 van 5." in say("Verder met de check").text


def test_an_alarm_sign_in_the_middle_of_the_check_comes_first(assistant: Assistant) -> None:
    say = assistant.conversation()
    say(CHECK)
    turn = say("Ik heb druk op mijn borst en ben benauwd")
    assert turn.urgency == "emergency"
    assert turn.text.startswith("Bel nu 112")


@pytest.mark.parametrize(
    ("reply", "urgency"), [("Nee", "emergency"), ("weet ik niet", "emergency"), ("ja", "same_day")]
)
def test_a_question_beside_the_number_can_only_raise_the_urgency(
    assistant: Assistant, reply: str, urgency: str
) -> None:
    say = assistant.conversation()
    first = say(ALARM)
    assert first.text.startswith("Bel nu je huisarts")
    assert first.text.rstrip().endswith("?")
    assert [title for title in first.payloads if title in ANSWERS] == ANSWERS
    assert say(reply).urgency == urgency
    assert say("valt wel mee hoor").urgency == urgency


def test_weak_signs_add_up_over_turns(assistant: Assistant) -> None:
    say = assistant.conversation()
    turns = [
        say("Ik ben 63 en heb voor het eerst rugpijn"),
        say("En het zit tussen mijn schouderbladen"),
        say("Ik word er elke nacht wakker van"),
    ]
    urgencies = [turn.urgency for turn in turns]
    assert urgencies[0] == "none"
    assert urgencies[-1] == "soon"


@pytest.mark.parametrize("moment", [SUNDAY_NIGHT, CHRISTMAS_MORNING])
@pytest.mark.parametrize(
    ("country", "phone", "first"),
    [
        ("NL", PHONE, "Bel nu de huisartsenpost"),
        ("BE", BE_PHONE, "Bel nu de huisarts van wacht (1733)"),
    ],
)
def test_out_of_hours_the_duty_doctor_comes_instead_of_the_practice(
    launch: Callable[..., Assistant],
    tmp_path: Path,
    moment: str,
    country: str,
    phone: str,
    first: str,
) -> None:
    hours = {day: ["08:00-18:00"] for day in ("maandag", "vrijdag")}
    practice = write_practice(tmp_path / "practice.yml", country=country, phone=phone, hours=hours)
    turn = launch(RUGGESTEUN_PRACTICE=str(practice), RUGGESTEUN_FIXED_TIME=moment).say(ALARM)
    assert turn.text.startswith(first)
    assert "Bel nu je huisarts" not in turn.text


def test_a_practice_near_the_border_gives_both_numbers_with_their_country(
    launch: Callable[..., Assistant], tmp_path: Path
) -> None:
    practice = write_practice(
        tmp_path / "practice.yml", country="BE", phone=BE_PHONE, patients_from_both_countries=True
    )
    text = launch(RUGGESTEUN_PRACTICE=str(practice)).say("Ik wil niet meer leven").text
    _, dutch, flemish = re.split("In Nederland|In België", text)
    assert re.search(r"(?<!\d)1813", flemish)
    assert not re.search(r"(?<!\d)113", flemish)
    assert re.search(r"(?<!\d)113", dutch)
    assert "1813" not in dutch


SLOW = "import time\n\ndef judge(*_args):\n    time.sleep(5)\n"
BROKEN = "def judge(*_args):\n    raise RuntimeError('broken by a test')\n"


@pytest.mark.parametrize("judge", [SLOW, BROKEN], ids=["slow", "broken"])
def test_a_detector_that_fails_leaves_nobody_without_a_number(
    launch: Callable[..., Assistant],
    copy_project: Callable[..., Path],
    trained_model: Path,
    practice_nl: Path,
    judge: str,
) -> None:
    project = copy_project(model=trained_model)
    with (project / "rasa_project" / "redflags" / "combine.py").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{judge}")
    server = launch(
        project, RUGGESTEUN_PRACTICE=str(practice_nl), RUGGESTEUN_DETECTOR_SECONDS="0.3"
    )
    turn = server.say("Mag ik tillen met rugpijn?")
    assert PHONE in turn.text
    assert "huisartsenpost" in turn.text
    assert "112" in turn.text
    assert (turn.topics, turn.outcome) == ((), "fallback")
    assert "DETECTOR FAILED" in server.errors + server.output
