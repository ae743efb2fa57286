"""The list of what the documents say, against the answers and the page in docs/."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

import pytest

from rasa_project.errors import DataFileError
from rasa_project.knowledge.coverage import read_seeds, render
from rasa_project.knowledge.files import Knowledge, read_knowledge
from rasa_project.settings import PROJECT
from tests.builders import topic, write_knowledge, write_yaml

DOCUMENTS = ["SEED-000", "SEED-001", "SEED-002", "SEED-003", "SEED-004"]
FIRST = {"heading": "Warmte kan even prettig zijn", "topics": ["warmte"]}
OTHER = {"heading": "Een kruik is ook warm", "topics": ["warmte"]}


@pytest.fixture
def knowledge(tmp_path: Path) -> Knowledge:
    return read_knowledge(
        write_knowledge(
            tmp_path / "knowledge",
            [topic("warmte"), topic("koude", question="Warm | koud, wat is beter?")],
        )
    )


def seeds_file(tmp_path: Path, *statements: Dict[str, Any], **changes: Any) -> Path:
    content = {
        "contested": {},
        "documents": [{"id": "BRON1", "statements": list(statements)}],
        **changes,
    }
    return write_yaml(tmp_path / "seeds.yml", content)


def problems(path: Path, knowledge: Knowledge) -> List[str]:
    with pytest.raises(DataFileError) as caught:
        read_seeds(path, knowledge)
    assert all(problem.file == path for problem in caught.value.problems)
    return [problem.reason for problem in caught.value.problems]


def test_an_unknown_topic_is_refused_with_file_and_line(tmp_path, knowledge):
    path = tmp_path / "seeds.yml"
    path.write_text(
        "contested: {}\n"
        "documents:\n"
        "  - id: BRON1\n"
        "    statements:\n"
        "      - heading: Warmte kan even prettig zijn\n"
        "        topics: [warmte, tillen]\n",
        "utf-8",
    )
    with pytest.raises(DataFileError) as caught:
        read_seeds(path, knowledge)
    assert str(caught.value) == f"{path}, line 6: BRON1: no topic tillen"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ({**OTHER, "heading": "Warmte helpt even"}, "4 to 14 words, not 3"),
        ({**OTHER, "heading": "Warm " * 15}, "4 to 14 words, not 15"),
        ({**OTHER, "topics": []}, "at least 1"),
        ({**OTHER, "contested": ["Z9"]}, "no contested claim Z9"),
        ({**OTHER, "topic": "warmte"}, "not permitted"),
        (FIRST, "the same heading twice"),
    ],
)
def test_a_wrong_statement_is_refused(tmp_path, knowledge, statement, reason):
    (found,) = problems(seeds_file(tmp_path, FIRST, statement), knowledge)
    assert reason in found


def test_a_document_without_statements_is_refused(tmp_path, knowledge):
    (found,) = problems(seeds_file(tmp_path), knowledge)
    assert found.startswith("documents.0.statements")


def test_a_document_has_a_source_and_stands_there_once(tmp_path, knowledge):
    document = {"id": "BRON9", "statements": [FIRST]}
    path = seeds_file(tmp_path, documents=[document, document])
    assert problems(path, knowledge) == [
        "no source BRON9",
        "no source BRON9",
        "BRON9 stands there twice",
    ]


def test_a_contested_claim_that_nothing_is_marked_with_is_refused(tmp_path, knowledge):
    claim = {"claim": "Warmte geneest de rug", "wording": "Warmte kan fijn zijn"}
    path = seeds_file(tmp_path, FIRST, contested={"Z1": claim})
    assert problems(path, knowledge) == ["no statement is marked Z1"]


def test_the_page_has_totals_a_table_per_document_and_the_claims(tmp_path, knowledge):
    claim = {"claim": "IJs geneest de rug", "wording": "IJs mag, het moet niet"}
    second = {"heading": "IJs zou de rug genezen", "topics": ["koude", "warmte"]}
    path = seeds_file(tmp_path, FIRST, {**second, "contested": ["Z1"]}, contested={"Z1": claim})
    page = render(read_seeds(path, knowledge), knowledge)
    assert "| Document | Statements | Contested | Topics used (of 2) |" in page
    assert page.count("| 2 | 1 | 2 |\n") == 2  # the one document, and all together
    assert "## BRON1: Richtlijn Lage rugpijn\n" in page
    assert "| 1 | Warmte kan even prettig zijn | `warmte`: Wat is warmte? | no |\n" in page
    assert (
        "| 2 | IJs zou de rug genezen | `koude`: Warm &#124; koud, wat is beter?"
        "<br>`warmte`: Wat is warmte? | yes (Z1) |\n"
    ) in page
    assert page.endswith("| Z1 | IJs geneest de rug | IJs mag, het moet niet |\n")


def test_every_document_has_statements():
    seeds = read_seeds(PROJECT / "data" / "seeds.yml", read_knowledge(PROJECT / "data/knowledge"))
    assert [document.id for document in seeds.documents] == DOCUMENTS
    assert min(len(document.statements) for document in seeds.documents) >= 25


def test_the_page_in_docs_is_what_the_command_writes():
    knowledge = read_knowledge(PROJECT / "data" / "knowledge")
    page = render(read_seeds(PROJECT / "data" / "seeds.yml", knowledge), knowledge)
    on_disk = (PROJECT / "docs" / "coverage.md").read_text("utf-8")
    assert on_disk == page, "run `make coverage`"
