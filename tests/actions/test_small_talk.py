"""Small talk."""

from __future__ import annotations

import pytest

from actions.small_talk import ActionSmallTalk
from rasa_project.conversation.texts import texts
from rasa_project.names import SLOT_MISSES
from tests.actions.conftest import PHONES, take

pytestmark = pytest.mark.usefixtures("dutch")


async def test_every_kind_of_small_talk_gets_its_sentence():
    for intent in texts().small_talk:
        turn = await take(ActionSmallTalk(), intent, slots={"misses": 1, "urgency": "soon"})
        assert turn.contract == {"topics": [], "urgency": "soon", "outcome": "smalltalk"}
        assert turn.text[:10] == texts().small_talk[intent][:10]
        assert turn.slots == {SLOT_MISSES: 0}


async def test_a_robot_says_so_and_gives_the_number():
    turn = await take(ActionSmallTalk(), "ben-je-een-robot")
    assert "computerprogramma" in turn.text
    assert PHONES["NL"] in turn.text
