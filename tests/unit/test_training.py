"""When the model is trained again."""

from __future__ import annotations

from pathlib import Path

import pytest

from rasa_project import training
from rasa_project.training import content_hash, ensure_model, is_sound, model_path

FILES = {
    "config.yml": "recipe: x",
    "domain.yml": "intents: []",
    "data/nlu/a.yml": "nlu: []",
    "data/rules/a.yml": "rules: []",
    "data/alarms/a.tsv": "ik kan niet plassen\tRF01\talarm",
    "data/lexicon.yml": "rug: [onderrug]",
    "data/follow_ups/a.tsv": "text\tbefore\tmeans",
    "rasa_project/nlu/topics.py": "x = 1",
    "rasa_project/dialogue/safety_policy.py": "x = 1",
    "rasa_project/names.py": "X = 1",
    "rasa_project/redflags/second_reader.py": "Y = 1",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def trained(project: Path, monkeypatch: pytest.MonkeyPatch) -> list:
    """Training is replaced by writing a sealed file; the list counts how often."""
    calls: list = []

    def train(model: Path, _project: Path) -> None:
        calls.append(model)
        model.parent.mkdir(exist_ok=True)
        model.write_bytes(b"a model")
        training._seal(model).write_text(training.hashlib.sha256(b"a model").hexdigest(), "utf-8")

    monkeypatch.setattr(training, "train", train)
    return calls


@pytest.mark.parametrize("name", FILES)
def test_a_change_in_what_the_model_is_made_from_changes_the_hash(project, name):
    before = content_hash(project)
    (project / name).write_text("something else", "utf-8")
    assert content_hash(project) != before


def test_a_file_that_moves_changes_the_hash(project):
    before = content_hash(project)
    (project / "data/nlu/a.yml").rename(project / "data/nlu/b.yml")
    assert content_hash(project) != before


def test_answers_texts_and_red_flags_leave_the_hash_alone(project):
    before = content_hash(project)
    for name in ("data/red_flags.yml", "data/texts.yml", "practice.yml", "data/nlu/x.pyc"):
        (project / name).write_text("new", "utf-8")
    assert content_hash(project) == before


def test_another_spacy_model_changes_the_hash(project, monkeypatch):
    monkeypatch.setattr(training, "available_model", lambda: "one")
    before = content_hash(project)
    monkeypatch.setattr(training, "available_model", lambda: "another")
    assert content_hash(project) != before


def test_a_model_is_trained_once_and_again_after_a_change(project, trained):
    first = ensure_model(project)
    assert is_sound(first)
    assert ensure_model(project) == first == model_path(project)
    (project / "config.yml").write_text("recipe: y", "utf-8")
    assert ensure_model(project) != first
    assert len(trained) == 2


@pytest.mark.parametrize("damage", [b"", b"a mode", b"b model", b"a model "])
def test_a_damaged_model_file_is_noticed_and_trained_again(project, trained, capsys, damage):
    model = ensure_model(project)
    model.write_bytes(damage)
    assert not is_sound(model)
    assert ensure_model(project) == model
    assert is_sound(model)
    assert len(trained) == 2
    assert "damaged" in capsys.readouterr().out


def test_a_model_without_its_seal_is_not_trusted(project, trained):
    model = ensure_model(project)
    training._seal(model).unlink()
    assert not is_sound(model)


def test_a_missing_model_is_not_sound(tmp_path):
    assert not is_sound(tmp_path / "none.tar.gz")


def test_a_failed_training_is_told_and_leaves_no_sealed_model(project, monkeypatch):
    class Failed:
        returncode = 1

    monkeypatch.setattr(training.subprocess, "run", lambda *_args, **_kwargs: Failed())
    with pytest.raises(training.TrainingFailed, match="the lines above"):
        ensure_model(project)
    assert not is_sound(model_path(project))
