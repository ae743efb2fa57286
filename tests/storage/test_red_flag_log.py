"""What was found and shown is kept."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from rasa_project.errors import StorageError
from rasa_project.storage.engine import session_for
from rasa_project.storage.red_flag_log import RedFlagLog
from rasa_project.storage.tables import RedFlagEventRow

FINDINGS = [
    {"flag": "RF01", "sign": "RF01-plassen", "urgency": "same_day", "start": 3},
    {"flag": "RF05", "sign": "RF05-koorts", "urgency": "soon", "start": 9},
]


def rows(url):
    query = sa.select(RedFlagEventRow).order_by(RedFlagEventRow.id)
    with session_for(url) as session:
        return [
            (row.conversation, row.flag, row.sign, row.urgency, row.rules_version)
            for row in session.execute(query).scalars()
        ]


def test_each_finding_is_stored_with_the_version_of_the_rules(database):
    RedFlagLog(database).record("web:1", FINDINGS, rules_version="v7")
    assert rows(database) == [
        ("web:1", "RF01", "RF01-plassen", "same_day", "v7"),
        ("web:1", "RF05", "RF05-koorts", "soon", "v7"),
    ]


def test_the_moment_is_now(database):
    RedFlagLog(database).record("web:1", FINDINGS[:1], "v7")
    with session_for(database) as session:
        stored = session.execute(sa.select(RedFlagEventRow.happened_at)).scalar_one()
    stored = stored if stored.tzinfo else stored.replace(tzinfo=timezone.utc)
    assert abs(datetime.now(timezone.utc) - stored) < timedelta(minutes=1)


def test_all_findings_of_a_message_are_stored_or_none(database):
    broken = [FINDINGS[0], {**FINDINGS[1], "flag": None}]
    with pytest.raises(StorageError):
        RedFlagLog(database).record("web:1", broken, "v7")
    assert rows(database) == []


def test_nothing_found_stores_nothing(database):
    RedFlagLog(database).record("web:1", [], "v7")
    assert rows(database) == []
