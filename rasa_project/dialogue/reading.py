"""What a message means in its conversation: several questions, follow-ups, replies to us.

Pure functions over the parse data of a message and the slots of its conversation. What
needs no context is left to Rasa's rules: then the reading is None.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import AbstractSet, Any, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from rasa_project.dialogue.choices import chosen
from rasa_project.names import (
    INTENT_FALLBACK,
    INTENT_MORE,
    INTENT_NO,
    INTENT_SIMPLER,
    INTENT_SOURCES,
    INTENT_YES,
    NO_TOPICS,
    PARSE_FOLLOW_UP,
    PARSE_QUESTIONS,
    SLOT_ASKED,
    SLOT_LAST_TOPIC,
    SLOT_OFFERED,
)
from rasa_project.nlu.follow_ups import ContextScores

ANSWERED_AT_ONCE = 2
# How much the topic before counts beside the words, and what makes a meaning sure
# enough to be answered; both chosen with `make evaluate` on follow_ups.tsv.
CONTEXT_WEIGHT = 0.7
SURE_MEANING = 0.35
# Small talk of which the classifier is this sure is no follow-up.
SURE_SMALL_TALK = 0.8
# Words that mean so surely a topic of their own are answered without the context.
SURE_ALONE = 0.9
# A message lies between two topics when the second has this much, and both together that.
BETWEEN = 0.15
SURE_TOGETHER = 0.7
_REPLY_WORDS = 12


class Kind(Enum):
    """What is to be done with a message."""

    ANSWER = "answer"
    MORE = "more"
    SIMPLER = "simpler"
    SOURCES = "sources"
    TOLD = "told"
    CLARIFY = "clarify"


@dataclass(frozen=True)
class Reading:
    """A message in its context.

    Attributes:
        kind: What is to be done.
        topics: To answer, in this order; to choose from when ``kind`` is CLARIFY.
        offered: Topics that were asked too, and are offered for later.
        told: For TOLD: the fact that we asked for and its value.
    """

    kind: Kind
    topics: Tuple[str, ...] = ()
    offered: Tuple[str, ...] = ()
    told: Optional[Tuple[str, Any]] = None


_ABOUT_THE_SAME = {
    INTENT_MORE: Kind.MORE,
    INTENT_SIMPLER: Kind.SIMPLER,
    INTENT_SOURCES: Kind.SOURCES,
}


def read_in_context(
    parsed: Mapping[str, Any],
    slots: Mapping[str, Any],
    context: ContextScores,
    twins: AbstractSet[FrozenSet[str]] = frozenset(),
) -> Optional[Reading]:
    """The reading of a message, or None when Rasa's rules know enough.

    Args:
        parsed: The message's parse data.
        slots: The conversation's slots before this turn.
        context: What follow-ups usually mean after which topic.
        twins: Pairs of topics that are one question to a patient.
    """
    text = str(parsed.get("text") or "")
    if text.startswith("/"):
        return None
    return (
        _choice(text, parsed, slots)
        or _reply_to_our_question(text, parsed, slots)
        or _several_questions(parsed)
        or _follow_up(parsed, slots, context)
        or _same_to_patients(parsed, twins)
    )


def _intent(parsed: Mapping[str, Any]) -> str:
    ranking = parsed.get("intent_ranking") or []
    # Below the fallback there is what the classifier thought.
    likeliest = [guess["name"] for guess in ranking if guess.get("name") != INTENT_FALLBACK]
    return str(likeliest[0]) if likeliest else str((parsed.get("intent") or {}).get("name") or "")


def _choice(text: str, parsed: Mapping[str, Any], slots: Mapping[str, Any]) -> Optional[Reading]:
    """What "ja", "de tweede" or "1" chooses after topics were offered."""
    offered: Sequence[str] = slots.get(SLOT_OFFERED) or []
    if not offered:
        return None
    number = chosen(text, len(offered))
    if number is not None:
        return Reading(Kind.ANSWER, (offered[number],))
    if _intent(parsed) != INTENT_YES:
        return None
    if len(offered) == 1:
        return Reading(Kind.ANSWER, tuple(offered))
    return Reading(Kind.CLARIFY, tuple(offered))


def _reply_to_our_question(
    text: str, parsed: Mapping[str, Any], slots: Mapping[str, Any]
) -> Optional[Reading]:
    asked, topic = slots.get(SLOT_ASKED), slots.get(SLOT_LAST_TOPIC)
    if not asked or not topic or "?" in text or len(text.split()) > _REPLY_WORDS:
        return None
    for entity in parsed.get("entities") or []:
        if entity.get("entity") == asked:
            return Reading(Kind.TOLD, (topic,), told=(asked, entity["value"]))
    intent = _intent(parsed)
    if asked == "leg_pain" and intent in (INTENT_YES, INTENT_NO):
        return Reading(Kind.TOLD, (topic,), told=(asked, intent == INTENT_YES))
    return None


def _several_questions(parsed: Mapping[str, Any]) -> Optional[Reading]:
    topics: List[str] = [part["topic"] for part in parsed.get(PARSE_QUESTIONS) or []]
    if len(topics) < 2:
        return None
    return Reading(
        Kind.ANSWER, tuple(topics[:ANSWERED_AT_ONCE]), offered=tuple(topics[ANSWERED_AT_ONCE:])
    )


def _follow_up(
    parsed: Mapping[str, Any], slots: Mapping[str, Any], context: ContextScores
) -> Optional[Reading]:
    words, topic = parsed.get(PARSE_FOLLOW_UP), slots.get(SLOT_LAST_TOPIC)
    if not words or not topic:
        return None
    intent = parsed.get("intent") or {}
    is_small_talk = intent.get("name") in NO_TOPICS - set(_ABOUT_THE_SAME) - {INTENT_FALLBACK}
    if is_small_talk and float(intent.get("confidence") or 0) >= SURE_SMALL_TALK:
        return None
    probabilities = meanings(words["scores"], topic, context)
    best = max(probabilities, key=lambda name: probabilities[name])
    if best in _ABOUT_THE_SAME and probabilities[best] >= SURE_MEANING:
        return Reading(_ABOUT_THE_SAME[best])
    if probabilities[best] >= SURE_MEANING:
        return Reading(Kind.ANSWER, (best,))
    if intent.get("name") not in NO_TOPICS and float(intent["confidence"]) >= SURE_ALONE:
        return None
    likely = sorted(probabilities, key=lambda name: -probabilities[name])
    return Reading(Kind.CLARIFY, tuple(name for name in likely if name not in _ABOUT_THE_SAME)[:3])


def _same_to_patients(
    parsed: Mapping[str, Any], twins: AbstractSet[FrozenSet[str]]
) -> Optional[Reading]:
    """Both topics, when the message lies between two that are the same to a patient."""
    guesses = [g for g in parsed.get("intent_ranking") or [] if g.get("name") != INTENT_FALLBACK]
    if len(guesses) < 2:
        return None
    (first, one), (second, other) = ((str(g["name"]), float(g["confidence"])) for g in guesses[:2])
    if frozenset((first, second)) not in twins or other < BETWEEN or one + other < SURE_TOGETHER:
        return None
    return Reading(Kind.ANSWER, (first, second))


def meanings(scores: Mapping[str, float], before: str, context: ContextScores) -> Dict[str, float]:
    """The probability of each meaning of a follow-up after a topic."""
    with_context = {
        name: score + CONTEXT_WEIGHT * context.score(before, name) for name, score in scores.items()
    }
    highest = max(with_context.values())
    shares = {name: math.exp(score - highest) for name, score in with_context.items()}
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()}
