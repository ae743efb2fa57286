"""The stored weights that decide where a message is cut."""

from __future__ import annotations

import json

import pytest

from rasa_project.errors import DataFileError
from rasa_project.nlu.questions import SplitWeights, candidates
from tests.conftest import PROJECT
from tests.unit.test_questions import TOPICS, WORDS, WordModel

STORED = PROJECT / "data" / "question_split.json"
SMALL = {"bias": -1.0, "features": {"weakest": {"mean": 2.0, "scale": 4.0, "weight": 3.0}}}


def test_the_stored_file_has_exactly_the_features_that_the_code_makes():
    made = candidates("mag ik fietsen? en helpt warmte", WordModel(), TOPICS, WORDS)[0].features
    stored = SplitWeights.read(STORED).names
    assert sorted(stored) == sorted(made), "run `make fit-questions`"


def test_the_stored_weights_can_be_used_with_finite_results():
    rows = candidates("mag ik fietsen, helpt warmte en wat", WordModel(), TOPICS, WORDS)
    found = SplitWeights.read(STORED).probabilities([row.features for row in rows])
    assert len(found) == len(rows)
    assert ((found > 0) & (found < 1)).all()


def test_a_feature_counts_on_its_own_scale(tmp_path):
    path = tmp_path / "split.json"
    path.write_text(json.dumps(SMALL), "utf-8")
    # (6 - 2) / 4 * 3 - 1 = 2 and (10/3 - 2) / 4 * 3 - 1 = 0
    rows = [{"weakest": 6.0, "unused": 9.0}, {"weakest": 10 / 3}]
    assert SplitWeights.read(path).probabilities(rows) == pytest.approx([0.8808, 0.5], abs=1e-4)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"bias": 0}',
        '{"features": {"x": {"mean": 0, "scale": 1, "weight": 1}}}',
        '{"bias": 0, "features": {}}',
        '{"bias": 0, "features": []}',
        '{"bias": "much", "features": {"x": {"mean": 0, "scale": 1, "weight": 1}}}',
        '{"bias": 0, "features": {"x": {"mean": 0, "scale": 1}}}',
        '{"bias": 0, "features": {"x": {"mean": "low", "scale": 1, "weight": 1}}}',
        '{"bias": 0, "features": {"x": {"mean": null, "scale": 1, "weight": 1}}}',
    ],
)
def test_a_damaged_file_is_told_with_its_name_and_its_repair(tmp_path, content):
    path = tmp_path / "split.json"
    path.write_text(content, "utf-8")
    with pytest.raises(DataFileError, match=r"split\.json.*make fit-questions"):
        SplitWeights.read(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DataFileError, match=r"none\.json"):
        SplitWeights.read(tmp_path / "none.json")
