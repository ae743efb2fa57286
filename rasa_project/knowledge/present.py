"""How an answer's sources and review state are put into words."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Sequence

from rasa_project.knowledge.repository import Answer, Source

_SHOWN = 3
# How an address is written in sources.yml, and where it leads.
_ADDRESSES = (
    (re.compile(r"(10\.\d{4,}/\S+)"), "https://doi.org/{}"),
    (re.compile(r"PMID (\d+)"), "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    (re.compile(r"(PMC\d+)"), "https://pmc.ncbi.nlm.nih.gov/articles/{}/"),
    (re.compile(r"((?:[\w-]+\.)+[a-z]{2,}(?:/\S*)?)"), "https://{}"),
)


def sources_line(answers: Sequence[Answer]) -> str:
    """One short line: kind and year of the first sources, and whether it was reviewed.

    Args:
        answers: One or two; each is named by its own sources in turn.
    """
    in_turn = zip_longest(*(answer.sources for answer in answers))
    named = dict.fromkeys(_kind_and_year(source) for row in in_turn for source in row if source)
    # What was not reviewed must be said, also when it stands beside what was.
    reviewed = min(answers, key=lambda answer: answer.approved)
    return f"Bronnen: {', '.join(list(named)[:_SHOWN])}. {review_line(reviewed)}"


def sources_list(answer: Answer) -> str:
    """All sources, one a line, with year, kind and address."""
    lines = [f"Dit antwoord ({answer.topic.button.lower()}) steunt op:"]
    for source in answer.sources:
        address = f", {links(source.address)}" if source.address else ""
        lines.append(f"- {source.reference}: {_kind_and_year(source)}{address}")
    return "\n".join(lines)


def links(addresses: str) -> str:
    """Addresses of a source, parted by "; ", so that they can be opened where possible."""
    return "; ".join(_link(address.strip()) for address in addresses.split(";"))


def _link(address: str) -> str:
    for form, place in _ADDRESSES:
        match = form.fullmatch(address)
        if match:
            return place.format(match[1])
    return address


def review_line(answer: Answer) -> str:
    """Who reviewed the text and when; "concept" until a clinician approved it."""
    if answer.approved and answer.reviewed_on:
        on = f"{answer.reviewed_on.day}-{answer.reviewed_on.month}-{answer.reviewed_on.year}"
        return f"Nagekeken op {on} door {answer.reviewed_by}."
    return "Concept: nog niet nagekeken door een zorgverlener."


def _kind_and_year(source: Source) -> str:
    return f"{source.kind} ({source.year})" if source.year[:1].isdigit() else source.kind
