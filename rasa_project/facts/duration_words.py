"""Patterns for how long a complaint lasts, made of the word lists. No Rasa."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import FrozenSet, Pattern

from rasa_project.facts.dates import DateWords
from rasa_project.facts.fact_words import FactLists, alternatives, one_of, tell_tales

_NUMBER = r"\d+(?:\.\d+)?"


@dataclass(frozen=True)
class DurationWords:
    """Patterns made of the lists about durations."""

    lists: FactLists
    amount: Pattern[str]
    vague: Pattern[str]
    ordinal: Pattern[str]
    short: Pattern[str]
    running_before: Pattern[str]
    blocked_before: Pattern[str]
    blocked_after: Pattern[str]
    lasting_after: Pattern[str]
    no_more: Pattern[str]
    complaint: Pattern[str]
    ailment: Pattern[str]
    onset: Pattern[str]
    hard_event: Pattern[str]
    visit: Pattern[str]
    past: Pattern[str]
    soft_event: Pattern[str]
    since_birth: Pattern[str]
    chronic: Pattern[str]
    just_begun: Pattern[str]
    answer: Pattern[str]
    triggers: FrozenSet[str]
    vague_triggers: FrozenSet[str]
    fixed_triggers: FrozenSet[str]
    dates: DateWords

    @classmethod
    def of(cls, lists: FactLists) -> "DurationWords":
        """The patterns of the lists."""
        units, few = alternatives(lists.units), alternatives(lists.few)
        number, hedges = f"(?:{_NUMBER}|een)", f"(?:{alternatives(lists.hedges)} )*"
        amount = (
            rf"(?<![\w.])(?:(?P<low>{number}) (?:a|tot|of|-|/) (?P<high>{_NUMBER})"
            rf"|(?P<low2>\d)[/](?P<high2>\d)"
            rf"|(?P<and_half>{number}) en een half|(?P<and_half2>{_NUMBER}) en half"
            rf"|(?P<half>(?:een )?(?:goed |dik |ruim |klein )?half)"
            rf"|(?P<few>{few})|(?P<number>{_NUMBER})|(?P<one>een|1))"
            rf" (?:goeie |goede |volle |hele |lange |kleine |dikke )?(?P<unit>{units})"
            rf"(?: (?:of|a|tot) (?:een )?(?P<about>{_NUMBER})(?! \w*(?:keer|x)\b)"
            rf"|(?P<half_more> en een half))?"
        )
        vague, running = alternatives(lists.vague), alternatives(lists.running)
        return cls(
            lists=lists,
            amount=re.compile(amount),
            vague=re.compile(
                rf"(?:{running} {hedges}(?:{alternatives(lists.many)} )?(?P<running>{vague})"
                rf"|(?<!\d )(?<!paar )(?P<lasting>{vague})(?= {alternatives(lists.lasting_after)})"
                rf"|(?<!\w)(?P<joined>{'|'.join(lists.vague)})lang\b)"
            ),
            ordinal=re.compile(
                rf"(?:nu|mijn|al) (?:al )?(?:de |het |mijn )?"
                rf"(?:(?P<which>{alternatives(lists.ordinals)})"
                rf"|(?P<digits>\d+)(?:ste|de|e)) (?P<unit>{units})"
            ),
            short=re.compile(
                rf"{alternatives(('al', 'sinds'))} {hedges}(?P<number>{_NUMBER}|een)"
                rf" (?P<unit>{alternatives(lists.short_units)})"
            ),
            running_before=re.compile(rf"{running} {hedges}$"),
            blocked_before=re.compile(rf"{alternatives(lists.not_running_before)} {hedges}$"),
            blocked_after=re.compile(rf"^ {alternatives(lists.not_running_after)}"),
            lasting_after=re.compile(rf"^ {alternatives(lists.lasting_after)}"),
            no_more=one_of(lists.no_more),
            complaint=one_of(lists.complaints),
            ailment=one_of(lists.ailments),
            onset=one_of(lists.onsets),
            hard_event=one_of(lists.hard_events),
            visit=one_of(lists.visits),
            past=one_of(lists.past_episodes),
            soft_event=one_of(lists.soft_events),
            since_birth=one_of(lists.since_birth),
            chronic=one_of(lists.chronic),
            just_begun=re.compile(
                rf"{alternatives(lists.just_begun)}(?! {alternatives(lists.not_the_complaint)}"
                rf"(?! (?:de |mijn |een )?{alternatives(lists.ailments)}))"
            ),
            answer=re.compile(rf"(?:{alternatives((*lists.hedges, *lists.answer_words))} ?)*"),
            triggers=frozenset({*lists.units, *lists.short_units}),
            vague_triggers=frozenset({*lists.vague, *(f"{unit}lang" for unit in lists.vague)}),
            fixed_triggers=tell_tales((*lists.since_birth, *lists.chronic, *lists.just_begun)),
            dates=DateWords.of(lists),
        )
