"""A clock that jumps: ahead, back, and twice a year by an hour."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta, timezone
from typing import Any, List

import pytest
import sqlalchemy as sa

from rasa_project.channels import tokens
from rasa_project.channels.rate_limit import RateLimit
from rasa_project.clock import LONG_AGO, elapsed, utc_now
from rasa_project.conversation.log import ConversationLog
from rasa_project.handoff import outbox
from rasa_project.handoff.occasions import NEVER
from rasa_project.handoff.opening_hours import is_open
from rasa_project.handoff.presence import is_present
from rasa_project.handoff.sweeper import Sweeper
from rasa_project.inbox.login import LONGEST_PAUSE, _is_paused
from rasa_project.practice import Retention
from rasa_project.privacy.retention import RetentionJob, RetentionRun
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import NotificationRow
from tests.privacy.filled import Filler
from tests.storage.conftest import rules_read_once  # noqa: F401
from tests.storage.desk import ANSWER, HOURS, HUMAN_WANTED, ME, MONDAY_TEN, Desk

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def test_a_moment_in_the_future_counts_as_long_ago():
    assert elapsed(NOW - HOUR, NOW) == HOUR
    assert elapsed(NOW + timedelta(seconds=30), NOW) == timedelta(seconds=-30), "two clocks differ"
    assert elapsed(NOW + 3 * HOUR, NOW) == LONG_AGO


@pytest.fixture
def desk(database: str, serve_practice: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", MONDAY_TEN)
    serve_practice(hours=HOURS)
    return Desk(database)


@pytest.mark.usefixtures("rules_read_once")
@pytest.mark.parametrize("jump", [-180, 180], ids=["back", "ahead"])
def test_who_waits_is_offered_a_call_and_no_message_is_lost_or_mixed_up(desk, jump):
    desk.person()
    desk.says("Ik wil iemand spreken", HUMAN_WANTED)
    desk.clock.later(jump)
    desk.says("Hallo?")
    assert Sweeper(desk.database, desk.clock).sweep() == [ME], "not hours later"
    said = [event["text"] for event in desk.staff(ME) if event["author"] == "patient"]
    assert said == ["Ik wil iemand spreken", "Hallo?"], "in the order of coming, not of the clock"


def test_a_therapist_who_was_seen_in_the_future_is_not_there(desk):
    anna = desk.person()
    with session_for(desk.database) as session:
        assert is_present(session, anna.account, desk.clock.now)
        assert not is_present(session, anna.account, desk.clock.now - 3 * HOUR)


def test_a_notification_does_not_wait_for_the_old_clock_to_come_round(database):
    column = NotificationRow.next_try_at
    moments = {
        "due": NOW - HOUR,
        "in a minute": NOW + timedelta(minutes=1),
        "by the wrong clock": NOW + 5 * HOUR,
        "never": NEVER,
    }
    with session_for(database) as session:
        is_due = {
            name: session.execute(
                sa.select(outbox._is_due(sa.literal(moment, column.type), NOW))
            ).scalar_one()
            for name, moment in moments.items()
        }
    assert {name for name, due in is_due.items() if due} == {"due", "by the wrong clock"}


def test_a_pause_of_the_login_is_never_longer_than_the_longest():
    assert _is_paused(NOW + LONGEST_PAUSE, NOW)
    assert not _is_paused(NOW + LONGEST_PAUSE + HOUR, NOW)
    assert not _is_paused(NOW, NOW)


def test_a_conversation_outlives_a_jump_of_hours_and_a_longer_one_only_closes_it(database):
    moment = [NOW]
    log = ConversationLog(database, lambda: moment[0])
    token_hash = tokens.hash_of("A" * 43)
    log.begin(ME, "website", token_hash, tokens.LIFETIME)
    message = log.add_message(ME, "message-1", "hoi").event

    def opens() -> Any:
        return log.conversation_of(token_hash, tokens.is_valid, tokens.later_expiry)

    for jump in (-5 * HOUR, 8 * HOUR, -3 * HOUR):
        moment[0] += jump
        assert opens() == ME
        assert log.first_unanswered(ME).event == message
    moment[0] = NOW + timedelta(days=400)
    # Closed as after twelve hours of silence; nothing of it is gone.
    assert opens() is None
    log.add_reply(ME, message, ANSWER)
    assert len(log.events(ME)) == 2
    moment[0] = NOW
    assert opens() == ME


def test_limits_count_by_a_clock_that_does_not_jump():
    assert RateLimit.__init__.__defaults__ == (time.monotonic,)


# ---- erasing by a clock that is wrong


class _Stop(BaseException):
    pass


async def _daily(run: RetentionRun, times: int) -> List[float]:
    slept: List[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == times:
            raise _Stop

    job = RetentionJob(run, sleep, now=lambda: datetime(2026, 11, 23, 3, 0))
    with pytest.raises(_Stop):
        await asyncio.wait_for(job.run_daily(), 20)
    return slept


def conversations(url: str) -> int:
    with session_for(url) as session:
        return int(session.execute(sa.text("SELECT count(*) FROM conversation")).scalar_one())


async def test_a_jump_of_a_year_erases_nothing_for_a_day(database, caplog):
    Filler(database).conversation("web:x", NOW, plain=True)
    moment = [NOW + timedelta(days=366)]
    run = RetentionRun(database, Retention(), now=lambda: moment[0])
    assert await _daily(run, 1) == [24 * 3600.0]
    assert conversations(database) == 1
    assert "check the clock" in caplog.text
    # It was a mistake, and is mended within the day.
    moment[0] = NOW
    assert await _daily(run, 1) == [1800.0]
    assert conversations(database) == 1


async def test_who_was_away_for_a_year_is_erased_a_day_later(database):
    Filler(database).conversation("web:x", NOW, plain=True)
    run = RetentionRun(database, Retention(), now=lambda: NOW + timedelta(days=366))
    assert await _daily(run, 2) == [24 * 3600.0, 1800.0]
    assert conversations(database) == 0


# ---- summer and winter


def test_what_is_stored_is_utc_so_that_no_hour_comes_twice():
    assert utc_now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("monday", "eight_o_clock"),
    [("2026-03-23", 7), ("2026-03-30", 6), ("2026-10-19", 6), ("2026-10-26", 7)],
)
def test_a_practice_opens_at_eight_on_both_sides_of_the_night(
    serve_practice, monday, eight_o_clock
):
    practice = serve_practice(hours=HOURS)
    eight = datetime.fromisoformat(monday).replace(hour=eight_o_clock, tzinfo=timezone.utc)
    assert is_open(practice, eight)
    assert not is_open(practice, eight - timedelta(minutes=1))
