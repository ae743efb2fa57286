"""The answers to one or two questions, fitted to what the patient told."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Text

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, TurnAction, button, held_urgency, in_context, say
from actions.services import Services
from actions.told import country_of, told_facts
from rasa_project.contract import Outcome
from rasa_project.conversation.texts import filled, texts
from rasa_project.knowledge.fill import fill
from rasa_project.knowledge.present import sources_line
from rasa_project.knowledge.repository import Answer
from rasa_project.knowledge.told import fitting_note
from rasa_project.names import (
    ACTION_ANSWER,
    ACTION_TOLD,
    INTENT_EMERGENCY_NUMBERS,
    INTENT_HUMAN,
    INTENT_MORE,
    INTENT_REPEAT_NUMBER,
    INTENT_SOURCES,
    SLOT_ASKED,
    SLOT_ASKED_BEFORE,
    SLOT_LAST_TOPIC,
    SLOT_MISSES,
    SLOT_OFFERED,
    SLOT_SHOWN,
)

SHOWN_SHORT = "short"
MORE = button("Meer uitleg", INTENT_MORE)
SOURCES = button("Bronnen", INTENT_SOURCES)
_FOLLOW_UPS_SHOWN = 2


class ActionAnswerTopic(TurnAction):
    """Answers the recognised topic, or both when two things were asked."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_ANSWER

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say the short answers with follow-ups."""
        reading = in_context(tracker)
        if reading is not None and reading.topics:
            return answer_topics(dispatcher, tracker, given, reading.topics, reading.offered)
        intent = str(tracker.latest_message["intent"]["name"])
        topic = INTENT_EMERGENCY_NUMBERS if intent == INTENT_REPEAT_NUMBER else intent
        return answer_topics(dispatcher, tracker, given, [topic])


class ActionTakeInFact(TurnAction):
    """Says what the fact that we asked for changes in the answer before."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_TOLD

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Say the note that fits."""
        reading = in_context(tracker)
        if reading is None or reading.told is None:
            raise ValueError("no fact was asked for")
        fact, value = reading.told
        country = country_of(tracker, given)
        answer = given.knowledge.answer(reading.topics[0], country)
        if answer is None:
            say(dispatcher, filled(texts().no_answer), Outcome.FALLBACK, held_urgency(tracker))
            return [SlotSet(fact, value)]
        note = fitting_note(answer.notes, {fact: value}, among=fact)
        say(
            dispatcher,
            fill(note, given.placeholders_for(country)) if note else filled(texts().no_difference),
            Outcome.ANSWERED,
            held_urgency(tracker),
            topics=[answer.topic.id],
            buttons=usual_buttons([answer], given),
        )
        return [SlotSet(fact, value), SlotSet(SLOT_MISSES, 0)]


def answer_topics(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    given: Services,
    topics: Sequence[str],
    offered: Sequence[str] = (),
) -> Events:
    """Say the short answers of one or two topics, or the number when there is none.

    Args:
        dispatcher: Where it goes.
        tracker: The conversation.
        given: The services.
        topics: What was asked, in that order.
        offered: What was asked too, and is offered for later.
    """
    country = country_of(tracker, given)
    found = [given.knowledge.answer(topic, country) for topic in topics]
    answers = [answer for answer in found if answer is not None]
    if not answers:
        say(dispatcher, filled(texts().no_answer), Outcome.FALLBACK, held_urgency(tracker))
        return []
    facts = told_facts(tracker)
    paragraphs = [_answered(answer, facts, given, country) for answer in answers]
    if len(answers) > 1:
        paragraphs = [
            f"{answer.topic.button}\n{text}"
            for answer, text in zip(answers, paragraphs, strict=True)
        ]
    paragraphs.append(sources_line(answers))
    question = _question_back(answers, facts, tracker) if not offered else None
    if question is not None:
        choices = [{"title": choice, "payload": choice} for choice in texts().ask[question].choices]
        buttons = [*choices, MORE, SOURCES]
        paragraphs.append(texts().ask[question].question)
    else:
        buttons = usual_buttons(answers, given)
    labels = given.knowledge.labels(offered)
    if labels:
        paragraphs.append(texts().one_more if len(labels) == 1 else texts().some_more)
        buttons = [button(label.question, label.id) for label in labels]
    claimed = [answer.topic.id for answer in answers]
    say(
        dispatcher,
        "\n\n".join(paragraphs),
        Outcome.HANDOFF if INTENT_HUMAN in claimed else Outcome.ANSWERED,
        held_urgency(tracker),
        topics=claimed,
        buttons=buttons,
    )
    events = [
        SlotSet(SLOT_LAST_TOPIC, claimed[-1]),
        SlotSet(SLOT_SHOWN, SHOWN_SHORT),
        SlotSet(SLOT_MISSES, 0),
    ]
    if labels:
        events.append(SlotSet(SLOT_OFFERED, [label.id for label in labels]))
    if question is not None:
        before = tracker.get_slot(SLOT_ASKED_BEFORE) or []
        events += [SlotSet(SLOT_ASKED, question), SlotSet(SLOT_ASKED_BEFORE, [*before, question])]
    return events


def _answered(answer: Answer, facts: Mapping[str, Any], given: Services, country: str) -> str:
    placeholders = given.placeholders_for(country)
    text = fill(answer.short, placeholders)
    if answer.topic.id == INTENT_HUMAN:
        return f"{text} {filled('{open_nu}')}".strip()
    note = fitting_note(answer.notes, facts)
    return f"{text}\n\n{fill(note, placeholders)}" if note else text


def _question_back(
    answers: Sequence[Answer], facts: Mapping[str, Any], tracker: Tracker
) -> Optional[str]:
    """The one fact to ask for, when the answer depends on it and it was never asked."""
    fact = answers[0].ask if len(answers) == 1 else None
    known = fact is None or fact in facts
    if known or fact in (tracker.get_slot(SLOT_ASKED_BEFORE) or []):
        return None
    return fact


def usual_buttons(answers: Sequence[Answer], given: Services) -> List[Dict[str, str]]:
    """More, two follow-ups and sources; with two answers only follow-ups of each."""
    if len(answers) > 1:
        follow_ups = [topic for answer in answers for topic in answer.follow_ups[:1]]
        told = {answer.topic.id for answer in answers}
        labels = given.knowledge.labels([t for t in dict.fromkeys(follow_ups) if t not in told])
        return [button(label.button, label.id) for label in labels]
    return [
        MORE,
        *follow_up_buttons(answers[0], given),
        SOURCES,
    ]


def follow_up_buttons(answer: Answer, given: Services) -> List[Dict[str, str]]:
    """The questions that patients ask next."""
    labels = given.knowledge.labels(answer.follow_ups)[:_FOLLOW_UPS_SHOWN]
    return [button(label.button, label.id) for label in labels]
