"""A question or an offer of ours holds for one turn."""

from __future__ import annotations

import pytest

from actions.about_last_answer import (
    ActionExplainSimply,
    ActionMoreExplanation,
    ActionShowSources,
)
from actions.answer_topic import ActionAnswerTopic, ActionTakeInFact
from actions.base import TurnAction, say
from actions.clarify import ActionBadInput, ActionClarify
from actions.red_flag import ActionRedFlag, ActionRepeatRedFlag
from actions.small_talk import ActionSmallTalk
from rasa_project.contract import Outcome
from rasa_project.names import SLOT_ASKED, SLOT_ASKED_BEFORE, SLOT_LAST_TOPIC, SLOT_OFFERED
from rasa_project.redflags.urgency import Urgency
from tests.actions.conftest import take

pytestmark = pytest.mark.usefixtures("dutch")
OPEN = {
    SLOT_ASKED: "leg_pain",
    SLOT_ASKED_BEFORE: ["leg_pain"],
    SLOT_OFFERED: ["koude", "duur"],
    SLOT_LAST_TOPIC: "rusten",
}
FEVER = {"flag": "RF05", "sign": "RF05-koorts", "urgency": "soon", "start": 0, "end": 3}


class AsksAnew(TurnAction):
    """An action that asks and offers something itself."""

    def name(self):
        return "action_asks_anew"

    async def answer(self, dispatcher, tracker, given):
        say(dispatcher, "en nu?", Outcome.CLARIFY, Urgency.NONE)
        return [
            {"event": "slot", "name": SLOT_ASKED, "value": "pain_days"},
            {"event": "slot", "name": SLOT_OFFERED, "value": ["warmte"]},
        ]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (ActionAnswerTopic, {"intent": "warmte"}),
        (ActionTakeInFact, {"entities": {"leg_pain": True}}),
        (ActionMoreExplanation, {}),
        (ActionExplainSimply, {}),
        (ActionShowSources, {}),
        (ActionSmallTalk, {"intent": "bedankt"}),
        (ActionBadInput, {"intent": "onleesbaar-bericht"}),
        (ActionClarify, {}),
        (ActionRedFlag, {"red_flags": [FEVER]}),
        (ActionRepeatRedFlag, {}),
    ],
)
async def test_every_turn_closes_what_the_turn_before_asked_and_offered(action, message):
    turn = await take(action(), slots=OPEN, **message)
    assert turn.slots[SLOT_ASKED] is None
    assert turn.slots[SLOT_OFFERED] is None


async def test_what_a_turn_asks_and_offers_itself_stays_open():
    turn = await take(AsksAnew(), slots=OPEN)
    assert turn.slots == {SLOT_ASKED: "pain_days", SLOT_OFFERED: ["warmte"]}


async def test_what_was_asked_is_remembered_when_the_question_is_closed():
    turn = await take(ActionSmallTalk(), "bedankt", slots=OPEN)
    assert SLOT_ASKED_BEFORE not in turn.slots
