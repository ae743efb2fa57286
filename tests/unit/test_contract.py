"""What every turn carries under `custom`."""

from __future__ import annotations

import pytest

from rasa_project.contract import Outcome, turn
from rasa_project.redflags.urgency import Urgency


def test_an_answer_names_its_topics_in_order():
    assert turn(Outcome.ANSWERED, Urgency.SOON, ["warmte", "koude"]) == {
        "topics": ["warmte", "koude"],
        "urgency": "soon",
        "outcome": "answered",
    }


def test_a_handoff_may_name_a_topic_or_none():
    assert turn(Outcome.HANDOFF, topics=["mens-spreken"])["topics"] == ["mens-spreken"]
    assert turn(Outcome.HANDOFF)["topics"] == []


def test_answered_without_a_topic_is_refused():
    with pytest.raises(ValueError, match="without a topic"):
        turn(Outcome.ANSWERED)


@pytest.mark.parametrize(
    "outcome", [Outcome.CLARIFY, Outcome.FALLBACK, Outcome.TRIAGE, Outcome.SMALLTALK]
)
def test_an_outcome_without_an_answer_claims_no_topic(outcome):
    assert turn(outcome) == {"topics": [], "urgency": "none", "outcome": outcome.value}
    with pytest.raises(ValueError, match="can't claim"):
        turn(outcome, topics=["warmte"])


def test_the_outcomes_are_those_of_the_design():
    assert [outcome.value for outcome in Outcome] == [
        "answered",
        "clarify",
        "fallback",
        "triage",
        "handoff",
        "smalltalk",
    ]
