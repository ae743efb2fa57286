"""When the assistant is not sure: ask back first, then offer a human."""

from __future__ import annotations

from typing import List, Text

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, TurnAction, button, held_urgency, in_context, say
from actions.services import Services
from rasa_project.contract import Outcome
from rasa_project.conversation.texts import filled, texts
from rasa_project.dialogue.reading import Kind
from rasa_project.knowledge.repository import TopicLabel
from rasa_project.names import (
    ACTION_BAD_INPUT,
    ACTION_CLARIFY,
    INTENT_HUMAN,
    PARSE_BAD_INPUT,
    SLOT_MISSES,
    SLOT_OFFERED,
)
from rasa_project.nlu.input_check import EMPTY

MAX_BUTTONS = 3
# Below this share of the probability a topic is no more likely than chance.
LEAST_PROBABILITY = 0.04


class ActionClarify(TurnAction):
    """Asks "Bedoel je ...?"; at the second miss in a row, a human is offered too."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_CLARIFY

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Ask back, or admit it and give the number."""
        misses = int(tracker.get_slot(SLOT_MISSES) or 0) + 1
        chose_none_yet = _chose_none_yet(tracker)
        if chose_none_yet:
            # "Ja" to a choice is no second miss: ask which.
            misses -= 1
        labels = _candidates(tracker, given)
        guesses = {label.id: button(label.question, label.id) for label in labels}
        urgency = held_urgency(tracker)
        if misses >= 2 and not chose_none_yet:
            guesses.pop(INTENT_HUMAN, None)
            human = button("Ik wil een mens spreken", INTENT_HUMAN)
            shown = {**dict(list(guesses.items())[:2]), INTENT_HUMAN: human}
            text, outcome = texts().not_understood_again, Outcome.HANDOFF
        elif len(guesses) >= 2:
            text = texts().which_one if chose_none_yet else texts().did_you_mean
            shown, outcome = guesses, Outcome.CLARIFY
        else:
            shown, text, outcome = {}, texts().not_understood, Outcome.FALLBACK
        say(dispatcher, filled(text), outcome, urgency, buttons=list(shown.values()))
        # "De derde" is the third of what is seen.
        return [SlotSet(SLOT_MISSES, misses), SlotSet(SLOT_OFFERED, list(shown) or None)]


class ActionBadInput(TurnAction):
    """Empty, too long or unreadable: say so, kindly."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_BAD_INPUT

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say what is wrong with the message."""
        kind = tracker.latest_message.get(PARSE_BAD_INPUT) or EMPTY
        say(dispatcher, filled(texts().bad_input[kind]), Outcome.FALLBACK, held_urgency(tracker))
        return []


def _chose_none_yet(tracker: Tracker) -> bool:
    reading = in_context(tracker)
    offered = tuple(tracker.get_slot(SLOT_OFFERED) or ())
    return reading is not None and reading.kind is Kind.CLARIFY and reading.topics == offered


def _candidates(tracker: Tracker, given: Services) -> List[TopicLabel]:
    reading = in_context(tracker)
    if reading is not None and reading.kind is Kind.CLARIFY:
        return given.knowledge.labels(reading.topics)[:MAX_BUTTONS]
    ranking = tracker.latest_message.get("intent_ranking") or []
    likely = [
        str(guess["name"])
        for guess in ranking
        if guess.get("name") and float(guess.get("confidence", 0)) >= LEAST_PROBABILITY
    ]
    return given.knowledge.labels(likely)[:MAX_BUTTONS]
