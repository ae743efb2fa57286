"""The triage dialogue: what is only suspected is asked; the check that can be asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Mapping, Text

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answer_topic import answer_topics
from actions.base import Events, TurnAction, held_urgency, in_context, say
from actions.red_flag import raise_alarm, repeat_alarm, reply_buttons, said_now, text_button
from actions.services import Services
from rasa_project.contract import Outcome
from rasa_project.conversation.texts import filled
from rasa_project.conversation.triage_file import triage_file
from rasa_project.dialogue.reading import Kind
from rasa_project.dialogue.triage import (
    CHECK,
    CONFIRM,
    ON,
    STOP,
    WEAK,
    WORSE,
    OpenQuestion,
    answered_finding,
    check_is_asked_for,
    means_alarm,
    open_question,
    question_of,
    reply_in,
)
from rasa_project.names import (
    ACTION_TRIAGE,
    NO_TOPICS,
    PARSE_SUSPECTED,
    SLOT_CHECK_AT,
    SLOT_DENIED,
    SLOT_TRIAGE,
)
from rasa_project.redflags.urgency import Urgency


class ActionTriage(TurnAction):
    """Takes a reply to a triage question, or asks one."""

    def name(self) -> Text:
        """The action's name in domain.yml."""
        return ACTION_TRIAGE

    async def answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, given: Services
    ) -> Events:
        """Go on from the open question, begin the check, or ask about a suspicion."""
        triage = triage_file()
        words = triage.texts
        text = str(tracker.latest_message.get("text") or "")
        reply = reply_in(text, triage)
        asked = open_question(tracker.slots)
        question = question_of(asked, given.red_flags, triage.check) if asked else None
        if asked is not None and question is not None and (reply or asked.kind == CONFIRM):
            if asked.kind == CHECK and reply in (STOP, ON):
                return _pause(dispatcher, tracker, asked)
            if reply is None and not asked.again:
                return _ask(dispatcher, tracker, given, replace(asked, again=True), words.unclear)
            if means_alarm(reply, question):
                found = [answered_finding(asked, question).as_data()]
                return raise_alarm(dispatcher, tracker, given, found)
            return _go_on(dispatcher, tracker, given, asked)
        suspected = tracker.latest_message.get(PARSE_SUSPECTED)
        if reply == ON or check_is_asked_for(text, triage.check) or not suspected:
            at = int(tracker.get_slot(SLOT_CHECK_AT) or 0) if reply == ON else 0
            return _ask_check(dispatcher, tracker, at, first=reply != ON)
        first = OpenQuestion(CONFIRM, suspected["flag"], 0, topics=tuple(_topics(tracker)))
        return _ask(dispatcher, tracker, given, first, words.ask_first)


def _topics(tracker: Tracker) -> List[str]:
    """What the message asks for, as far as that is sure."""
    reading = in_context(tracker)
    if reading is not None:
        return list(reading.topics) if reading.kind is Kind.ANSWER else []
    intent = str((tracker.latest_message.get("intent") or {}).get("name") or "")
    return [] if not intent or intent in NO_TOPICS else [intent]


def _ask(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    given: Services,
    asked: OpenQuestion,
    before: str,
) -> Events:
    question = question_of(asked, given.red_flags, triage_file().check)
    if question is None:  # a flag without questions: nothing to ask, so it counts
        suspected: Mapping[str, Any] = tracker.latest_message[PARSE_SUSPECTED]
        return raise_alarm(dispatcher, tracker, given, [suspected])
    beside = _helpline(tracker, given, asked.flag)
    if not beside and question.urgency is Urgency.EMERGENCY:
        beside = triage_file().texts.if_so
    text = "\n\n".join(part for part in (before, question.question, beside) if part)
    say(dispatcher, text, Outcome.TRIAGE, held_urgency(tracker), buttons=reply_buttons())
    return [SlotSet(SLOT_TRIAGE, asked.as_slot())]


def _helpline(tracker: Tracker, given: Services, flag: str) -> str:
    """What a flag wants said whatever the reply is, such as a helpline; mostly nothing."""
    text = given.red_flags.flags[flag].with_question
    return said_now(text, tracker, given) if text is not None else ""


def _ask_check(
    dispatcher: CollectingDispatcher, tracker: Tracker, number: int, first: bool
) -> Events:
    check, titles = triage_file().check, triage_file().buttons
    number = min(number, len(check.questions) - 1)
    progress = check.progress.format(number=number + 1, total=len(check.questions))
    text = f"{progress} {check.questions[number].question}"
    if first:
        text = f"{check.intro}\n\n{text}"
    buttons = [*reply_buttons(), text_button(titles["stop"])]
    say(dispatcher, text, Outcome.TRIAGE, held_urgency(tracker), buttons=buttons)
    return [SlotSet(SLOT_TRIAGE, OpenQuestion(CHECK, number=number).as_slot())]


def _pause(dispatcher: CollectingDispatcher, tracker: Tracker, asked: OpenQuestion) -> Events:
    check, titles = triage_file().check, triage_file().buttons
    buttons = [text_button(titles["verder"])]
    say(dispatcher, check.paused, Outcome.TRIAGE, held_urgency(tracker), buttons=buttons)
    return [SlotSet(SLOT_TRIAGE, None), SlotSet(SLOT_CHECK_AT, float(asked.number))]


def _go_on(
    dispatcher: CollectingDispatcher, tracker: Tracker, given: Services, asked: OpenQuestion
) -> Events:
    """After a reassuring reply."""
    words = triage_file().texts
    denied = SlotSet(
        SLOT_DENIED, list(dict.fromkeys([*(tracker.get_slot(SLOT_DENIED) or []), asked.flag]))
    )
    if asked.kind == CHECK:
        check = triage_file().check
        if asked.number + 1 < len(check.questions):
            return _ask_check(dispatcher, tracker, asked.number + 1, first=False)
        say(dispatcher, check.clear, Outcome.TRIAGE, held_urgency(tracker))
        return [SlotSet(SLOT_TRIAGE, None), SlotSet(SLOT_CHECK_AT, None)]
    if asked.kind == WORSE:
        repeat_alarm(dispatcher, tracker, given, before=words.still)
        return []
    if asked.kind == WEAK:
        text = words.weak_denied.format(**given.placeholders[given.practice.country])
        say(dispatcher, text, Outcome.TRIAGE, held_urgency(tracker))
        return [denied]
    following = OpenQuestion(CONFIRM, asked.flag, asked.number + 1, topics=asked.topics)
    if question_of(following, given.red_flags, triage_file().check) is not None:
        return _ask(dispatcher, tracker, given, following, words.ask_next)
    return [denied, *_answer_after_all(dispatcher, tracker, given, asked)]


def _answer_after_all(
    dispatcher: CollectingDispatcher, tracker: Tracker, given: Services, asked: OpenQuestion
) -> Events:
    words = triage_file().texts
    helpline = _helpline(tracker, given, asked.flag)
    before = f"{words.thanks} {helpline or words.denied}"
    if asked.topics:
        return answer_topics(dispatcher, tracker, given, asked.topics, before=before)
    text = filled(f"{before} {words.what_now}")
    say(dispatcher, text, Outcome.TRIAGE, held_urgency(tracker))
    return []
