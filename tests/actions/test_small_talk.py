"""Small talk."""

from __future__ import annotations

import pytest

from actions.small_talk import ActionSmallTalk
from rasa_project.conversation.texts import texts
from rasa_project.names import INTENT_OTHER_LANGUAGE, OTHER_LANGUAGES, SLOT_MISSES
from tests.actions.conftest import PHONES, take

pytestmark = pytest.mark.usefixtures("dutch")


async def test_every_kind_of_small_talk_gets_its_sentence():
    for intent in texts().small_talk:
        turn = await take(ActionSmallTalk(), intent, slots={"misses": 1, "urgency": "soon"})
        assert turn.contract == {"topics": [], "urgency": "soon", "outcome": "smalltalk"}
        assert turn.text[:10] == texts().small_talk[intent][:10]
        assert turn.kept == {SLOT_MISSES: 0}


async def test_a_robot_says_so_and_gives_the_number():
    turn = await take(ActionSmallTalk(), "ben-je-een-robot")
    assert "computerprogramma" in turn.text
    assert PHONES["NL"] in turn.text


IN_EVERY_LANGUAGE = [
    INTENT_OTHER_LANGUAGE,
    *(f"{INTENT_OTHER_LANGUAGE}-{language}" for language in OTHER_LANGUAGES),
]


@pytest.mark.parametrize("country", ["NL", "BE"])
@pytest.mark.parametrize("intent", IN_EVERY_LANGUAGE)
async def test_in_every_language_the_practice_and_the_emergency_number_are_given(
    serve, intent, country
):
    serve(country)
    turn = await take(ActionSmallTalk(), intent, slots={"urgency": "soon"})
    assert PHONES[country] in turn.text
    assert "112" in turn.text
    assert "{" not in turn.text
    assert turn.contract == {"topics": [], "urgency": "soon", "outcome": "smalltalk"}


async def test_each_language_has_its_own_text():
    said = {(await take(ActionSmallTalk(), intent)).text for intent in IN_EVERY_LANGUAGE}
    assert len(said) == len(IN_EVERY_LANGUAGE)


@pytest.mark.parametrize(
    ("intent", "words"),
    [
        ("andere-taal-en", "I only speak Dutch"),
        ("andere-taal-fr", "je ne parle que le néerlandais"),
        ("andere-taal-de", "ich spreche nur Niederländisch"),
        ("andere-taal-tr", "yalnızca Hollandaca biliyorum"),
        ("andere-taal-ar", "أتحدث الهولندية فقط"),
        ("andere-taal-pl", "mówię tylko po niderlandzku"),
        ("andere-taal", "I only speak Dutch"),
    ],
)
async def test_the_reply_is_in_the_language_of_the_message(intent, words):
    assert words in (await take(ActionSmallTalk(), intent)).text
