"""The audit goes after years, by one way only; the database refuses every other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import List

import pytest
import sqlalchemy as sa

from rasa_project.errors import StorageError
from rasa_project.inbox.accounts import OPERATOR
from rasa_project.inbox.audit import ACTIONS, READ, RETENTION, Audit
from rasa_project.practice import Retention
from rasa_project.privacy.audit_retention import audit_limit, delete_old_lines
from rasa_project.privacy.retention import RetentionRun
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AuditLimitRow

# The database itself refuses what the real clock calls young.
NOW = datetime.now(timezone.utc).replace(microsecond=0)
YEAR = timedelta(days=366)


@pytest.fixture
def audited(database: str) -> str:
    """A line of each of the last eight years, the youngest of now."""
    for years in range(8):
        Audit(database, lambda years=years: NOW - years * YEAR).record(
            READ, replace(OPERATOR, name=f"{years} years ago"), "web:x"
        )
    return database


def lines(url: str) -> List[str]:
    with session_for(url) as session:
        query = "SELECT name FROM audit WHERE action = 'read' ORDER BY happened_at DESC"
        return list(session.execute(sa.text(query)).scalars())


def run(url: str, years: int = 5) -> RetentionRun:
    return RetentionRun(url, Retention(audit_years=years), now=lambda: NOW)


def test_by_default_it_stays_five_years():
    assert Retention().audit_years == 5


def test_lines_go_when_their_time_is_over_and_a_line_says_how_many(audited):
    assert run(audited).run(dry=True).audit_lines == 3
    assert len(lines(audited)) == 8
    erased = run(audited).run()
    assert erased.audit_lines == 3
    assert "3 old lines of the audit" in str(erased)
    assert lines(audited) == [f"{years} years ago" for years in range(5)]
    with session_for(audited) as session:
        query = "SELECT name, account, conversation, detail FROM audit WHERE action = 'retention'"
        assert session.execute(sa.text(query)).all() == [
            ("Ruggesteun", None, None, "audit lines=3")
        ]
        assert session.execute(sa.text("SELECT count(*) FROM audit_limit")).scalar_one() == 0
    assert run(audited).run().audit_lines == 0
    assert RETENTION in ACTIONS, "the page of the audit knows a word for it"


def test_the_practice_decides(audited):
    assert run(audited, years=2).run().audit_lines == 6
    assert len(lines(audited)) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit",
        "DELETE FROM audit WHERE name = '7 years ago'",
        "UPDATE audit SET name = 'somebody else' WHERE name = '7 years ago'",
        "INSERT INTO audit_limit (id, before_moment) VALUES (1, '2199-01-01 00:00:00')",
    ],
)
def test_the_database_refuses_every_other_way(audited, statement):
    with pytest.raises(StorageError), session_for(audited) as session:
        session.execute(sa.text(statement))
    assert len(lines(audited)) == 8


def test_the_last_year_stays_whatever_a_program_asks_for(audited):
    with pytest.raises(StorageError, match="last year stays"), session_for(audited) as session:
        delete_old_lines(session, NOW + timedelta(days=1))
    assert len(lines(audited)) == 8


def delete_all_behind_a_limit(url: str) -> None:
    with session_for(url) as session:
        session.add(AuditLimitRow(id=1, before_moment=audit_limit(5, NOW)))
        session.flush()
        session.execute(sa.text("DELETE FROM audit"))


def test_with_the_way_open_what_is_younger_is_refused_all_the_same(audited):
    with pytest.raises(StorageError, match="append-only"):
        delete_all_behind_a_limit(audited)
    assert len(lines(audited)) == 8


def test_when_the_line_about_it_can_not_be_written_nothing_goes(audited, monkeypatch):
    job = run(audited)

    def fail(*_given: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(job, "_write_down", fail)
    with pytest.raises(StorageError):
        job.run()
    assert len(lines(audited)) == 8


def test_a_leap_day_counts_as_the_day_before():
    leap = datetime(2028, 2, 29, 12, tzinfo=timezone.utc)
    assert audit_limit(5, leap) == datetime(2023, 2, 28, 12, tzinfo=timezone.utc)
