"""The figures of data/limits.yml."""

from __future__ import annotations

from functools import lru_cache
from typing import Dict

from pydantic import BaseModel, Extra, PositiveFloat, PositiveInt

from rasa_project.settings import read_settings
from rasa_project.yaml_lines import parse, read_yaml


class Figure(BaseModel):
    """So many at once, which come back over so many seconds."""

    most: PositiveInt
    seconds: PositiveFloat

    class Config:
        extra = Extra.forbid


class Budgets(BaseModel):
    """One figure for each kind of request."""

    sessions: Figure
    messages: Figure
    typing: Figure
    feedback: Figure
    events: Figure
    calls: Figure
    pages: Figure
    logins: Figure
    inbox: Figure
    webhooks: Figure
    others: Figure

    class Config:
        extra = Extra.forbid

    def by_kind(self) -> Dict[str, Figure]:
        """Each kind with its figure."""
        return {kind: getattr(self, kind) for kind in self.__fields__}


class Limits(BaseModel):
    """The file."""

    budgets: Budgets
    streams: PositiveInt

    class Config:
        extra = Extra.forbid


@lru_cache(maxsize=1)
def limits() -> Limits:
    """The figures; read once.

    Raises:
        DataFileError: The file can't be used; it is named with its line.
    """
    path = read_settings().data / "limits.yml"
    return parse(Limits, read_yaml(path), path)
