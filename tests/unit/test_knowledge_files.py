"""The answers' files and the references between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import pytest

from rasa_project.errors import DataFileError, Problem
from rasa_project.knowledge.files import read_knowledge
from tests.builders import SOURCES, WORDING, topic, write_knowledge, write_yaml

WARMTE = topic("warmte")
KOUDE = topic("koude")


def problems_of(folder: Path) -> List[Problem]:
    with pytest.raises(DataFileError) as caught:
        read_knowledge(folder)
    return caught.value.problems


def only_problem(tmp_path: Path, *topics: Any, **files: Any) -> Problem:
    (problem,) = problems_of(write_knowledge(tmp_path, list(topics), **files))
    return problem


def written(problem: Problem) -> str:
    """The line that a problem points at."""
    return problem.file.read_text("utf-8").splitlines()[problem.line - 1].strip(" -")


def test_topics_come_with_their_group_in_the_order_of_the_file(tmp_path):
    knowledge = read_knowledge(write_knowledge(tmp_path, [WARMTE, KOUDE]))
    assert [(group, entry.id) for group, entry in knowledge.topics] == [
        ("zelf-doen", "warmte"),
        ("zelf-doen", "koude"),
    ]
    assert set(knowledge.sources) == set(SOURCES)
    assert knowledge.wording.BE["therapeut"] == "kinesitherapeut"


def test_an_unknown_source_is_told_with_file_and_line(tmp_path):
    problem = only_problem(tmp_path, WARMTE, {**KOUDE, "sources": ["NIET"]})
    assert problem.file.name == "zelf-doen.yml"
    assert problem.reason == "koude: no source NIET in sources.yml"
    assert written(problem).startswith("sources:")


def test_an_unknown_follow_up_is_told_with_file_and_line(tmp_path):
    problem = only_problem(tmp_path, WARMTE, {**KOUDE, "follow_ups": ["warmte", "regen"]})
    assert problem.reason == "koude: no topic regen"
    assert written(problem).startswith("follow_ups:")


def test_all_unknown_follow_ups_are_told_in_one_run(tmp_path):
    topics = [{**WARMTE, "follow_ups": ["zon"]}, {**KOUDE, "follow_ups": ["regen"]}]
    reasons = [problem.reason for problem in problems_of(write_knowledge(tmp_path, topics))]
    assert reasons == ["warmte: no topic zon", "koude: no topic regen"]


def test_follow_ups_may_lead_to_another_file(tmp_path):
    write_knowledge(tmp_path, [{**WARMTE, "follow_ups": ["kosten"]}])
    other = topic("kosten", follow_ups=["warmte"])
    write_yaml(tmp_path / "praktijk.yml", {"group": "praktijk", "topics": [other]})
    groups = {entry.id: group for group, entry in read_knowledge(tmp_path).topics}
    assert groups == {"kosten": "praktijk", "warmte": "zelf-doen"}


def test_an_id_that_stands_there_twice_is_told_where_the_first_is(tmp_path):
    problem = only_problem(tmp_path, WARMTE, KOUDE, topic("warmte"))
    assert problem.reason.startswith("warmte stands in ")
    assert "zelf-doen.yml, line " in problem.reason
    assert written(problem) == "id: warmte"
    assert problem.line > 10


@pytest.mark.parametrize("field", ["short", "more"])
def test_an_unknown_placeholder_is_told_with_its_line(tmp_path, field):
    text = "Bel het nummer {nummer} voor een afspraak."
    problem = only_problem(tmp_path, WARMTE, {**KOUDE, field: text})
    assert problem.reason == "koude: unknown placeholder {nummer}"
    assert written(problem).startswith(f"{field}:")


def test_an_unknown_placeholder_in_flemish_wording_is_told(tmp_path):
    problem = only_problem(tmp_path, WARMTE, {**KOUDE, "be": {"more": "Bel {xyz}."}})
    assert problem.reason == "koude: unknown placeholder {xyz}"
    assert written(problem).startswith("be:")


def test_a_too_long_answer_is_told_with_its_line(tmp_path):
    problem = only_problem(tmp_path, WARMTE, {**KOUDE, "short": "woord " * 91})
    assert "91 words" in problem.reason
    assert written(problem).startswith("short:")


def test_an_approval_without_a_name_is_told_with_its_line(tmp_path):
    problem = only_problem(tmp_path, WARMTE, {**KOUDE, "review": {"status": "approved"}})
    assert "reviewed_by" in problem.reason
    assert written(problem).startswith("review:")


def test_a_broken_file_does_not_hide_the_mistakes_of_another(tmp_path):
    write_knowledge(tmp_path, [{**WARMTE, "sources": ["NIET"]}, KOUDE])
    (tmp_path / "a.yml").write_text("group: a\ntopics: [\n", "utf-8")
    files = [problem.file.name for problem in problems_of(tmp_path)]
    assert files == ["a.yml", "zelf-doen.yml"]


def test_a_missing_sources_file_is_told(tmp_path):
    write_knowledge(tmp_path, [WARMTE, KOUDE])
    (tmp_path / "sources.yml").unlink()
    (problem,) = problems_of(tmp_path)
    assert problem.reason == "the file does not exist"


def test_a_wrong_wording_file_is_told(tmp_path):
    problem = only_problem(tmp_path, WARMTE, KOUDE, wording={**WORDING, "DE": {}})
    assert problem.file.name == "wording.yml"
    assert "extra fields not permitted" in problem.reason


def test_a_source_without_a_kind_is_told_with_its_line(tmp_path):
    problem = only_problem(tmp_path, WARMTE, KOUDE, sources={"X": {"reference": "abc", "year": ""}})
    assert problem.file.name == "sources.yml"
    assert problem.reason == "sources.X.kind: field required"
    assert problem.line == 2
