"""`make audit`: the packages are those of the lock, with licences that fit, and weighed.

What works without a network fails when something is wrong. What asks others (pip-audit) is told:
a weakness fails, and services that can't be reached are said so and don't.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

from ruamel.yaml import YAML

HERE = Path(__file__).resolve().parent
LOCKS = ("base.txt", "dev.txt", "uv.txt")
WEAKNESSES = HERE.parent / "docs" / "known-weaknesses.yml"
# pip brings the environment; the Dutch model is on no package index (see the Makefile).
NOT_LOCKED = {"pip", "nl-core-news-sm", "ruggesteun"}
SECONDS = 12
# Licences that may stand together with GPL-3.0-or-later in one program.
_FITTING = re.compile(
    r"MIT|BSD|Apache|Python Software Foundation|PSF|ISC|MPL|Mozilla|L?GPL|Lesser General|GNU|"
    r"Unlicense|Public Domain|HPND|CC0|Zope|ZPL|Artistic|0BSD",
    re.IGNORECASE,
)
_NOT_FITTING = re.compile(r"GPL[- ]?v?2(\.0)?[- ]only|proprietary|commercial|SSPL|BUSL", re.I)
# Their metadata say nothing, or something else than a licence; read in their files.
REVIEWED = HERE / "licences.yml"
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^ ;\\]+)")


class Pin(NamedTuple):
    """One package of a lock."""

    version: str
    hashes: int


def normal(name: str) -> str:
    """A package's name as it is compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(text: str) -> Dict[str, Pin]:
    """The packages of a lock file, with the number of their hashes."""
    pins: Dict[str, Pin] = {}
    name = ""
    for line in text.splitlines():
        match = _PINNED.match(line)
        if match:
            name = normal(match[1])
            pins[name] = Pin(match[2], 0)
        elif name and line.strip().startswith("--hash=sha256:"):
            pins[name] = pins[name]._replace(hashes=pins[name].hashes + 1)
    return pins


def wrong_pins(lock: Dict[str, Pin], installed: Dict[str, str]) -> Iterator[str]:
    """What is installed otherwise than the lock says, or locked without a hash."""
    for name, pin in sorted(lock.items()):
        if not pin.hashes:
            yield f"{name} is locked without a hash"
    for name, version in sorted(installed.items()):
        if name in NOT_LOCKED:
            continue
        if name not in lock:
            yield f"{name} {version} is installed, and in no lock"
        elif lock[name].version != version:
            yield f"{name} is {version}, and locked at {lock[name].version}"


def licence_of(metadata: Any) -> str:
    """What a package says of its licence."""
    kinds = [
        line.rpartition("::")[2].strip()
        for line in metadata.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    said = metadata.get("License-Expression") or " / ".join(kinds) or metadata.get("License") or ""
    return " ".join(str(said).split())[:60]


def wrong_licences(licences: Dict[str, str], reviewed: Dict[str, str]) -> Iterator[str]:
    """Packages whose licence doesn't fit, or that nobody has looked at."""
    for name, licence in sorted(licences.items()):
        if name in reviewed:
            continue
        if not _FITTING.search(licence) or _NOT_FITTING.search(licence):
            yield f"{name}: licence {licence!r}: read it, and add it to requirements/licences.yml"


def wrong_weaknesses(known: Sequence[Dict[str, Any]], lock: Dict[str, Pin]) -> Iterator[str]:
    """Weighed weaknesses whose package has another version by now, and those that bite."""
    for one in known:
        pin = lock.get(normal(one["package"]))
        if pin is None or pin.version != str(one["pinned"]):
            yield f"{one['id']}: {one['package']} is no longer {one['pinned']}: weigh it anew"
        if one["bites"] not in (False, "no", "hardly"):
            yield f"{one['id']} bites: {one['what']}"


def ask_others(program: Path, known: Sequence[Dict[str, Any]]) -> List[str]:
    """What pip-audit finds; says so when it could not ask."""
    if not program.exists():
        print("COULD NOT ASK: pip-audit is not installed here.")
        return []
    command = [str(program), "--requirement", str(HERE / "base.txt"), "--disable-pip", "--no-deps"]
    command += ["--require-hashes", "--format", "json", "--progress-spinner", "off"]
    command += ["--timeout", "4"]
    for one in known:
        command += ["--ignore-vuln", one["id"]]
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            command, capture_output=True, text=True, check=False, timeout=SECONDS
        )
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        print("COULD NOT ASK: no service that knows weaknesses can be reached from here.")
        return []
    found = [
        f"{one['name']} {one['version']}: {weakness['id']}"
        for one in packages
        for weakness in one.get("vulns", [])
    ]
    # Where the service doesn't know a package at all, pip-audit only leaves it out.
    unknown = sum("skip_reason" in one for one in packages)
    if unknown:
        print(f"COULD NOT ASK about {unknown} of {len(packages)} packages: nobody here knows them.")
    if unknown < len(packages):
        asked = len(packages) - unknown
        print(f"pip-audit asked about {asked} packages: {len(found)} weaknesses not weighed.")
    return found


def main() -> int:
    """Look at everything, and say what is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pip-audit", type=Path, default=Path(".venv-audit/bin/pip-audit"))
    chosen = parser.parse_args()
    lock: Dict[str, Pin] = {}
    for name in LOCKS:
        lock.update(read_lock((HERE / name).read_text("utf-8")))
    packages = list(importlib.metadata.distributions())
    installed = {normal(one.metadata["Name"]): one.version for one in packages}
    licences = {normal(one.metadata["Name"]): licence_of(one.metadata) for one in packages}
    known = YAML(typ="safe").load(WEAKNESSES.read_text("utf-8"))
    reviewed = YAML(typ="safe").load(REVIEWED.read_text("utf-8")) or {}
    found = [
        *wrong_pins(lock, installed),
        *wrong_licences(licences, reviewed),
        *wrong_weaknesses(known, lock),
        *ask_others(chosen.pip_audit, known),
    ]
    kinds = Counter(reviewed.get(name, licence) for name, licence in licences.items())
    print(f"{len(installed)} packages, {len(lock)} locked, {len(known)} weaknesses weighed.")
    print(
        "Licences: " + ", ".join(f"{kind} {count}" for kind, count in kinds.most_common(6)) + " ..."
    )
    for line in found:
        print(f"WRONG  {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
