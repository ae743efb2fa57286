"""An upgrade that breaks off changes nothing; two at once do it once."""

from __future__ import annotations

import threading
from typing import Any, List

import pytest
import sqlalchemy as sa

from rasa_project.errors import StorageError
from rasa_project.storage.engine import engine_for
from rasa_project.storage.keyring import keys_on_record
from rasa_project.storage.migrate import migrate, newest_revision, revision_of
from tests.upgrade.interrupted import killed_while_upgrading
from tests.upgrade.test_upgrade import REVISIONS, build, counts

# Of some hundred statements; each that is tried costs a process.
EVERY = 13


def tables(url: str) -> List[str]:
    return sorted(sa.inspect(engine_for(url)).get_table_names())


def test_whoever_is_killed_in_the_middle_upgrades_again(empty_database):
    build(empty_database, REVISIONS[3])
    engine_for(empty_database).dispose()
    before, names = counts(empty_database), tables(empty_database)
    kills, statement = 0, 4
    while killed_while_upgrading(empty_database, statement):
        kills += 1
        if revision_of(empty_database) == newest_revision():
            # It is done; what comes after it is tidying up.
            assert keys_on_record(empty_database)
        else:
            assert revision_of(empty_database) == REVISIONS[3]
            assert tables(empty_database) == names, "a half of the upgrade is left"
            assert counts(empty_database) == before
        statement += EVERY
    assert kills >= 4
    assert revision_of(empty_database) == newest_revision()
    after = counts(empty_database)
    assert {table: after[table] for table in before} == before


def test_an_error_in_the_middle_leaves_everything_as_it_was(empty_database):
    build(empty_database, REVISIONS[3])
    names = tables(empty_database)
    engine = engine_for(empty_database)

    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "CREATE TABLE telegram_chat" in statement:
            raise sa.exc.OperationalError(statement, {}, Exception("database or disk is full"))

    sa.event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(StorageError, match="free some disk space"):
        migrate(empty_database)
    sa.event.remove(engine, "before_cursor_execute", fail)
    assert (revision_of(empty_database), tables(empty_database)) == (REVISIONS[3], names)
    migrate(empty_database)
    assert revision_of(empty_database) == newest_revision()


def test_two_that_start_at_once_upgrade_once(empty_database):
    build(empty_database, REVISIONS[3])
    problems: List[BaseException] = []

    def upgrade() -> None:
        try:
            migrate(empty_database)
        except BaseException as error:  # noqa: BLE001 - all that goes wrong counts
            problems.append(error)

    both = [threading.Thread(target=upgrade) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert problems == []
    assert revision_of(empty_database) == newest_revision()
