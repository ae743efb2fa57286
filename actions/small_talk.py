"""Greetings, thanks, insults, nonsense, other languages: a fitting short reply, no topic."""

from __future__ import annotations

from typing import Text

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, TurnAction, held_urgency, say
from actions.services import Services
from rasa_project.contract import Outcome
from rasa_project.conversation.texts import filled, texts
from rasa_project.names import SLOT_MISSES


class ActionSmallTalk(TurnAction):
    """Says the reply of ``data/texts.yml`` that belongs to the intent."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return "action_small_talk"

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say the reply that belongs to the intent."""
        intent = str(tracker.latest_message["intent"]["name"])
        say(
            dispatcher,
            filled(texts().small_talk[intent]),
            Outcome.SMALLTALK,
            held_urgency(tracker),
        )
        return [SlotSet(SLOT_MISSES, 0)]
