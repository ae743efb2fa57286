"""The figures on the development sets stay above their floors."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.language.measure import (
    Reader,
    measure_false_alarms,
    measure_off_topic,
    measure_red_flags,
    measure_topics,
)

FLOORS = YAML(typ="safe").load(Path(__file__).parent / "floors.yml")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.model
@pytest.mark.parametrize("name", ["topics_everyday", "topics_flemish_l2"])
async def test_topics_are_recognised(reader, name):
    figures, _ = await measure_topics(reader, name)
    for key, floor in FLOORS[name].items():
        print(f"{name} {key}: {figures[key]}")
        assert figures[key].value >= floor, f"{name} {key}: {figures[key]}, floor {floor}"
    assert figures["answered"].of > 500


@pytest.mark.model
async def test_off_topic_messages_claim_no_topic(reader):
    held, wrong = await measure_off_topic(reader)
    print(f"off_topic: {held}")
    assert held.of > 100
    assert held.value >= FLOORS["off_topic"], f"{held}: {wrong}"


@pytest.mark.model
async def test_alarm_signs_are_noticed_and_look_alikes_are_not(reader):
    figures = await measure_red_flags(reader)
    for key, floor in FLOORS["red_flags"].items():
        print(f"{key}: {figures[key]}")
        assert figures[key].of >= 140
        assert figures[key].value >= floor, f"{key}: {figures[key]}, floor {floor}"


@pytest.mark.model
async def test_ordinary_messages_raise_no_alarm(reader):
    silent, loud = await measure_false_alarms(reader)
    print(f"no false alarm: {silent}")
    assert silent.of > 1000
    assert silent.value >= FLOORS["no_false_alarm"], loud
