"""Figures are only those whose source was seen; countries differ where they must."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

from ruamel.yaml import YAML

from rasa_project.knowledge.entries import PLACEHOLDER, TopicEntry
from rasa_project.knowledge.files import Knowledge

FIGURES = YAML(typ="safe").load(Path(__file__).parent / "verified_figures.yml")
# Numbers that claim nothing about an effect or a frequency.
_NO_CLAIM = re.compile(
    r"\d+ of ouder|\d+ of 17|\d+e\b"
    r"|(?:jonger|ouder|geen|onder de|tot|van|boven de|de) (?:dan )?\d+(?= jaar|[,?.]|\b)(?! op| van)"
    r"|L4, L5 of S1|B12"
)
_PHONE = re.compile(r"(?<!\d)(?:112|113(?:\.nl)?|0800-0113|1813|1733|070 245 245)(?!\d)")
_FIGURE = re.compile(
    r"\d+(?:[.,]\d+)?|(?<!\w)(?:de helft|een derde|twee derde|een kwart|driekwart|(?:één|een) op de(?= (?:drie|vier|vijf|tien|twintig))|procent)(?!\w)"
)
# Topics on which the evidence sheet has a line "NL/BE": the two countries differ in fact.
DIFFERS = {
    "afspraak-maken",
    "depressie-en-angst",
    "hoeveel-behandelingen",
    "klacht-over-de-praktijk",
    "kosten",
    "paracetamol",
    "spoednummers-nl-be",
    "vergoeding",
    "verwachting-en-vertrouwen",
    "verwijzing",
    "vroeg-starten-met-fysiotherapie",
    "wanneer-naar-de-fysiotherapeut",
    "werken-met-rugpijn",
    "ziekmelden-en-bedrijfsarts",
}


def texts_of(entry: TopicEntry) -> Iterator[str]:
    for text in (entry.short, entry.more, entry.simple, entry.be.short, entry.be.more):
        if text:
            yield text
    for note in entry.notes:
        yield note.text


def figures_of(entry: TopicEntry) -> Set[str]:
    """The sentences' figures that claim something."""
    found: Set[str] = set()
    for text in texts_of(entry):
        plain = _NO_CLAIM.sub(" ", _PHONE.sub(" ", PLACEHOLDER.sub(" ", text)))
        found |= set(_FIGURE.findall(plain))
    return found


def test_the_figures_are_found_in_a_text() -> None:
    assert _FIGURE.findall("Na een jaar voelde 95 van de 100 zich beter, ruim de helft.") == [
        "95",
        "100",
        "de helft",
    ]


def test_every_figure_has_a_source_that_was_seen(knowledge: Knowledge) -> None:
    unlisted: Dict[str, List[str]] = {}
    for _, entry in knowledge.topics:
        listed = set(map(str, FIGURES.get(entry.id, {}).get("figures", [])))
        missing = sorted(figures_of(entry) - listed)
        if missing:
            unlisted[entry.id] = missing
    assert unlisted == {}, "look the figure up, then list it in verified_figures.yml"


def test_every_listed_figure_is_used_and_its_source_carries_the_answer(
    knowledge: Knowledge,
) -> None:
    entries = {entry.id: entry for _, entry in knowledge.topics}
    wrong: List[Tuple[str, str]] = []
    for topic, listed in FIGURES.items():
        entry = entries[topic]
        wrong += [(topic, f) for f in map(str, listed["figures"]) if f not in figures_of(entry)]
        wrong += [(topic, s) for s in listed["sources"] if s not in entry.sources]
    assert wrong == []


def test_the_countries_differ_where_the_facts_do(knowledge: Knowledge) -> None:
    same = {
        entry.id
        for _, entry in knowledge.topics
        if entry.id in DIFFERS and not (entry.be.short or entry.be.more)
    }
    assert same == set()
    assert {entry.id for _, entry in knowledge.topics} >= DIFFERS
