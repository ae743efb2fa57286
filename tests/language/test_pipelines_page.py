"""docs/pipelines.md says what was measured."""

from __future__ import annotations

import json

from tests.language.compare import DOCUMENT, FIGURES, document


def test_the_page_is_made_from_the_stored_figures():
    figures = json.loads(FIGURES.read_text("utf-8"))
    assert {"variants", "curve"} <= set(figures)
    assert DOCUMENT.read_text("utf-8") == document(figures)
