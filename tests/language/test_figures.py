"""The figures on the development sets stay above their floors."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.language.measure import (
    Reader,
    calibration,
    measure_facts,
    measure_follow_ups,
    measure_off_topic,
    measure_topics,
    measure_two_questions,
    read_set,
)
from tests.language.measure_alarms import (
    ORDINARY_SETS,
    PLAIN_SETS,
    measure_false_alarms,
    measure_red_flags,
)

FLOORS = YAML(typ="safe").load(Path(__file__).parent / "floors.yml")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.model
@pytest.mark.parametrize("name", list(FLOORS["topics"]))
async def test_topics_are_recognised(reader, name):
    figures, _ = await measure_topics(reader, name)
    for key, floor in FLOORS["topics"][name].items():
        print(f"{name} {key}: {figures[key]}")
        assert figures[key].value >= floor, f"{name} {key}: {figures[key]}, floor {floor}"
    assert figures["answered"].of == len(read_set(name)) > 70


@pytest.mark.model
@pytest.mark.parametrize("name", list(FLOORS["off_topic"]))
async def test_off_topic_messages_claim_no_topic(reader, name):
    held, wrong = await measure_off_topic(reader, name)
    print(f"{name}: {held}")
    assert held.of > 100
    assert held.value >= FLOORS["off_topic"][name], f"{held}: {wrong}"


@pytest.mark.model
@pytest.mark.parametrize("name", list(FLOORS["two_questions"]))
async def test_both_of_two_questions_are_answered_in_order(reader, name):
    figures, wrong = await measure_two_questions(reader, name)
    print(f"{name}: {figures['both']}")
    assert figures["both"].of > 100
    assert figures["both"].value >= FLOORS["two_questions"][name], f"{figures['both']}: {wrong}"


@pytest.mark.model
@pytest.mark.parametrize("name", list(FLOORS["after_an_answer"]))
async def test_a_message_after_an_answer_is_read_as_it_was_meant(reader, name):
    right, wrong = await measure_follow_ups(reader, name)
    print(f"{name}: {right}")
    assert right.of > 90
    assert right.value >= FLOORS["after_an_answer"][name], f"{right}: {wrong}"


@pytest.mark.model
async def test_a_confidence_means_what_it_says(reader):
    error, _ = await calibration(reader, ("topics_fresh",))
    print(f"expected calibration error: {error:.3f}")
    assert error <= FLOORS["calibration_error"]


def test_what_patients_tell_is_taken_in():
    right = measure_facts()
    print(f"facts: {right}")
    assert right.of >= 190
    assert right.value >= FLOORS["facts"]


@pytest.mark.model
@pytest.mark.parametrize("name", list(FLOORS["red_flags"]))
async def test_alarm_signs_are_noticed_and_look_alikes_are_not(reader, name):
    figures, wrong = await measure_red_flags(reader, name)
    for key, floor in FLOORS["red_flags"][name].items():
        print(f"{name} {key}: {figures[key]}")
        assert figures[key].of >= 100
        assert figures[key].value >= floor, f"{name} {key}: {figures[key]}: {wrong}"


@pytest.mark.model
@pytest.mark.parametrize(
    ("kind", "names", "least"), [("ordinary", ORDINARY_SETS, 2000), ("plain", PLAIN_SETS, 250)]
)
async def test_harmless_messages_raise_nothing(reader, kind, names, least):
    silent, unasked, loud = await measure_false_alarms(reader, names)
    print(f"{kind}, no alarm: {silent}; no question: {unasked}")
    assert silent.of > least
    assert silent.value >= FLOORS[kind]["no_alarm"], loud
    assert unasked.value >= FLOORS[kind]["no_question"], loud
