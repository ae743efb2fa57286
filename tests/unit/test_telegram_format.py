"""How events look on Telegram."""

from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.channels.telegram_format import (
    Look,
    Outgoing,
    international,
    outgoing,
    split,
    tappable,
    to_html,
    units,
)
from tests.telegram.parse_html import parse_html

PHONE = "010 - 123 45 67"
LOOK = Look(
    "NL", [PHONE], {"emergency": "LEES DIT NU", "same_day": "LEES DIT"}, "is er.", "is weg."
)
TEXTS = st.text(st.sampled_from("ab .!?\n*_-<>&\"'😀é(1)[]/:https"), max_size=80)


def event(text: str = "", buttons: Any = (), **changes: Any) -> Dict[str, Any]:
    parts = [{"text": text, "buttons": [{"title": t, "payload": p} for t, p in buttons]}]
    usual = {"author": "assistant", "kind": "message", "name": None, "text": None, "alarm": ""}
    return {**usual, "parts": parts, **changes}


def shown(outgoing_message: Outgoing) -> str:
    return parse_html(outgoing_message.html)[0]


@given(TEXTS)
def test_every_text_makes_html_that_telegram_takes(text):
    read, entities = parse_html(to_html(text))
    assert "**a**" not in read
    for entity in entities:
        assert entity["offset"] + entity["length"] <= units(read)


def test_bold_lists_and_links():
    html = to_html("**Let op:** 1 < 2 & 3\n- een\n- twee\nZie https://x.example/a?b=1&c=2.")
    assert html == (
        "<b>Let op:</b> 1 &lt; 2 &amp; 3\n• een\n• twee\n"
        'Zie <a href="https://x.example/a?b=1&amp;c=2">https://x.example/a?b=1&amp;c=2</a>.'
    )


def test_emergency_numbers_stand_out_where_they_are_numbers():
    assert to_html("Bel 112. Of 113.nl, € 112 en 1-12-1813") == (
        "Bel <b>112</b>. Of 113.nl, € 112 en 1-12-1813"
    )


@pytest.mark.parametrize(
    ("phone", "country", "number"),
    [
        (PHONE, "NL", "+31101234567"),
        ("03 123 45 67", "BE", "+3231234567"),
        ("+31 (0)10 123", "BE", "+3110123"),
        ("0032 3 12", "NL", "+32312"),
        ("14 010", "NL", "14010"),
    ],
)
def test_phone_numbers_are_made_international(phone, country, number):
    assert international(phone, country) == number


def test_the_practices_number_can_be_tapped():
    assert tappable(f"Bel {PHONE}.", [PHONE], "NL") == f"Bel {PHONE} (+31101234567)."
    assert tappable("Bel 14 010", ["14 010"], "NL") == "Bel 14 010"
    assert tappable("Bel +31101234567", ["+31101234567"], "NL") == "Bel +31101234567"
    assert tappable("Bel 0800 - 123456", ["0800 - 123456"], "NL") == "Bel 0800 - 123456"


@given(st.lists(TEXTS, max_size=20).map("\n\n".join), st.integers(5, 60))
def test_a_text_is_cut_in_pieces_that_fit_and_nothing_is_lost(text, most):
    pieces = split(text, most)
    assert all(0 < units(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_it_is_cut_between_sentences():
    pieces = split("Een zin. Nog een zin. En de laatste.", 25)
    assert pieces == ["Een zin. Nog een zin.", "En de laatste."]
    assert split("Een.\n\nTwee drie vier.", 16) == ["Een.", "Twee drie vier."]
    # An emoji counts for two and is never cut in half.
    assert split("😀😀😀", 5) == ["😀😀", "😀"]


def test_buttons_stand_under_the_last_piece_only():
    messages = outgoing(event("Een zin. " * 900, [("Ja", "/ja")]), LOOK)
    assert len(messages) == 2
    assert [len(message.buttons) for message in messages] == [0, 1]


def test_an_alarm_stands_out():
    (message,) = outgoing(event("Bel nu 112.\n\nZeg dit.", alarm="emergency"), LOOK)
    assert message.html.startswith("<b>LEES DIT NU</b>\n\n<b>Bel nu 112.</b>\n\nZeg dit.")


def test_sources_are_behind_their_button_but_not_that_it_is_a_concept():
    text = "Kort.\n\nBronnen: richtlijn (2021), review. Concept: nog niet nagekeken."
    (message,) = outgoing(event(text, [("Bronnen", "/bronnen-tonen")]), LOOK)
    assert shown(message) == "Kort.\n\nConcept: nog niet nagekeken."
    (without_button,) = outgoing(event(text), LOOK)
    assert "richtlijn" in shown(without_button)


def test_a_therapist_is_named():
    said = event(author="therapist", name="Anna *x*", parts=[])
    (message,) = outgoing({**said, "text": "Dag & <hoi>"}, LOOK)
    assert shown(message) == "Anna x:\nDag & <hoi>"
    (message,) = outgoing(event(author="therapist", kind="joined", name="Anna", parts=[]), LOOK)
    assert message.html == "<b>Anna</b> is er."
    (message,) = outgoing(event(author="therapist", kind="left", name="Anna", parts=[]), LOOK)
    assert message.html == "<b>Anna</b> is weg."


def test_buttons_alone_have_something_to_stand_under_and_nothing_is_nothing():
    assert outgoing(event("", [("Ja", "/ja")]), LOOK)[0].text == "…"
    assert outgoing(event(""), LOOK) == []


def test_without_form_no_marks_are_left():
    assert Outgoing("**Bel** nu").plain == "Bel nu"
