"""The programs of others that several workers need: where they are, or what to install."""

from __future__ import annotations

import glob
import os
import shutil
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence

from rasa_project.errors import RuggesteunError

# Where distributions keep what isn't for everybody's path.
_ALSO_IN = ("/usr/sbin", "/usr/local/sbin", "/sbin")


class MissingPrograms(RuggesteunError):
    """Something has to be installed first; one line for each."""


class Program(NamedTuple):
    """A program, and what it comes with.

    Attributes:
        name: As it is called.
        package: Debian's.
        instead: What makes it needless.
    """

    name: str
    package: str
    instead: str = ""


NGINX = Program("nginx", "nginx")
REDIS = Program("redis-server", "redis-server", "RUGGESTEUN_REDIS_URL")
POSTGRES = Program("postgres", "postgresql", "RUGGESTEUN_DATABASE_URL")
INITDB = Program("initdb", "postgresql", "RUGGESTEUN_DATABASE_URL")


def find(program: Program) -> Optional[Path]:
    """Where a program is, or None."""
    found = shutil.which(program.name)
    if found:
        return Path(found)
    places = [*_ALSO_IN]
    if program.package == "postgresql":
        # The newest one.
        places += sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=_version, reverse=True)
    for place in places:
        path = Path(place) / program.name
        if os.access(path, os.X_OK):
            return path
    return None


def _version(folder: str) -> int:
    number = Path(folder).parent.name
    return int(number) if number.isdecimal() else 0


def need(programs: Sequence[Program]) -> Dict[Program, Path]:
    """Where all of them are.

    Raises:
        MissingPrograms: One line for each that is not there.
    """
    found = {program: find(program) for program in programs}
    missing: List[str] = []
    for program, path in found.items():
        if path is None:
            line = f"{program.name} is missing: install the Debian package {program.package}"
            if program.instead:
                line += f", or set {program.instead} to one that runs"
            missing.append(f"{line}.")
    if missing:
        raise MissingPrograms("\n".join(missing))
    return {program: path for program, path in found.items() if path is not None}
