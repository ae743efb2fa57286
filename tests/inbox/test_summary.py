"""The summary card, the marked transcript and the words: pure, or read from both databases."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.conversation.events import reply_content
from rasa_project.conversation.log import ConversationGone, ConversationLog
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.states import PATIENT_ACTOR, Actor
from rasa_project.conversation.triage_file import triage_file
from rasa_project.inbox.material import Flag, RasaTurn, new_events, read_material
from rasa_project.inbox.moments import day_of, lasting, pain_lasts, when
from rasa_project.inbox.summary import asked_and_answered, facts, slots_of, summarise
from rasa_project.inbox.texts import (
    PLACEHOLDERS,
    Canned,
    filled_in,
    inbox_texts,
    placeholders_in,
)
from rasa_project.inbox.transcript import items, marked, pieces
from rasa_project.inbox.views import answer_words, card
from rasa_project.knowledge.told import FACTS
from rasa_project.storage.engine import session_for
from rasa_project.storage.keyring import sealer
from rasa_project.storage.red_flag_log import RedFlagLog
from rasa_project.storage.tables import AccountRow, TopicRow

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=timezone.utc)
ID = "web:" + "a" * 40
TEXTS = inbox_texts()


def slot(name, value):
    return RasaTurn(name, value)


def said(text):
    return RasaTurn(None, text)


# ---- What was told


def test_facts_in_words():
    turns = [
        slot("pain_days", 21.0),
        slot("leg_pain", True),
        slot("pregnant", False),
        slot("age", 52.0),
        slot("work", "heavy"),
        slot("country", "BE"),
        slot("operated", None),
        slot("misses", 1.0),
    ]
    assert [(line.label, line.value) for line in facts(slots_of(turns))] == [
        ("Hoe lang pijn", "3 weken"),
        ("Pijn in het been", "ja"),
        ("Zwanger", "nee"),
        ("Leeftijd", "52 jaar"),
        ("Werk", "lichamelijk zwaar"),
        ("Land", "België"),
    ]


def test_the_last_that_was_told_counts():
    assert facts(slots_of([slot("pain_days", 3.0), slot("pain_days", None)])) == []


def test_every_fact_has_a_label():
    values = {"work": "sitting", "country": "NL"}
    assert len(facts({name: values.get(name, 5.0) for name in FACTS})) == len(FACTS)


# ---- Alarm questions

CHECK = {"kind": "check", "flag": "", "number": 0, "urgency": "", "topics": [], "again": False}
RF02 = {
    "kind": "confirm",
    "flag": "RF02",
    "number": 0,
    "urgency": "",
    "topics": ["x"],
    "again": False,
}


def test_each_alarm_question_with_its_answer(real_catalogue):
    triage = triage_file()
    turns = [
        said("Is mijn rugpijn ernstig?"),
        slot("triage", CHECK),
        said("nee hoor"),
        slot("triage", {**CHECK, "number": 1}),
        said("tja, dat is een lang verhaal"),
        slot("triage", {**CHECK, "number": 1, "again": True}),
        said("Weet ik niet"),
        slot("triage", None),
        slot("triage", RF02),
    ]
    found = asked_and_answered(turns, real_catalogue, triage)
    questions = [one.question for one in triage.check.questions]
    assert [(one.question, one.answer, one.meaning) for one in found] == [
        (questions[0], "nee hoor", "nee"),
        (questions[1], "tja, dat is een lang verhaal", ""),
        (questions[1], "Weet ik niet", "weet het niet"),
        (real_catalogue.flags["RF02"].confirm[0].question, "", ""),
    ]


def test_a_question_that_is_kept_over_a_day_is_asked_once(real_catalogue):
    turns = [slot("triage", RF02), slot("triage", RF02), said("ja")]
    assert len(asked_and_answered(turns, real_catalogue, triage_file())) == 1


@pytest.mark.parametrize("broken", [{**RF02, "flag": "RF99"}, {**CHECK, "number": 99}, None, "x"])
def test_a_question_that_the_data_has_no_more_is_left_out(real_catalogue, broken):
    assert asked_and_answered([slot("triage", broken)], real_catalogue, triage_file()) == []


def test_answers_in_words():
    assert answer_words("", "") == "nog geen antwoord"
    assert answer_words("Ja", "ja") == "Ja"
    assert answer_words("ik denk van wel", "ja") == "ik denk van wel (ja)"


# ---- Marks


def flag(start, end, name="RF01", urgency="same_day"):
    return Flag(NOW, name, "sign", urgency, start, end, 1)


def test_marks_stand_where_the_sign_stands():
    assert marked("ik kan niet plassen, help", [flag(3, 19)], TEXTS) == [
        {"text": "ik "},
        {
            "text": "kan niet plassen",
            "mark": "Mogelijk cauda-equinasyndroom (Vandaag naar een arts)",
            "urgency": "same_day",
        },
        {"text": ", help"},
    ]


def test_where_signs_overlap_the_most_urgent_counts():
    found = marked("abcdef", [flag(0, 4), flag(2, 6, "RF24", "emergency")], TEXTS)
    assert [(one["text"], one.get("urgency")) for one in found] == [
        ("ab", "same_day"),
        ("cd", "emergency"),
        ("ef", "emergency"),
    ]


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6),
)
def test_together_the_pieces_are_the_message(text, spans):
    found = marked(text, [flag(start, end) for start, end in spans], TEXTS)
    assert "".join(one["text"] for one in found) == text
    covered = {at for s, e in spans if 0 <= s < e <= len(text) for at in range(s, e)}
    shown, at = set(), 0
    for one in found:
        if "mark" in one:
            shown |= set(range(at, at + len(one["text"])))
        at += len(one["text"])
    assert shown == covered


@given(st.text(max_size=80))
def test_bold_loses_no_letter(text):
    joined = "".join(one["text"] for one in pieces(text))
    assert joined.replace("*", "") == text.replace("*", "")


# ---- From the database


@pytest.fixture
def conversation(database):
    log = ConversationLog(database)
    log.begin(ID, "website", None, timedelta(hours=12))
    with session_for(database) as session:
        session.add(
            AccountRow(
                id=1,
                login="a@x.nl",
                name="Anna de Wit",
                role="therapeut",
                password_hash="x",
                created_at=NOW,
            )  # fmt: skip
        )
        session.add(
            TopicRow(
                id="fietsen",
                topic_group="x",
                question="?",
                button="Mag ik fietsen?",
                position=1,
                active=True,
            )  # fmt: skip
        )
        session.execute(
            sa.text(
                "CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255),"
                " type_name VARCHAR(255), data TEXT)"
            )
        )
        rasa = [
            {"event": "user", "text": "Ik heb 3 weken pijn"},
            {"event": "slot", "name": "pain_days", "value": 21.0},
            {"event": "action", "name": "x"},
        ]
        for number, event in enumerate(rasa):
            session.execute(
                sa.text("INSERT INTO events VALUES (:id, :sender, :type, :data)"),
                {
                    "id": number,
                    "sender": ID,
                    "type": event["event"],
                    "data": sealer().seal(json.dumps(event)),
                },
            )
    return log


def alarm_of(log, database):
    """A message with an alarm sign, as the assistant answers and keeps it."""
    first = log.add_message(ID, "client-1", "Mag ik fietsen?").event
    log.add_reply(ID, first, {"parts": [{"text": "Ja.", "buttons": []}], "topics": ["fietsen"]})
    message = log.add_message(ID, "client-2", "Ik kan niet plassen").event
    later = log.add_message(ID, "client-3", "Hallo?").event
    finding = {"flag": "RF01", "sign": "s", "urgency": "emergency", "start": 3, "end": 19}
    RedFlagLog(database).record(ID, [finding], "v1", "Bel nu 112.\n\nWacht niet.")
    content = reply_content(
        [
            {"text": "Bel nu 112.\n\nWacht niet."},
            {"custom": {"urgency": "emergency", "outcome": "triage"}},
        ]
    )
    log.add_reply(ID, message, content)
    log.add_reply(ID, later, {"parts": [{"text": "Ik ben er."}], "topics": []})
    return message


def test_the_whole_card(conversation, database, real_catalogue):
    alarm_of(conversation, database)
    ownerships = Ownerships(database)
    ownerships.ask_for_human(ID, PATIENT_ACTOR, "asked")
    ownerships.claim(ID, Actor.therapist(1, "Anna de Wit"))
    material = read_material(database, ID)
    summary = summarise(material, TEXTS, real_catalogue, triage_file(), datetime.now(timezone.utc))
    assert [(line.label, line.value) for line in summary.facts] == [("Hoe lang pijn", "3 weken")]
    assert summary.topics == ("Mag ik fietsen?",)
    assert [(one.name, one.level) for one in summary.alarms] == [
        ("Mogelijk cauda-equinasyndroom", "Spoed: bel nu 112")
    ]
    assert summary.advice == ("Bel nu 112.",)
    assert [line.value for line in summary.owners] == [
        "Wacht op een mens: de patiënt vroeg om een mens",
        "Bij Anna de Wit: overgenomen",
    ]
    assert card(summary)[1]["lines"] == [
        {"label": "Hoe lang pijn:", "value": "3 weken", "urgency": ""}
    ]
    assert [part["title"] for part in card(summary)] == [
        "Alarmtekens", "Verteld", "Gevraagd", "Wat de assistent aanraadde", "Wie had het gesprek",
    ]  # fmt: skip


def test_a_sign_is_marked_in_the_message_that_it_stands_in(conversation, database):
    message = alarm_of(conversation, database)
    material = read_material(database, ID)
    shown = items(material.events, material.flags, TEXTS, NOW)
    marks = {one["id"]: [p["text"] for p in one["parts"][0] if "mark" in p] for one in shown}
    assert {event: found for event, found in marks.items() if found} == {
        message: ["kan niet plassen"]
    }


def test_what_is_new_brings_the_message_that_it_is_about(conversation, database):
    message = alarm_of(conversation, database)
    whole = read_material(database, ID)
    after = message + 1
    events, flags, last = new_events(database, ID, after)
    assert last == whole.last_event
    assert message in [event.id for event in events]
    assert [event.id for event in events] == sorted(event.id for event in events)
    shown = {one["id"]: one for one in items(events, flags, TEXTS, NOW)}
    assert shown[message]["signs"][0]["flag"] == "RF01"
    assert new_events(database, ID, last) == ([], [], last)


def test_what_was_noted_in_a_message_for_a_human_is_marked_too(conversation, database):
    message = conversation.add_message(ID, "client-1", "nu voel ik mijn benen niet").event
    finding = {"flag": "RF02", "sign": "s", "urgency": "same_day", "start": 8, "end": 26}
    conversation.add_reply(ID, message, {"findings": [finding]}, "system", "noted")
    material = read_material(database, ID)
    first, noted = items(material.events, material.flags, TEXTS, NOW)
    assert [one["text"] for one in first["parts"][0] if "mark" in one] == ["ik mijn benen niet"]
    assert noted["kind"] == "noted"
    assert noted["signs"][0]["name"] == "Krachtverlies of uitval"


def test_a_conversation_that_is_gone(conversation, database):
    conversation.erase(ID)
    with pytest.raises(ConversationGone):
        read_material(database, ID)
    with pytest.raises(ConversationGone):
        new_events(database, ID, 0)


def test_without_rasas_table(database):
    ConversationLog(database).begin(ID, "website", None, timedelta(hours=12))
    assert read_material(database, ID).turns == ()


# ---- Words


def test_every_flag_has_a_name_for_the_practice(real_catalogue):
    assert set(TEXTS.flags) == set(real_catalogue.flags)


@pytest.mark.parametrize("one", TEXTS.canned, ids=lambda one: one.title)
def test_canned_replies_can_be_filled_in(serve_practice, one):
    serve_practice(hours={"maandag": ["08:00-12:00"]})
    for patient in ("", "Jan"):
        text = filled_in(one.text, "Anna de Wit", patient)
        assert "{" not in text
        assert "  " not in text
        assert " ," not in text
        assert "!" not in text
    assert placeholders_in(one.text) <= PLACEHOLDERS


def test_an_unknown_placeholder_is_refused():
    with pytest.raises(ValueError, match="unknown placeholder leeftijd"):
        Canned(title="x", text="Hoi {leeftijd}")
    with pytest.raises(ValueError, match="Single"):
        Canned(title="x", text="Hoi {")


def test_titles_of_canned_replies_differ():
    titles = [one.title for one in TEXTS.canned]
    assert len(set(titles)) == len(titles)


def test_moments():
    def at(*parts):
        return datetime(*parts, tzinfo=timezone.utc)

    assert when(at(2026, 11, 23, 8, 5), NOW) == "09:05"
    assert when(at(2026, 11, 22, 23, 30), NOW) == "00:30"
    assert when(at(2026, 11, 22, 22, 30), NOW) == "gisteren 23:30"
    assert when(at(2026, 11, 20, 8, 0), NOW) == "vr 20 nov 2026, 09:00"
    assert day_of(at(2026, 11, 20, 8, 0), NOW) == "vr 20 nov 2026"
    assert day_of(NOW, NOW) == "vandaag"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "minder dan 1 min"),
        (59, "minder dan 1 min"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 uur"),
        (3900, "1 uur 5 min"),
        (86_400, "1 dag"),
        (200_000, "2 dagen"),
    ],
)
def test_lasting(seconds, words):
    assert lasting(seconds) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [(0.2, "minder dan een dag"), (1, "1 dag"), (10, "10 dagen"), (42, "6 weken"),
     (183, "6 maanden"), (3650, "10 jaar")],
)  # fmt: skip
def test_how_long_the_pain_lasts(days, words):
    assert pain_lasts(days) == words
