"""Somebody who writes another language reads in it whom to call."""

from __future__ import annotations

from typing import Any, Dict

from rasa_project.conversation.texts import texts
from rasa_project.names import INTENT_OTHER_LANGUAGE, OTHER_LANGUAGES

INTENTS = {INTENT_OTHER_LANGUAGE, *(f"{INTENT_OTHER_LANGUAGE}-{code}" for code in OTHER_LANGUAGES)}


def test_every_language_intent_of_the_domain_has_a_text_and_no_other_language_has(
    domain: Dict[str, Any],
) -> None:
    in_domain = {name for name in domain["intents"] if name.startswith(INTENT_OTHER_LANGUAGE)}
    with_text = {name for name in texts().small_talk if name.startswith(INTENT_OTHER_LANGUAGE)}
    assert in_domain == with_text == INTENTS


def test_every_language_gives_the_practice_and_the_emergency_number() -> None:
    for intent in sorted(INTENTS):
        text = texts().small_talk[intent]
        assert "{telefoon}" in text, intent
        assert "112" in text, intent


def test_no_two_languages_have_the_same_text() -> None:
    assert len({texts().small_talk[intent] for intent in INTENTS}) == len(INTENTS)
