"""Loading the answers: safe to run again, and old revisions stay."""

from __future__ import annotations

from dataclasses import astuple

import pytest
import sqlalchemy as sa

from rasa_project.knowledge.loader import LoadReport, load
from rasa_project.knowledge.repository import KnowledgeRepository
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AnswerRow, AnswerSourceRow, SourceRow, TopicRow
from tests.builders import SOURCES, topic

WARMTE, KOUDE = topic("warmte"), topic("koude")
NOTES = [
    {"when": "acute", "text": "Je hebt nog niet zo lang pijn."},
    {"when": "subacute", "text": "Je hebt al een paar weken pijn."},
    {"when": "chronic", "text": "Je hebt al heel lang pijn."},
]
CHANGED = {**WARMTE, "short": "Een nieuw kort antwoord over warmte."}


def load_into(url, knowledge) -> LoadReport:
    with session_for(url) as session:
        return load(session, knowledge)


def everything(url):
    """All rows of all tables, to see whether anything changed."""
    with session_for(url) as session:
        return {
            table.__tablename__: sorted(
                map(repr, session.execute(sa.select(table.__table__)).fetchall())
            )
            for table in (TopicRow, AnswerRow, SourceRow, AnswerSourceRow)
        }


def revisions(url, topic_id):
    query = (
        sa.select(AnswerRow.revision, AnswerRow.current, AnswerRow.short_nl)
        .where(AnswerRow.topic_id == topic_id)
        .order_by(AnswerRow.revision)
    )
    with session_for(url) as session:
        return [tuple(row) for row in session.execute(query)]


def test_the_first_run_adds_and_the_second_changes_nothing(database, knowledge):
    assert astuple(load_into(database, knowledge(WARMTE, KOUDE))) == (2, 0, 0, 0)
    before = everything(database)
    assert before["topic"]
    assert astuple(load_into(database, knowledge(WARMTE, KOUDE))) == (0, 0, 2, 0)
    assert everything(database) == before


def test_a_changed_answer_makes_revision_two_and_keeps_revision_one(database, knowledge):
    load_into(database, knowledge(WARMTE, KOUDE))
    report = load_into(database, knowledge(CHANGED, KOUDE))
    assert str(report) == "0 added, 1 changed, 1 unchanged, 0 retired"
    assert revisions(database, "warmte") == [
        (1, False, WARMTE["short"]),
        (2, True, CHANGED["short"]),
    ]
    assert KnowledgeRepository(database).answer("warmte", "NL").revision == 2


def test_an_answer_that_is_changed_back_makes_revision_three(database, knowledge):
    for version in (WARMTE, CHANGED, WARMTE):
        load_into(database, knowledge(version, KOUDE))
    assert [(number, current) for number, current, _ in revisions(database, "warmte")] == [
        (1, False),
        (2, False),
        (3, True),
    ]


def test_an_approval_makes_a_new_revision(database, knowledge):
    load_into(database, knowledge(WARMTE, KOUDE))
    review = {"status": "approved", "reviewed_on": "2026-01-02", "reviewed_by": "A. de Wit"}
    assert load_into(database, knowledge({**WARMTE, "review": review}, KOUDE)).changed == 1
    answer = KnowledgeRepository(database).answer("warmte", "NL")
    assert (answer.approved, answer.reviewed_by) == (True, "A. de Wit")
    assert answer.reviewed_on.isoformat() == "2026-01-02"


@pytest.mark.parametrize(
    "change",
    [
        {"simple": "Een nieuw simpel antwoord over warmte."},
        {"notes": NOTES[:1]},
        {"notes": NOTES[::-1], "ask": "pain_days"},
        {"notes": NOTES},  # and no longer asked for
        {"notes": [NOTES[0], {**NOTES[1], "when": "older"}]},
    ],
    ids=["simple", "fewer notes", "their order", "ask", "condition"],
)
def test_what_an_answer_says_to_some_patients_makes_a_new_revision(database, knowledge, change):
    first = {**WARMTE, "notes": NOTES, "ask": "pain_days"}
    load_into(database, knowledge(first, KOUDE))
    assert load_into(database, knowledge(first, KOUDE)).changed == 0
    assert load_into(database, knowledge({**WARMTE, **change}, KOUDE)).changed == 1
    assert KnowledgeRepository(database).answer("warmte", "NL").revision == 2


def test_a_new_question_or_button_needs_no_new_revision(database, knowledge):
    load_into(database, knowledge(WARMTE, KOUDE))
    renamed = {**WARMTE, "button": "Helpt warmte?", "question": "Mag er een kruik op?"}
    assert load_into(database, knowledge(renamed, KOUDE)).unchanged == 2
    (label,) = KnowledgeRepository(database).labels(["warmte"])
    assert (label.button, label.question) == ("Helpt warmte?", "Mag er een kruik op?")


def test_a_removed_topic_is_retired_and_comes_back(database, knowledge):
    repository = KnowledgeRepository(database)
    alone = {**WARMTE, "follow_ups": ["kosten"]}
    kosten = topic("kosten", follow_ups=["warmte"])
    load_into(database, knowledge(alone, kosten, KOUDE))

    assert load_into(database, knowledge(alone, kosten)).retired == 1
    assert repository.answer("koude", "NL") is None
    assert load_into(database, knowledge(alone, kosten)).retired == 0

    report = load_into(database, knowledge(alone, kosten, KOUDE))
    assert (report.added, report.unchanged) == (0, 3)
    assert repository.answer("koude", "NL").revision == 1


def test_sources_are_updated_in_place_and_never_deleted(database, knowledge):
    load_into(database, knowledge(WARMTE, KOUDE))
    newer = {**SOURCES["BRON1"], "year": "2026", "address": ""}
    load_into(database, knowledge(WARMTE, KOUDE, sources={"BRON1": newer}))
    (source,) = KnowledgeRepository(database).answer("warmte", "NL").sources
    assert (source.year, source.address) == ("2026", "")
    with session_for(database) as session:
        assert set(session.execute(sa.select(SourceRow.key)).scalars()) == {"BRON1", "BRON2"}


def test_a_failure_half_way_leaves_everything_as_it_was(database, knowledge):
    load_into(database, knowledge(WARMTE, KOUDE))
    before = everything(database)

    class Stop(Exception):
        pass

    try:
        with session_for(database) as session:
            load(session, knowledge(CHANGED, KOUDE))
            raise Stop
    except Stop:
        pass
    assert everything(database) == before


def test_the_whole_real_catalogue_loads(database, real_knowledge):
    assert load_into(database, real_knowledge).added == len(real_knowledge.topics)
    assert load_into(database, real_knowledge).unchanged == len(real_knowledge.topics)
