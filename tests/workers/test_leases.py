"""What only one worker may do is done by one: after a death, a pause, and a clock of others."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import List

import pytest

from rasa_project.errors import StorageError
from rasa_project.settings import read_settings
from rasa_project.storage.engine import session_for
from rasa_project.workers import leases as leases_module
from rasa_project.workers.leases import (
    LASTS_SECONDS,
    LeaseLost,
    Leases,
    alone,
    has_other_workers,
    wanted,
)
from tests.workers import holding


def test_one_of_two_has_a_job_until_it_gives_it_back(database):
    one, two = Leases(database), Leases(database)
    ours, theirs = one.want("sweeper"), two.want("sweeper")
    for _ in range(2):
        one.look()
        two.look()
        assert (ours.is_held, theirs.is_held) == (True, False)
    one._release()
    two.look()
    assert theirs.is_held


def test_each_job_is_somebody_s(database):
    one, two = Leases(database), Leases(database)
    first, second = one.want("sweeper"), two.want("retention")
    one.look()
    two.look()
    assert first.is_held
    assert second.is_held


def test_who_was_stopped_does_not_believe_in_its_lease(database, monkeypatch):
    one, two = Leases(database), Leases(database)
    ours, theirs = one.want("sweeper"), two.want("sweeper")
    one.look()
    late = leases_module.seconds_since_boot() + LASTS_SECONDS - 0.1
    monkeypatch.setattr(leases_module, "seconds_since_boot", lambda: late)
    assert not ours.is_held, "sooner than anybody else may have it"
    two.look()
    assert not theirs.is_held, "by the database's clock it is not over yet"


def test_what_is_written_under_a_lease_is_refused_to_who_lost_it(database, monkeypatch):
    one, two = Leases(database), Leases(database)
    ours, theirs = one.want("telegram"), two.want("telegram")
    one.look()
    with session_for(database) as session:
        ours.guard(session)
    with pytest.raises(LeaseLost), session_for(database) as session:
        theirs.guard(session)
    one._release()
    two.look()
    with pytest.raises(LeaseLost), session_for(database) as session:
        ours.guard(session)
    with session_for(database) as session:
        theirs.guard(session)


def test_without_the_database_a_lease_ends_by_itself(database, monkeypatch):
    leases = Leases(database)
    lease = leases.want("sweeper")
    leases.look()

    def fail(_name: str) -> bool:
        raise StorageError("gone")

    monkeypatch.setattr(leases, "_take", fail)
    with pytest.raises(StorageError):
        leases.look()
    assert lease.is_held, "a moment without it is no reason to stop"
    late = leases_module.seconds_since_boot() + LASTS_SECONDS
    monkeypatch.setattr(leases_module, "seconds_since_boot", lambda: late)
    assert not lease.is_held


async def test_a_job_begins_when_it_is_ours_and_ends_when_it_is_not(database, monkeypatch):
    monkeypatch.setattr(leases_module, "_LOOK_SECONDS", 0.02)
    seen: List[str] = []

    async def job() -> None:
        seen.append("begins")
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("ends")

    leases = Leases(database, lasts=1.0)
    doing = asyncio.ensure_future(alone("sweeper", leases, job))
    leases.start()
    await until(lambda: seen == ["begins"])
    monkeypatch.setattr(leases, "_take", lambda _name: False)
    await until(lambda: seen == ["begins", "ends"])
    monkeypatch.undo()
    await until(lambda: seen == ["begins", "ends", "begins"])
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)
    assert seen[-1] == "ends"
    await leases.stop()
    other = Leases(database)
    lease = other.want("sweeper")
    other.look()
    assert lease.is_held, "who ends as it should gives its jobs back at once"


async def test_a_job_that_fails_begins_again(database, monkeypatch, caplog):
    monkeypatch.setattr(leases_module, "_AFTER_FAILURE_SECONDS", 0.01)
    done: List[int] = []

    async def job() -> None:
        done.append(1)
        if len(done) < 3:
            raise ValueError("broken")

    leases = Leases(database)
    await asyncio.wait_for(alone("sweeper", leases, job), 20)
    await leases.stop()
    assert len(done) == 3
    assert sum("begins again" in record.message for record in caplog.records) == 2


async def test_who_is_alone_needs_no_lease():
    done: List[int] = []

    async def job() -> None:
        done.append(1)

    await alone("sweeper", None, job)
    assert done == [1]
    lease = wanted("sweeper", None)
    assert lease.is_held
    assert not lease.is_shared


def test_there_may_be_others_on_postgresql_and_where_there_is_a_redis():
    def may(**settings: str) -> bool:
        return has_other_workers(read_settings(settings))

    assert not may()
    assert may(RUGGESTEUN_DATABASE_URL="postgresql://localhost/x")
    assert may(RUGGESTEUN_REDIS_URL="redis://localhost")


async def until(holds, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["kill", "pause"])
def test_another_process_takes_over_and_never_two_at_once(shared_database, tmp_path, hold, how):
    """Each process writes down when it acted; those times must not lie in between each other."""
    files = [tmp_path / "one", tmp_path / "two"]
    one = hold(holding.lease, shared_database, "telegram", str(files[0]))
    # It sets "ready" only when it acts, so this one is only started.
    two = hold(_only_started, shared_database, "telegram", str(files[1]))
    time.sleep(1.0)
    assert times(files[1]) == []
    getattr(one, how)()
    began = time.monotonic()
    while not times(files[1]):
        assert time.monotonic() - began < 2 * holding.LASTS + 5
        time.sleep(0.05)
    if how == "pause":
        one.go_on()
        time.sleep(1.5)
        assert times(files[0])[-1] < times(files[1])[0], "it found out before it acted"
    assert two.process.is_alive()
    assert times(files[0])[-1] < times(files[1])[0]


def _only_started(url: str, name: str, acted: str, ready: object) -> None:
    ready.set()  # type: ignore[attr-defined]
    holding.lease(url, name, acted, ready)


def times(file: Path) -> List[float]:
    if not file.exists():
        return []
    lines = file.read_text("utf-8").splitlines()
    return [float(line) for line in lines]
