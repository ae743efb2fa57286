"""What the two readers say together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import List, Optional, Sequence, Tuple

from rasa_project.redflags.assess import Assessment, Finding
from rasa_project.redflags.catalogue import RedFlagCatalogue
from rasa_project.redflags.conversation import combined_findings
from rasa_project.redflags.second_reader import (
    LEVEL_RAISES,
    SIGN_SUFFIX,
    SecondReader,
    Suspicion,
    Thresholds,
)
from rasa_project.redflags.urgency import highest

SHORT_MESSAGE = 3


@dataclass(frozen=True)
class Judgement:
    """A message, judged.

    Attributes:
        findings: What counts as an alarm, most urgent first.
        suspected: What is asked about, when nothing counts as an alarm.
    """

    findings: Tuple[Finding, ...] = ()
    suspected: Optional[Finding] = None


def judge(
    assessment: Assessment,
    reader: Optional[SecondReader],
    text: str,
    topic_confidence: float,
    catalogue: RedFlagCatalogue,
    thresholds: Thresholds,
) -> Judgement:
    """Put both readers together.

    The rules themselves say whether a sign is an alarm or only a question. The second
    reader can only raise that: a question to an alarm, an alarm to a higher urgency, and
    where the rules are silent, and read nothing of that flag as denied or past, silence
    to a question, or to an alarm when it is sure. Where it reads nothing, a question of
    the rules counts as an alarm: nobody else can say that it is none.

    Args:
        assessment: What the rules found.
        reader: The trained reader; None before training, or for a text it can't judge.
        text: The message.
        topic_confidence: How sure the topic classifier is of what is asked.
        catalogue: The rules.
        thresholds: From when the reader's opinion counts.
    """
    combined = combined_findings(assessment.elements, frozenset(), catalogue)
    found = sorted((*assessment.active, *combined), key=lambda f: -f.urgency.rank)
    if reader is None:
        return Judgement(tuple(found))
    heard = reader.read(text, catalogue)
    if found:
        if heard is None or heard.margin >= thresholds.agrees:
            return Judgement(tuple(_as_urgent_as_heard(found, reader, text, catalogue)))
        if all(finding.asks for finding in found):
            return Judgement(suspected=found[0])
        return Judgement(tuple(found))
    if heard is None or _says_too_little(text, heard, thresholds):
        return Judgement()
    # An ordinary question, or what the rules read as denied or past, must sound more alarming.
    denied = any(finding.flag == heard.flag for finding in assessment.findings)
    sure = denied or topic_confidence >= thresholds.sure_topic
    if heard.margin >= (thresholds.alarm_if_sure if sure else thresholds.alarm):
        return Judgement((_finding(heard, reader, text, catalogue),))
    early = catalogue.flags[heard.flag].ask_early
    if heard.margin >= (thresholds.ask_early if early else thresholds.ask) and not sure:
        return Judgement(suspected=_finding(heard, reader, text, catalogue))
    return Judgement()


def _says_too_little(text: str, heard: Suspicion, thresholds: Thresholds) -> bool:
    return len(text.split()) <= SHORT_MESSAGE and heard.margin < thresholds.short_message


def _as_urgent_as_heard(
    found: Sequence[Finding], reader: SecondReader, text: str, catalogue: RedFlagCatalogue
) -> List[Finding]:
    """The more alarming reading of the urgency wins."""
    raised = []
    for finding in found:
        levels = list(catalogue.flags[finding.flag].say)
        urgency = highest([finding.urgency, reader.urgency(text, levels, LEVEL_RAISES)])
        raised.append(replace(finding, urgency=urgency))
    return sorted(raised, key=lambda finding: -finding.urgency.rank)


def _finding(
    heard: Suspicion, reader: SecondReader, text: str, catalogue: RedFlagCatalogue
) -> Finding:
    sign, urgency = f"{heard.flag}-{SIGN_SUFFIX}", reader.urgency_of(heard, catalogue)
    return Finding(heard.flag, sign, urgency, 0, len(text), frozenset(), active=True)
