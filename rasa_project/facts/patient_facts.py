"""What patients tell about themselves. Pure functions; no Rasa, no clock."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Dict

from rasa_project.facts.body_facts import BodyWords, leg_pain, operated, pregnant
from rasa_project.facts.duration_words import DurationWords
from rasa_project.facts.durations import pain_days
from rasa_project.facts.fact_words import FactLists, Rewriter, read_fact_lists
from rasa_project.facts.person_facts import PersonWords, age, country, work
from rasa_project.facts.speaker import SpeakerWords, clauses

PAIN_DAYS = "pain_days"
LEG_PAIN = "leg_pain"
PREGNANT = "pregnant"
AGE = "age"
WORK = "work"
OPERATED = "operated"
COUNTRY = "country"


class FactWords:
    """The word lists, made ready for reading messages."""

    def __init__(self, lists: FactLists):
        self.rewriter = Rewriter(lists)
        self.speaker = SpeakerWords.of(lists)
        self.durations = DurationWords.of(lists)
        self.body = BodyWords.of(lists)
        self.person = PersonWords.of(lists)


@lru_cache(maxsize=4)
def read_fact_words(path: Path) -> FactWords:
    """Read the word lists, once per file.

    Raises:
        DataFileError: The file is wrong.
    """
    return FactWords(read_fact_lists(path))


def patient_facts(text: str, words: FactWords, today: date) -> Dict[str, object]:
    """What a message tells about its writer; a key only when it is told.

    Args:
        text: The message as typed.
        words: The word lists.
        today: The day on which it was typed.

    Returns:
        ``pain_days`` (float), ``leg_pain`` (bool), ``pregnant`` (bool), ``age`` (int),
        ``work`` ("heavy" or "sitting"), ``operated`` (bool), ``country`` ("NL" or "BE").
    """
    parts = clauses(words.rewriter.tokens(text), words.speaker)
    years = age(parts, words.person, today)
    told = {
        PAIN_DAYS: pain_days(parts, words.durations, today, years),
        LEG_PAIN: leg_pain(parts, words.body),
        PREGNANT: pregnant(parts, words.body),
        AGE: years,
        WORK: work(parts, words.person),
        OPERATED: operated(parts, words.body),
        COUNTRY: country(parts, words.person),
    }
    return {name: value for name, value in told.items() if value is not None}
