"""Reading answers from the database."""

from __future__ import annotations

import pytest

from rasa_project.knowledge.loader import load
from rasa_project.knowledge.repository import KnowledgeRepository, TopicLabel
from rasa_project.storage.engine import session_for
from tests.builders import topic

WARMTE = topic(
    "warmte",
    sources=["BRON2", "BRON1"],
    be={"short": "Vlaams antwoord over warmte."},
    follow_ups=["kosten", "koude"],
)


@pytest.fixture
def repository(database, knowledge) -> KnowledgeRepository:
    topics = [WARMTE, topic("koude"), topic("kosten", follow_ups=["warmte"])]
    with session_for(database) as session:
        load(session, knowledge(*topics))
    return KnowledgeRepository(database)


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
