"""What the dialogue knows about topics, read once from the data."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, FrozenSet, List, Mapping, Optional

from pydantic import BaseModel, Extra, conlist

from rasa_project.dialogue.reading import Reading, read_in_context
from rasa_project.nlu.follow_ups import ContextScores, read_follow_ups
from rasa_project.redflags.catalogue import RedFlagCatalogue, read_catalogue
from rasa_project.settings import read_settings
from rasa_project.yaml_lines import parse, read_yaml


class _TwinsFile(BaseModel):
    twins: List[conlist(str, min_items=2, max_items=2)]  # type: ignore[valid-type]

    class Config:
        extra = Extra.forbid


@lru_cache(maxsize=1)
def context_scores() -> ContextScores:
    """The scores of ``data/follow_ups``.

    Raises:
        DataFileError: A file is wrong.
    """
    return ContextScores(read_follow_ups(read_settings().data / "follow_ups"))


@lru_cache(maxsize=1)
def twins() -> FrozenSet[FrozenSet[str]]:
    """The pairs of ``data/twins.yml``.

    Raises:
        DataFileError: The file is wrong.
    """
    path = read_settings().data / "twins.yml"
    return frozenset(frozenset(pair) for pair in parse(_TwinsFile, read_yaml(path), path).twins)


@lru_cache(maxsize=1)
def catalogue() -> RedFlagCatalogue:
    """The red-flag catalogue.

    Raises:
        DataFileError: A file is wrong.
    """
    return read_catalogue(read_settings().data / "red_flags.yml")


def reading_of(parsed: Dict[str, Any], slots: Mapping[str, Any]) -> Optional[Reading]:
    """The reading of a message in its conversation; see dialogue/reading.py."""
    return read_in_context(parsed, slots, context_scores(), twins())
