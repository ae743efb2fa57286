"""Reading answers from the database."""

from __future__ import annotations

import itertools

import pytest
import sqlalchemy as sa

from rasa_project.errors import StorageError
from rasa_project.knowledge.loader import load
from rasa_project.knowledge.repository import KnowledgeRepository, TopicLabel
from rasa_project.knowledge.told import fitting_note
from rasa_project.storage.engine import engine_for, session_for
from tests.builders import topic

WARMTE = topic(
    "warmte",
    sources=["BRON2", "BRON1"],
    be={"short": "Vlaams antwoord over warmte."},
    follow_ups=["kosten", "koude"],
    notes=[
        {"when": "pregnant", "text": "Omdat je zwanger bent."},
        {"when": "leg_pain", "text": "De pijn zit ook in je been."},
        {"when": "no_leg_pain", "text": "Je been doet geen pijn."},
    ],
    ask="leg_pain",
)


@pytest.fixture
def repository(database, knowledge) -> KnowledgeRepository:
    topics = [WARMTE, topic("koude"), topic("kosten", follow_ups=["warmte"])]
    with session_for(database) as session:
        load(session, knowledge(*topics))
    # Between any two calls there is a turn's time.
    return KnowledgeRepository(database, clock=itertools.count().__next__)


def test_in_one_turn_it_is_asked_once_whether_it_is_the_newest(repository, database):
    moment = [0.0]
    within_a_turn = KnowledgeRepository(database, clock=lambda: moment[0])
    within_a_turn.answer("warmte", "NL")
    within_a_turn.labels(["koude"])
    moment[0] = 1.0

    def turn() -> None:
        within_a_turn.answer("warmte", "NL")
        within_a_turn.labels(["koude"])
        within_a_turn.labels(["kosten"])

    assert count_queries(database, turn) == 1


def test_an_answer_has_its_text_sources_and_follow_ups_in_order(repository):
    answer = repository.answer("warmte", "NL")
    assert answer.topic == TopicLabel("warmte", "zelf-doen", "Wat is warmte?", "warmte")
    assert (answer.short, answer.more) == (WARMTE["short"], WARMTE["more"])
    assert [source.kind for source in answer.sources] == ["artikel", "richtlijn"]
    assert answer.follow_ups == ("kosten", "koude")
    assert not answer.approved
    assert answer.revision == 1


def test_flanders_gets_its_own_wording_and_the_rest_in_common(repository):
    answer = repository.answer("warmte", "BE")
    assert answer.short == "Vlaams antwoord over warmte."
    assert answer.more == WARMTE["more"]


@pytest.mark.parametrize("country", ["NL", "BE"])
def test_an_answer_has_its_simple_text_its_notes_in_order_and_what_is_asked_for(
    repository, country
):
    answer = repository.answer("warmte", country)
    assert answer.simple == WARMTE["simple"]
    assert answer.notes == tuple((note["when"], note["text"]) for note in WARMTE["notes"])
    assert answer.ask == "leg_pain"


def test_the_notes_of_an_answer_can_be_fitted_to_a_patient(repository):
    notes = repository.answer("warmte", "NL").notes
    assert fitting_note(notes, {"leg_pain": False}) == "Je been doet geen pijn."


def test_an_answer_may_have_no_notes_and_ask_for_nothing(repository):
    answer = repository.answer("koude", "NL")
    assert (answer.notes, answer.ask) == ((), None)


@pytest.mark.parametrize("topic_id", ["", "onbekend", "warmte'; DROP TABLE topic; --"])
def test_an_unknown_topic_has_no_answer(repository, topic_id):
    assert repository.answer(topic_id, "NL") is None
    assert repository.answer("warmte", "NL") is not None


def test_labels_come_in_the_order_asked_for_without_the_unknown(repository):
    labels = repository.labels(["koude", "onbekend", "warmte"])
    assert [label.id for label in labels] == ["koude", "warmte"]
    assert repository.labels([]) == []


def test_all_topics_that_can_be_answered(repository):
    assert repository.topic_ids() == {"warmte", "koude", "kosten"}


def count_queries(database: str, do) -> int:
    seen = []

    def note(*_given) -> None:
        seen.append(1)

    engine = engine_for(database)
    sa.event.listen(engine, "before_cursor_execute", note)
    do()
    sa.event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_what_was_read_is_not_read_again_but_asked_after(repository, database):
    first = repository.answer("warmte", "NL")
    assert count_queries(database, lambda: repository.answer("warmte", "NL")) == 1
    assert repository.answer("warmte", "NL") == first
    repository.labels(["koude"])
    assert count_queries(database, lambda: repository.labels(["warmte"])) == 1


def test_a_new_revision_and_a_retired_topic_show_at_once(repository, database, knowledge):
    assert repository.answer("koude", "NL").revision == 1
    assert repository.labels(["kosten"]) != []
    changed = topic("koude", short="Een heel ander antwoord over koude.")
    with session_for(database) as session:
        load(session, knowledge(WARMTE, topic("kosten", follow_ups=["warmte"]), changed))
    assert repository.answer("koude", "NL").short == "Een heel ander antwoord over koude."
    with session_for(database) as session:
        load(session, knowledge({**WARMTE, "follow_ups": ["koude"]}, changed))
    assert repository.answer("kosten", "NL") is None
    assert repository.labels(["kosten", "koude"]) == repository.labels(["koude"])


def test_an_answer_from_memory_is_none_when_the_database_fails(repository, database):
    assert repository.answer("warmte", "NL") is not None
    with engine_for(database).begin() as connection:
        connection.execute(sa.text("DELETE FROM answer_source"))
        connection.execute(sa.text("DROP TABLE answer_source"))
        connection.execute(sa.text("DROP TABLE answer_revision"))
    with pytest.raises(StorageError):
        repository.answer("warmte", "NL")
