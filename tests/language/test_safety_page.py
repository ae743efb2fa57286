"""docs/safety.md says what was measured, and it is still so."""

from __future__ import annotations

import json

import pytest

from tests.language.measure import Reader, Share
from tests.language.measure_alarms import RED_FLAG_SETS, measure_red_flags
from tests.language.safety import DOCUMENT, FIGURES, MAIN, MARKER, document

# A message on the edge may fall to the other side on another machine.
TOLERANCE = 0.015


def test_the_page_is_made_from_the_stored_figures():
    figures = json.loads(FIGURES.read_text("utf-8"))
    assert list(figures["sets"]) == list(RED_FLAG_SETS)
    _, marker, written = DOCUMENT.read_text("utf-8").partition(MARKER + "\n")
    assert marker
    assert written == document(figures)


@pytest.mark.model
@pytest.mark.parametrize("name", RED_FLAG_SETS)
async def test_the_stored_figures_are_those_of_today(name):
    stored = json.loads(FIGURES.read_text("utf-8"))["sets"][name]
    figures, _ = await measure_red_flags(Reader(), name)
    for key in set(MAIN) & set(figures):
        was = Share(*stored[key])
        assert figures[key].of == was.of
        assert figures[key].value == pytest.approx(was.value, abs=TOLERANCE), key
