"""What counts as a name, a number, a mail address, a yes; and the steps between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from rasa_project.handoff import callback
from rasa_project.handoff.callback import EMPTY, Form, take
from rasa_project.handoff.contact import contact_in, name_in
from rasa_project.handoff.expectations import CALLBACK, CONSENT, Circumstances
from rasa_project.handoff.phrases import phrases, says
from rasa_project.redflags.urgency import Urgency
from tests.storage.desk import HOURS, MONDAY_EVENING, MONDAY_TEN

NOW = Circumstances(True)


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("0612345678", "0612345678"),
        ("06-12 34 56 78", "0612345678"),
        ("bel maar op 06 - 12345678 na vijven", "0612345678"),
        ("+31 6 12345678", "+31612345678"),
        ("+31 (0)6 12345678", "+31612345678"),
        ("0031612345678", "+31612345678"),
        ("010 - 123 45 67", "0101234567"),
        ("(010) 123.45.67", "0101234567"),
        ("0470 12 34 56", "0470123456"),
        ("0470/12.34.56", "0470123456"),
        ("+32 470 12 34 56", "+32470123456"),
        ("03 123 45 67", "031234567"),
        ("+32 3 123 45 67", "+3231234567"),
        ("+49 151 23456789", "+4915123456789"),
        ("jan@voorbeeld.nl", "jan@voorbeeld.nl"),
        ("mail naar jan.de-vries+rug@sub.voorbeeld.be.", "jan.de-vries+rug@sub.voorbeeld.be"),
    ],
)
def test_a_contact(text, contact):
    assert contact_in(text) == contact


@pytest.mark.parametrize(
    "text",
    [
        "", "weet ik niet", "061234567890", "06 123", "12345678", "112", "0900 1234567",
        "0800 123 4567", "+31 6 123", "+32 470 12", "jan@voorbeeld", "@voorbeeld.nl",
        "jan at voorbeeld.nl", "jan@voor..beeld.nl", "ik ben 45 jaar en 180 cm", "23-11-1980",
    ],
)  # fmt: skip
def test_no_contact(text):
    assert contact_in(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Jan", "Jan"),
        ("jan de vries", "jan de vries"),
        ("Ik heet Jan.", "Jan"),
        ("Mijn naam is Anne-Marie O'Neill", "Anne-Marie O'Neill"),
        ("Fatma Yılmaz", "Fatma Yılmaz"),
        ("J. van den Berg", "J. van den Berg"),
    ],
)
def test_a_name(text, name):
    assert name_in(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "?", "mag ik tillen", "hoe lang duurt het", "hallo", "123", "mijn rug doet pijn",
     "Jan <b>", "een twee drie vier vijf zes zeven", "a" * 61, "Mag ik fietsen?"],
)  # fmt: skip
def test_no_name(text):
    assert name_in(text) is None


@pytest.fixture
def practice(serve_practice, monkeypatch):
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_TEN)
    return serve_practice(hours=HOURS)


def taken(form, text, practice, payload=None, now=NOW, at=MONDAY_TEN):
    return take(form, text, payload, practice, now, datetime.fromisoformat(at))


def test_each_step_asks_for_the_next(practice):
    form = EMPTY
    steps = []
    for text in ("Jan", "0612345678", "morgen", "ja"):
        form, _ = taken(form, text, practice)
        steps.append(form.step)
    assert steps == ["contact", "moment", "consent", "done"]
    assert form == Form("done", 0, "Jan", "0612345678", "morgen")


@pytest.mark.parametrize("step", ["name", "contact", "consent"])
def test_misses_are_counted_and_the_number_comes_at_the_second(practice, step):
    form = replace(EMPTY, step=step)
    for misses in (1, 2, 3):
        form, said = taken(form, "??? 12", practice)
        assert (form.step, form.misses) == (step, misses)
        assert (practice.phone in said.part["text"]) == (misses >= 2)


@pytest.mark.parametrize("text", ["misschien", "wat bedoel je?", "ja maar eerst een vraag hoor"])
def test_only_an_explicit_yes_is_one(practice, text):
    form = Form("consent", 0, "Jan", "0612345678", "morgen")
    assert taken(form, text, practice)[0].step == "consent"


@pytest.mark.parametrize(
    ("text", "payload"), [("Ja, dat is goed", CONSENT), ("ja", None), ("Akkoord", None)]
)
def test_a_yes(practice, text, payload):
    form = Form("consent", 0, "Jan", "0612345678", "morgen")
    assert taken(form, text, practice, payload)[0].step == "done"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (MONDAY_TEN, "zodra er iemand vrij is"),
        (MONDAY_EVENING, "We openen morgen om 08:00 uur"),
        ("2026-11-25T10:00+01:00", "We openen maandag om 08:00 uur"),
    ],
)
def test_the_confirmation_says_when(practice, at, words):
    form = Form("consent", 0, "Jan", "0612345678", "morgen")
    said = taken(form, "ja", practice, at=at)[1].part["text"]
    assert words in said
    assert practice.phone in said


def test_without_hours_no_time_is_promised(serve_practice):
    form = Form("consent", 0, "Jan", "0612345678", "morgen")
    said = taken(form, "ja", serve_practice())[1].part["text"]
    assert "We nemen contact op zodra we kunnen." in said


def test_with_a_flag_the_advice_comes_first(practice):
    form = Form("consent", 0, "Jan", "0612345678", "morgen")
    said = taken(form, "ja", practice, now=Circumstances(True, urgency=Urgency.SAME_DAY))[1]
    assert said.part["text"].startswith("Je noemde een alarmteken.")


def test_braces_in_a_name_do_no_harm(practice):
    form = Form("consent", 0, "{praktijk}", "0612345678", "{0}")
    assert "{praktijk}" in callback.question(form).part["text"]


@pytest.mark.parametrize(
    ("text", "payload", "step"),
    [
        ("ja", None, "name"),
        ("knop", CALLBACK, "name"),
        ("bel me terug", None, "name"),
        ("06 12345678", None, "name"),
        ("Jan de Vries 06 12345678", None, "moment"),
        ("nee", None, "stopped"),
        ("laat maar", None, "stopped"),
    ],
)
def test_an_offer(practice, text, payload, step):
    assert taken(Form("offer"), text, practice, payload)[0].step == step


@pytest.mark.parametrize("text", ["Mag ik tillen?", "ik heb ook pijn in mijn been"])
def test_what_is_no_reply_to_an_offer(practice, text):
    assert taken(Form("offer"), text, practice) is None


def test_phrases_are_whole_messages_or_clear_beginnings():
    assert says("Laat maar, het hoeft niet meer", phrases().go_on)
    assert says("'t hoeft niet meer", phrases().go_on)
    assert says("Ga dóór!", phrases().go_on)
    assert not says("verder heb ik ook last van mijn been", phrases().go_on)
    assert not says("Moet ik laat maar rustig gaan slapen", phrases().go_on)
    assert not says("", phrases().yes)


def test_no_phrase_is_both_yes_and_no():
    named = phrases().dict()
    for name in ("stop", "go_on", "no"):
        assert not set(named["yes"]) & set(named[name]), name
    assert not set(named["thanks"]) & set(named["go_on"])
    for name, some in named.items():
        for phrase in some:
            # As a message is compared.
            assert phrase == phrase.lower().replace("'", ""), (name, phrase)
