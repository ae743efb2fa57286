"""Erasing in time: what goes, what stays, and that nothing is left of what went."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta, timezone
from pathlib import Path
from typing import List

import pytest
import sqlalchemy as sa

from rasa_project.conversation.log import ConversationLog
from rasa_project.errors import DataFileError, StorageError
from rasa_project.practice import Retention, read_practice
from rasa_project.privacy.due import limits
from rasa_project.privacy.retention import RetentionJob, RetentionRun, seconds_until
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.migrate import migrate
from tests.privacy.filled import (
    WITHOUT_WORDS,
    WORD,
    Filler,
    files_with,
    stored_with,
    tables_of_conversations,
    where_in_database,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
RULES = Retention()


def ago(**past: float) -> datetime:
    return NOW - timedelta(**past)


def run(url: str, rules: Retention = RULES, **more) -> RetentionRun:
    return RetentionRun(url, rules, now=lambda: NOW, **more)


def names(url: str) -> List[str]:
    with session_for(url) as session:
        return sorted(session.execute(sa.text("SELECT id FROM conversation")).scalars())


@pytest.fixture
def filler(database: str) -> Filler:
    return Filler(database)


def test_by_default_thirty_days_and_a_year():
    assert (RULES.days, RULES.days_with_hand_off) == (30, 365)


def test_a_conversation_goes_when_its_time_is_over(filler):
    filler.conversation("web:old", ago(days=30, seconds=1), plain=True)
    filler.conversation("web:young", ago(days=29, hours=23), plain=True)
    filler.conversation("web:old-human", ago(days=365, seconds=1))
    filler.conversation("web:young-human", ago(days=364, hours=23))
    told: List[str] = []
    erased = run(filler.url, erased=told.append).run()
    assert names(filler.url) == ["web:young", "web:young-human"]
    assert (erased.conversations, erased.leftovers) == (2, 0)
    assert sorted(told) == ["web:old", "web:old-human"]
    assert run(filler.url).run().conversations == 0


@pytest.mark.parametrize("state", ["waiting", "human"])
def test_who_waits_for_a_human_counts_as_a_hand_off(filler, state):
    filler.conversation("web:x", ago(days=100), plain=True)
    with session_for(filler.url) as session:
        session.execute(sa.text("UPDATE conversation SET state = :s"), {"s": state})
    assert run(filler.url).run().conversations == 0


@pytest.mark.parametrize("what", ["therapist", "callback_request", "conversation_note"])
def test_what_a_human_wrote_or_was_asked_counts_as_a_hand_off(filler, what):
    filler.conversation("web:x", ago(days=100), plain=True)
    with session_for(filler.url) as session:
        if what == "therapist":
            session.execute(sa.text("UPDATE conversation_event SET author = 'therapist'"))
    if what != "therapist":
        table = next(table for table in tables_of_conversations() if table.name == what)
        with engine_for(filler.url).begin() as connection:
            filler._row_of(connection, table, "web:x", ago(days=100))
    assert run(filler.url).run().conversations == 0


def test_the_practice_decides_how_long(filler):
    filler.conversation("web:x", ago(days=3), plain=True)
    assert run(filler.url, Retention(days=4)).run().conversations == 0
    assert run(filler.url, Retention(days=2)).run().conversations == 1


def test_a_message_that_came_later_than_the_last_use_counts(filler):
    filler.conversation("web:x", ago(days=40), plain=True)
    with session_for(filler.url) as session:
        row = {"at": ago(days=1)}
        session.execute(sa.text("UPDATE conversation_event SET happened_at = :at"), row)
    assert run(filler.url).run().conversations == 0


def test_nothing_is_left_of_it_in_any_table_or_column(filler):
    filler.conversation("web:old", ago(days=400))
    filler.conversation("tg:old", ago(days=400))
    filled = {place.split(".")[0] for place in where_in_database(filler.url, WORD)}
    # Every table that keeps something of a conversation held the word, also one made later.
    assert {table.name for table in tables_of_conversations()} - WITHOUT_WORDS <= filled | {
        "conversation_change",
        "telegram_chat",
        "feedback",
    }
    assert "events" in filled
    run(filler.url).run()
    assert where_in_database(filler.url, WORD) == []
    # Only the audit, which tells what people did, still knows their names.
    for name in ("web:old", "tg:old"):
        assert set(where_in_database(filler.url, name)) <= {"audit.conversation"}


def test_nothing_of_it_is_left_in_the_files(tmp_path: Path):
    path = tmp_path / "x.db"
    url = f"sqlite:///{path}"
    migrate(url)
    filler = Filler(url)
    for number in range(50):
        filler.conversation(f"web:old-{number}", ago(days=400))
    filler.word = "zetel"
    filler.conversation("web:young", ago(days=1), plain=True)
    erased, kept = stored_with(url, WORD), stored_with(url, "zetel")
    assert len(erased) > 50 * 6
    assert all(files_with(path, stored) for stored in erased)
    assert run(url).run().wiped
    assert names(url) == ["web:young"]
    assert where_in_database(url, WORD) == []
    assert [stored for stored in erased if files_with(path, stored)] == []
    assert all(files_with(path, stored) for stored in kept)
    engine_for(url).dispose()
    assert [stored for stored in erased if files_with(path, stored)] == []


def test_what_has_no_conversation_goes_too(filler):
    filler.rasa_events("rest-old", ago(days=31))
    filler.rasa_events("rest-young", ago(days=31))
    filler.rasa_events("rest-young", ago(days=1))
    filler.red_flag("rest-old", ago(days=31))
    filler.red_flag("flag-old", ago(days=31))
    filler.red_flag("rest-young", ago(days=31))
    assert run(filler.url).run().leftovers == 2
    assert where_in_database(filler.url, "-old") == []
    assert where_in_database(filler.url, "rest-young") != []


def test_it_works_before_rasa_made_its_table(database):
    assert str(run(database).run()) == "0 conversations and 0 leftovers"


def test_who_writes_while_it_runs_keeps_the_conversation(filler):
    filler.conversation("web:x", ago(days=40), plain=True)
    until = limits(RULES, NOW)
    job = run(filler.url)
    with session_for(filler.url) as session:
        session.execute(sa.text("UPDATE conversation SET last_used_at = :n"), {"n": NOW})
    assert job._erase("web:x", until) is False
    assert not ConversationLog(filler.url).erase("web:x", only_if=lambda _session: False)
    assert names(filler.url) == ["web:x"]
    assert where_in_database(filler.url, WORD) != []


def test_a_rehearsal_changes_nothing(filler):
    filler.conversation("web:x", ago(days=40), plain=True)
    filler.rasa_events("rest-old", ago(days=31))
    erased = run(filler.url).run(dry=True)
    assert (erased.conversations, erased.leftovers) == (1, 1)
    assert names(filler.url) == ["web:x"]
    assert run(filler.url).run().conversations == 1


def test_only_the_number_is_written_down(filler):
    filler.conversation("web:x", ago(days=40), plain=True)
    run(filler.url).run()
    run(filler.url).run()
    query = "SELECT name, action, conversation, detail FROM audit WHERE action = 'retention'"
    with session_for(filler.url) as session:
        assert session.execute(sa.text(query)).all() == [
            ("Ruggesteun", "retention", None, "erased=1")
        ]


def test_a_broken_database_is_told(tmp_path: Path):
    path = tmp_path / "x.db"
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(StorageError, match="damaged"):
        run(f"sqlite:///{path}").run()


class _Stop(BaseException):
    pass


async def _daily(job_run, times: int) -> List[float]:
    slept: List[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == times:
            raise _Stop

    job = RetentionJob(job_run, sleep, now=lambda: datetime(2026, 11, 22, 12, 0))
    with pytest.raises(_Stop):
        await asyncio.wait_for(job.run_daily(), 20)
    return slept


async def test_the_job_runs_at_once_and_each_night(filler):
    filler.conversation("web:x", ago(days=40), plain=True)
    # So that the clock is believed (tests/faults/test_clock.py).
    filler.conversation("web:young", ago(days=1), plain=True)
    assert await _daily(run(filler.url), 2) == [15.5 * 3600] * 2
    assert names(filler.url) == ["web:young"]


async def test_the_job_tries_again_after_an_hour(tmp_path: Path, caplog):
    path = tmp_path / "x.db"
    path.write_bytes(b"no database " * 1000)
    assert await _daily(run(f"sqlite:///{path}"), 2) == [3600.0] * 2
    assert "can't be erased now" in caplog.text


def test_the_next_night_is_never_now():
    night = time(3, 30)
    assert seconds_until(night, datetime(2026, 1, 1, 3, 30)) == 24 * 3600
    assert seconds_until(night, datetime(2026, 1, 1, 3, 29)) == 60


@pytest.mark.parametrize("line", ["days: 0", "days: -1", "days: veel", "weken: 3", "days: 4000"])
def test_a_period_that_makes_no_sense_is_refused(tmp_path: Path, line: str):
    path = tmp_path / "practice.yml"
    path.write_text(f'name: X\ncountry: NL\nphone: "010 1234567"\nretention:\n  {line}\n', "utf-8")
    with pytest.raises(DataFileError, match="line 5"):
        read_practice(path)
