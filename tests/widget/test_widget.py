"""The widget's own tests, and that what is served was made from its sources."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from tests.widget.size import LOADED, MOST_BYTES, OLD_BROWSERS, WEB, sizes

WIDGET = WEB / "widget"
TESTS = sorted(str(path) for path in (WEB.parents[1] / "tests" / "widget").glob("*.test.mjs"))
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")


@needs_node
def test_the_units_of_the_widget():
    done = subprocess.run(
        ["node", "--test", *TESTS], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert int(re.search(r"^# pass (\d+)", done.stdout, re.M)[1]) >= 18


@needs_node
def test_what_is_served_was_built_from_these_sources(tmp_path):
    if not (WIDGET / "node_modules" / "esbuild").is_dir():
        pytest.skip("esbuild is not installed: `make widget-tools` (needs npm)")
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=WIDGET, check=True, timeout=60)
    for name in OLD_BROWSERS:
        assert (tmp_path / name).read_bytes() == (WEB / name).read_bytes(), (
            f"{name} is stale: run `make widget`"
        )


def test_the_snippet_is_small():
    assert sum(sizes()[name] for name in LOADED) <= MOST_BYTES


@pytest.mark.parametrize(
    "never",
    [
        "eval(",
        "new Function",
        "innerHTML",
        "insertAdjacentHTML",
        "document.write",
        ".cookie",
        "http:",
    ],
)
def test_what_a_strict_policy_forbids_is_not_in_it(never):
    script = (WEB / "ruggesteun.js").read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert never not in script


def test_the_lock_file_names_no_registry():
    lock = json.loads((WIDGET / "package-lock.json").read_text("utf-8"))
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    for package in packages:
        assert "resolved" not in package
        assert package["integrity"].startswith("sha512-")
