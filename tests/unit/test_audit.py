"""`make audit`: what it finds in made-up locks, and in the real ones."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from ruamel.yaml import YAML

PROJECT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("audit", PROJECT / "requirements" / "audit.py")
assert _spec is not None
audit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(audit)  # type: ignore[union-attr]

LOCK = """\
one==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via rasa
Two_Parts[extra]==2.0
three==3.0 ; python_version < "3.11" \\
    --hash=sha256:cc
"""


@pytest.fixture
def lock():
    return audit.read_lock(LOCK.replace("[extra]", ""))


def test_a_lock_is_read(lock):
    assert lock == {"one": ("1.0", 2), "two-parts": ("2.0", 0), "three": ("3.0", 1)}


def test_what_is_installed_otherwise(lock):
    installed = {"one": "1.1", "three": "3.0", "four": "4.0", "pip": "25"}
    assert list(audit.wrong_pins(lock, installed)) == [
        "two-parts is locked without a hash",
        "four 4.0 is installed, and in no lock",
        "one is 1.1, and locked at 1.0",
    ]


@pytest.mark.parametrize(
    ("licence", "fits"),
    [
        ("MIT", True),
        ("Apache Software License", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("GPL-2.0-only", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_licences(licence, fits):
    assert (list(audit.wrong_licences({"one": licence}, {})) == []) is fits
    assert list(audit.wrong_licences({"one": licence}, {"one": "read"})) == []


def test_a_weakness_is_weighed_anew_when_the_version_changes(lock):
    known = {"id": "CVE-1", "package": "one", "pinned": "1.0", "bites": False, "what": "x"}
    assert list(audit.wrong_weaknesses([known], lock)) == []
    assert "weigh it anew" in next(audit.wrong_weaknesses([{**known, "pinned": "0.9"}], lock))
    assert "bites" in next(audit.wrong_weaknesses([{**known, "bites": "yes"}], lock))


def test_services_that_cannot_be_reached_are_told_and_are_no_failure(tmp_path, capsys):
    assert audit.ask_others(tmp_path / "none", []) == []
    program = tmp_path / "pip-audit"
    program.write_text("#!/bin/sh\necho 'connection refused' >&2\nexit 1\n")
    program.chmod(0o700)
    assert audit.ask_others(program, []) == []
    assert capsys.readouterr().out.count("COULD NOT ASK") == 2


def test_packages_that_the_service_does_not_know_were_not_asked_about(tmp_path, capsys):
    program = tmp_path / "pip-audit"
    answer = '{"dependencies": [{"name": "one", "skip_reason": "Dependency not found"}]}'
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o700)
    assert audit.ask_others(program, []) == []
    said = capsys.readouterr().out
    assert "COULD NOT ASK about 1 of 1 packages" in said
    assert "asked about" not in said


def test_a_weakness_that_others_know_is_found(tmp_path):
    program = tmp_path / "pip-audit"
    answer = '{"dependencies": [{"name": "one", "version": "1.0", "vulns": [{"id": "CVE-2"}]}]}'
    program.write_text(f"#!/bin/sh\necho '{answer}'\nexit 1\n")
    program.chmod(0o700)
    assert audit.ask_others(program, []) == ["one 1.0: CVE-2"]


def test_the_weighed_weaknesses_are_of_the_versions_that_are_locked():
    known = YAML(typ="safe").load(audit.WEAKNESSES.read_text("utf-8"))
    lock = audit.read_lock((PROJECT / "requirements" / "base.txt").read_text("utf-8"))
    assert list(audit.wrong_weaknesses(known, lock)) == []
    for one in known:
        assert set(one) == {"id", "package", "pinned", "bites", "what", "why", "source"}


def test_no_file_names_a_registry():
    for name in ("base.txt", "dev.txt", "uv.txt", "audit.txt"):
        text = (PROJECT / "requirements" / name).read_text("utf-8")
        assert "--index-url" not in text
        assert "://" not in text
