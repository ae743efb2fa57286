"""What a message tells about its writer's body: leg, pregnancy, operation. Pure; no Rasa."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Optional, Pattern, Sequence

from rasa_project.facts.fact_words import FactLists, alternatives, one_of
from rasa_project.facts.speaker import Clause, Who

# A denial counts within so many words of what it denies.
_DENIAL_REACH = 4
_LATEST_WEEK = 42


@dataclass(frozen=True)
class BodyWords:
    """Patterns made of the lists about the body."""

    places: FrozenSet[str]
    radiating: Pattern[str]
    also_leg: Pattern[str]
    not_radiating: Pattern[str]
    only_an_example: Pattern[str]
    denial: Pattern[str]
    always_radiating: Pattern[str]
    pregnant: Pattern[str]
    weeks_pregnant: Pattern[str]
    not_now_pregnant: Pattern[str]
    not_pregnant: Pattern[str]
    back: Pattern[str]
    other_part: Pattern[str]
    operated: Pattern[str]
    back_operation: Pattern[str]
    operation_had: Pattern[str]
    not_operated_yet: Pattern[str]
    never: Pattern[str]

    @classmethod
    def of(cls, lists: FactLists) -> "BodyWords":
        """The patterns of the lists."""
        legs = alternatives(lists.legs)
        legs_or_buttocks = alternatives((*lists.legs, *lists.buttocks))
        complaints = alternatives((*lists.leg_complaints, *lists.radiations))
        radiations = alternatives(lists.radiations)
        between = rf"(?: (?:\d+|{alternatives((*lists.leg_between, *lists.units))})){{0,8}}"
        states = rf"(?: {alternatives(lists.leg_states)}){{0,4}}"
        no = alternatives(lists.denials)
        return cls(
            places=frozenset(
                word for term in (*lists.legs, *lists.buttocks) for word in term.split()
            ),
            radiating=re.compile(
                rf"{radiations}{between} {legs_or_buttocks}|{complaints}{between} {legs}"
                rf"|{legs}{states}(?P<no> {no})?(?: {alternatives(lists.hedges)})? {complaints}"
            ),
            also_leg=re.compile(
                rf"(?:tot|ook|soms) (?:ook )?(?:in |aan |onder in |achter in )?"
                rf"(?:het |de |mijn |een )?{legs}"
            ),
            not_radiating=re.compile(
                rf"straalt (?:\w+ ){{0,2}}niet|niet uit(?:straalt|stralend|stralen)|straalt nergens"
                rf"|(?:geen|zonder|nooit) (?:\w+ )?uitstraling|niet (?:\w+ )?uitgestraald"
                rf"|niet (?:naar|in|tot in) (?:mijn |de |het )?{legs}"
                rf"|(?:geen|zonder)(?: last van)? {complaints}{between} {legs}"
            ),
            only_an_example=re.compile(r"\b(?:als|wanneer|indien) (?:het|de|er)\b"),
            denial=re.compile(rf"{no}(?! alleen| meer)(?: \S+){{0,{_DENIAL_REACH - 1}}} ?$"),
            always_radiating=one_of(lists.always_radiating),
            pregnant=one_of(lists.pregnant),
            weeks_pregnant=re.compile(
                rf"(?:\bben(?: ik)?(?: \S+)? (?P<weeks>\d+) weken$)"
                rf"|\bben(?: \S+){{0,3}} \d+ {alternatives(lists.weeks_pregnant_unit)} ver(?!\w)"
            ),
            not_now_pregnant=one_of(lists.not_now_pregnant),
            not_pregnant=re.compile(r"\b(?:niet|geen|nog niet|nooit) (?:\w+ )?(?:hoog)?zwanger"),
            back=one_of(lists.back_parts),
            other_part=one_of(lists.other_parts),
            operated=one_of(lists.operated),
            back_operation=one_of(lists.back_operations),
            operation_had=one_of(lists.operation_had),
            not_operated_yet=one_of(lists.not_operated_yet),
            never=re.compile(
                rf"{alternatives(lists.never_operated)} (?:\S+ ){{0,4}}"
                rf"{alternatives((*lists.operated, *lists.back_operations, 'operatie'))}"
            ),
        )


def _own_phrases(parts: Sequence[Clause]) -> List[Clause]:
    """The writer's clauses, those of one phrase taken together."""
    joined: Dict[int, Clause] = {}
    for part in parts:
        if part.who is not Who.WRITER:
            continue
        before = joined.get(part.phrase)
        if before is None:
            joined[part.phrase] = part
        else:
            together = Clause([*before.words, *part.words], part.who, part.phrase, part.sentence)
            together.asked, together.first_person = part.asked, part.first_person
            together.close()
            joined[part.phrase] = together
    return list(joined.values())


def leg_pain(parts: Sequence[Clause], words: BodyWords) -> Optional[bool]:
    """Whether the pain radiates into the writer's leg; None when the message doesn't say."""
    denied = False
    for phrase in _own_phrases(parts):
        if phrase.asked and not phrase.first_person:
            continue
        told = _radiates(phrase, words)
        if told:
            return True
        denied = denied or told is False
    return False if denied else None


def _radiates(phrase: Clause, words: BodyWords) -> Optional[bool]:
    if words.not_radiating.search(phrase.text):
        return False
    if words.always_radiating.search(phrase.text):
        return True
    if words.places.isdisjoint(phrase.vocabulary):
        return None
    if words.only_an_example.search(phrase.text) and not phrase.first_person:
        return None
    found = words.radiating.search(phrase.text)
    if found and found["no"]:
        return False
    found = found or words.also_leg.search(phrase.text)
    if found is None:
        return None
    return not words.denial.search(phrase.text[: found.start()])


def pregnant(parts: Sequence[Clause], words: BodyWords) -> Optional[bool]:
    """Whether the writer is pregnant now; None when the message doesn't say."""
    for part in parts:
        if part.who is not Who.WRITER or (part.asked and not part.first_person):
            continue
        if words.not_pregnant.search(part.text):
            return False
        if words.not_now_pregnant.search(part.text) or "ben ik zwanger" in part.text:
            continue
        if words.pregnant.search(part.text):
            return True
        weeks = words.weeks_pregnant.search(part.text)
        if weeks and (weeks["weeks"] is None or 4 <= int(weeks["weeks"]) <= _LATEST_WEEK):
            return True
    return None


def operated(parts: Sequence[Clause], words: BodyWords) -> Optional[bool]:
    """Whether the writer had an operation on the back; None when the message doesn't say."""
    if not any(words.operated.search(p.text) or words.back_operation.search(p.text) for p in parts):
        return None
    phrases = [part for part in parts if part.who is Who.WRITER]
    for phrase in phrases:
        text = phrase.text
        by_name = words.back_operation.search(text)
        if not by_name and not words.operated.search(text):
            continue
        denied = words.never.search(text) and not phrase.asked
        if denied and _on_the_back(phrase, phrases, words):
            return False
        if words.not_operated_yet.search(text) and "na mijn" not in text:
            continue
        if by_name:
            if words.operation_had.search(text):
                return True
        elif _on_the_back(phrase, phrases, words):
            return True
    return None


def _on_the_back(phrase: Clause, phrases: Sequence[Clause], words: BodyWords) -> bool:
    if words.back.search(phrase.text) or words.back_operation.search(phrase.text):
        return not words.other_part.search(phrase.text)
    if words.other_part.search(phrase.text):
        return False
    # "ik heb een hernia, ben geopereerd": the part of the body stands before it.
    same = (other for other in phrases if other.sentence == phrase.sentence)
    return any(words.back.search(other.text) for other in same)
