"""The family of errors that Ruggesteun raises.

RuggesteunError            anything an operator can act on; its text is one clear line
├── SettingsError          an environment variable can't be used
├── DataFileError          a YAML file is wrong; holds every problem with file and line
└── StorageError           the database can't be reached, read or written
    └── DataKeyError       ... or its texts can't be decrypted (storage/sealing.py)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Sequence


class RuggesteunError(Exception):
    """An error whose text tells an operator, in English, what to do."""


class SettingsError(RuggesteunError):
    """An environment variable holds something that can't be used."""


class StorageError(RuggesteunError):
    """The database can't be reached, read or written."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a data file.

    Attributes:
        file: The file it stands in.
        line: The line, counted from 1; 0 when the whole file is meant.
        reason: What is wrong, in one sentence.
    """

    file: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


class DataFileError(RuggesteunError):
    """One or more data files are wrong.

    Attributes:
        problems: Everything that was found, in file order.
    """

    def __init__(self, problems: Sequence[Problem]):
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
