"""A model trained with one spaCy model is never served with another."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest

from rasa_project.nlu import topics
from rasa_project.nlu.topics import TopicClassifier, WrongLanguageModel
from rasa_project.nlu.words import BLANK_MODEL, SPACY_MODEL


class Storage:
    """Stands in for Rasa's model storage."""

    def __init__(self, folder: Path):
        self._folder = folder

    @contextmanager
    def read_from(self, _resource) -> Iterator[Path]:
        yield self._folder


@pytest.mark.parametrize(
    ("trained", "installed"), [(BLANK_MODEL, SPACY_MODEL), (SPACY_MODEL, BLANK_MODEL)]
)
def test_another_spacy_model_is_refused_with_what_to_do(tmp_path, monkeypatch, trained, installed):
    (tmp_path / "spacy_model.txt").write_text(trained, "utf-8")
    monkeypatch.setattr(topics, "available_model", lambda: installed)
    with pytest.raises(WrongLanguageModel, match="make train"):
        TopicClassifier.load({}, Storage(tmp_path), None, None)


def test_another_spacy_model_means_another_training(monkeypatch):
    before = TopicClassifier.fingerprint_addon({})
    monkeypatch.setattr(topics, "available_model", lambda: "another")
    assert TopicClassifier.fingerprint_addon({}) != before
