"""What an operator reads when the database can't be used: one line, what to do, no password."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa

from rasa_project.errors import StorageError
from rasa_project.knowledge.repository import KnowledgeRepository
from rasa_project.storage import engine as engine_module
from rasa_project.storage.engine import engine_for, plain_reason, session_for
from rasa_project.storage.migrate import migrate
from rasa_project.storage.red_flag_log import RedFlagLog

FINDING = {"flag": "RF01", "sign": "RF01-plassen", "urgency": "same_day"}


@pytest.fixture(autouse=True)
def no_engine_is_left():
    yield
    engine_for.cache_clear()


def told(function, *arguments) -> str:
    with pytest.raises(StorageError) as caught:
        function(*arguments)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_locked_database_is_told(sqlite_file, monkeypatch):
    monkeypatch.setattr(engine_module, "SQLITE_BUSY_SECONDS", 0)
    holder = sqlite3.connect(sqlite_file)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        text = told(RedFlagLog(f"sqlite:///{sqlite_file}").record, "x", [FINDING], "v")
    finally:
        holder.close()
    assert "another program holds it" in text
    assert str(sqlite_file) in text


def test_a_read_only_database_is_told(sqlite_file):
    # Opened read-only, because file modes do not stop root.
    url = f"sqlite:///file:{sqlite_file}?mode=ro&uri=true"
    assert "writable for this user" in told(RedFlagLog(url).record, "x", [FINDING], "v")


def test_a_database_without_tables_is_told_to_migrate(tmp_path):
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    assert "run `make migrate`" in told(KnowledgeRepository(url).topic_ids)


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"x" * 4096])
def test_a_file_that_is_no_database_is_told(tmp_path, content):
    path = tmp_path / "damaged.db"
    path.write_bytes(content)
    url = f"sqlite:///{path}"
    assert "the file is damaged" in told(KnowledgeRepository(url).topic_ids)
    assert "the file is damaged" in told(migrate, url)


def test_a_database_with_a_damaged_page_is_told(sqlite_file):
    data = bytearray(sqlite_file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    sqlite_file.write_bytes(bytes(data))
    assert "the file is damaged" in told(KnowledgeRepository(f"sqlite:///{sqlite_file}").topic_ids)


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path):
    url = f"sqlite:///{tmp_path}"
    assert "writable for this user" in told(KnowledgeRepository(url).topic_ids)


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    text = told(engine_for, f"sqlite:///{tmp_path / 'file' / 'x.db'}")
    assert "RUGGESTEUN_DATABASE_URL" in text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no url",
        "postgresql:/me:geheim@host/db",
        "postgresql://me:geheim@host:port/db",
        "nosuchdialect://me:geheim@host/db",
    ],
)
def test_an_unusable_url_is_told_without_its_password(url):
    text = told(engine_for, url)
    assert "RUGGESTEUN_DATABASE_URL" in text
    assert "geheim" not in text


def test_a_server_that_does_not_answer_is_told_without_the_password():
    url = "postgresql://me:geheim@127.0.0.1:1/db?connect_timeout=2"
    text = told(KnowledgeRepository(url).topic_ids)
    assert "that the database is running" in text
    assert "me:***@127.0.0.1" in text
    assert "geheim" not in text


@pytest.mark.postgres
def test_a_postgresql_database_without_tables_is_told_to_migrate(new_postgres):
    assert "run `make migrate`" in told(KnowledgeRepository(new_postgres).topic_ids)


@pytest.mark.postgres
def test_a_postgresql_database_that_is_not_there_is_not_told_to_migrate(postgres_server):
    text = told(KnowledgeRepository(f"{postgres_server}nergens").topic_ids)
    assert "make migrate" not in text
    assert "check RUGGESTEUN_DATABASE_URL" in text


def test_a_full_disk_is_told():
    error = sqlite3.OperationalError("database or disk is full")
    assert "free some disk space" in plain_reason(error, "sqlite:///x.db")


def test_an_error_that_is_not_the_databases_passes_and_rolls_back(sqlite_file):
    url = f"sqlite:///{sqlite_file}"
    with pytest.raises(KeyError):
        _write_and_fail(url)
    with session_for(url) as session:
        assert session.execute(sa.text("SELECT count(*) FROM source")).scalar_one() == 0


def test_sqlite_checks_foreign_keys_and_lets_readers_go_on(sqlite_file):
    url = f"sqlite:///{sqlite_file}"
    with session_for(url) as session:
        assert session.execute(sa.text("PRAGMA journal_mode")).scalar_one() == "wal"
    text = told(_write_an_orphan, url)
    assert "FOREIGN KEY" in text


def _write_and_fail(url: str) -> None:
    with session_for(url) as session:
        session.execute(sa.text("INSERT INTO source VALUES ('X', 'r', '1', 'k', '')"))
        raise KeyError


def _write_an_orphan(url: str) -> None:
    with session_for(url) as session:
        session.execute(sa.text("INSERT INTO answer_source VALUES (1, 'NIET', 0)"))


def test_an_error_tells_nothing_of_what_was_to_be_stored(database):
    secret = "06 98 76 54 32"
    with pytest.raises(StorageError) as caught, session_for(database) as session:
        session.execute(sa.text("INSERT INTO nowhere VALUES (:secret)"), {"secret": secret})
    assert "nowhere" in str(caught.value)
    assert secret not in str(caught.value)
