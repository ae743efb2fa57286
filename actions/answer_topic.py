"""The answers to one or two questions, fitted to what the patient told."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Text

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, TurnAction, button, held_urgency, in_context, say
from actions.red_flag import HUMAN_BUTTON, note_for, repeat_alarm, reply_buttons, text_button
from actions.services import Services
from actions.told import country_of, told_facts
from rasa_project.contract import Outcome
from rasa_project.conversation.texts import filled, texts
from rasa_project.conversation.triage_file import triage_file
from rasa_project.dialogue.triage import (
    RF_MINOR,
    RF_WEAK,
    WEAK,
    OpenQuestion,
    question_of,
    weak_signs_now,
)
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
    SLOT_DENIED,
    SLOT_LAST_TOPIC,
    SLOT_MISSES,
    SLOT_OFFERED,
    SLOT_SHOWN,
    SLOT_TRIAGE,
)
from rasa_project.redflags.urgency import Urgency

SHOWN_SHORT = "short"
MORE = button("Meer uitleg", INTENT_MORE)
SOURCES = button("Bronnen", INTENT_SOURCES)
_FOLLOW_UPS_SHOWN = 2
_WEAK_QUESTION = OpenQuestion(WEAK, RF_WEAK)


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
    before: str = "",
) -> Events:
    """Say the short answers of one or two topics, or the number when there is none.

    Args:
        dispatcher: Where it goes.
        tracker: The conversation.
        given: The services.
        topics: What was asked, in that order.
        offered: What was asked too, and is offered for later.
        before: A sentence that comes first.
    """
    country = country_of(tracker, given)
    found = [given.knowledge.answer(topic, country) for topic in topics]
    answers = [answer for answer in found if answer is not None]
    if answers and _is_withheld(answers, dispatcher, tracker, given):
        return []
    if not answers:
        say(dispatcher, filled(texts().no_answer), Outcome.FALLBACK, held_urgency(tracker))
        return []
    facts = told_facts(tracker)
    events: Events = []
    paragraphs = [_answered(answer, facts, given, country) for answer in answers]
    if len(answers) > 1:
        paragraphs = [
            f"{answer.topic.button}\n{text}"
            for answer, text in zip(answers, paragraphs, strict=True)
        ]
    paragraphs.append(sources_line(answers))
    if before:
        paragraphs.insert(0, before)
    question = _question_back(answers, facts, tracker) if not offered else None
    weak = question_of(_WEAK_QUESTION, given.red_flags, triage_file().check)
    if weak is not None and _weak_signs_are_asked_about(tracker):
        question = None
        offered = ()
        buttons = [*reply_buttons(), MORE, SOURCES]
        paragraphs.append(weak.question)
        events.append(SlotSet(SLOT_TRIAGE, _WEAK_QUESTION.as_slot()))
    elif question is not None:
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
    events += [
        SlotSet(SLOT_LAST_TOPIC, claimed[-1]),
        SlotSet(SLOT_SHOWN, SHOWN_SHORT),
        SlotSet(SLOT_MISSES, 0),
    ]
    if labels:
        events.append(SlotSet(SLOT_OFFERED, [label.id for label in labels]))
    if question is not None:
        asked = [*(tracker.get_slot(SLOT_ASKED_BEFORE) or []), question]
        events += [SlotSet(SLOT_ASKED, question), SlotSet(SLOT_ASKED_BEFORE, asked)]
    return events


def _is_withheld(
    answers: Sequence[Answer], dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
) -> bool:
    """Say why there is no answer: to a child, and to self-care while a flag holds."""
    triage = triage_file()
    groups = {answer.topic.group for answer in answers}
    signs = set(weak_signs_now(tracker.latest_message, tracker.slots))
    child = given.red_flags.flags.get(RF_MINOR)
    advice = groups - set(triage.minors.answered_groups)
    if child and advice and signs & set(triage.minors.elements):
        text = note_for(child.note, tracker, given)
        say(dispatcher, text, Outcome.HANDOFF, held_urgency(tracker), buttons=[HUMAN_BUTTON])
        return True
    if held_urgency(tracker) is Urgency.SOON and groups & set(triage.withheld_after_soon):
        repeat_alarm(dispatcher, tracker, given)
        return True
    return False


def _weak_signs_are_asked_about(tracker: Tracker) -> bool:
    """Two weak signs, nothing raised yet, and not asked before."""
    triage = triage_file()
    signs = set(weak_signs_now(tracker.latest_message, tracker.slots)) & set(triage.weak_signs)
    asked_before = RF_WEAK in (tracker.get_slot(SLOT_DENIED) or [])
    enough = len(signs) >= triage.weak_signs_asked_from
    return enough and not asked_before and held_urgency(tracker) is Urgency.NONE


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
    triage = triage_file()
    offers_check = answers[0].topic.id in triage.check.offered_with
    return [
        *([text_button(triage.buttons["start"])] if offers_check else []),
        MORE,
        *follow_up_buttons(answers[0], given),
        SOURCES,
    ]


def follow_up_buttons(answer: Answer, given: Services) -> List[Dict[str, str]]:
    """The questions that patients ask next."""
    labels = given.knowledge.labels(answer.follow_ups)[:_FOLLOW_UPS_SHOWN]
    return [button(label.button, label.id) for label in labels]
