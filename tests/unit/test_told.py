"""Which sentence of an answer fits what the patient told."""

from __future__ import annotations

import pytest

from rasa_project.knowledge.told import ASKED_FOR, FACTS, When, conditions, fitting_note

NOTES = [
    ("pregnant", "Omdat je zwanger bent."),
    ("chronic", "Je hebt al lang pijn."),
    ("leg_pain", "De pijn zit ook in je been."),
    ("acute", "Je hebt nog niet lang pijn."),
]


@pytest.mark.parametrize(
    ("facts", "held"),
    [
        ({}, set()),
        ({name: None for name in FACTS}, set()),
        ({"pain_days": 0}, {When.ACUTE}),
        ({"pain_days": 41.9}, {When.ACUTE}),
        ({"pain_days": 42.0}, {When.SUBACUTE}),  # "al 6 weken" is not "nog geen zes weken"
        ({"pain_days": 84}, {When.SUBACUTE}),
        ({"pain_days": 84.1}, {When.CHRONIC}),
        ({"leg_pain": True}, {When.LEG_PAIN}),
        ({"leg_pain": False}, {When.NO_LEG_PAIN}),
        ({"pregnant": True}, {When.PREGNANT}),
        ({"pregnant": False}, set()),
        ({"age": 15}, {When.YOUNG}),
        ({"age": 16}, set()),
        ({"age": 69.5}, set()),
        ({"age": 70}, {When.OLDER}),
        ({"age": 0}, {When.YOUNG}),
        ({"work": "heavy"}, {When.HEAVY_WORK}),
        ({"work": "sitting"}, {When.SITTING_WORK}),
        ({"operated": True}, {When.OPERATED}),
        ({"operated": False}, set()),
        ({"country": "BE"}, set()),
        ({"pain_days": 3, "age": 80, "work": "heavy"}, {When.ACUTE, When.OLDER, When.HEAVY_WORK}),
    ],
)
def test_which_conditions_hold(facts, held):
    assert conditions(facts) == held


@pytest.mark.parametrize(
    ("facts", "among", "text"),
    [
        ({}, None, None),
        ({"age": 80}, None, None),
        ({"pain_days": 200}, None, "Je hebt al lang pijn."),
        # the most important first, whatever was told first
        ({"pain_days": 200, "pregnant": True}, None, "Omdat je zwanger bent."),
        ({"pain_days": 5, "leg_pain": True}, None, "De pijn zit ook in je been."),
        # only what depends on the fact that was asked for
        ({"pain_days": 5, "leg_pain": True}, "pain_days", "Je hebt nog niet lang pijn."),
        ({"pain_days": 5, "pregnant": True}, "leg_pain", None),
        ({"leg_pain": False}, "leg_pain", None),
    ],
)
def test_the_first_note_whose_condition_holds_is_shown(facts, among, text):
    assert fitting_note(NOTES, facts, among) == text


def test_an_answer_without_notes_has_nothing_to_add():
    assert fitting_note([], {"pain_days": 5}) is None


def test_whatever_is_told_about_a_fact_we_ask_for_leads_to_one_of_its_conditions():
    values = {"pain_days": [0.04, 41, 42, 63, 84, 90, 9000], "leg_pain": [True, False]}
    assert set(values) == set(ASKED_FOR)
    for fact, told in values.items():
        reached = [conditions({fact: value}) for value in told]
        assert all(len(held) == 1 for held in reached)
        assert frozenset().union(*reached) == ASKED_FOR[fact]
