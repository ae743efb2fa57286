"""What the channel on Telegram itself says."""

from __future__ import annotations

import re

import pytest

from rasa_project.channels import telegram_notices as notices
from rasa_project.channels.telegram_format import units
from rasa_project.channels.telegram_updates import COMMANDS, KINDS
from rasa_project.conversation.texts import texts
from rasa_project.errors import DataFileError
from tests.unit.test_texts import _sentences


def text_of(content) -> str:
    (part,) = content["parts"]
    return part["text"]


def test_the_introduction_says_what_must_be_known_first(serve_practice):
    practice = serve_practice()
    said = text_of(notices.intro())
    for words in (
        "computerprogramma", "geen arts", "concept", "versleuteld", "/verwijder", "112",
        practice.phone, practice.name,
    ):  # fmt: skip
        assert words in said
    assert "website" not in said


def test_it_names_the_chat_on_the_website_when_there_is_one(serve_practice):
    serve_practice(chat_address="https://debrug.example/chat?{a}")
    assert text_of(notices.intro()).endswith("website: https://debrug.example/chat?{a}")


@pytest.mark.parametrize("address", ["http://debrug.example", "debrug.example", "https://a b"])
def test_the_address_of_the_chat_must_be_one(serve_practice, address):
    with pytest.raises(DataFileError, match="chat"):
        serve_practice(chat_address=address)


def test_lines_of_the_file_are_no_lines_for_the_patient(serve_practice):
    serve_practice()
    assert notices.said("Een\nzin.\n\nNog een.\n\n- a\n- b") == "Een zin.\n\nNog een.\n\n- a\n- b"


def test_every_sentence_is_calm_and_says_je(serve_practice):
    serve_practice()
    for name, sentence in _sentences("telegram", texts().telegram.dict()):
        assert "!" not in sentence, name
        assert not re.search(r"\b[Uu]w?\b", sentence), name


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_message_is_told_what_is_read(serve_practice, kind):
    serve_practice()
    said = text_of(notices.unreadable(kind, has_caption=False))
    assert "Ik lees alleen tekst" in said
    assert texts().telegram.caption in text_of(notices.unreadable(kind, has_caption=True))


def test_commands_have_descriptions_that_telegram_takes(serve_practice):
    serve_practice()
    commands = notices.commands()
    assert {command["command"] for command in commands} == set(COMMANDS)
    assert all(3 <= len(command["description"]) <= 256 for command in commands)


def test_what_is_shown_for_a_moment_or_with_a_file_is_short_enough(serve_practice):
    serve_practice()
    assert units(notices.said(texts().telegram.old_button)) <= 200
    assert units(notices.said(texts().telegram.export)) <= 1024


def test_alarms_have_headings_for_each_level_that_is_one(serve_practice):
    serve_practice()
    assert set(notices.look().alarms) == {"emergency", "same_day"}


def test_the_question_before_erasing_has_a_yes_and_a_no(serve_practice):
    serve_practice()
    (part,) = notices.erase_question()["parts"]
    assert [b["payload"] for b in part["buttons"]] == [notices.ERASE_YES, notices.ERASE_NO]
