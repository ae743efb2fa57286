"""Reading YAML so that an error names its line."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from ruamel.yaml import YAML

from rasa_project.errors import DataFileError
from rasa_project.yaml_lines import line_of, parse, read_yaml

TEXT = """\
# a comment
first: 1
list:
  - a: x
    b: y
  - a: z
"""


def only_problem(path: Path):
    with pytest.raises(DataFileError) as caught:
        read_yaml(path)
    (problem,) = caught.value.problems
    return problem


def test_a_missing_file_is_told(tmp_path):
    problem = only_problem(tmp_path / "no.yml")
    assert (problem.line, problem.reason) == (0, "the file does not exist")


def test_a_folder_in_its_place_is_told(tmp_path):
    assert "can't be read" in only_problem(tmp_path).reason


def test_bytes_that_are_not_utf8_are_told(tmp_path):
    path = tmp_path / "x.yml"
    path.write_bytes(b"name: caf\xe9\n")
    assert "can't be read" in only_problem(path).reason


def test_broken_yaml_is_told_with_its_line(tmp_path):
    path = tmp_path / "x.yml"
    path.write_text("a: 1\nb: [1, 2\nc: 3\n", "utf-8")
    problem = only_problem(path)
    assert problem.line == 3
    assert problem.reason.startswith("not valid YAML")
    assert "\n" not in problem.reason


def test_a_key_that_stands_there_twice_is_told_with_its_line(tmp_path):
    path = tmp_path / "x.yml"
    path.write_text("a: 1\nb: 2\na: 3\n", "utf-8")
    problem = only_problem(path)
    assert problem.line == 3
    assert "duplicate key" in problem.reason


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ((), 2),
        (("first",), 2),
        (("list",), 3),
        (("list", 0), 4),
        (("list", 0, "b"), 5),
        (("list", 1, "a"), 6),
        (("list", 1, "missing"), 6),
        (("list", 7, "a"), 3),
        (("first", "deeper", 3), 2),
        (("missing",), 2),
    ],
)
def test_the_line_of_a_place_or_of_its_nearest_parent(location, line):
    assert line_of(YAML(typ="rt").load(TEXT), location) == line


class _Inner(BaseModel):
    a: int


class _Outer(BaseModel):
    inner: List[_Inner]


def test_each_wrong_value_has_a_problem_of_its_own(tmp_path):
    path = tmp_path / "x.yml"
    path.write_text("inner:\n  - a: 1\n  - a: nee\n  - b: 2\n", "utf-8")
    with pytest.raises(DataFileError) as caught:
        parse(_Outer, read_yaml(path), path)
    assert [(p.line, p.reason.split(":")[0]) for p in caught.value.problems] == [
        (3, "inner.1.a"),
        (4, "inner.2.a"),
    ]


@pytest.mark.parametrize("text", ["", "- a list\n", "just words\n", "3\n"])
def test_what_is_not_a_list_of_keys_is_refused(tmp_path, text):
    path = tmp_path / "x.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(DataFileError, match="line 1: a list of `key: value` lines"):
        parse(_Outer, read_yaml(path), path)


STEPS = st.lists(st.one_of(st.integers(-2, 5), st.sampled_from(["first", "list", "a", "b", "q"])))


@given(STEPS)
def test_the_line_of_any_place_lies_inside_the_file(location):
    assert 1 <= line_of(YAML(typ="rt").load(TEXT), location) <= TEXT.count("\n")


@given(st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers())), STEPS)
def test_what_has_no_lines_counts_as_line_one(node, location):
    assert line_of(node, location) == 1
