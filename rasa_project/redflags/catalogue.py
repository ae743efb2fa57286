"""The form of ``data/red_flags.yml``, checked when it is read."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import AbstractSet, Any, Dict, Generator, List, Literal, Optional

from pydantic import BaseModel, Extra, Field, confrozenset, root_validator, validator

from rasa_project.errors import DataFileError, Problem
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
        asks: Its words have everyday meanings too ("ongeluk", "rillen"), so that by itself
            it is a question; the second reader can make it an alarm. Never for an emergency.
            Chosen where less than 95 % of what a pattern finds in data/alarms is an alarm.
    """

    terms: List[str] = Field(min_items=1)
    window: int = Field(DEFAULT_WINDOW, ge=1, le=20)
    ordered: bool = False
    asks: bool = False


class Marker(_Strict):
    """Something that a message can say, in whatever words.

    Attributes:
        id: Unique name.
        patterns: Any one of them is enough. A plain list is a pattern with defaults.
        anywhere: Term lists of which one must stand anywhere in the message.
        unless: Term lists of which none may stand in the same sentence.
        qualified_on: "span" when the negation is part of the sign ("kan niet
            plassen"), "first" when the first term can be denied ("niet gevallen").
        silenced_by: Which qualifiers take it away.
    """

    id: str
    patterns: List[Pattern] = Field(min_items=1)
    anywhere: List[str] = []
    unless: List[str] = []
    qualified_on: Literal["span", "first"] = "span"
    silenced_by: Optional[List[str]] = None

    @validator("patterns", pre=True, each_item=True)
    def _short_form(cls, value: Any) -> Any:
        return {"terms": value} if isinstance(value, list) else value


class Element(Marker):
    """A weak sign or a risk factor: it raises nothing alone, only in a combination."""


class Sign(Marker):
    """One way in which a flag shows itself: a strong sign, enough alone.

    Attributes:
        flag: The flag, such as RF01; the id begins with it.
        urgency: What it raises when it is affirmed.
    """

    flag: str
    urgency: Urgency

    @root_validator
    def _id_names_flag(cls, values: Dict[str, Any]) -> Dict[str, Any]:
        if "id" in values and not values["id"].startswith(f"{values.get('flag')}-"):
            raise ValueError("a sign's id begins with its flag's id")
        return values


class Group(_Strict):
    """So many of some elements."""

    any: confrozenset(str, min_items=1)  # type: ignore[valid-type]
    at_least: int = Field(1, ge=1)

    def held(self, elements: AbstractSet[str]) -> bool:
        """Whether enough of them are there."""
        return len(elements & self.any) >= self.at_least


class Combination(_Strict):
    """Weak signs that together raise a flag, also over several turns.

    Attributes:
        id: Unique name, beginning with the flag's id.
        flag: The flag.
        urgency: What it raises.
        all: Each group must be held. A plain list is "one of these".
        same_message: Whether all of it must stand in one message.
        asks: As for a pattern.
    """

    id: str
    flag: str
    urgency: Urgency
    same_message: bool = False
    asks: bool = False
    all: List[Group] = Field(min_items=1)

    @validator("all", pre=True, each_item=True)
    def _short_form(cls, value: Any) -> Any:
        return {"any": value} if isinstance(value, list) else value

    def held(self, elements: AbstractSet[str]) -> bool:
        """Whether the elements of a conversation make up this combination."""
        return all(group.held(elements) for group in self.all)


class FlagText(_Strict):
    """What a patient reads, per country. A plain string holds for both.

    ``{bel_arts}``, ``{arts}``, ``{spoed}`` and ``{therapeut}`` are filled by country and
    clock; see :mod:`rasa_project.conversation.alarm_texts`.
    """

    NL: str
    BE: str

    @classmethod
    def __get_validators__(cls) -> Generator[Any, None, None]:
        yield lambda value: {"NL": value, "BE": value} if isinstance(value, str) else value
        yield cls.validate


class TriageQuestion(_Strict):
    """A question that is answered with ja, nee or weet ik niet.

    Attributes:
        question: What the patient reads.
        alarm_on: The answer that means alarm; "weet ik niet" counts as it for what a
            doctor must see today or sooner.
        urgency: What that answer raises.
    """

    question: str
    alarm_on: Literal["ja", "nee"]
    urgency: Urgency


class Flag(_Strict):
    """One flag of the catalogue: what is said at once per urgency, what is asked, and later on.

    Attributes:
        confirm: Asked when the flag is only suspected; the most telling first.
        ask_early: Whether a fainter suspicion is asked about too: where a missed sign is
            worst and the question itself does no harm.
        with_question: Said together with a question of ``confirm``, and after its "nee".
        worse: Asked together with the text of an urgency; it can raise a higher one.
        note: RF18: said under 16 in place of any advice.
        note_older: RF18: said at 16 and 17 together with an answer.
    """

    name: str
    sources: List[str] = Field(min_items=1)
    repeat: FlagText
    say: Dict[Urgency, FlagText]
    confirm: List[TriageQuestion] = Field([], max_items=2)
    ask_early: bool = False
    with_question: Optional[FlagText] = None
    worse: Dict[Urgency, TriageQuestion] = {}
    note: str = ""
    note_older: str = ""

    @root_validator(skip_on_failure=True)
    def _questions_fit(cls, values: Dict[str, Any]) -> Dict[str, Any]:
        for question in [*values["confirm"], *values["worse"].values()]:
            if question.urgency not in values["say"]:
                raise ValueError(f"no text for {question.urgency.value}: {question.question}")
        for urgency, question in values["worse"].items():
            if question.urgency.rank <= urgency.rank:
                raise ValueError(f"raises nothing: {question.question}")
        return values


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
    real_words: List[str] = []
    silenced_by: List[str]
    qualifiers: List[QualifierRule]
    flags: Dict[str, Flag]
    signs: List[Sign]
    elements: List[Element] = []
    combinations: List[Combination] = []
    fingerprint: str = ""

    @root_validator(skip_on_failure=True)
    def _references_exist(cls, values: Dict[str, Any]) -> Dict[str, Any]:
        terms = set(values["terms"])
        elements = {element.id for element in values["elements"]}
        for marker in [*values["signs"], *values["elements"]]:
            used = [name for pattern in marker.patterns for name in pattern.terms]
            for name in [*used, *marker.anywhere, *marker.unless]:
                if name not in terms:
                    raise ValueError(f"{marker.id}: no term list {name!r}")
        for raising in [*values["signs"], *values["combinations"]]:
            if raising.flag not in values["flags"]:
                raise ValueError(f"{raising.id}: no flag {raising.flag!r}")
            if raising.urgency not in values["flags"][raising.flag].say:
                urgency = raising.urgency.value
                raise ValueError(f"{raising.id}: {raising.flag} has no text for {urgency}")
        for combination in values["combinations"]:
            for name in {name for group in combination.all for name in group.any} - elements:
                raise ValueError(f"{combination.id}: no element {name!r}")
        for sign in values["signs"]:
            if sign.urgency is Urgency.EMERGENCY and any(p.asks for p in sign.patterns):
                raise ValueError(f"{sign.id}: no emergency is only asked about")
        for combination in values["combinations"]:
            if combination.urgency is Urgency.EMERGENCY and combination.asks:
                raise ValueError(f"{combination.id}: no emergency is only asked about")
        for element in values["elements"]:
            if any(pattern.asks for pattern in element.patterns):
                raise ValueError(f"{element.id}: an element raises nothing, so it asks nothing")
        everything = [*values["signs"], *values["elements"], *values["combinations"]]
        for name, count in Counter(item.id for item in everything).items():
            if count > 1:
                raise ValueError(f"the sign {name} stands there twice")
        return values


def read_catalogue(path: Path) -> RedFlagCatalogue:
    """Read and check the red-flag file and those in the folder of its name.

    Args:
        path: ``data/red_flags.yml``; ``data/red_flags/*.yml`` hold more of its sections.

    Raises:
        DataFileError: With file, line and reason.
    """
    whole = read_yaml(path)
    more = sorted(path.with_suffix("").glob("*.yml"))
    for part in more:
        _add(whole, parse(_Part, read_yaml(part), part), part)
    catalogue = parse(RedFlagCatalogue, whole, path)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in [path, *more])).hexdigest()[:16]
    return catalogue.copy(update={"fingerprint": digest})


class _Part(_Strict):
    """One file of the folder: sections that are added to those of the main file."""

    aliases: Dict[str, str] = {}
    terms: Dict[str, List[str]] = {}
    qualifiers: List[Dict[str, Any]] = []
    flags: Dict[str, Any] = {}
    signs: List[Dict[str, Any]] = []
    elements: List[Dict[str, Any]] = []
    combinations: List[Dict[str, Any]] = []


def _add(whole: Any, part: _Part, path: Path) -> None:
    for section, content in part.dict(exclude_unset=True).items():
        if isinstance(content, list):
            whole.setdefault(section, []).extend(content)
            continue
        twice = sorted(set(content) & set(whole.setdefault(section, {})))
        if twice:
            reason = f"{section}: {', '.join(twice)} stands in another file too"
            raise DataFileError([Problem(path, 0, reason)])
        whole[section].update(content)
