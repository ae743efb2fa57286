"""Migrations: on a new database, on an existing one, and compared with the tables."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from rasa_project.errors import StorageError
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.migrate import alembic_config, migrate
from rasa_project.storage.red_flag_log import RedFlagLog
from rasa_project.storage.tables import Base, RedFlagEventRow

FINDING = {"flag": "RF01", "sign": "RF01-plassen", "urgency": "same_day"}


def table_names(url: str) -> set:
    return set(sa.inspect(engine_for(url)).get_table_names())


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
    config = alembic_config()
    with engine_for(database).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert table_names(database) == {"alembic_version"}
    migrate(database)
    assert set(Base.metadata.tables) <= table_names(database)


def test_a_database_of_a_newer_version_is_left_alone_and_told(database):
    with engine_for(database).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="made by a newer Ruggesteun"):
        migrate(database)
