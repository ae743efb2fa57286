"""Migrations: on a new database, on an existing one, and compared with the tables."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from rasa_project.errors import StorageError
from rasa_project.knowledge.loader import load
from rasa_project.knowledge.repository import KnowledgeRepository
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.migrate import alembic_config, migrate
from rasa_project.storage.red_flag_log import RedFlagLog
from rasa_project.storage.tables import AnswerRow, Base, RedFlagEventRow
from tests.builders import topic

FINDING = {"flag": "RF01", "sign": "RF01-plassen", "urgency": "same_day"}


def table_names(url: str) -> set:
    names = sa.inspect(engine_for(url)).get_table_names()
    # SQLite itself keeps one, to never give out an id twice.
    return {name for name in names if not name.startswith("sqlite_")}


def test_a_new_database_gets_all_tables(database):
    assert table_names(database) == set(Base.metadata.tables) | {"alembic_version"}


def test_migrating_again_keeps_what_is_there(database):
    RedFlagLog(database).record("someone", [FINDING], "v1")
    migrate(database)
    with session_for(database) as session:
        assert session.execute(sa.select(RedFlagEventRow.conversation)).scalars().all() == [
            "someone"
        ]


def test_tables_of_rasa_beside_ours_are_left_alone(empty_database):
    with engine_for(empty_database).begin() as connection:
        connection.execute(sa.text("CREATE TABLE events (id INTEGER)"))
        connection.execute(sa.text("INSERT INTO events VALUES (7)"))
    migrate(empty_database)
    with engine_for(empty_database).connect() as connection:
        assert connection.execute(sa.text("SELECT id FROM events")).scalar_one() == 7


def test_the_tables_and_the_migrations_say_the_same(database):
    def ours(_object, name, kind, _reflected, _compared):
        return kind != "table" or name in Base.metadata.tables

    with engine_for(database).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": ours}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_the_comparison_would_notice_a_missing_column(database):
    with engine_for(database).begin() as connection:
        connection.execute(sa.text("ALTER TABLE topic DROP COLUMN button"))
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert any(entry[0] == "add_column" for entry in differences)


def test_every_migration_can_be_taken_back(database):
    run(database, command.downgrade, "base")
    assert table_names(database) == {"alembic_version"}
    migrate(database)
    assert set(Base.metadata.tables) <= table_names(database)


# An answer as the first version of the tables held it.
OLD_TOPIC = {
    "id": "warmte",
    "topic_group": "zelf-doen",
    "question": "Helpt warmte?",
    "button": "Warmte",
    "position": 0,
    "active": True,
}
OLD_ANSWER = {
    "id": 7,
    "topic_id": "warmte",
    "revision": 3,
    "current": True,
    "fingerprint": "as-it-was",
    "short_nl": "Warmte mag.",
    "more_nl": "Warmte mag altijd.",
    "short_be": "Warmte mag, ook hier.",
    "more_be": "Warmte mag altijd, ook hier.",
    "follow_ups": '["koude"]',
    "review_status": "concept",
    "loaded_at": datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc),
}


def run(url: str, change, revision: str) -> None:
    """Bring a database up or down to a revision."""
    config = alembic_config()
    with engine_for(url).begin() as connection:
        config.attributes["connection"] = connection
        change(config, revision)


def insert(url: str, table: str, row: dict) -> None:
    """Write a row with those columns only that are given, as an older version did."""
    columns, values = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
    with engine_for(url).begin() as connection:
        connection.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)


@pytest.fixture
def first_version(empty_database: str) -> str:
    """The URL of a database of the first version, with one answer."""
    run(empty_database, command.upgrade, "0001")
    insert(empty_database, "topic", OLD_TOPIC)
    insert(empty_database, "answer_revision", OLD_ANSWER)
    return empty_database


def test_answers_of_the_first_version_stay_and_get_empty_new_fields(first_version):
    migrate(first_version)
    answer = KnowledgeRepository(first_version).answer("warmte", "BE")
    assert (answer.short, answer.more) == (OLD_ANSWER["short_be"], OLD_ANSWER["more_be"])
    assert (answer.revision, answer.follow_ups) == (3, ("koude",))
    assert (answer.simple, answer.notes, answer.ask) == ("", (), None)
    with session_for(first_version) as session:
        assert session.execute(sa.select(AnswerRow.notes)).scalar_one() == []


def test_loading_after_the_migration_fills_the_new_fields(first_version, knowledge):
    migrate(first_version)
    with session_for(first_version) as session:
        report = load(session, knowledge(topic("warmte"), topic("koude")))
    assert (report.changed, report.added) == (1, 1)
    answer = KnowledgeRepository(first_version).answer("warmte", "NL")
    assert answer.revision == 4
    assert answer.simple == topic("warmte")["simple"]


def test_going_back_to_the_first_version_keeps_what_it_knew(first_version):
    migrate(first_version)
    run(first_version, command.downgrade, "0001")
    with engine_for(first_version).connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM answer_revision")).mappings().one()
    assert set(row) == {*OLD_ANSWER, "reviewed_on", "reviewed_by"}
    assert {name: row[name] for name in ("id", "fingerprint", "short_nl", "more_be")} == {
        name: OLD_ANSWER[name] for name in ("id", "fingerprint", "short_nl", "more_be")
    }


def test_a_database_of_a_newer_version_is_left_alone_and_told(database):
    with engine_for(database).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="made by a newer Ruggesteun"):
        migrate(database)
