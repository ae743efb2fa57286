"""The catalogue's levels as urgencies, and the urgency of a message by the rules alone."""

from __future__ import annotations

from typing import Dict

from rasa_project.redflags.assess import RedFlagRules
from rasa_project.redflags.conversation import combined_findings
from rasa_project.redflags.urgency import Urgency, highest

# U4 is told to the therapist; it raises no alarm.
URGENCY_OF: Dict[str, Urgency] = {
    "U1": Urgency.EMERGENCY,
    "U2": Urgency.SAME_DAY,
    "U3": Urgency.SOON,
    "U4": Urgency.NONE,
    "-": Urgency.NONE,
}


def urgency_by_rules(rules: RedFlagRules, text: str) -> Urgency:
    """What a first message raises: its strong signs, and the weak ones taken together."""
    assessment = rules.assess(text)
    combined = combined_findings(assessment.elements, frozenset(), rules.catalogue)
    return highest([assessment.urgency, *(finding.urgency for finding in combined)])
