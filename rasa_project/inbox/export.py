"""One conversation for the practice's record: as text and as PDF, with the summary card.

The document is made once (pure) and written down in two ways. It holds everything that the
practice sees; a word that the PDF's font can't write is shown as a sign that it lacks.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Collection, Dict, FrozenSet, List, Sequence, Tuple

import sqlalchemy as sa
from fpdf import FPDF, XPos, YPos
from fpdf.fonts import TTFFont

from rasa_project.conversation.events import ASSISTANT, SYSTEM
from rasa_project.conversation.triage_file import Triage
from rasa_project.inbox.material import Event, Material
from rasa_project.inbox.summary import Line, summarise
from rasa_project.inbox.texts import InboxTexts
from rasa_project.inbox.transcript import is_shown, items, plain
from rasa_project.inbox.words import day_and_time
from rasa_project.redflags.catalogue import RedFlagCatalogue
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AnswerRow

APPROVED = "approved"
CONCEPT = "concept, niet goedgekeurd"
_CONCEPT_NOTE = (
    "De teksten van de assistent met het woord concept zijn nog niet door een zorgverlener "
    "goedgekeurd."
)
_NOT_A_DIAGNOSIS = (
    "Dit is wat er in de chat is gezegd en door regels is gevonden. Het is geen onderzoek en "
    "geen diagnose."
)
# What stands where the font has no sign. It has a white square itself.
MISSING = "\u25a1"
_FONT = "DejaVu"
_FILES = (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf"))


@dataclass(frozen=True)
class Section:
    """A heading and what belongs to it."""

    title: str
    lines: Tuple[Line, ...]


@dataclass(frozen=True)
class Said:
    """One thing that was said or happened.

    Attributes:
        at: The moment, in words.
        who: Whose it is.
        text: What was said.
        remark: Such as that it is a concept, or which alarm signs were found.
    """

    at: str
    who: str
    text: str
    remark: str = ""


@dataclass(frozen=True)
class Document:
    """A conversation, ready to be written down."""

    title: str
    about: Tuple[Line, ...]
    remarks: Tuple[str, ...]
    sections: Tuple[Section, ...]
    said: Tuple[Said, ...]


def approved_topics(database_url: str, topics: Collection[str]) -> FrozenSet[str]:
    """Those topics whose answer, as it is now, was approved by somebody who treats."""
    rows = AnswerRow
    query = sa.select(rows.topic_id).where(
        rows.topic_id.in_(list(topics)),
        rows.current.is_(sa.true()),
        rows.review_status == APPROVED,
    )
    with session_for(database_url) as session:
        return frozenset(session.execute(query).scalars())


def topics_in(material: Material) -> FrozenSet[str]:
    """Every topic that was answered."""
    return frozenset(topic for event in material.events for topic in _topics(event))


def document(
    material: Material,
    approved: Collection[str],
    texts: InboxTexts,
    catalogue: RedFlagCatalogue,
    triage: Triage,
    practice: str,
    by: str,
    now: datetime,
) -> Document:
    """Make the document. Pure.

    Args:
        material: All that is kept of the conversation.
        approved: Topics whose answer was approved.
        texts: The practice's words.
        catalogue: The alarm questions.
        triage: How answers to them are read.
        practice: Its name.
        by: Who exports it.
        now: When.
    """
    said = _said(material, approved, texts, now)
    is_concept = any(CONCEPT in one.remark for one in said)
    about = (
        Line("Praktijk", practice),
        Line("Kanaal", texts.channels.get(material.channel, material.channel)),
        Line("Begonnen", day_and_time(material.created_at)),
        Line("Geëxporteerd", f"{day_and_time(now)}, door {by}"),
    )
    return Document(
        title="Gesprek over lage rugpijn" + (f" ({CONCEPT})" if is_concept else ""),
        about=about,
        remarks=((_CONCEPT_NOTE,) if is_concept else ()) + (_NOT_A_DIAGNOSIS,),
        sections=tuple(_sections(material, texts, catalogue, triage, now)),
        said=tuple(said),
    )


def _sections(
    material: Material,
    texts: InboxTexts,
    catalogue: RedFlagCatalogue,
    triage: Triage,
    now: datetime,
) -> List[Section]:
    card = summarise(material, texts, catalogue, triage, now)
    asked = [
        Line(
            one.question,
            " ".join(
                part for part in (one.answer, f"({one.meaning})" if one.meaning else "") if part
            )
            or "nog geen antwoord",
        )
        for one in card.questions
    ]
    found = [Line(alarm.name, f"{alarm.level} ({alarm.when})") for alarm in card.alarms]
    sections = [
        Section("Alarmtekens", tuple(found) or (Line("", "Geen gevonden"),)),
        Section("Alarmvragen", tuple(asked)),
        Section("Verteld door de patiënt", card.facts),
        Section("Onderwerpen", tuple(Line("", topic) for topic in card.topics)),
        Section("Advies van de assistent", tuple(Line("", advice) for advice in card.advice)),
        Section("Terugbellen", card.callbacks),
        Section("Wie had het gesprek", card.owners),
        Section(
            "Notities van de praktijk",
            tuple(
                Line(f"{day_and_time(note.at)}, {note.name}", note.text) for note in material.notes
            ),
        ),
    ]
    return [section for section in sections if section.lines]


def _said(
    material: Material, approved: Collection[str], texts: InboxTexts, now: datetime
) -> List[Said]:
    events = {event.id: event for event in material.events}
    said = []
    for shown in items(material.events, material.flags, texts, now):
        if not is_shown(shown):
            continue
        event = events[shown["id"]]
        remarks = [f"alarmteken: {sign['name']} ({sign['level']})" for sign in shown["signs"]]
        if _is_concept(event, approved):
            remarks.append(CONCEPT)
        text = plain(shown)
        if text or remarks:
            said.append(Said(day_and_time(event.at), _who(shown), text, "; ".join(remarks)))
    return said


def _who(shown: Dict[str, Any]) -> str:
    return "" if shown["kind"] in ("line", "noted") else str(shown["who"])


def _topics(event: Event) -> Sequence[str]:
    return [topic for topic in event.content.get("topics") or [] if isinstance(topic, str)]


def _is_concept(event: Event, approved: Collection[str]) -> bool:
    is_alarm_text = event.author == SYSTEM and bool(event.content.get("alarm"))
    if event.kind != "message" or not (event.author == ASSISTANT or is_alarm_text):
        return False
    topics = _topics(event)
    return not topics or any(topic not in approved for topic in topics)


# ---- as text


def as_text(made: Document) -> str:
    """The document in plain text."""
    blocks = [made.title, "\n".join(_line(line) for line in made.about), *made.remarks]
    for section in made.sections:
        blocks.append("\n".join([f"== {section.title} ==", *(_line(ln) for ln in section.lines)]))
    blocks.append("== Het gesprek ==")
    for one in made.said:
        head = ", ".join(part for part in (one.at, one.who) if part)
        remark = f" [{one.remark}]" if one.remark else ""
        blocks.append(f"{head}{remark}" + (f"\n{one.text}" if one.text else ""))
    return "\n\n".join(blocks) + "\n"


def _line(line: Line) -> str:
    return f"{line.label}: {line.value}" if line.label else f"- {line.value}"


# ---- as PDF


class _Paper(FPDF):
    """A4 with a foot on each page."""

    foot = ""

    def footer(self) -> None:
        """Called by fpdf at the end of each page."""
        self.set_y(-15)
        self.set_font(_FONT, size=8)
        self.set_text_color(90)
        # One line, however long the practice's name is.
        room = self.epw - 30
        foot = self.foot
        while foot and self.get_string_width(foot) > room:
            foot = foot[:-1]
        self.cell(room, 8, foot)
        self.cell(0, 8, f"Bladzijde {self.page_no()} van {{nb}}", align="R")
        self.set_text_color(0)


def as_pdf(made: Document) -> bytes:
    """The document as PDF."""
    paper = _Paper(format="A4")
    paper.set_margin(18)
    paper.set_auto_page_break(True, margin=20)
    for style, file in _FILES:
        paper.add_font(_FONT, style, str(_fonts() / file))
    paper.set_title(writable(made.title))
    paper.set_lang("nl")
    paper.foot = writable(f"{made.about[0].value}, {made.about[-1].value}")
    paper.add_page()
    _write(paper, made.title, size=15, bold=True)
    for line in made.about:
        _write(paper, _line(line))
    for remark in made.remarks:
        _write(paper, remark, size=9)
    for section in made.sections:
        _heading(paper, section.title)
        for line in section.lines:
            _write(paper, _line(line))
    _heading(paper, "Het gesprek")
    for one in made.said:
        _write(paper, ", ".join(part for part in (one.at, one.who) if part), size=9, bold=True)
        if one.remark:
            _write(paper, f"[{one.remark}]", size=9)
        if one.text:
            _write(paper, one.text)
        paper.ln(1.5)
    return bytes(paper.output())


def _heading(paper: FPDF, title: str) -> None:
    paper.ln(3)
    _write(paper, title, size=12, bold=True)


def _write(paper: FPDF, text: str, size: float = 10, bold: bool = False) -> None:
    paper.set_font(_FONT, "B" if bold else "", size)
    paper.multi_cell(0, size * 0.5, writable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def writable(text: str) -> str:
    """A text of which the font has every sign; what it lacks becomes a square.

    Right-to-left writing would come out in the wrong order without its marks, and a wrong
    word is worse than none: it becomes squares too.
    """
    known = _signs()
    return "".join(sign if _is_writable(sign, known) else MISSING for sign in _without_marks(text))


def _is_writable(sign: str, known: FrozenSet[int]) -> bool:
    if sign in "\n\t ":
        return True
    code = ord(sign)
    # Hebrew and Arabic, with their presentation forms.
    is_right_to_left = 0x590 <= code <= 0x8FF or 0xFB1D <= code <= 0xFEFC
    return sign.isprintable() and not is_right_to_left and code in known


def _without_marks(text: str) -> str:
    """Without what is no sign of its own: joiners and variation selectors of emoji."""
    left_out = {"\u200b", "\u200c", "\u200d", "\ufe0e", "\ufe0f", "\u2060", "\ufeff", "\r"}
    return "".join(" " if sign == "\u00a0" else sign for sign in text if sign not in left_out)


def _fonts() -> Path:
    """The folder of the fonts that come with matplotlib, which Rasa needs anyhow."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise FileNotFoundError("matplotlib, whose fonts the PDF is written with, is gone")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


@lru_cache(maxsize=1)
def _signs() -> FrozenSet[int]:
    """The signs that both weights of the font have."""
    paper = FPDF()
    faces = []
    for style, file in _FILES:
        paper.add_font(_FONT, style, str(_fonts() / file))
        face = paper.fonts[f"{_FONT.lower()}{style}"]
        faces.append(frozenset(face.cmap) if isinstance(face, TTFFont) else frozenset())
    return frozenset.intersection(*faces)
