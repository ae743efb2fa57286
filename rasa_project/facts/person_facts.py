"""What a message tells about its writer's age, work and country. Pure; no Rasa."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import FrozenSet, Match, Optional, Pattern, Sequence

from rasa_project.facts.fact_words import FactLists, alternatives, one_of, tell_tales
from rasa_project.facts.speaker import Clause, Who

_YOUNGEST, _OLDEST = 10, 105
# "begin zestig" is 62, "eind zestig" 68; "in de zestig" the middle.
_PARTS_OF_A_DECADE = {"begin": 2, "half": 5, "halverwege": 5, "midden": 5, "eind": 8, "einde": 8}
_MIDDLE_OF_A_DECADE = 5
HEAVY, SITTING = "heavy", "sitting"


@dataclass(frozen=True)
class PersonWords:
    """Patterns made of the lists about the person."""

    lists: FactLists
    numbers: Pattern[str]
    age: Pattern[str]
    only_person: Pattern[str]
    only_age: Pattern[str]
    next_age: Pattern[str]
    decade: Pattern[str]
    birth: Pattern[str]
    job_words: FrozenSet[str]
    job: Pattern[str]
    place_of_work: Pattern[str]
    heavy: Pattern[str]
    sitting: Pattern[str]
    no_longer: Pattern[str]
    country_words: FrozenSet[str]
    residence: Pattern[str]
    belgian_place: Pattern[str]
    nationality: Pattern[str]
    belgian: Pattern[str]
    travel: Pattern[str]
    belgian_insurance: Pattern[str]
    dutch_insurance: Pattern[str]
    own_risk: Pattern[str]

    @classmethod
    def of(cls, lists: FactLists) -> "PersonWords":
        """The patterns of the lists."""
        person = f"(?:{alternatives(lists.persons)})"
        number, years = r"(?<![\w.,])(?P<{}>\d\d\d?)(?![\w.,]|ste|de|e)", r"(?:jaar|jarige|j)\b"
        not_years = rf"(?! (?:%|{alternatives(lists.not_an_age)}|[a-z]* ver\b))"
        not_running = r"(?<!al )(?<!sinds )(?<!nu )(?<!over )(?<!na )"
        tens = alternatives(str(first) for first in lists.decades.values())
        jobs = alternatives((*lists.heavy_jobs, *lists.sitting_jobs))
        places = alternatives((*lists.heavy_places, *lists.sitting_places))
        cities = alternatives((*lists.belgian_places, *lists.dutch_places))
        return cls(
            lists=lists,
            numbers=re.compile(rf"\d\d|{'|'.join(word + 'er' for word in lists.decades)}"),
            only_person=re.compile(rf"(?:ik )?(?:ben )?(?:een )?{person}"),
            only_age=re.compile(r"(\d\d)(?: (?:jaar|j))?(?: oud)?"),
            age=re.compile(
                rf"\bben(?: ik| zelf| er|(?: {alternatives(lists.hedges)})){{0,3}}"
                rf"(?: een)?(?: \w+)?(?: {person})?"
                rf"(?:(?: \w+)? van)? {number.format('a')}{not_years}"
                rf"|{number.format('b')} ?(?:jaar |j )oud\b"
                rf"|^(?:ik |een )?{person}(?: van)? {number.format('c')}{not_years}"
                rf"|^{not_running}{number.format('d')} {years} ?(?:en |een )?{person}?$"
                rf"|^{not_running}{number.format('e')} (?:{years} )?(?:een )?{person}\b"
                rf"|\b{person} {number.format('f')} {years}"
                rf"|{number.format('g')} ?-? ?jarige\b"
                rf"|\bleeftijd (?:is )?{number.format('h')}|(?<!\S)(?P<i>\d\d)-jarige\b"
                rf"|^{number.format('k')} j\b|^nu {number.format('l')}$"
                rf"|\b(?:net|pas) {number.format('m')} geworden\b"
            ),
            next_age=re.compile(
                rf"\b(?:word|wordt)(?: ik)?(?: \S+){{0,3}} {number.format('next')}{not_years}"
            ),
            decade=re.compile(
                rf"(?:in de|de)(?: \w+)? (?P<in_tens>{tens})(?! jaar)"
                rf"|\b(?P<part>{'|'.join(_PARTS_OF_A_DECADE)}) "
                rf"(?:de |in de )?(?P<part_tens>{tens})(?!\S)"
                rf"|(?P<word>{alternatives(word + 'er' for word in lists.decades)})"
            ),
            birth=re.compile(r"\bgeboren (?:in |op )?(?:\S+ ){0,2}?(?P<year>19\d\d|200\d|201\d)\b"),
            job_words=tell_tales((*lists.heavy_jobs, *lists.sitting_jobs)),
            country_words=tell_tales(
                (*lists.belgian_places, *lists.dutch_places, *lists.belgians, *lists.dutchmen)
                + (*lists.belgian_insurance, *lists.dutch_insurance)
            ),
            job=re.compile(
                rf"(?:^|{alternatives(lists.job_openers)} )"
                rf"(?:ik |ook |van beroep )?(?:al )?(?:\w+ )?"
                rf"(?P<job>{jobs})"
            ),
            place_of_work=re.compile(
                rf"\b(?:werk|werken|werkzaam|job|baan|dienst|werkend)(?: \S+){{0,6}}?"
                rf" (?:in|op|bij|achter|aan|met)"
                rf"(?: (?:de|het|een|mijn|groot|grote))*(?P<place> {places})"
            ),
            heavy=one_of(lists.heavy_phrases),
            sitting=one_of(lists.sitting_phrases),
            no_longer=one_of(lists.no_longer_work),
            residence=re.compile(
                rf"{alternatives(lists.residences)}(?: \S+){{0,5}}? (?P<city>{cities})"
            ),
            belgian_place=one_of(lists.belgian_places),
            nationality=re.compile(
                rf"\bben(?: ik)?(?: een| zelf| nu| ook)*"
                rf" (?P<people>{alternatives((*lists.belgians, *lists.dutchmen))})"
            ),
            belgian=one_of(lists.belgians),
            travel=one_of(lists.travels),
            belgian_insurance=one_of(lists.belgian_insurance),
            dutch_insurance=one_of(lists.dutch_insurance),
            own_risk=one_of(lists.at_own_risk),
        )


def age(parts: Sequence[Clause], words: PersonWords, today: date) -> Optional[int]:
    """The writer's age in years; None when the message doesn't tell it."""
    for index, part in enumerate(parts):
        if part.who is not Who.WRITER:
            continue
        alone = words.only_age.fullmatch(part.text)
        beside = (*parts[max(0, index - 1) : index], *parts[index + 1 : index + 2])
        if alone and any(words.only_person.fullmatch(other.text) for other in beside):
            return int(alone[1])
        years = _age(part, words, today)
        if years is not None and _YOUNGEST <= years <= _OLDEST:
            return years
    return None


def _age(part: Clause, words: PersonWords, today: date) -> Optional[int]:
    text = part.text
    if not words.numbers.search(text):
        return None
    coming = words.next_age.search(text)
    if coming:
        return int(coming["next"]) - 1
    decade = words.decade.search(text)
    if decade and decade["part"]:
        return _of_decade(decade, words.lists)
    found = words.age.search(text)
    if found and _not_a_duration(found, text):
        return int(next(group for group in found.groups() if group))
    if decade and (decade["word"] or "ik" in part.words or "ben" in part.words):
        return _of_decade(decade, words.lists)
    birth = words.birth.search(text)
    return today.year - int(birth["year"]) if birth else None


def _not_a_duration(found: Match[str], text: str) -> bool:
    return not re.match(r" (?:plus|\+)", text[found.end() :])


def _of_decade(found: Match[str], lists: FactLists) -> int:
    if found["word"]:
        return lists.decades[found["word"][:-2]] + _MIDDLE_OF_A_DECADE
    if found["part"]:
        return int(found["part_tens"]) + _PARTS_OF_A_DECADE[found["part"]]
    return int(found["in_tens"]) + _MIDDLE_OF_A_DECADE


def work(parts: Sequence[Clause], words: PersonWords) -> Optional[str]:
    """The kind of work of the writer, ``HEAVY`` or ``SITTING``; None when it isn't told."""
    lists = words.lists
    for part in parts:
        if part.who is not Who.WRITER or words.no_longer.search(part.text):
            continue
        if words.sitting.search(part.text):
            return SITTING
        if words.heavy.search(part.text):
            return HEAVY
        known = not words.job_words.isdisjoint(part.vocabulary)
        job = words.job.search(part.text) if known else None
        if job and not (part.asked and not part.first_person):
            return HEAVY if job["job"] in lists.heavy_jobs else SITTING
        place = words.place_of_work.search(part.text)
        # "kan ik in de zorg werken?" does not say that the writer does.
        if place and not part.asked:
            return HEAVY if place["place"].strip() in lists.heavy_places else SITTING
    return None


def country(parts: Sequence[Clause], words: PersonWords) -> Optional[str]:
    """The country where the writer lives, "NL" or "BE"; None when nothing shows it."""
    by_insurance = None
    for part in parts:
        if part.who is not Who.WRITER or words.country_words.isdisjoint(part.vocabulary):
            continue
        home = words.residence.search(part.text)
        if home and not words.travel.search(part.text):
            return "BE" if words.belgian_place.fullmatch(home["city"]) else "NL"
        people = words.nationality.search(part.text)
        if people:
            return "BE" if words.belgian.fullmatch(people["people"]) else "NL"
        if words.belgian_insurance.search(part.text):
            by_insurance = "BE"
        elif words.dutch_insurance.search(part.text) and not words.own_risk.search(part.text):
            by_insurance = "NL"
    return by_insurance
