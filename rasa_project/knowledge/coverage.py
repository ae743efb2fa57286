"""Which statements of the documents behind the FAQ (``data/seeds.yml``) are answered where."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from pydantic import BaseModel, Extra, Field, validator

from rasa_project.errors import DataFileError, Problem
from rasa_project.knowledge.entries import TopicEntry
from rasa_project.knowledge.files import Knowledge
from rasa_project.yaml_lines import line_in, parse, read_yaml

MIN_HEADING_WORDS = 4
MAX_HEADING_WORDS = 14


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid
        anystr_strip_whitespace = True


class Claim(_Strict):
    """A claim that evidence doesn't (fully) support, and what the answers say instead."""

    claim: str = Field(min_length=5)
    wording: str = Field(min_length=5)


class Statement(_Strict):
    """One thing that a document says, asks or advises, with the topics that answer it."""

    heading: str
    topics: List[str] = Field(min_items=1)
    contested: List[str] = Field(default_factory=list)

    @validator("heading")
    def _is_a_heading(cls, value: str) -> str:
        words = len(value.split())
        if not MIN_HEADING_WORDS <= words <= MAX_HEADING_WORDS:
            raise ValueError(
                f"a heading has {MIN_HEADING_WORDS} to {MAX_HEADING_WORDS} words, not {words}"
            )
        return value


class Document(_Strict):
    """One document: the key of its source, and its statements in their order."""

    id: str
    statements: List[Statement] = Field(min_items=1)


class Seeds(_Strict):
    """``data/seeds.yml``."""

    contested: Dict[str, Claim]
    documents: List[Document] = Field(min_items=1)


def read_seeds(path: Path, knowledge: Knowledge) -> Seeds:
    """Read the list and check it against the answers.

    Raises:
        DataFileError: With file, line and reason of everything that is wrong.
    """
    node = read_yaml(path)
    seeds = parse(Seeds, node, path)
    problems = [
        Problem(path, line_in(path, location), reason)
        for location, reason in _wrong(seeds, knowledge)
    ]
    if problems:
        raise DataFileError(problems)
    return seeds


def _wrong(seeds: Seeds, knowledge: Knowledge) -> Iterator[Tuple[Sequence[Any], str]]:
    topics = {entry.id for _, entry in knowledge.topics}
    used = set()
    documents = set()
    for index, document in enumerate(seeds.documents):
        place = ["documents", index]
        if document.id not in knowledge.sources:
            yield [*place, "id"], f"no source {document.id}"
        if document.id in documents:
            yield [*place, "id"], f"{document.id} stands there twice"
        documents.add(document.id)
        headings = set()
        for number, statement in enumerate(document.statements):
            at = [*place, "statements", number]
            if statement.heading in headings:
                yield [*at, "heading"], f"{document.id}: the same heading twice"
            headings.add(statement.heading)
            for topic in statement.topics:
                if topic not in topics:
                    yield [*at, "topics"], f"{document.id}: no topic {topic}"
            for key in statement.contested:
                if key not in seeds.contested:
                    yield [*at, "contested"], f"{document.id}: no contested claim {key}"
            used.update(statement.contested)
    for key in seeds.contested:
        if key not in used:
            yield ["contested", key], f"no statement is marked {key}"


def render(seeds: Seeds, knowledge: Knowledge) -> str:
    """The list as a Markdown page: totals, a table per document, the contested claims."""
    entries = {entry.id: entry for _, entry in knowledge.topics}
    parts = [
        "# Coverage\n\n"
        "What the documents behind the FAQ say, ask and advise, and which topic answers it.\n"
        "Written by `make coverage` from `data/seeds.yml`; don't edit it by hand.",
        _totals(seeds, knowledge),
    ]
    for document in seeds.documents:
        rows = [
            (
                str(number),
                statement.heading,
                "<br>".join(_named(entries[topic]) for topic in statement.topics),
                f"yes ({', '.join(statement.contested)})" if statement.contested else "no",
            )
            for number, statement in enumerate(document.statements, 1)
        ]
        title = f"## {document.id}: {knowledge.sources[document.id].reference}"
        parts += [title, _table(("#", "Statement", "Answered by", "Contested"), rows)]
    claims = [(key, claim.claim, claim.wording) for key, claim in seeds.contested.items()]
    parts += [
        "## Contested claims",
        "Claims that evidence doesn't (fully) support, and what the answers say instead.",
        _table(("Key", "Claim", "What the answers say"), claims),
    ]
    return "\n\n".join(parts) + "\n"


def _totals(seeds: Seeds, knowledge: Knowledge) -> str:
    rows = [_counts(document.id, document.statements) for document in seeds.documents]
    together = [item for document in seeds.documents for item in document.statements]
    rows.append(_counts("All", together))
    of = len(knowledge.topics)
    return _table(("Document", "Statements", "Contested", f"Topics used (of {of})"), rows)


def _counts(name: str, statements: Sequence[Statement]) -> Tuple[str, ...]:
    contested = sum(bool(statement.contested) for statement in statements)
    topics = {topic for statement in statements for topic in statement.topics}
    return name, str(len(statements)), str(contested), str(len(topics))


def _named(entry: TopicEntry) -> str:
    return f"`{entry.id}`: {entry.question}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines
    )
