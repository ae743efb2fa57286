"""When the assistant is not sure: ask back first, then offer a human."""

from __future__ import annotations

from typing import List, Text

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, TurnAction, button, held_urgency, say
from actions.services import Services
from rasa_project.contract import Outcome
from rasa_project.conversation.texts import filled, texts
from rasa_project.knowledge.repository import TopicLabel
from rasa_project.names import (
    ACTION_BAD_INPUT,
    ACTION_CLARIFY,
    INTENT_HUMAN,
    PARSE_BAD_INPUT,
    SLOT_MISSES,
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
        candidates = _candidates(tracker, given)
        buttons = [button(label.question, label.id) for label in candidates]
        urgency = held_urgency(tracker)
        if misses >= 2:
            human = button("Ik wil een mens spreken", INTENT_HUMAN)
            others = [guess for guess in buttons if guess["payload"] != human["payload"]]
            say(
                dispatcher,
                filled(texts().not_understood_again),
                Outcome.HANDOFF,
                urgency,
                buttons=[*others[:2], human],
            )
        elif len(buttons) >= 2:
            say(dispatcher, filled(texts().did_you_mean), Outcome.CLARIFY, urgency, buttons=buttons)
        else:
            say(dispatcher, filled(texts().not_understood), Outcome.FALLBACK, urgency)
        return [SlotSet(SLOT_MISSES, misses)]


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


def _candidates(tracker: Tracker, given: Services) -> List[TopicLabel]:
    ranking = tracker.latest_message.get("intent_ranking") or []
    likely = [
        str(guess["name"])
        for guess in ranking
        if guess.get("name") and float(guess.get("confidence", 0)) >= LEAST_PROBABILITY
    ]
    return given.knowledge.labels(likely)[:MAX_BUTTONS]
