"""Weak signs add up over the turns of a conversation. Pure."""

from __future__ import annotations

from typing import AbstractSet, Tuple

from rasa_project.redflags.assess import Finding
from rasa_project.redflags.catalogue import RedFlagCatalogue


def combined_findings(
    new: AbstractSet[str], held: AbstractSet[str], catalogue: RedFlagCatalogue
) -> Tuple[Finding, ...]:
    """The combinations that this message completes, most urgent first.

    Args:
        new: Elements in this message.
        held: Elements of earlier turns.
        catalogue: The rules.
    """
    if not new:
        # Nothing can become complete; most messages hold no element.
        return ()
    complete = [
        combination
        for combination in catalogue.combinations
        if combination.held(new if combination.same_message else new | held)
        and not (combination.held(held) and not combination.same_message)
    ]
    complete.sort(key=lambda combination: -combination.urgency.rank)
    return tuple(
        Finding(c.flag, c.id, c.urgency, 0, 0, frozenset(), active=True, asks=c.asks)
        for c in complete
    )
