"""docs/operations.md names tests that exist, figures that are given, and a test for each fault."""

from __future__ import annotations

import ast
import re

import pytest

from rasa_project.operations.metrics import Metrics
from tests.conftest import PROJECT

PAGE = (PROJECT / "docs" / "operations.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
# The faults of issue 9, as the table calls them.
FAULTS = [
    "database gone",
    "database full",
    "database held by another program",
    "Redis gone",
    "an action fails",
    "an action hangs",
    "the model is missing",
    "the model is damaged",
    "the clock jumps",
    "the disk is full for the log",
    "the disk is full for a backup",
    "killed in the middle of a turn",
]


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_each_test_that_is_named_exists(file, test):
    tree = ast.parse((PROJECT / file).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert test in {node.name for node in ast.walk(tree) if isinstance(node, functions)}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_a_row_with_a_test(fault):
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| {fault}")]
    assert len(rows) == 1
    assert re.search(r"`tests/[\w/]+\.py::\w+`", rows[0])


def test_each_figure_that_is_named_is_given():
    named = set(re.findall(r"`(ruggesteun_\w+)", PAGE))
    given = set(re.findall(r"^# TYPE (\w+)", Metrics().text(), re.MULTILINE))
    assert named
    assert named <= given
    assert {name for name in given if name.startswith("ruggesteun_")} <= named


def test_nothing_is_left_to_fill_in():
    assert "KILLFIGURES" not in PAGE
