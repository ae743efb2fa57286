"""Short things that patients type while the assistant isn't asked (``data/handoff.yml``)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import List, Sequence

from pydantic import BaseModel, Extra

from rasa_project.settings import read_settings
from rasa_project.yaml_lines import parse, read_yaml

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 10


class Phrases(BaseModel):
    """The form of the file: plain words without signs."""

    go_on: List[str]
    stop: List[str]
    call_me: List[str]
    human: List[str]
    yes: List[str]
    no: List[str]
    thanks: List[str]
    before_a_name: List[str]
    no_names: List[str]

    class Config:
        extra = Extra.forbid


@lru_cache(maxsize=1)
def phrases() -> Phrases:
    """The phrases, read once.

    Raises:
        DataFileError: The file is wrong.
    """
    path = read_settings().data / "handoff.yml"
    return parse(Phrases, read_yaml(path), path)


def plain_words(text: str) -> List[str]:
    """The words of a text in lower case, without accents."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return _WORD.findall("".join(char for char in letters if not unicodedata.combining(char)))


def says(text: str, among: Sequence[str]) -> bool:
    """Whether a message is one of these phrases, or begins with one of two words or more."""
    spoken = plain_words(text.replace("'", "").replace("\u2019", ""))
    if not spoken or len(spoken) > _MOST_WORDS:
        return False
    whole = " ".join(spoken)
    return whole in among or any(
        " " in phrase and whole.startswith(f"{phrase} ") for phrase in among
    )
