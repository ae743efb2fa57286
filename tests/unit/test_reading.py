"""What a message means in its conversation."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import pytest

from rasa_project.dialogue.reading import (
    SURE_ALONE,
    SURE_SMALL_TALK,
    Kind,
    Reading,
    meanings,
    read_in_context,
)
from rasa_project.names import (
    INTENT_FALLBACK,
    INTENT_MORE,
    INTENT_NO,
    INTENT_SIMPLER,
    INTENT_SOURCES,
    INTENT_YES,
    PARSE_FOLLOW_UP,
    PARSE_QUESTIONS,
    SLOT_ASKED,
    SLOT_LAST_TOPIC,
    SLOT_OFFERED,
)
from rasa_project.nlu.follow_ups import ContextScores, FollowUpExample

# After "zwemmen" people ask about cycling, after "warmte" about cold.
CONTEXT = ContextScores(
    [FollowUpExample("en dan?", "zwemmen", "fietsen")] * 5
    + [FollowUpExample("en dan?", "warmte", "koude")] * 5
)
SURE = {"koude": -1.0, "fietsen": -9.0, "lopen": -9.0}
EVEN = {"koude": -3.0, "fietsen": -3.0, "lopen": -9.0}
OFFERED = {SLOT_OFFERED: ["warmte", "koude", "kosten"]}
ASKED = {SLOT_ASKED: "leg_pain", SLOT_LAST_TOPIC: "bedrust"}


def message(
    text: str = "en dan?",
    intent: str = "warmte",
    confidence: float = 0.7,
    questions: Sequence[str] = (),
    scores: Optional[Dict[str, float]] = None,
    **facts: Any,
) -> Dict[str, Any]:
    """A message's parse data; an intent below 0.6 stands behind the fallback, as in Rasa."""
    guess = {"name": intent, "confidence": confidence}
    fallback = {"name": INTENT_FALLBACK, "confidence": 0.6}
    ranking: List[Dict[str, Any]] = [guess] if confidence >= 0.6 else [fallback, guess]
    parsed = {
        "text": text,
        "intent": ranking[0],
        "intent_ranking": ranking,
        "entities": [{"entity": name, "value": value} for name, value in facts.items()],
        PARSE_QUESTIONS: [{"topic": topic, "start": 0, "end": 1} for topic in questions],
    }
    if scores is not None:
        parsed[PARSE_FOLLOW_UP] = {"probability": 0.9, "scores": scores}
    return parsed


def read(parsed: Dict[str, Any], **slots: Any) -> Optional[Reading]:
    return read_in_context(parsed, slots, CONTEXT)


def test_a_message_without_context_is_left_to_the_rules():
    assert read(message("helpt warmte")) is None
    assert read(message("helpt warmte", questions=["warmte"]), last_topic="koude") is None
    assert read({}) is None
    assert read({"text": None, "intent": None, "entities": None, "intent_ranking": None}) is None


def test_a_button_says_enough_whatever_else_is_known():
    pressed = message("/warmte", questions=["warmte", "koude"], scores=SURE, leg_pain=True)
    assert read(pressed, **OFFERED, **ASKED) is None


# ---- after topics were offered


@pytest.mark.parametrize(
    ("text", "topic"), [("1", "warmte"), ("de tweede", "koude"), ("doe de laatste", "kosten")]
)
def test_a_number_chooses_from_what_was_offered(text, topic):
    assert read(message(text, questions=["a", "b"]), **OFFERED) == Reading(Kind.ANSWER, (topic,))


@pytest.mark.parametrize("confidence", [0.9, 0.4])
def test_yes_chooses_the_only_topic_that_was_offered(confidence):
    yes = message("graag", intent=INTENT_YES, confidence=confidence)
    assert read(yes, offered=["koude"]) == Reading(Kind.ANSWER, ("koude",))


def test_yes_to_several_topics_asks_which():
    yes = message("ja", intent=INTENT_YES)
    assert read(yes, **OFFERED) == Reading(Kind.CLARIFY, ("warmte", "koude", "kosten"))


def test_another_message_after_an_offer_is_read_for_itself():
    assert read(message("helpt warmte"), **OFFERED) is None
    assert read(message("nee", intent=INTENT_NO), **OFFERED) is None
    several = read(message("a en b", questions=["fietsen", "lopen"]), **OFFERED)
    assert several == Reading(Kind.ANSWER, ("fietsen", "lopen"))


@pytest.mark.parametrize("offered", [None, []])
def test_without_an_offer_there_is_nothing_to_choose(offered):
    assert read(message("1"), offered=offered) is None
    assert read(message("ja", intent=INTENT_YES), offered=offered) is None


# ---- after we asked for a fact


@pytest.mark.parametrize("value", [True, False])
def test_the_fact_we_asked_for_is_taken_in_for_the_topic_before(value):
    told = read(message("mijn been ook", leg_pain=value), **ASKED)
    assert told == Reading(Kind.TOLD, ("bedrust",), told=("leg_pain", value))


@pytest.mark.parametrize(("intent", "value"), [(INTENT_YES, True), (INTENT_NO, False)])
def test_yes_or_no_tells_whether_the_leg_hurts(intent, value):
    told = read(message("ja", intent=intent), **ASKED)
    assert told == Reading(Kind.TOLD, ("bedrust",), told=("leg_pain", value))


@pytest.mark.parametrize("intent", [INTENT_YES, INTENT_NO])
def test_yes_or_no_does_not_tell_how_long(intent):
    assert read(message("ja", intent=intent), asked="pain_days", last_topic="bedrust") is None


@pytest.mark.parametrize(
    "parsed",
    [
        message("is het erg met mijn been?", leg_pain=True),  # a question
        message("mijn been " * 7, leg_pain=True),  # a story
        message("al drie weken", pain_days=21.0),  # another fact
        message("helpt warmte"),  # no fact
    ],
    ids=["question", "story", "another fact", "no fact"],
)
def test_what_is_no_reply_to_our_question_is_left_to_the_rules(parsed):
    assert read(parsed, **ASKED) is None


def test_a_reply_of_twelve_words_is_still_a_reply():
    assert read(message("been " * 12, leg_pain=True), **ASKED).kind is Kind.TOLD


@pytest.mark.parametrize(
    "slots", [{SLOT_ASKED: "leg_pain"}, {SLOT_LAST_TOPIC: "bedrust"}, {}], ids=str
)
def test_a_fact_that_was_not_asked_for_is_no_reply(slots):
    assert read(message("mijn been doet pijn", leg_pain=True), **slots) is None


# ---- several questions


@pytest.mark.parametrize(
    ("questions", "topics", "offered"),
    [
        (["a", "b"], ("a", "b"), ()),
        (["a", "b", "c"], ("a", "b"), ("c",)),
        (["a", "b", "c", "d"], ("a", "b"), ("c", "d")),
    ],
)
def test_two_questions_are_answered_at_once_and_the_rest_is_offered(questions, topics, offered):
    found = read(message("x", questions=questions))
    assert found == Reading(Kind.ANSWER, topics, offered=offered)


def test_several_questions_go_before_a_follow_up():
    found = read(message(questions=["a", "b"], scores=SURE), last_topic="warmte")
    assert found.topics == ("a", "b")


# ---- follow-ups


def test_a_follow_up_whose_words_are_clear_is_answered():
    assert read(message(scores=SURE), last_topic="zwemmen") == Reading(Kind.ANSWER, ("koude",))


@pytest.mark.parametrize(("before", "topic"), [("zwemmen", "fietsen"), ("warmte", "koude")])
def test_the_topic_before_decides_what_unclear_words_mean(before, topic):
    assert read(message(scores=EVEN), last_topic=before) == Reading(Kind.ANSWER, (topic,))


@pytest.mark.parametrize(
    ("meaning", "kind"),
    [
        (INTENT_MORE, Kind.MORE),
        (INTENT_SIMPLER, Kind.SIMPLER),
        (INTENT_SOURCES, Kind.SOURCES),
    ],
)
def test_a_follow_up_may_be_about_the_answer_itself(meaning, kind):
    scores = {meaning: -1.0, "koude": -9.0}
    assert read(message(scores=scores), last_topic="zwemmen") == Reading(kind)


def test_a_follow_up_that_may_mean_much_is_asked_back_about_topics_only():
    # Each share is 0.2: the topic before has never been seen.
    scores = {INTENT_MORE: -2.9, "a": -3.0, "b": -3.1, "c": -3.2, "d": -3.3}
    assert read(message(scores=scores), last_topic="slapen") == Reading(
        Kind.CLARIFY, ("a", "b", "c")
    )


def test_words_that_are_clear_alone_need_no_context_that_may_mean_much():
    scores = {INTENT_MORE: -2.9, "a": -3.0, "b": -3.1, "c": -3.2, "d": -3.3}
    assert read(message(scores=scores, confidence=SURE_ALONE), last_topic="slapen") is None


@pytest.mark.parametrize("slots", [{}, {SLOT_LAST_TOPIC: None}])
def test_without_an_answer_before_nothing_is_a_follow_up(slots):
    assert read(message(scores=SURE), **slots) is None


@pytest.mark.parametrize(
    ("intent", "confidence", "is_follow_up"),
    [
        ("bedankt", SURE_SMALL_TALK, False),
        ("bedankt", SURE_SMALL_TALK - 0.01, True),
        ("bedankt", 0.3, True),
        (INTENT_YES, 0.99, False),
        ("andere-taal-en", 0.99, False),
        ("warmte", 0.99, True),
        (INTENT_MORE, 0.99, True),
        (INTENT_SOURCES, 0.99, True),
        (INTENT_FALLBACK, 0.99, True),
    ],
)
def test_sure_small_talk_is_no_follow_up(intent, confidence, is_follow_up):
    parsed = message(intent=intent, confidence=confidence, scores=SURE)
    assert (read(parsed, last_topic="zwemmen") is not None) == is_follow_up


# ---- between two topics that are one question to a patient

TWINS = frozenset([frozenset(["kosten", "vergoeding"])])


def between(first: str, one: float, second: str, other: float, **fields: Any) -> Dict[str, Any]:
    parsed = message("wat betaal ik", intent=first, confidence=one, **fields)
    parsed["intent_ranking"].append({"name": second, "confidence": other})
    return parsed


@pytest.mark.parametrize(
    ("first", "one", "second", "other"),
    [
        ("kosten", 0.5, "vergoeding", 0.4),
        ("vergoeding", 0.5, "kosten", 0.4),
        ("kosten", 0.45, "vergoeding", 0.25),
        ("kosten", 0.8, "vergoeding", 0.15),
    ],
)
def test_between_twins_both_are_answered_the_likelier_first(first, one, second, other):
    found = read_in_context(between(first, one, second, other), {}, CONTEXT, TWINS)
    assert found == Reading(Kind.ANSWER, (first, second))


@pytest.mark.parametrize(
    ("first", "one", "second", "other"),
    [
        ("kosten", 0.5, "warmte", 0.4),  # no twins
        ("kosten", 0.84, "vergoeding", 0.14),  # the first is meant
        ("kosten", 0.4, "vergoeding", 0.29),  # perhaps neither is
    ],
)
def test_otherwise_the_rules_answer_or_ask_back(first, one, second, other):
    assert read_in_context(between(first, one, second, other), {}, CONTEXT, TWINS) is None


def test_a_third_guess_makes_no_twins():
    parsed = between("kosten", 0.4, "warmte", 0.35)
    parsed["intent_ranking"].append({"name": "vergoeding", "confidence": 0.2})
    assert read_in_context(parsed, {}, CONTEXT, TWINS) is None


def test_a_single_guess_has_no_twin():
    assert read_in_context(message(), {}, CONTEXT, TWINS) is None


def test_a_follow_up_goes_before_twins():
    parsed = between("kosten", 0.5, "vergoeding", 0.4, scores=SURE)
    found = read_in_context(parsed, {SLOT_LAST_TOPIC: "zwemmen"}, CONTEXT, TWINS)
    assert found.topics == ("koude",)


def test_the_shares_of_the_meanings_sum_to_one_also_for_very_low_scores():
    shares = meanings({"a": -900.0, "b": -901.0, "c": -2_000.0}, "zwemmen", CONTEXT)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["a"] > shares["b"] > shares["c"]
