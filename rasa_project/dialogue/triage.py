"""The triage dialogue: what is asked, and what a reply means. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, List, Mapping, Optional, Tuple

from rasa_project.conversation.triage_file import Check, CheckQuestion, Triage
from rasa_project.names import (
    PARSE_RED_FLAGS,
    PARSE_WEAK_SIGNS,
    SLOT_TRIAGE,
    SLOT_WEAK_SIGNS,
)
from rasa_project.nlu.words import words
from rasa_project.redflags.assess import Finding
from rasa_project.redflags.catalogue import RedFlagCatalogue, TriageQuestion
from rasa_project.redflags.conversation import combined_findings
from rasa_project.redflags.urgency import Urgency

CONFIRM, WORSE, WEAK, CHECK = "confirm", "worse", "weak", "check"
YES, NO, UNSURE, STOP, ON = "ja", "nee", "onzeker", "stop", "verder"
RF_WEAK, RF_MINOR = "RF00", "RF18"
_REPLY_WORDS = 12
_TURNS_A_NO = frozenset(["maar", "wel", "toch", "behalve"])


@dataclass(frozen=True)
class OpenQuestion:
    """A question of ours that waits for its reply, as the slot keeps it.

    Attributes:
        kind: Why it was asked: a suspicion, something worse, weak signs, or the check.
        flag: What it is about.
        number: Which of its questions, from 0.
        urgency: For WORSE: the urgency whose question it is.
        topics: What the patient asked for before, to be answered after a "nee".
        again: Whether it was asked once more, because the reply was no clear one.
    """

    kind: str
    flag: str = ""
    number: int = 0
    urgency: str = ""
    topics: Tuple[str, ...] = ()
    again: bool = False

    def as_slot(self) -> Mapping[str, Any]:
        """For the slot."""
        return {**asdict(self), "topics": list(self.topics)}


def open_question(slots: Mapping[str, Any]) -> Optional[OpenQuestion]:
    """The question that waits for its reply, or None."""
    held = slots.get(SLOT_TRIAGE)
    if not isinstance(held, dict):
        return None
    return OpenQuestion(**{**held, "topics": tuple(held.get("topics") or ())})


def question_of(
    asked: OpenQuestion, catalogue: RedFlagCatalogue, check: Check
) -> Optional[TriageQuestion]:
    """The question itself; None when the data has it no more."""
    if asked.kind == CHECK:
        return check.questions[asked.number] if asked.number < len(check.questions) else None
    flag = catalogue.flags.get(asked.flag)
    if flag is None:
        return None
    if asked.kind == WORSE:
        return flag.worse.get(Urgency(asked.urgency))
    return flag.confirm[asked.number] if asked.number < len(flag.confirm) else None


def reply_in(text: str, triage: Triage) -> Optional[str]:
    """How a message answers a question of ours; None when it doesn't, or not clearly.

    "Nee ik ga niet bellen" is about what we advised, and no answer to "Kun je staan?".
    """
    spoken = words(text)
    if not spoken or len(spoken) > _REPLY_WORDS or "?" in text or text.startswith("/"):
        return None
    if triage.about_advice & set(spoken):
        return None
    whole = " ".join(spoken)
    best: Tuple[int, Optional[str]] = (0, None)
    for meaning, phrases in triage.replies.items():
        for phrase in phrases:
            if (whole == phrase or whole.startswith(f"{phrase} ")) and len(phrase) > best[0]:
                best = (len(phrase), meaning)
    if best[1] == NO and _TURNS_A_NO & set(spoken[1:]):
        return UNSURE
    return best[1]


def means_alarm(reply: Optional[str], question: TriageQuestion) -> bool:
    """Whether a reply raises what the question is about.

    "Weet ik niet" and what is no clear reply count as alarm for what a doctor must see
    today or sooner (red-flags.md, principle 6), and as none for the rest.
    """
    if reply in (YES, NO):
        return reply == question.alarm_on
    return question.urgency.rank >= Urgency.SAME_DAY.rank


def check_is_asked_for(text: str, check: Check) -> bool:
    """Whether the message as a whole asks for the check."""
    whole = " ".join(words(text))
    return any(pattern.fullmatch(whole) for pattern in check.patterns)


def findings_now(
    parsed: Mapping[str, Any], slots: Mapping[str, Any], catalogue: RedFlagCatalogue
) -> List[Mapping[str, Any]]:
    """What this message raises, alone or together with what earlier turns gave.

    Args:
        parsed: The message's parse data.
        slots: The conversation's slots before this turn.
        catalogue: The rules.
    """
    found: List[Mapping[str, Any]] = list(parsed.get(PARSE_RED_FLAGS) or [])
    new = frozenset(parsed.get(PARSE_WEAK_SIGNS) or [])
    held = frozenset(slots.get(SLOT_WEAK_SIGNS) or [])
    if new and held:
        together = combined_findings(new, held, catalogue)
        alone = {item.sign for item in together and combined_findings(new, frozenset(), catalogue)}
        found += [item.as_data() for item in together if item.sign not in alone]
    return sorted(found, key=lambda item: -Urgency(item["urgency"]).rank)


def weak_signs_now(parsed: Mapping[str, Any], slots: Mapping[str, Any]) -> List[str]:
    """The elements that the conversation holds with this message."""
    held = slots.get(SLOT_WEAK_SIGNS) or []
    return list(dict.fromkeys([*held, *(parsed.get(PARSE_WEAK_SIGNS) or [])]))


def answered_finding(asked: OpenQuestion, question: TriageQuestion) -> Finding:
    """What an alarming reply raises."""
    flag = question.flag if isinstance(question, CheckQuestion) else asked.flag
    sign = f"{flag}-vraag-{asked.kind}-{asked.number + 1}"
    return Finding(flag, sign, question.urgency, 0, 0, frozenset(), active=True)
