"""The answer to a question, its longer version, and its sources."""

from __future__ import annotations

from typing import Dict, List, Optional, Text

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, TurnAction, button, held_urgency, say
from actions.services import Services
from rasa_project.contract import Outcome
from rasa_project.conversation.texts import filled, texts
from rasa_project.knowledge.fill import fill
from rasa_project.knowledge.present import review_line, sources_line, sources_list
from rasa_project.knowledge.repository import Answer
from rasa_project.names import (
    ACTION_ANSWER,
    ACTION_MORE,
    ACTION_SOURCES,
    INTENT_EMERGENCY_NUMBERS,
    INTENT_HUMAN,
    INTENT_MORE,
    INTENT_REPEAT_NUMBER,
    INTENT_SOURCES,
    SLOT_LAST_TOPIC,
    SLOT_MISSES,
)

CHATBOT_TOPIC = "chatbot-grenzen"
_FOLLOW_UPS_SHOWN = 2


class ActionAnswerTopic(TurnAction):
    """Answers the recognised topic."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_ANSWER

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say the short answer with follow-ups."""
        intent = str(tracker.latest_message["intent"]["name"])
        topic = INTENT_EMERGENCY_NUMBERS if intent == INTENT_REPEAT_NUMBER else intent
        return answer_topic(dispatcher, tracker, given, topic)


class ActionMoreExplanation(TurnAction):
    """Gives the longer text about the topic that was answered last."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_MORE

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say the longer text, or ask what about."""
        answer = _last_answer(tracker, given)
        if answer is None:
            say(dispatcher, filled(texts().about_what), Outcome.FALLBACK, held_urgency(tracker))
            return []
        buttons = _follow_up_buttons(answer, given)
        buttons.append(button("Bronnen", INTENT_SOURCES))
        say(
            dispatcher,
            fill(answer.more, given.placeholders),
            Outcome.ANSWERED,
            held_urgency(tracker),
            topics=[answer.topic.id],
            buttons=buttons,
        )
        return [SlotSet(SLOT_MISSES, 0)]


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
            return answer_topic(dispatcher, tracker, given, CHATBOT_TOPIC)
        say(
            dispatcher,
            f"{sources_list(answer)}\n\n{review_line(answer)}",
            Outcome.ANSWERED,
            held_urgency(tracker),
            topics=[answer.topic.id],
            buttons=_follow_up_buttons(answer, given),
        )
        return [SlotSet(SLOT_MISSES, 0)]


def answer_topic(
    dispatcher: CollectingDispatcher, tracker: Tracker, given: Services, topic: str
) -> Events:
    """Say a topic's short answer, or the practice's number when there is none."""
    urgency = held_urgency(tracker)
    answer = given.knowledge.answer(topic, given.practice.country)
    if answer is None:
        say(dispatcher, filled(texts().no_answer), Outcome.FALLBACK, urgency)
        return []
    text = fill(answer.short, given.placeholders)
    outcome = Outcome.ANSWERED
    if topic == INTENT_HUMAN:
        outcome = Outcome.HANDOFF
        text = f"{text} {filled('{open_nu}')}".strip()
    say(
        dispatcher,
        f"{text}\n\n{sources_line(answer)}",
        outcome,
        urgency,
        topics=[topic],
        buttons=[
            button("Meer uitleg", INTENT_MORE),
            *_follow_up_buttons(answer, given),
            button("Bronnen", INTENT_SOURCES),
        ],
    )
    return [SlotSet(SLOT_LAST_TOPIC, topic), SlotSet(SLOT_MISSES, 0)]


def _last_answer(tracker: Tracker, given: Services) -> Optional[Answer]:
    topic = tracker.get_slot(SLOT_LAST_TOPIC)
    return given.knowledge.answer(topic, given.practice.country) if topic else None


def _follow_up_buttons(answer: Answer, given: Services) -> List[Dict[str, str]]:
    labels = given.knowledge.labels(answer.follow_ups)[:_FOLLOW_UPS_SHOWN]
    return [button(label.button, label.id) for label in labels]
