"""Read and cross-check everything under ``data/knowledge``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple

from rasa_project.errors import DataFileError, Problem
from rasa_project.knowledge.entries import (
    PLACEHOLDER,
    PRACTICE_PLACEHOLDERS,
    SourceEntry,
    SourceFile,
    TopicEntry,
    TopicFile,
    WordingFile,
)
from rasa_project.yaml_lines import line_in, parse, read_yaml

SOURCES_FILE = "sources.yml"
WORDING_FILE = "wording.yml"


@dataclass(frozen=True)
class Knowledge:
    """All topics in the order of the files, with their group, and all sources."""

    topics: Tuple[Tuple[str, TopicEntry], ...]
    sources: Dict[str, SourceEntry]
    wording: WordingFile


def read_wording(folder: Path) -> WordingFile:
    """Read the words that differ between the countries.

    Raises:
        DataFileError: With file and line.
    """
    path = folder / WORDING_FILE
    return parse(WordingFile, read_yaml(path), path)


def read_knowledge(folder: Path) -> Knowledge:
    """Read all files and check every reference between them.

    Raises:
        DataFileError: With file, line and reason of everything that is wrong, so
            that one run shows it all.
    """
    sources_path = folder / SOURCES_FILE
    sources = parse(SourceFile, read_yaml(sources_path), sources_path).sources
    wording = read_wording(folder)
    placeholders = PRACTICE_PLACEHOLDERS | set(wording.NL)

    problems: List[Problem] = []
    read: List[Tuple[Path, object, TopicFile]] = []
    for path in sorted(folder.glob("*.yml")):
        if path.name in (SOURCES_FILE, WORDING_FILE):
            continue
        try:
            node = read_yaml(path)
            read.append((path, node, parse(TopicFile, node, path)))
        except DataFileError as error:
            problems.extend(error.problems)

    known = {entry.id for _, _, file in read for entry in file.topics}
    # Only a complete catalogue can tell whether a follow-up exists.
    complete = not problems
    first_in: Dict[str, Tuple[Path, int]] = {}
    for path, _, file in read:
        for index, entry in enumerate(file.topics):

            def wrong(field: str, reason: str) -> Problem:
                return Problem(path, line_in(path, ["topics", index, field]), reason)  # noqa: B023

            if entry.id in first_in:
                file_, number = first_in[entry.id]
                first = Problem(file_, line_in(file_, ["topics", number, "id"]), "first")
                problems.append(wrong("id", f"{entry.id} stands in {first} too"))
            first_in.setdefault(entry.id, (path, index))
            for key in entry.sources:
                if key not in sources:
                    problems.append(
                        wrong("sources", f"{entry.id}: no source {key} in {SOURCES_FILE}")
                    )
            if complete:
                for topic in entry.follow_ups:
                    if topic not in known:
                        problems.append(wrong("follow_ups", f"{entry.id}: no topic {topic}"))
            texts = {
                "short": entry.short,
                "more": entry.more,
                "simple": entry.simple,
                "be": f"{entry.be.short or ''} {entry.be.more or ''}",
                "notes": " ".join(note.text for note in entry.notes),
            }
            for field, text in texts.items():
                for name in PLACEHOLDER.findall(text):
                    if name not in placeholders:
                        problems.append(wrong(field, f"{entry.id}: unknown placeholder {{{name}}}"))
    if problems:
        raise DataFileError(problems)
    topics = tuple((file.group, entry) for _, _, file in read for entry in file.topics)
    return Knowledge(topics, sources, wording)
