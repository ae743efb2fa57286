"""Whatever fails in an action, the patient gets a sentence and the log a reference."""

from __future__ import annotations

import logging
import re

import pytest

import actions.base
from actions.about_last_answer import (
    ActionExplainSimply,
    ActionMoreExplanation,
    ActionShowSources,
)
from actions.answer_topic import ActionAnswerTopic, ActionTakeInFact
from actions.base import TurnAction, say
from actions.clarify import ActionBadInput, ActionClarify
from actions.red_flag import ActionDetectorFailed, ActionRedFlag, ActionRepeatRedFlag
from actions.small_talk import ActionSmallTalk
from actions.triage import ActionTriage
from rasa_project.contract import Outcome
from rasa_project.dialogue import context
from rasa_project.knowledge.repository import KnowledgeRepository
from rasa_project.redflags.urgency import Urgency
from rasa_project.yaml_lines import read_yaml
from tests.actions.conftest import PHONES, take
from tests.conftest import PROJECT

ALL = [
    ActionAnswerTopic,
    ActionTakeInFact,
    ActionMoreExplanation,
    ActionExplainSimply,
    ActionShowSources,
    ActionClarify,
    ActionBadInput,
    ActionRedFlag,
    ActionRepeatRedFlag,
    ActionDetectorFailed,
    ActionTriage,
    ActionSmallTalk,
]


class SaysAndBreaks(TurnAction):
    """An action that fails after it has spoken."""

    def name(self):
        return "action_says_and_breaks"

    async def answer(self, dispatcher, tracker, given):
        say(dispatcher, "half een antwoord", Outcome.SMALLTALK, Urgency.NONE)
        raise RuntimeError("kapot")


def test_every_action_of_the_domain_exists_and_no_other():
    names = {action().name() for action in ALL}
    assert names == set(read_yaml(PROJECT / "domain.yml")["actions"])


@pytest.mark.parametrize("country", ["NL", "BE"])
async def test_an_action_that_raises_gives_only_the_failure_sentence(serve, country):
    serve(country)
    turn = await take(SaysAndBreaks(), slots={"urgency": "same_day"})
    assert "half een antwoord" not in turn.text
    assert PHONES[country] in turn.text
    assert "huisarts" in turn.text
    assert turn.contract == {"topics": [], "urgency": "same_day", "outcome": "fallback"}
    assert turn.slots == {}


@pytest.mark.usefixtures("dutch")
async def test_a_failure_is_logged_with_a_reference_and_the_cause(caplog):
    with caplog.at_level(logging.ERROR):
        await take(SaysAndBreaks())
    (record,) = caplog.records
    assert re.fullmatch(
        r"action_says_and_breaks failed, reference [0-9a-f]{8}", record.getMessage()
    )
    assert "kapot" in caplog.text


@pytest.mark.parametrize("action", ALL)
async def test_no_action_is_silent_when_the_services_are_broken(dutch, monkeypatch, action):
    def broken():
        raise OSError("no services")

    monkeypatch.setattr(actions.base, "services", broken)
    turn = await take(action(), "warmte", red_flags=[], slots={"last_topic": "warmte"})
    assert PHONES["NL"] in turn.text
    assert turn.contract["outcome"] == "fallback"


async def test_a_database_without_tables_gives_the_failure_sentence(serve, tmp_path):
    serve("NL", knowledge=KnowledgeRepository(f"sqlite:///{tmp_path / 'empty.db'}"))
    turn = await take(ActionAnswerTopic(), "warmte")
    assert PHONES["NL"] in turn.text
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "fallback"}


@pytest.mark.usefixtures("dutch")
async def test_an_intent_without_a_sentence_gives_the_failure_sentence():
    turn = await take(ActionSmallTalk(), "onbekend")
    assert turn.contract["outcome"] == "fallback"
    assert PHONES["NL"] in turn.text


class WithoutAnswers:
    """A repository whose database is gone."""

    def answer(self, *_args):
        raise OSError("gone")

    labels = answer


@pytest.mark.parametrize("broken", [{"knowledge": WithoutAnswers()}, {"placeholders": {}}])
@pytest.mark.parametrize(
    ("action", "message"),
    [
        (ActionAnswerTopic, {"intent": "rusten"}),
        (ActionAnswerTopic, {"questions": ["warmte", "koude", "rusten"]}),
        (ActionTakeInFact, {"entities": {"leg_pain": True}}),
        (ActionMoreExplanation, {}),
        (ActionExplainSimply, {}),
    ],
)
async def test_a_turn_that_fails_half_way_claims_nothing_and_asks_nothing(
    serve, action, message, broken
):
    serve("NL", **broken)
    slots = {"last_topic": "rusten", "asked": "leg_pain"}
    turn = await take(action(), slots=slots, **message)
    assert PHONES["NL"] in turn.text
    assert turn.contract == {"topics": [], "urgency": "none", "outcome": "fallback"}
    assert turn.slots == {}


async def test_a_reply_that_met_a_failure_can_be_given_once_more(serve):
    slots = {"last_topic": "rusten", "asked": "leg_pain"}
    serve("NL", knowledge=WithoutAnswers())
    failed = await take(ActionTakeInFact(), "bevestigen", slots=slots, text="ja")
    assert failed.contract["outcome"] == "fallback"
    serve("NL")
    again = await take(ActionTakeInFact(), "bevestigen", slots={**slots, **failed.slots}, text="ja")
    assert again.contract["topics"] == ["rusten"]


async def test_the_patients_question_after_a_failure_is_answered(serve):
    serve("NL", knowledge=WithoutAnswers())
    failed = await take(ActionAnswerTopic(), "rusten")
    serve("NL")
    again = await take(ActionAnswerTopic(), "rusten", slots=failed.slots)
    assert again.contract["topics"] == ["rusten"]
    assert again.slots["asked"] == "leg_pain"


async def test_follow_up_data_that_cannot_be_read_give_the_failure_sentence(dutch, monkeypatch):
    def broken():
        raise OSError("no follow-ups")

    monkeypatch.setattr(context, "context_scores", broken)
    turn = await take(ActionAnswerTopic(), "warmte")
    assert PHONES["NL"] in turn.text
    assert turn.contract["outcome"] == "fallback"
