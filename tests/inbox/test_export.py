"""One conversation as text and as PDF."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone

import pytest
from pypdf import PdfReader

from rasa_project.conversation.events import (
    ASSISTANT,
    JOINED,
    MESSAGE,
    NOTED,
    PATIENT,
    SYSTEM,
    THERAPIST,
)
from rasa_project.conversation.states import Ownership, State
from rasa_project.conversation.triage_file import triage_file
from rasa_project.inbox.export import MISSING, as_pdf, as_text, document, writable
from rasa_project.inbox.material import Callback, Event, Flag, Material, Note, RasaTurn
from rasa_project.inbox.texts import inbox_texts
from rasa_project.redflags.urgency import Urgency

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=timezone.utc)
HOSTILE = (
    "مرحبا بالعالم שלום 👩🏽‍⚕️😀 \u202eomgekeerd\u202c nul\x00bel\x07 <script>alert(1)</script> "
    "%PDF-1.7 (haakje \\) \ud7ff\U0001f9b4 café ﬁ ẞ ½ …"
)


def event(number, author, text, kind=MESSAGE, **more):
    content = {"text": text} if author in (PATIENT, THERAPIST) else {"parts": [{"text": text}]}
    content.update(more.pop("content", {}))
    at = NOW - timedelta(hours=1) + timedelta(seconds=number)
    return Event(
        number, at, author, kind, more.get("name"), content, more.get("reply_to"), None, None
    )


def material(*events, **more):
    values = {
        "ownership": Ownership(
            "web:x", State.HUMAN, 1, NOW, None, "asked", Urgency.SAME_DAY, True, 3
        ),
        "channel": "website",
        "created_at": NOW - timedelta(hours=1),
        "owner_name": "Anna de Wit",
        "read_event": 0,
        "events": tuple(events),
        "flags": (),
        "callbacks": (),
        "notes": (),
        "changes": (),
        "turns": (),
        "labels": {"tillen": "Tillen"},
        **more,
    }
    return Material(**values)


@pytest.fixture
def made(serve_practice, real_catalogue):
    serve_practice()

    def make(kept, approved=()):
        return document(
            kept, approved, inbox_texts(), real_catalogue, triage_file(), "De Brug", "Bea Baas", NOW
        )

    return make


def read(pdf: bytes):
    pages = PdfReader(io.BytesIO(pdf)).pages
    return len(pages), [page.extract_text() for page in pages]


CONVERSATION = (
    event(1, PATIENT, "Mag ik tillen met pijn in mijn been?"),
    event(2, ASSISTANT, "Ja, **rustig** aan.", reply_to=1, content={"topics": ["tillen"]}),
    event(3, PATIENT, "Ik kan niet meer plassen"),
    event(
        4, ASSISTANT, "Bel nu je huisarts.", reply_to=3, content={"alarm": "same_day"}
    ),
    event(5, THERAPIST, "", JOINED, name="Anna de Wit"),
    event(6, THERAPIST, "Hallo, ik lees mee.", name="Anna de Wit"),
    event(7, PATIENT, "Mijn benen zijn doof"),
    event(
        8,
        SYSTEM,
        "",
        NOTED,
        reply_to=7,
        content={"findings": [{"flag": "RF01", "sign": "x", "urgency": "same_day"}]},
    ),
)  # fmt: skip
KEPT = material(
    *CONVERSATION,
    flags=(Flag(NOW, "RF01", "RF01-plassen", "same_day", 0, 23, 3, "Bel nu je huisarts."),),
    turns=(RasaTurn("pain_days", 42.0), RasaTurn("leg_pain", True)),
    callbacks=(Callback(1, NOW, "Piet Puk", "06 12345678", "vanmiddag", None, None),),
    notes=(Note(1, NOW, "Anna de Wit", "Belt om drie uur terug."),),
)
EXPECTED = (
    "De Brug", "ma 23 nov 2026, 10:30, door Bea Baas", "Website",
    "Hoe lang pijn: 6 weken", "Pijn in het been: ja", "Tillen", "Bel nu je huisarts.",
    "Piet Puk, 06 12345678, vanmiddag", "Belt om drie uur terug.",
    "Mag ik tillen met pijn in mijn been?", "Ja, rustig aan.", "Anna de Wit praat nu mee.",
    "Hallo, ik lees mee.", "Mijn benen zijn doof",
)  # fmt: skip


def test_the_text_holds_the_card_and_the_whole_conversation_in_order(made):
    text = as_text(made(KEPT))
    for words in EXPECTED:
        assert words in text
    order = [text.index(said) for said in ("Mag ik tillen", "Ja, rustig aan.", "Ik kan niet meer")]
    assert order == sorted(order)
    assert "**" not in text


def test_the_pdf_says_the_same(made):
    count, pages = read(as_pdf(made(KEPT)))
    whole = " ".join(" ".join(pages).split())
    for words in EXPECTED:
        assert words in whole
    for number, page in enumerate(pages, 1):
        assert f"Bladzijde {number} van {count}" in page
        assert "door Bea Baas" in page


def test_texts_that_nobody_approved_are_marked_and_approved_ones_are_not(made):
    approved = as_text(made(material(*CONVERSATION[:2]), approved={"tillen"}))
    assert "concept" not in approved
    text = as_text(made(material(*CONVERSATION[:2])))
    assert text.startswith("Gesprek over lage rugpijn (concept, niet goedgekeurd)")
    head = next(line for line in text.splitlines() if "Assistent" in line)
    assert head.endswith("[concept, niet goedgekeurd]")
    patient = next(line for line in text.splitlines() if "Patiënt" in line)
    assert "concept" not in patient


def test_alarm_signs_are_named_also_those_in_messages_for_a_human(made):
    text = as_text(made(KEPT))
    name = inbox_texts().flags["RF01"]
    assert text.count(f"alarmteken: {name}") == 2


def test_hostile_signs_crash_nothing_and_what_the_font_lacks_is_seen(made):
    kept = material(
        event(1, PATIENT, HOSTILE),
        notes=(Note(1, NOW, HOSTILE, HOSTILE),),
        callbacks=(Callback(1, NOW, HOSTILE, HOSTILE, HOSTILE, None, None),),
    )
    shown = made(kept)
    assert HOSTILE in as_text(shown)
    _, pages = read(as_pdf(shown))
    whole = " ".join(" ".join(pages).split())
    assert "café" in whole
    assert "<script>alert(1)</script>" in whole
    assert MISSING in whole
    assert "\u202e" not in whole


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Rug: 45° – “zeer”, naïef € ≥ 3", "Rug: 45° – “zeer”, naïef € ≥ 3"),
        ("👍🏽", MISSING * 2),
        ("ja 🦴.", f"ja {MISSING}."),
        ("שלום", MISSING * 4),
        ("e\u0301", "e\u0301"),
        ("\x00", MISSING),
        ("a\u200db\ufe0f", "ab"),
    ],
)
def test_what_the_font_lacks_becomes_a_square(text, shown):
    assert writable(text) == shown


def test_a_word_longer_than_a_line_is_broken(made):
    _, pages = read(as_pdf(made(material(event(1, PATIENT, "x" * 1999)))))
    assert "".join("".join(pages).split()).count("x") >= 1999


def test_500_messages_make_many_pages_with_every_message(made):
    events = [
        event(n, PATIENT if n % 2 else THERAPIST, f"bericht nummer {n}. " + "Nog wat. " * 20,
              name="Anna")
        for n in range(1, 501)
    ]  # fmt: skip
    count, pages = read(as_pdf(made(material(*events))))
    whole = " ".join(" ".join(pages).split())
    assert count > 20
    assert [n for n in range(1, 501) if f"bericht nummer {n}." not in whole] == []
    assert f"Bladzijde {count} van {count}" in pages[-1]


def test_an_empty_conversation_is_a_document_too(made):
    count, pages = read(as_pdf(made(material())))
    assert count == 1
    assert "Geen gevonden" in pages[0]
