"""More, simpler, or the sources of the answer that was given last."""

from __future__ import annotations

from typing import Dict, Optional, Sequence, Text

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answer_topic import MORE, SOURCES, answer_topics, follow_up_buttons
from actions.base import Events, TurnAction, button, held_urgency, say
from actions.services import Services
from actions.told import country_of
from rasa_project.contract import Outcome
from rasa_project.conversation.texts import filled, texts
from rasa_project.knowledge.fill import fill
from rasa_project.knowledge.present import review_line, sources_list
from rasa_project.knowledge.repository import Answer
from rasa_project.names import (
    ACTION_MORE,
    ACTION_SIMPLER,
    ACTION_SOURCES,
    INTENT_HUMAN,
    INTENT_SIMPLER,
    SLOT_LAST_TOPIC,
    SLOT_MISSES,
    SLOT_SHOWN,
)

CHATBOT_TOPIC = "chatbot-grenzen"
SHOWN_MORE = "more"
SHOWN_SIMPLE = "simple"
HUMAN = button("Ik wil een mens spreken", INTENT_HUMAN)


class ActionMoreExplanation(TurnAction):
    """Gives the longer text about the topic that was answered last."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_MORE

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say the longer text once; after that, say that there is no more."""
        answer = _last_answer(tracker, given)
        if answer is None:
            return _about_what(dispatcher, tracker)
        if tracker.get_slot(SLOT_SHOWN) == SHOWN_MORE:
            return _offer_human(dispatcher, tracker, given, answer, texts().no_more)
        text = fill(answer.more, given.placeholders_for(country_of(tracker, given)))
        buttons = [
            *follow_up_buttons(answer, given),
            SOURCES,
            button("Kan het simpeler?", INTENT_SIMPLER),
        ]
        return _say_about(dispatcher, tracker, answer, text, buttons, SHOWN_MORE)


class ActionExplainSimply(TurnAction):
    """Says the answer that was given last once more, in the simplest words."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_SIMPLER

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say the simple text; when that was not understood either, offer a human."""
        answer = _last_answer(tracker, given)
        if answer is None:
            return _about_what(dispatcher, tracker)
        if tracker.get_slot(SLOT_SHOWN) == SHOWN_SIMPLE:
            return _offer_human(dispatcher, tracker, given, answer, texts().not_simpler)
        text = fill(answer.simple, given.placeholders_for(country_of(tracker, given)))
        buttons = [MORE, *follow_up_buttons(answer, given)]
        return _say_about(dispatcher, tracker, answer, text, buttons, SHOWN_SIMPLE)


class ActionShowSources(TurnAction):
    """Names the sources of the answer that was given last."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_SOURCES

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """List the sources; without an answer before, say what answers rest on."""
        answer = _last_answer(tracker, given)
        if answer is None:
            return answer_topics(dispatcher, tracker, given, [CHATBOT_TOPIC])
        text = f"{sources_list(answer)}\n\n{review_line(answer)}"
        shown = str(tracker.get_slot(SLOT_SHOWN) or "")
        buttons = follow_up_buttons(answer, given)
        return _say_about(dispatcher, tracker, answer, text, buttons, shown)


def _say_about(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    answer: Answer,
    text: str,
    buttons: Sequence[Dict[str, str]],
    shown: str,
) -> Events:
    say(
        dispatcher,
        text,
        Outcome.ANSWERED,
        held_urgency(tracker),
        topics=[answer.topic.id],
        buttons=buttons,
    )
    return [SlotSet(SLOT_SHOWN, shown), SlotSet(SLOT_MISSES, 0)]


def _offer_human(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    given: Services,
    answer: Answer,
    text: str,
) -> Events:
    """There is no further text: nothing is answered, so no topic is claimed."""
    follow_ups = [b for b in follow_up_buttons(answer, given) if not _same(b, HUMAN)]
    buttons = [HUMAN, *follow_ups]
    say(dispatcher, filled(text), Outcome.HANDOFF, held_urgency(tracker), buttons=buttons)
    return [SlotSet(SLOT_MISSES, 0)]


def _same(one: Dict[str, str], other: Dict[str, str]) -> bool:
    return one["payload"] == other["payload"]


def _about_what(dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
    say(dispatcher, filled(texts().about_what), Outcome.FALLBACK, held_urgency(tracker))
    return []


def _last_answer(tracker: Tracker, given: Services) -> Optional[Answer]:
    topic = tracker.get_slot(SLOT_LAST_TOPIC)
    return given.knowledge.answer(topic, country_of(tracker, given)) if topic else None
