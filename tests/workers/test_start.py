"""Beginning: two at once on an empty database, and what is missing is said in one line."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from rasa_project import cli
from rasa_project.errors import SettingsError
from rasa_project.operations.upgrade import upgrade_and_tell
from rasa_project.settings import read_settings
from rasa_project.storage.engine import engine_for
from rasa_project.workers import programs, try_out
from rasa_project.workers.programs import NGINX, POSTGRES, REDIS, MissingPrograms, need
from rasa_project.workers.try_out import CannotBegin, Workers, nginx_config

AT_ONCE = 2


def prepare(url: str, barrier: Any, results: Any) -> None:
    """What each worker does before it serves."""
    from rasa_project.storage.tracker_store import RuggesteunTrackerStore

    settings = replace(read_settings({}), database_url=url)
    barrier.wait(60)
    try:
        upgrade_and_tell(settings.database_url)
        cli.load_answers(settings)
        RuggesteunTrackerStore.__init__.__globals__["read_settings"] = lambda: settings
        RuggesteunTrackerStore()
        results.put("")
    except BaseException as error:  # noqa: BLE001 - it is told to the test
        results.put(repr(error))


@pytest.mark.postgres
def test_workers_that_start_at_once_on_an_empty_database(new_postgres):
    context = multiprocessing.get_context("forkserver")
    barrier, results = context.Barrier(AT_ONCE), context.Queue()
    processes = [
        context.Process(target=prepare, args=(new_postgres, barrier, results))
        for _ in range(AT_ONCE)
    ]
    for process in processes:
        process.start()
    assert [results.get(timeout=120) for _ in processes] == [""] * AT_ONCE
    for process in processes:
        process.join(30)
    with engine_for(new_postgres).connect() as connection:
        current = "SELECT count(*), count(DISTINCT topic_id) FROM answer_revision WHERE current"
        answers, topics = connection.execute(sa.text(current)).one()
        assert (
            connection.execute(sa.text("SELECT max(revision) FROM answer_revision")).scalar() == 1
        )
    assert answers == topics > 100
    engine_for.cache_clear()


def test_each_missing_program_is_one_line_with_its_package(monkeypatch):
    monkeypatch.setattr(programs, "find", lambda _program: None)
    with pytest.raises(MissingPrograms) as caught:
        need([NGINX, REDIS, POSTGRES])
    assert str(caught.value).splitlines() == [
        "nginx is missing: install the Debian package nginx.",
        "redis-server is missing: install the Debian package redis-server, or set "
        "RUGGESTEUN_REDIS_URL to one that runs.",
        "postgres is missing: install the Debian package postgresql, or set "
        "RUGGESTEUN_DATABASE_URL to one that runs.",
    ]


def test_what_is_given_needs_no_program(monkeypatch, tmp_path):
    given = {
        "RUGGESTEUN_REDIS_URL": "redis://localhost",
        "RUGGESTEUN_DATABASE_URL": "postgresql://localhost/x",
    }
    monkeypatch.setattr(try_out, "given_environment", lambda: given)
    assert Workers(read_settings(given), 2, 1, tmp_path)._needed() == [NGINX]


def test_sqlite_is_refused_for_several_workers(monkeypatch, tmp_path):
    given = {"RUGGESTEUN_DATABASE_URL": "sqlite:///x.db"}
    monkeypatch.setattr(try_out, "given_environment", lambda: given)
    with pytest.raises(CannotBegin, match="PostgreSQL"):
        Workers(read_settings(given), 2, 1, tmp_path)._needed()


def test_the_configuration_of_nginx_is_filled_in(project_template):
    text = nginx_config(project_template, Path("/f"), Path("/l.conf"), 8080, [1, 2])
    assert "@" not in text
    assert "listen 127.0.0.1:8080;" in text
    assert text.count("server 127.0.0.1:") == 2


@pytest.fixture
def project_template() -> str:
    path = read_settings({}).project / "deploy" / "nginx" / "try.conf.template"
    return path.read_text("utf-8")


@pytest.mark.parametrize("count", ["0", "-1", "33", "x"])
def test_how_many_workers_is_a_sensible_number(count, capsys):
    with pytest.raises(SystemExit):
        cli.main(["workers", "--count", count])
    assert "number from 1 to 32" in capsys.readouterr().err


def test_a_wrong_setting_is_told_before_anything_starts(monkeypatch):
    with pytest.raises(SettingsError):
        read_settings({"RUGGESTEUN_REDIS_URL": "localhost"})
