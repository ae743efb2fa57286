"""Train when something changed; keep a model per content."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import subprocess  # noqa: S404 - Rasa's own command is called, with fixed arguments
import sys
import tarfile
from collections import deque
from pathlib import Path
from typing import Deque, Iterator

from rasa_project.errors import RuggesteunError
from rasa_project.nlu.words import available_model
from rasa_project.settings import PROJECT

# Everything that the model is made from. Answers, texts and red-flag rules are read
# when the server starts, so a change in them needs no training.
_INGREDIENTS = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/alarms",
    "data/follow_ups",
    "data/lexicon.yml",
    "data/rules",
    "rasa_project/nlu",
    "rasa_project/redflags/second_reader.py",
    "rasa_project/dialogue",
    "rasa_project/names.py",
)
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
    "LOG_LEVEL_LIBRARIES": "ERROR",
    # Its bars are unreadable in a log; the INFO lines show the progress.
    "TQDM_DISABLE": "1",
}


# Rasa prints much that helps nobody; its own and our INFO lines are the progress.
_PROGRESS = re.compile(r" INFO +rasa\S*\s+- (.+)")
_LINES_OF_A_FAILURE = 40


class TrainingFailed(RuggesteunError):
    """Rasa could not train; what it printed says why."""


def _files(project: Path) -> Iterator[Path]:
    for name in _INGREDIENTS:
        path = project / name
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".py", ".tsv"))
        else:
            yield path


def content_hash(project: Path = PROJECT) -> str:
    """A hash of all that the model depends on, the libraries included."""
    digest = hashlib.sha256()
    for path in _files(project):
        digest.update(str(path.relative_to(project)).encode())
        digest.update(path.read_bytes())
    for package in ("rasa", "spacy", "scikit-learn", "simplemma"):
        digest.update(f"{package}={importlib.metadata.version(package)}".encode())
    digest.update(available_model().encode())
    return digest.hexdigest()[:16]


def model_path(project: Path = PROJECT) -> Path:
    """Where the model for the present content is, or would be."""
    return project / "models" / f"ruggesteun-{content_hash(project)}.tar.gz"


def is_sound(model: Path) -> bool:
    """Whether a model file is there and as it was written."""
    seal = _seal(model)
    if not model.is_file() or not seal.is_file():
        return False
    return seal.read_text("utf-8") == hashlib.sha256(model.read_bytes()).hexdigest()


def _seal(model: Path) -> Path:
    return model.parent / f"{model.name}.sha256"


def ensure_model(project: Path = PROJECT) -> Path:
    """The path of a sound model for the present content; trains it when there is none.

    Raises:
        TrainingFailed: Rasa could not train.
    """
    model = model_path(project)
    if is_sound(model):
        return model
    if model.exists():
        print(f"The model file {model} is damaged: training it again.", flush=True)
        model.unlink()
    else:
        print("Training the model (about a minute, once) ...", flush=True)
    train(model, project)
    return model


def train(model: Path, project: Path = PROJECT) -> None:
    """Run ``rasa train`` with its progress visible, then seal the file.

    Raises:
        TrainingFailed: Rasa ended with an error.
    """
    model.parent.mkdir(parents=True, exist_ok=True)
    # `make test` validates the data; here it would only take longer.
    command = [sys.executable, "-m", "rasa", "train", "--skip-validation"]
    command += ["--fixed-model-name", model.name, "--out", str(model.parent)]
    last_lines: Deque[str] = deque(maxlen=_LINES_OF_A_FAILURE)
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=project,
        env={**os.environ, **QUIET},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            last_lines.append(line.rstrip())
            progress = _PROGRESS.search(line)
            if progress:
                print(f"  {progress[1]}", flush=True)
    if process.returncode != 0 or not model.is_file() or not tarfile.is_tarfile(model):
        print("\n".join(last_lines), flush=True)
        raise TrainingFailed("Training failed; the lines above say why.")
    _seal(model).write_text(hashlib.sha256(model.read_bytes()).hexdigest(), "utf-8")
