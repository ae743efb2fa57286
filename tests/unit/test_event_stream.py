"""The frames of a stream."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.channels.event_stream import OPENING, PING, frame, last_seen
from rasa_project.channels.json_body import BadRequest


def test_a_frame_has_its_id_type_and_data():
    assert frame("message", {"a": 1}, 7) == b'id: 7\nevent: message\ndata: {"a": 1}\n\n'


def test_a_frame_without_an_id_leaves_the_browsers_last_id_as_it_was():
    assert frame("ready", {}) == b"event: ready\ndata: {}\n\n"


@given(st.text(st.characters()))
def test_no_text_can_break_a_frame(text):
    lines = frame("message", {"text": text}, 1).decode("ascii").split("\n")
    assert len(lines) == 5
    assert lines[3:] == ["", ""]
    assert json.loads(lines[2][len("data: ") :]) == {"text": text}


@pytest.mark.parametrize("text", ["\n", "\r\n", "\u2028\u2029", "\nevent: erased\n\n", "\ud800"])
def test_line_ends_of_every_kind_stay_inside(text):
    made = frame("message", {"text": text})
    assert made.count(b"\n") == 3
    assert b"\r" not in made


def test_comments_are_no_frames():
    for comment in (OPENING, PING):
        assert comment.startswith(b":")
        assert comment.endswith(b"\n\n")


@pytest.mark.parametrize(
    ("text", "number"), [(None, 0), ("", 0), (" ", 0), ("0", 0), ("12", 12), (" 7 ", 7)]
)
def test_the_last_seen_event_is_read(text, number):
    assert last_seen(text) == number


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "1e3", "٣", "²", "9" * 19, "1\n2"])
def test_what_is_no_id_is_refused(text):
    with pytest.raises(BadRequest):
        last_seen(text)
