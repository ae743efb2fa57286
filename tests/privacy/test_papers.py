"""The papers describe what there is: every table and column, every setting of privacy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rasa_project.storage.tables import Base
from tests.privacy.filled import EVENTS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PRIVACY = (DOCS / "privacy.md").read_text("utf-8")
TABLES = [*Base.metadata.sorted_tables, EVENTS]
PAPERS = ["privacy.md", "security.md", "templates/dpia.md", "templates/processor-agreement.md"]


def described(table: str) -> str:
    """What the data map says of a table: its row, or its place in the sentence."""
    row = re.search(rf"^\| `{table}`.*$", PRIVACY, re.MULTILINE)
    if row:
        return row[0]
    sentences = list(re.finditer(rf"`{table}`\s\((?:[^()]|\([^()]*\))*\)", PRIVACY))
    assert sentences, f"docs/privacy.md doesn't name the table {table}: add it to the data map"
    return max((sentence[0] for sentence in sentences), key=len)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_and_column_stands_in_the_data_map(table):
    said = described(table.name)
    missing = [column.name for column in table.columns if f"`{column.name}`" not in said]
    assert missing == [], f"docs/privacy.md: the row of {table.name} lacks {missing}"


def test_the_data_map_names_no_table_that_is_gone():
    named = set(re.findall(r"^\| `(\w+)`", PRIVACY, re.MULTILINE))
    assert named <= {table.name for table in TABLES}


@pytest.mark.parametrize("paper", PAPERS)
def test_each_paper_says_that_it_must_be_reviewed(paper):
    text = (DOCS / paper).read_text("utf-8")
    assert re.search(r"(lawyer|jurist)", text), "who must review it"
    assert "FG" in text


@pytest.mark.parametrize("paper", PAPERS)
def test_links_between_papers_lead_somewhere(paper):
    path = DOCS / paper
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def test_the_periods_of_the_data_map_are_the_real_ones():
    from rasa_project.practice import Retention

    kept = Retention()
    assert f"{{days: {kept.days}, days_with_hand_off: {kept.days_with_hand_off}}}" in PRIVACY
