"""What people say according to the clinical catalogue, and how the assistant reads it.

``python -m tests.redflags.phrases`` writes what goes wrong to known_failures.tsv.
"""

from __future__ import annotations

import asyncio
import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

from rasa_project.redflags.urgency import Urgency
from tests.language.measure import Read, Reader
from tests.redflags.levels import URGENCY_OF

FOLDER = Path(__file__).parent
KNOWN_FAILURES = FOLDER / "known_failures.tsv"
ALARM, BENIGN, WEAK = "alarm", "benign", "weak"


@dataclass(frozen=True)
class Phrase:
    """One row of catalogue_phrases.tsv.

    Attributes:
        text: What somebody says.
        flag: The section it stands in, or what it looks like.
        label: "alarm", "benign", or "weak": half of a combination, which asks for nothing.
        level: U1 to U4, "-" for benign. Where the catalogue's rule leaves a choice, the
            lower level.
        where: Its place in the catalogue.
    """

    text: str
    flag: str
    label: str
    level: str
    where: str

    @property
    def due(self) -> Urgency:
        """The least that the phrase must raise."""
        return URGENCY_OF[self.level]


def rows(path: Path) -> List[Dict[str, str]]:
    """The rows of a table in this folder."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def phrases() -> List[Phrase]:
    """All phrases of the catalogue, in its order."""
    return [Phrase(**row) for row in rows(FOLDER / "catalogue_phrases.tsv")]


def known_failures() -> Dict[str, str]:
    """Text to reason of what is known to be read wrongly."""
    return {row["text"]: row["reason"] for row in rows(KNOWN_FAILURES)}


def mistake(phrase: Phrase, read: Read) -> str:
    """What is wrong with the reading, or "" if nothing is."""
    urgency: Optional[Urgency] = getattr(read, "urgency", None)
    if phrase.label == BENIGN:
        return f"false alarm of {phrase.flag}" if read.alarm else ""
    if phrase.label == WEAK:
        return ""
    if not read.alarm:
        return f"missed: {phrase.flag}, {phrase.level}"
    if urgency is not None and urgency.rank < phrase.due.rank:
        return f"too low: {phrase.flag}, {urgency.value}, due {phrase.due.value}"
    return ""


async def mistakes(reader: Reader, label: str) -> Dict[str, str]:
    """Text to mistake, of the phrases with this label that are read wrongly."""
    wrong = {}
    for phrase in phrases():
        if phrase.label == label:
            wrong[phrase.text] = mistake(phrase, await reader.read(phrase.text))
    return {text: reason for text, reason in wrong.items() if reason}


async def _write_known_failures() -> None:
    reader = Reader()
    wrong = {**await mistakes(reader, ALARM), **await mistakes(reader, BENIGN)}
    lines = ["text\treason", *(f"{text}\t{reason}" for text, reason in wrong.items())]
    KNOWN_FAILURES.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(wrong)} of {len(phrases())} phrases are read wrongly.")


if __name__ == "__main__":
    asyncio.run(_write_known_failures())
