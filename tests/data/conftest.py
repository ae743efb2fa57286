"""The data files, read once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

import pytest
from ruamel.yaml import YAML

from rasa_project.knowledge.files import Knowledge, read_knowledge
from rasa_project.nlu.follow_ups import FollowUpExample, read_follow_ups
from rasa_project.redflags.catalogue import RedFlagCatalogue, read_catalogue

PROJECT = Path(__file__).resolve().parents[2]


def load_yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text("utf-8"))


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return read_knowledge(PROJECT / "data" / "knowledge")


@pytest.fixture(scope="session")
def catalogue() -> RedFlagCatalogue:
    return read_catalogue(PROJECT / "data" / "red_flags.yml")


@pytest.fixture(scope="session")
def follow_ups() -> List[FollowUpExample]:
    return read_follow_ups(PROJECT / "data" / "follow_ups")


@pytest.fixture(scope="session")
def domain() -> Dict[str, Any]:
    return dict(load_yaml(PROJECT / "domain.yml"))


@pytest.fixture(scope="session")
def utterances() -> Dict[str, List[str]]:
    """The training utterances of each intent."""
    found: Dict[str, List[str]] = {}
    for path in sorted((PROJECT / "data" / "nlu").glob("*.yml")):
        for block in load_yaml(path)["nlu"]:
            lines = [line[2:].strip() for line in block["examples"].splitlines() if line.strip()]
            found.setdefault(block["intent"], []).extend(lines)
    return found
