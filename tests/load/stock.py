"""Rasa as it comes, on our data: DIET, TED, a remote action server, the stock SQL store.

Kinder to Rasa than its own `rasa init` in three things: no ResponseSelector, no
UnexpecTED policy, and an action that only looks its text up.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

import yaml

from rasa_project.training import QUIET
from tests.load.material import Material

EPOCHS = 100
CONFIG = """\
recipe: default.v1
assistant_id: stock
language: nl
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: {epochs}
    constrain_similarities: true
  - name: EntitySynonymMapper
  - name: FallbackClassifier
    threshold: 0.3
    ambiguity_threshold: 0.1
policies:
  - name: MemoizationPolicy
  - name: RulePolicy
  - name: TEDPolicy
    max_history: 5
    epochs: {epochs}
    constrain_similarities: true
"""
ACTIONS = '''\
"""Says the answer of the topic; the contract goes with it, as with ours."""

import json
from pathlib import Path

from rasa_sdk import Action

ANSWERS = json.loads((Path(__file__).parent / "answers.json").read_text("utf-8"))


class ActionAnswerTopic(Action):
    def name(self):
        return "action_answer_topic"

    async def run(self, dispatcher, tracker, domain):
        topic = tracker.latest_message["intent"]["name"]
        known = topic in ANSWERS
        contract = {
            "topics": [topic] if known else [],
            "urgency": "none",
            "outcome": "answered" if known else "fallback",
        }
        text = ANSWERS.get(topic, "Dat weet ik niet.")
        dispatcher.utter_message(text=text, json_message=contract)
        return []
'''
_STORIES, _QUESTIONS_IN_A_STORY = 10, 3


def write_stock(
    folder: Path, data: Material, store: Path, action_port: int, epochs: int = EPOCHS
) -> None:
    """Write the whole project.

    Args:
        folder: Where.
        data: What it learns.
        store: The file of its SQLite database.
        action_port: Where its action server will listen.
        epochs: How long DIET and TED learn; fewer make no reply quicker or slower.
    """
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "actions").mkdir(exist_ok=True)
    (folder / "config.yml").write_text(CONFIG.format(epochs=epochs), "utf-8")
    (folder / "actions" / "__init__.py").write_text(ACTIONS, "utf-8")
    (folder / "actions" / "answers.json").write_text(json.dumps(data.answers), "utf-8")
    (folder / "credentials.yml").write_text("rest:\n", "utf-8")
    _write(
        folder / "endpoints.yml",
        {
            "tracker_store": {"type": "SQL", "dialect": "sqlite", "db": str(store)},
            "action_endpoint": {"url": f"http://127.0.0.1:{action_port}/webhook"},
        },
    )
    intents = list(data.taught)
    _write(
        folder / "domain.yml",
        {"version": "3.1", "intents": intents, "actions": ["action_answer_topic"]},
    )
    _write(
        folder / "data" / "nlu.yml",
        {
            "version": "3.1",
            "nlu": [
                {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
                for intent, texts in data.taught.items()
            ],
        },
    )
    rules = [_steps("rule", intent, [intent]) for intent in [*intents, "nlu_fallback"]]
    _write(folder / "data" / "rules.yml", {"version": "3.1", "rules": rules})
    rng = random.Random(0)
    stories = [
        _steps("story", f"questions {number}", rng.sample(intents, _QUESTIONS_IN_A_STORY))
        for number in range(_STORIES)
    ]
    _write(folder / "data" / "stories.yml", {"version": "3.1", "stories": stories})


def _steps(kind: str, name: str, intents: List[str]) -> Dict[str, Any]:
    steps = []
    for intent in intents:
        steps += [{"intent": intent}, {"action": "action_answer_topic"}]
    return {kind: name, "steps": steps}


def _write(path: Path, content: Dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")


def train_stock(folder: Path, cache: Path) -> float:
    """Train it, unless the same content was trained before.

    Args:
        folder: The project, as written above.
        cache: Where trained models are kept by content.

    Returns:
        The seconds that training took, now or then.
    """
    digest = hashlib.sha256()
    for path in sorted([folder / "config.yml", folder / "domain.yml", *folder.glob("data/*.yml")]):
        digest.update(path.read_bytes())
    kept = cache / f"stock-{digest.hexdigest()[:16]}.tar.gz"
    seconds = kept.with_suffix(".seconds")
    (folder / "models").mkdir(exist_ok=True)
    if not (kept.is_file() and seconds.is_file()):
        cache.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "rasa", "train", "--skip-validation", "--force"]
            + ["--fixed-model-name", kept.name],
            cwd=folder,
            env={**os.environ, **QUIET},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        took = time.monotonic() - started
        shutil.copy2(folder / "models" / kept.name, kept)
        seconds.write_text(f"{took:.1f}", "utf-8")
    shutil.copy2(kept, folder / "models" / kept.name)
    return float(seconds.read_text("utf-8"))
