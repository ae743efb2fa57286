"""A JSON body is read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.channels.json_body import MAX_BODY_BYTES, BadRequest, json_body, text_field


def test_an_object_is_read():
    assert json_body('{"message": "één"}'.encode()) == {"message": "één"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff{}", "not JSON"),
        pytest.param(b"[" * 100_000, "not JSON", id="deep"),
        (b"[]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"null", "must be a JSON object"),
        pytest.param(b" " * (MAX_BODY_BYTES + 1), "larger than", id="large"),
    ],
)
def test_anything_else_is_a_bad_request(body, reason):
    with pytest.raises(BadRequest, match=reason):
        json_body(body)


@pytest.mark.parametrize("value", [None, 3, True, ["x"], {"x": 1}])
def test_a_field_that_is_no_text_is_refused_by_name(value):
    with pytest.raises(BadRequest, match="`message` must be a string"):
        text_field({"message": value}, "message")


def test_a_missing_field_is_refused_by_name():
    with pytest.raises(BadRequest, match="`sender`"):
        text_field({}, "sender")


def test_a_field_may_be_as_long_as_its_limit_and_no_longer():
    assert text_field({"sender": "abc"}, "sender", 3) == "abc"
    with pytest.raises(BadRequest, match="longer than 3"):
        text_field({"sender": "abcd"}, "sender", 3)


@given(st.binary(max_size=200))
def test_any_bytes_give_an_object_or_a_bad_request(body):
    try:
        assert isinstance(json_body(body), dict)
    except BadRequest as error:
        assert str(error)  # noqa: PT017
