"""What the actions are given in a real process."""

from __future__ import annotations

import pytest

from actions import services as module
from actions.services import services
from rasa_project.settings import PROJECT


@pytest.fixture(autouse=True)
def made_anew():
    services.cache_clear()
    yield
    services.cache_clear()


def test_the_services_are_made_once_from_the_settings(
    database, serve_practice, monkeypatch, real_catalogue
):
    # Reading the real rules takes a second; that they are asked for by name is enough here.
    files = {PROJECT / "data" / "red_flags.yml": real_catalogue}
    monkeypatch.setattr(module, "read_catalogue", files.__getitem__)
    practice = serve_practice(country="BE", phone="03 123 45 67")
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", database)
    given = services()
    assert services() is given
    assert given.practice is practice
    assert given.placeholders_for("BE")["therapeut"] == "kinesitherapeut"
    assert given.knowledge.answer("warmte", "BE").topic.id == "warmte"
    assert given.red_flags is real_catalogue
