"""The form of ``data/red_flags.yml``, checked when it is read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, List, Literal, Optional

from pydantic import BaseModel, Extra, Field, root_validator, validator

from rasa_project.redflags.urgency import Urgency
from rasa_project.yaml_lines import parse, read_yaml

DEFAULT_WINDOW = 7


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid


class Pattern(_Strict):
    """Term lists that stand close together in one sentence.

    Attributes:
        terms: Names of term lists; each must be found.
        window: The most tokens from the first to the last of them.
        ordered: Whether they must come in the order written.
    """

    terms: List[str] = Field(min_items=1)
    window: int = Field(DEFAULT_WINDOW, ge=1, le=20)
    ordered: bool = False


class Sign(_Strict):
    """One way in which a flag shows itself.

    Attributes:
        id: Unique name, beginning with the flag's id.
        flag: The flag, such as RF01.
        urgency: What it raises when it is affirmed.
        patterns: Any one of them is enough. A plain list is a pattern with defaults.
        anywhere: Term lists of which one must stand anywhere in the message.
        unless: Term lists of which none may stand in the same sentence.
        qualified_on: "span" when the negation is part of the sign ("kan niet
            plassen"), "first" when the first term can be denied ("niet gevallen").
        silenced_by: Which qualifiers take the sign away.
    """

    id: str
    flag: str
    urgency: Urgency
    patterns: List[Pattern] = Field(min_items=1)
    anywhere: List[str] = []
    unless: List[str] = []
    qualified_on: Literal["span", "first"] = "span"
    silenced_by: Optional[List[str]] = None

    @validator("patterns", pre=True, each_item=True)
    def _short_form(cls, value: Any) -> Any:
        return {"terms": value} if isinstance(value, list) else value

    @root_validator
    def _id_names_flag(cls, values: Dict[str, Any]) -> Dict[str, Any]:
        if "id" in values and not values["id"].startswith(f"{values.get('flag')}-"):
            raise ValueError("a sign's id begins with its flag's id")
        return values


class FlagText(_Strict):
    """What a patient reads, per country."""

    NL: str
    BE: str


class Flag(_Strict):
    """One flag of the catalogue: what is said at once per urgency, and later on."""

    name: str
    sources: List[str] = Field(min_items=1)
    repeat: FlagText
    say: Dict[Urgency, FlagText]


class QualifierRule(_Strict):
    """Words that change how a sign is to be read, for clinlp's context engine."""

    qualifier: str
    direction: Literal["preceding", "following", "pseudo", "termination"]
    max_scope: Optional[int] = None
    patterns: List[str] = Field(min_items=1)


class RedFlagCatalogue(_Strict):
    """The whole file."""

    aliases: Dict[str, str]
    terms: Dict[str, List[str]]
    barriers: List[str]
    first_person: List[str]
    silenced_by: List[str]
    qualifiers: List[QualifierRule]
    flags: Dict[str, Flag]
    signs: List[Sign]
    fingerprint: str = ""

    @root_validator(skip_on_failure=True)
    def _references_exist(cls, values: Dict[str, Any]) -> Dict[str, Any]:
        terms = set(values["terms"])
        seen = set()
        for sign in values["signs"]:
            used = [name for pattern in sign.patterns for name in pattern.terms]
            for name in [*used, *sign.anywhere, *sign.unless]:
                if name not in terms:
                    raise ValueError(f"{sign.id}: no term list {name!r}")
            if sign.flag not in values["flags"]:
                raise ValueError(f"{sign.id}: no flag {sign.flag!r}")
            if sign.urgency not in values["flags"][sign.flag].say:
                raise ValueError(f"{sign.id}: {sign.flag} has no text for {sign.urgency.value}")
            if sign.id in seen:
                raise ValueError(f"the sign {sign.id} stands there twice")
            seen.add(sign.id)
        return values


def read_catalogue(path: Path) -> RedFlagCatalogue:
    """Read and check the red-flag file.

    Raises:
        DataFileError: With file, line and reason.
    """
    catalogue = parse(RedFlagCatalogue, read_yaml(path), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return catalogue.copy(update={"fingerprint": digest})
