"""practice.yml: what is read, and how a mistake is told."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
from pydantic import ValidationError

from rasa_project.errors import DataFileError
from rasa_project.practice import Practice, TimeSpan, read_practice
from tests.conftest import PROJECT

GOOD = """\
name: De Brug
country: NL
phone: "010 - 123 45 67"
"""


def problem_with(tmp_path: Path, text: str):
    path = tmp_path / "practice.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(DataFileError) as caught:
        read_practice(path)
    assert len(caught.value.problems) == 1
    problem = caught.value.problems[0]
    assert problem.file == path
    return problem


def test_name_country_and_phone_are_enough(tmp_path: Path):
    path = tmp_path / "practice.yml"
    path.write_text(GOOD, "utf-8")
    practice = read_practice(path)
    assert (practice.name, practice.country, practice.phone) == ("De Brug", "NL", "010 - 123 45 67")
    assert practice.spans_on(0) == ()


def test_the_example_practice_is_read_whole():
    practice = read_practice(PROJECT / "practice.yml")
    assert practice.spans_on(0)
    assert practice.prices
    assert practice.therapists


@pytest.mark.parametrize(
    ("added", "line", "reason"),
    [
        ("mail: info.debrug\n", 4, "mail: 'info.debrug' does not look like a mail address"),
        ("booking_link: http://x.example\n", 4, "the booking link must start with https://"),
        ("phon: 1\n", 4, "phon: extra fields not permitted"),
        ("hours:\n  maandag: 08:00-12:00\n", 4, "maandag: write a list"),
        ("hours:\n  monday: []\n", 4, "'monday' is not a day"),
        ('hours:\n  maandag: ["8-12"]\n', 4, "write a span of time"),
        ('hours:\n  maandag: ["12:00-08:00"]\n', 4, "ends before it starts"),
        ('hours:\n  maandag: ["25:00-26:00"]\n', 4, "hour must be in 0..23"),
        ("hours: altijd\n", 4, "write the hours as"),
        ("address:\n  street: Brugstraat 1\n  city: R\n", 4, "address.postcode: field required"),
        (
            "closures:\n  - {first_day: 2026-12-24, last_day: 2026-12-01}\n",
            5,
            "last_day lies before first_day",
        ),
        ("prices:\n  - item: x\n    price: ''\n", 6, "prices.0.price"),
        ("local_out_of_hours_phone: bel maar\n", 4, "does not look like a phone number"),
        ("local_out_of_hours_phone: 0101234567\n", 4, "write the phone number in quotes"),
        ("websites:\n  - https://ok.example\n  - debrug.example\n", 6, "is not a website: write"),
        ("websites: https://debrug.example\n", 4, "not a valid list"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_reason(tmp_path, added, line, reason):
    problem = problem_with(tmp_path, GOOD + added)
    assert problem.line == line
    assert reason in problem.reason


def test_a_number_without_quotes_is_refused_because_yaml_drops_its_first_zero(tmp_path):
    problem = problem_with(tmp_path, "name: De Brug\ncountry: NL\nphone: 0101234567\n")
    assert problem.line == 3
    assert "in quotes" in problem.reason


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('country: NL\nphone: "010-1234567"\n', "name"),
        ('name: X\nphone: "010-1234567"\n', "country"),
        ("name: X\ncountry: NL\n", "phone"),
    ],
)
def test_each_of_the_three_needed_fields_is_missed(tmp_path, text, field):
    assert problem_with(tmp_path, text).reason == f"{field}: field required"


def test_a_country_other_than_nl_and_be_is_refused(tmp_path):
    problem = problem_with(tmp_path, GOOD.replace("NL", "DE"))
    assert problem.line == 2
    assert "country" in problem.reason


def test_all_mistakes_are_told_at_once(tmp_path):
    path = tmp_path / "practice.yml"
    path.write_text("name: ''\ncountry: DE\nphone: x\n", "utf-8")
    with pytest.raises(DataFileError) as caught:
        read_practice(path)
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3]
    assert str(caught.value).count(str(path)) == 3


def test_a_closure_holds_dates(tmp_path):
    path = tmp_path / "practice.yml"
    path.write_text(GOOD + "closures: [{first_day: 2026-12-24, last_day: 2027-01-01}]\n", "utf-8")
    closure = read_practice(path).closures[0]
    assert (closure.first_day, closure.last_day) == (date(2026, 12, 24), date(2027, 1, 1))


def test_a_span_of_time_may_have_one_digit_hours_and_spaces():
    span = TimeSpan.parse_text(" 8:00 - 12:30 ")
    assert (span.start, span.end) == (time(8, 0), time(12, 30))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://www.debrug.example", "https://www.debrug.example"),
        ("https://WWW.DeBrug.example", "https://www.debrug.example"),
        ("https://debrug.example:8443", "https://debrug.example:8443"),
        ("https://debrug.example:443", "https://debrug.example"),
        ("http://localhost", "http://localhost"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
    ],
)
def test_a_website_is_kept_as_browsers_name_it(written, read):
    practice = Practice(name="X", country="NL", phone="010 1234567", websites=[written])
    assert practice.websites == [read]


@pytest.mark.parametrize(
    "website",
    [
        "",
        "*",
        "null",
        "http://debrug.example",
        "https://debrug.example/",
        "https://debrug.example/chat",
        "https://debrug.example?x=1",
        "https://*.debrug.example",
        "https://me@debrug.example",
        "https://debrug.example:port",
        "https://debrug..example",
        "ftp://localhost",
        "http://localhost.evil.example",
        "https://debrug.example\nhttps://evil.example",
    ],
)
def test_what_is_no_website_is_refused(website):
    with pytest.raises(ValidationError, match="is not a website"):
        Practice(name="X", country="NL", phone="010 1234567", websites=[website])


def test_how_a_conversation_gets_to_a_human_has_usual_minutes(tmp_path: Path):
    path = tmp_path / "practice.yml"
    path.write_text(f"{GOOD}handoff:\n  minutes_until_callback: 15\n  always_human: [tillen]\n")
    handoff = read_practice(path).handoff
    assert (handoff.minutes_to_answer, handoff.minutes_until_callback) == (5, 15)
    assert (handoff.minutes_until_escalation, handoff.minutes_until_taken_back) == (3, 10)
    assert handoff.always_human == ["tillen"]


def test_the_example_of_practice_yml_can_be_taken_over(tmp_path: Path):
    example = (PROJECT / "practice.yml").read_text("utf-8")
    _, _, block = example.partition("\n# handoff:\n")
    lines = [line[2:] for line in block.splitlines() if line.startswith("#   ")]
    path = tmp_path / "practice.yml"
    path.write_text(f"{GOOD}handoff:\n" + "\n".join(lines) + "\n", "utf-8")
    handoff = read_practice(path).handoff
    assert len(lines) == 5
    assert handoff.always_human == ["klacht-over-de-praktijk"]
    assert handoff.dict(exclude={"always_human"}) == Practice(
        name="x", country="NL", phone="010 - 123 45 67"
    ).handoff.dict(exclude={"always_human"})


@pytest.mark.parametrize("minutes", ["0", "-1", "soon", "1000"])
def test_minutes_are_a_sensible_number(tmp_path: Path, minutes: str):
    assert "minutes" in str(
        problem_with(tmp_path, f"{GOOD}handoff:\n  minutes_until_callback: {minutes}\n")
    )
