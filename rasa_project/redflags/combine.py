"""What the two readers say together."""

from __future__ import annotations

from typing import Optional, Tuple

from rasa_project.redflags.assess import Assessment, Finding
from rasa_project.redflags.catalogue import RedFlagCatalogue
from rasa_project.redflags.second_reader import SIGN_SUFFIX, SecondReader


def combine(
    assessment: Assessment,
    reader: Optional[SecondReader],
    text: str,
    topic_confidence: float,
    catalogue: RedFlagCatalogue,
) -> Tuple[Finding, ...]:
    """The findings that count, most urgent first.

    The second reader is asked only where the rules are silent: they found nothing that
    counts, and nothing of its flag that they read as denied or past.

    Args:
        assessment: What the rules found.
        reader: The trained reader; None before training, or for a text it can't judge.
        text: The message.
        topic_confidence: How sure the topic classifier is of what is asked.
        catalogue: Says which urgencies a flag has; the reader raises the lowest.
    """
    if assessment.active or reader is None:
        return assessment.active
    flag = reader.read(text, topic_confidence)
    if (
        flag is None
        or flag not in catalogue.flags
        or any(f.flag == flag for f in assessment.findings)
    ):
        return ()
    urgency = min(catalogue.flags[flag].say, key=lambda level: level.rank)
    return (
        Finding(flag, f"{flag}-{SIGN_SUFFIX}", urgency, 0, len(text), frozenset(), active=True),
    )
