"""What a single answer must satisfy."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from rasa_project.knowledge.entries import (
    MAX_SHORT_WORDS,
    MAX_SIMPLE_WORDS,
    Review,
    TopicEntry,
    WordingFile,
)
from tests.builders import WORDING, topic


def refused(**fields) -> str:
    with pytest.raises(ValidationError) as caught:
        TopicEntry.parse_obj(topic("warmte", **fields))
    return str(caught.value)


def test_a_short_answer_may_have_ninety_words_and_no_more():
    most = " ".join(["woord"] * MAX_SHORT_WORDS)
    assert TopicEntry.parse_obj(topic("warmte", short=most)).short == most
    assert "has 91 words; 90 is the most" in refused(short=f"{most} meer")


def test_the_limit_holds_for_flanders_too():
    assert "has 91 words" in refused(be={"short": "woord " * 91})


def test_a_simple_answer_may_have_fifty_five_words_and_no_more():
    most = " ".join(["woord"] * MAX_SIMPLE_WORDS)
    assert TopicEntry.parse_obj(topic("warmte", simple=most)).simple == most
    assert "has 56 words; 55 is the most" in refused(simple=f"{most} meer")


def note(when: str, words: int = 5) -> dict:
    return {"when": when, "text": " ".join(["woord"] * words)}


def test_a_short_answer_and_a_note_have_ninety_words_together():
    short = " ".join(["woord"] * 70)
    fits = [note("acute", 20), note("chronic", 20)]
    assert len(TopicEntry.parse_obj(topic("warmte", short=short, notes=fits)).notes) == 2
    assert "has 91 words" in refused(short=short, notes=[*fits, note("older", 21)])


def test_a_note_fits_beside_the_wording_of_flanders_too():
    longer = {"short": "woord " * 80}
    assert "has 91 words" in refused(be=longer, notes=[note("acute", 11)])
    assert TopicEntry.parse_obj(topic("warmte", be=longer, notes=[note("acute", 10)]))


@pytest.mark.parametrize(
    ("ask", "notes", "fine"),
    [
        ("pain_days", ["acute", "chronic", "subacute"], True),
        ("pain_days", ["pregnant", "subacute", "acute", "chronic"], True),
        ("pain_days", ["subacute", "acute"], False),
        ("leg_pain", ["leg_pain", "no_leg_pain"], True),
        ("pain_days", [], False),
        ("pain_days", ["acute"], False),
        ("pain_days", ["acute", "acute"], False),
        ("pain_days", ["leg_pain", "no_leg_pain"], False),
        ("leg_pain", ["leg_pain", "chronic"], False),
        (None, [], True),
        (None, ["acute"], True),
    ],
)
def test_a_fact_is_asked_for_only_when_the_answer_depends_on_it(ask, notes, fine):
    fields = {"ask": ask, "notes": [note(when) for when in notes]}
    if fine:
        assert TopicEntry.parse_obj(topic("warmte", **fields)).ask == ask
    else:
        assert f"{ask} is asked for, but there is no note for" in refused(**fields)


@pytest.mark.parametrize("topic_id", ["Warmte", "warmte_1", "-warmte", "warmte--koude", "", "é"])
def test_an_id_that_is_no_catalogue_id_is_refused(topic_id):
    assert "an id has small letters" in refused(id=topic_id)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"follow_ups": ["warmte"]}, "can't be its own follow-up"),
        ({"follow_ups": []}, "follow_ups"),
        ({"follow_ups": ["a", "b", "c", "d"]}, "follow_ups"),
        ({"sources": []}, "sources"),
        ({"button": "x" * 31}, "at most 30 characters"),
        ({"question": "Wat?"}, "at least 5 characters"),
        ({"short": "   "}, "short"),
        ({"more": "kort"}, "at least 20 characters"),
        ({"simple": "kort"}, "at least 20 characters"),
        ({"simple": None}, "simple"),
        ({"notes": [{"when": "sometimes", "text": "x" * 20}]}, "notes"),
        ({"notes": [{"when": "acute", "text": "kort"}]}, "at least 15 characters"),
        ({"notes": [{"when": "acute", "text": "x" * 20, "source": "A"}]}, "extra fields"),
        ({"ask": "age"}, "ask"),
        ({"shorts": "x"}, "extra fields not permitted"),
        ({"be": {"kort": "x"}}, "extra fields not permitted"),
        ({"review": {"status": "fine"}}, "review"),
    ],
)
def test_each_rule_of_an_answer_is_kept(fields, reason):
    assert reason in refused(**fields)


@pytest.mark.parametrize(
    "review",
    [
        {"status": "approved"},
        {"status": "approved", "reviewed_on": "2026-01-02"},
        {"status": "approved", "reviewed_by": "A. de Wit"},
        {"status": "approved", "reviewed_on": "2026-01-02", "reviewed_by": ""},
        {"status": "concept", "reviewed_on": "2026-01-02", "reviewed_by": "A. de Wit"},
    ],
)
def test_only_an_approved_text_has_a_name_and_a_date(review):
    assert "an approved text has reviewed_on and reviewed_by" in refused(review=review)


def test_an_approved_text_keeps_who_and_when():
    review = Review(status="approved", reviewed_on="2026-01-02", reviewed_by="A. de Wit")
    assert (review.reviewed_on, review.reviewed_by) == (date(2026, 1, 2), "A. de Wit")


def test_flanders_reads_its_own_wording_where_it_has_one():
    entry = TopicEntry.parse_obj(topic("warmte", be={"short": "Een Vlaams kort antwoord."}))
    assert entry.short_for("BE") == "Een Vlaams kort antwoord."
    assert entry.short_for("NL") == entry.short
    assert entry.more_for("BE") == entry.more_for("NL") == entry.more


def test_a_word_that_only_one_country_has_is_refused():
    with pytest.raises(ValidationError, match="only one of NL and BE has verzekeraar"):
        WordingFile.parse_obj({**WORDING, "NL": {**WORDING["NL"], "verzekeraar": "x"}})


def test_every_field_that_a_practice_may_leave_empty_needs_its_words():
    empty = {name: text for name, text in WORDING["empty"].items() if name != "adres"}
    with pytest.raises(ValidationError, match="`empty` lacks adres"):
        WordingFile.parse_obj({**WORDING, "empty": empty})
