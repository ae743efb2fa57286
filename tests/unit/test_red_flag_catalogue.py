"""The form of the red-flag file is checked when it is read."""

from __future__ import annotations

import copy

import pytest

from rasa_project.errors import DataFileError
from rasa_project.redflags.catalogue import DEFAULT_WINDOW, read_catalogue
from tests.builders import CATALOGUE, write_yaml

ASKS = {"terms": ["koorts"], "asks": True}
URGENT = {"id": "RF01-y", "flag": "RF01", "urgency": "emergency", "all": [["x"]]}


def read(tmp_path, change=lambda data: None):
    data = copy.deepcopy(CATALOGUE)
    change(data)
    return read_catalogue(write_yaml(tmp_path / "red_flags.yml", data))


def test_a_plain_list_is_a_pattern_with_the_usual_window(tmp_path):
    pattern = read(tmp_path).signs[2].patterns[0]
    assert (pattern.terms, pattern.window, pattern.ordered) == (["koorts"], DEFAULT_WINDOW, False)


def test_the_fingerprint_follows_the_file(tmp_path):
    first = read(tmp_path).fingerprint
    assert first == read(tmp_path).fingerprint
    changed = read(tmp_path, lambda data: data["barriers"].append("maar")).fingerprint
    assert len(first) == 16
    assert first != changed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d["signs"][0]["unless"].append("nieuw"), "RF01-plassen: no term list 'nieuw'"),
        (lambda d: d["signs"][1]["anywhere"].append("nieuw"), "RF01-val: no term list 'nieuw'"),
        (lambda d: d["terms"].pop("koorts"), "RF05-koorts: no term list 'koorts'"),
        (lambda d: d["flags"].pop("RF05"), "RF05-koorts: no flag 'RF05'"),
        (lambda d: d["signs"][2].update(urgency="emergency"), "has no text for emergency"),
        (lambda d: d["signs"].append(d["signs"][0]), "the sign RF01-plassen stands there twice"),
        (lambda d: d["signs"][0].update(flag="RF05"), "begins with its flag's id"),
        (lambda d: d["signs"][0].update(urgency="later"), "urgency"),
        (lambda d: d["signs"][0].update(patterns=[]), "patterns"),
        (lambda d: d["flags"]["RF01"]["say"]["same_day"].pop("BE"), "BE: field required"),
        (lambda d: d["flags"]["RF01"].pop("repeat"), "repeat: field required"),
        (lambda d: d["signs"][0].update(windw=3), "extra fields not permitted"),
        (
            lambda d: d["signs"][1]["patterns"][0].update(asks=True),
            "RF01-val: no emergency is only asked about",
        ),
        (
            lambda d: d.update(elements=[{"id": "x", "patterns": [ASKS]}]),
            "x: an element raises nothing, so it asks nothing",
        ),
        (
            lambda d: d.update(
                elements=[{"id": "x", "patterns": [["koorts"]]}],
                combinations=[{**URGENT, "asks": True}],
            ),
            "RF01-y: no emergency is only asked about",
        ),
    ],
)
def test_a_mistake_is_told_with_file_and_reason(tmp_path, change, reason):
    with pytest.raises(DataFileError) as caught:
        read(tmp_path, change)
    problem = caught.value.problems[0]
    assert problem.file.name == "red_flags.yml"
    assert problem.line >= 1
    assert reason in problem.reason
