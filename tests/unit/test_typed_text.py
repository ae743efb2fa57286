"""What a patient typed, made safe for Rasa."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rasa_project.channels.typed_text import DIALOGUE_BUTTONS, button_name, to_message
from rasa_project.names import INTENT_MORE, INTENT_NONE_OF_THESE, INTENT_SIMPLER, INTENT_SOURCES
from rasa_project.redflags.text import MAX_CHARACTERS

KNOWN = frozenset({"tillen", "meer-uitleg"})


def message(text: str) -> str:
    return to_message(text, KNOWN.__contains__)


def test_a_button_of_ours_passes():
    assert message("/tillen") == "/tillen"
    assert message("  /meer-uitleg \n") == "/meer-uitleg"


@pytest.mark.parametrize(
    ("typed", "handed_on"),
    [
        ("/restart", "restart"),
        ('/tillen{"urgency": "none"}', 'tillen{"urgency": "none"}'),
        ("//tillen", "tillen"),
        ("/ /restart", "restart"),
        ("/\u00a0/restart", "restart"),
        ("/\x0b/restart", "restart"),
        ("/tillen /restart", "tillen /restart"),
        ("/Tillen", "Tillen"),
        ("/", ""),
        ("mag ik 1/2 uur zitten", "mag ik 1/2 uur zitten"),
        ("rug\x00pijn\x1b", "rug pijn"),
        ("eerste\tregel\ntweede", "eerste\tregel\ntweede"),
    ],
)
def test_a_command_becomes_plain_text(typed, handed_on):
    assert message(typed) == handed_on


def test_a_lone_surrogate_does_not_survive():
    assert message("rug \ud800 pijn") == "rug ? pijn"


def test_a_very_long_text_is_cut_off():
    assert len(message("a" * (MAX_CHARACTERS + 10))) == MAX_CHARACTERS


@pytest.mark.parametrize("text", ["tillen", "/", "/a--b", "/-a", "/a b", "/a/b", "/a\n/b", "/é"])
def test_what_is_not_exactly_a_payload_names_no_button(text):
    assert button_name(text) is None


def test_the_buttons_of_the_dialogue_are_the_intents_behind_them():
    assert {INTENT_MORE, INTENT_SIMPLER, INTENT_SOURCES, INTENT_NONE_OF_THESE} == DIALOGUE_BUTTONS


TYPED = st.text(st.one_of(st.sampled_from("/ \t\n\u00a0\u2003\x0b\x1c\x85{}"), st.characters()))


@given(TYPED)
@example("/\u00a0/restart")
@example("/\u2003/\u2003/restart")
def test_no_typed_text_can_begin_with_a_slash_once_rasa_has_stripped_it(typed):
    # Rasa calls strip() on what it is handed.
    result = message(typed).strip()
    assert not result.startswith("/") or result[1:] in KNOWN
    assert "\x00" not in result
    assert result.encode("utf-8").decode("utf-8") == result
