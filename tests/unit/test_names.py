"""The names of names.py stand in domain.yml and in the rules."""

from __future__ import annotations

from typing import Any, Dict, Iterator

import pytest

from rasa_project import names
from rasa_project.facts import patient_facts
from rasa_project.knowledge.told import FACTS
from rasa_project.yaml_lines import read_yaml
from tests.conftest import PROJECT

# Rasa makes this one itself.
BUILT_IN = {names.INTENT_FALLBACK}


@pytest.fixture(scope="module")
def domain() -> Dict[str, Any]:
    return read_yaml(PROJECT / "domain.yml")


def constants(prefix: str) -> set:
    return {value for name, value in vars(names).items() if name.startswith(prefix)}


def steps() -> Iterator[Dict[str, Any]]:
    for path in sorted((PROJECT / "data" / "rules").glob("*.yml")):
        for rule in read_yaml(path)["rules"]:
            for step in rule["steps"]:
                yield from step.get("or", [step])


def test_every_slot_stands_in_the_domain_and_no_other(domain):
    assert set(domain["slots"]) == constants("SLOT_") | set(FACTS)


def test_every_fact_that_a_patient_can_tell_fills_the_slot_of_its_name(domain):
    told = {getattr(patient_facts, fact.upper()) for fact in FACTS}
    assert told == set(FACTS) == set(domain["entities"])
    for fact in FACTS:
        assert domain["slots"][fact]["mappings"] == [{"type": "from_entity", "entity": fact}]


def test_no_slot_steers_the_dialogue_behind_the_rules(domain):
    assert not any(slot["influence_conversation"] for slot in domain["slots"].values())


def test_every_action_stands_in_the_domain_and_no_other(domain):
    assert set(domain["actions"]) == constants("ACTION_") | {"action_small_talk"}


def test_every_intent_that_the_code_names_stands_in_the_domain(domain):
    assert constants("INTENT_") - BUILT_IN <= set(domain["intents"])


def test_every_intent_is_a_topic_with_an_answer_or_known_to_be_none(domain, real_knowledge):
    topics = {entry.id for _, entry in real_knowledge.topics}
    assert set(domain["intents"]) - topics == names.NO_TOPICS - BUILT_IN
    assert not names.NO_TOPICS & topics


def test_each_other_language_has_its_intent(domain):
    listed = {intent for intent in domain["intents"] if intent.startswith("andere-taal-")}
    assert listed == {f"andere-taal-{language}" for language in names.OTHER_LANGUAGES}


def test_the_rules_use_only_intents_and_actions_of_the_domain(domain):
    used = [step["intent"] for step in steps() if "intent" in step]
    assert set(used) - BUILT_IN == set(domain["intents"]), "each intent has exactly one rule"
    assert len(used) == len(set(used))
    assert {step["action"] for step in steps() if "action" in step} <= set(domain["actions"])


def test_every_topic_with_an_answer_is_an_intent_and_leads_to_the_answer(domain, real_knowledge):
    topics = {entry.id for _, entry in real_knowledge.topics}
    rules = read_yaml(PROJECT / "data" / "rules" / "topics.yml")["rules"]
    asked = {
        step["intent"] for rule in rules for step in rule["steps"][0].get("or", [rule["steps"][0]])
    }
    assert topics == asked
    assert topics <= set(domain["intents"])
