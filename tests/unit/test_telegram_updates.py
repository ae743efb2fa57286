"""What an update of Telegram means."""

from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.channels import telegram_updates as updates
from rasa_project.channels.telegram_updates import read_update, update_id


def message(kind: str = "message", chat_type: str = "private", **content: Any) -> Dict[str, Any]:
    chat = {"id": 12, "type": chat_type}
    sender = {"id": 12, "is_bot": False}
    return {"update_id": 5, kind: {"message_id": 3, "chat": chat, "from": sender, **content}}


def read(**content: Any) -> updates.Update:
    return read_update(message(**content))


def test_a_text_is_what_was_said():
    update = read(text="  Mag ik\x00 tillen? ")
    assert (update.kind, update.id, update.chat, update.message) == ("said", 5, 12, 3)
    assert update.text == "Mag ik  tillen?"
    assert update.words == update.text


@pytest.mark.parametrize("name", updates.COMMANDS)
def test_commands_are_known_by_name_in_any_letters_and_with_the_bots_name(name):
    for text in (f"/{name}", f"/{name.upper()}", f"/{name}@rug_bot", f"/{name}  "):
        update = read(text=text)
        assert (update.kind, update.text, update.argument) == ("command", name, "")
        assert update.words == ""


@pytest.mark.parametrize("payload", ["website", "a-b_C9", "x" * 64])
def test_start_carries_its_payload(payload):
    update = read(text=f"/start {payload}")
    assert (update.kind, update.text, update.argument) == ("command", "start", payload)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/start ik kan niet plassen", "start ik kan niet plassen"),
        ("/help ik kan niet plassen", "help ik kan niet plassen"),
        ("/botten doen zeer", "botten doen zeer"),
        ("//restart", "restart"),
        ("/\u00a0/restart", "restart"),
        ('/tillen{"a": 1}', 'tillen{"a": 1}'),
        ("/", "/"),
    ],
)
def test_what_is_no_command_is_read_without_its_slash(text, said):
    update = read(text=text)
    assert (update.kind, update.text) == ("said", said)


@pytest.mark.parametrize("kind", updates.KINDS)
def test_what_is_no_text_is_named_and_its_caption_read(kind):
    update = read(**{kind: {"file_id": "x"}}, caption="/help mijn been")
    assert (update.kind, update.argument, update.text) == ("unreadable", kind, "help mijn been")


@pytest.mark.parametrize(
    "content",
    [{"pinned_message": {}}, {"new_chat_title": "x"}, {}, {"text": 5}, {"text": ""}],
)
def test_what_is_about_the_chat_itself_is_nothing(content):
    assert read(**content).kind == "nothing"


def test_an_edit_is_an_edit_also_of_a_caption():
    assert read(kind="edited_message", text="anders").kind == "edited"
    assert read(kind="edited_message", photo=[1], caption="anders").text == "anders"
    assert read(kind="edited_message", location={}).kind == "nothing"


def test_groups_are_told_apart_and_channels_are_nothing():
    assert read(chat_type="group", text="hoi").kind == "group"
    assert read(chat_type="supergroup", new_chat_members=[{}]).kind == "group"
    assert read(chat_type="supergroup", kind="edited_message", text="hoi").kind == "nothing"
    assert read(chat_type="channel", text="hoi").kind == "nothing"


def test_other_bots_are_not_heard():
    raw = message(text="hoi")
    raw["message"]["from"]["is_bot"] = True
    assert read_update(raw).kind == "nothing"


def test_a_press_names_its_button_and_its_message():
    shown = {"message_id": 9, "chat": {"id": 12, "type": "private"}, "text": "Kies"}
    raw = {"update_id": 5, "callback_query": {"id": "q", "data": "abc", "message": shown}}
    update = read_update(raw)
    assert (update.kind, update.text, update.query, update.message) == ("pressed", "abc", "q", 9)
    assert update.shown["text"] == "Kies"


def test_a_press_of_unknown_place_is_only_confirmed():
    update = read_update({"update_id": 5, "callback_query": {"id": "q", "data": "abc"}})
    assert (update.kind, update.query) == ("nothing", "q")


@pytest.mark.parametrize(
    ("status", "kind"), [("kicked", "blocked"), ("member", "unblocked"), ("left", "nothing")]
)
def test_who_blocks_the_bot_or_comes_back_is_known(status, kind):
    change = {"chat": {"id": 12, "type": "private"}, "new_chat_member": {"status": status}}
    assert read_update({"update_id": 5, "my_chat_member": change}).kind == kind


def test_the_number_of_an_update():
    assert update_id({"update_id": 5}) == 5
    for raw in ({}, [], None, {"update_id": "5"}, {"update_id": True}, {"update_id": 2**63}):
        assert update_id(raw) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["message", "edited_message", "callback_query", "my_chat_member", "chat", "id", "type",
             "text", "photo", "caption", "from", "message_id", "data", "new_chat_member"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=15,
)  # fmt: skip


@given(JSON)
def test_whatever_comes_is_read(raw):
    content = raw if isinstance(raw, dict) else {"message": raw}
    update = read_update({**content, "update_id": 5})
    assert update.id == 5
    assert isinstance(update.words, str)
