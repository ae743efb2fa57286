"""One worker at a time has a conversation's turn: on the real PostgreSQL, on the real Redis."""

from __future__ import annotations

import asyncio
import contextvars
import time
from typing import Any, AsyncIterator, Coroutine, List

import pytest
import sqlalchemy as sa

from rasa_project.errors import StorageError
from rasa_project.settings import read_settings
from rasa_project.storage.engine import engine_for
from rasa_project.workers import redis_claims
from rasa_project.workers.claims import TurnClaims, claims_for
from rasa_project.workers.postgres_claims import PostgresClaims
from rasa_project.workers.redis_claims import RedisClaims
from tests.workers import holding

MINE = "web:1"


@pytest.fixture(params=["redis", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def workers(request: pytest.FixtureRequest) -> AsyncIterator[List[TurnClaims]]:
    """Two workers with a place where they see each other."""
    if request.param == "redis":
        server = request.getfixturevalue("redis")
        claims = [TurnClaims(RedisClaims(server.url)) for _ in range(2)]
    else:
        url = request.getfixturevalue("new_postgres")
        claims = [TurnClaims(PostgresClaims(url)) for _ in range(2)]
    yield claims
    for worker in claims:
        worker.close()


async def test_two_workers_take_turns(workers):
    seen: List[str] = []

    async def turns(name: str, worker: TurnClaims) -> None:
        for _ in range(5):
            async with worker.of(MINE):
                seen.append(f"{name} begins")
                await asyncio.sleep(0.01)
                seen.append(f"{name} ends")

    await asyncio.gather(*(turns(str(n), worker) for n, worker in enumerate(workers)))
    assert len(seen) == 20
    for begins, ends in zip(seen[::2], seen[1::2], strict=True):
        assert (begins.split()[1], ends.split()[1]) == ("begins", "ends")
        assert begins[0] == ends[0]


async def test_conversations_do_not_wait_for_each_other(workers):
    async with workers[0].of(MINE):
        await asyncio.wait_for(elsewhere(_once(workers[1], "web:2")), 10)


async def test_a_claim_that_was_not_waited_for_is_not_kept(workers):
    async with workers[0].of(MINE):
        waiting = elsewhere(_once(workers[1]))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    for worker in workers:
        await asyncio.wait_for(_once(worker), 10)


async def test_a_turn_that_is_given_up_gives_its_claim_back(workers):
    async def hang() -> None:
        async with workers[0].of(MINE):
            await asyncio.sleep(60)

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(hang(), 0.2)
    await asyncio.wait_for(_once(workers[1]), 10)


async def _once(worker: TurnClaims, conversation: str = MINE) -> None:
    async with worker.of(conversation):
        pass


def elsewhere(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    """A task that is not within the claim of who starts it."""
    return contextvars.Context().run(asyncio.ensure_future, work)


# ---- PostgreSQL


@pytest.mark.postgres
async def test_on_postgresql_a_killed_worker_has_no_claims(new_postgres, hold):
    other = hold(holding.claim_in_postgres, new_postgres, MINE)
    claims = TurnClaims(PostgresClaims(new_postgres))
    waiting = asyncio.ensure_future(_once(claims))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    other.kill()
    await asyncio.wait_for(waiting, 10)
    claims.close()


@pytest.mark.postgres
async def test_on_postgresql_a_worker_that_hangs_loses_its_claims(new_postgres, hold):
    other = hold(holding.claim_in_postgres, new_postgres, MINE)
    other.pause()
    claims = TurnClaims(PostgresClaims(new_postgres))
    started = time.monotonic()
    await asyncio.wait_for(_once(claims), 10)
    assert time.monotonic() - started > 1, "it had the claim"
    claims.close()


@pytest.mark.postgres
async def test_on_postgresql_an_ended_connection_is_made_anew(new_postgres):
    claims = PostgresClaims(new_postgres)
    assert await claims.take(MINE)
    end_connections(new_postgres)
    assert await claims.take("web:2")
    # It went with the old connection, so it isn't given back on the new one.
    await claims.give_back(MINE)
    assert await claims.take(MINE)
    claims.close()


@pytest.mark.postgres
async def test_without_the_database_a_claim_is_an_error_and_nothing_hangs():
    claims = PostgresClaims("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StorageError):
        await asyncio.wait_for(claims.take(MINE), 10)
    claims.close()


def end_connections(url: str) -> None:
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
    with engine_for(url).begin() as connection:
        connection.execute(sa.text(f"{query} AND datname = current_database()"))


# ---- Redis


async def test_on_redis_a_killed_worker_loses_its_claim_within_seconds(redis, hold):
    other = hold(holding.claim_in_redis, redis.url, MINE)
    # One that lives makes it last.
    claims = TurnClaims(RedisClaims(redis.url))
    waiting = asyncio.ensure_future(_once(claims))
    await asyncio.sleep(3.0)
    assert not waiting.done()
    other.kill()
    await asyncio.wait_for(waiting, 15)


@pytest.mark.parametrize("how", ["stop", "hang"])
async def test_without_redis_turns_go_on_and_it_is_said_once(redis, how, caplog, monkeypatch):
    monkeypatch.setattr(redis_claims, "LEAVE_ALONE_SECONDS", 0.5)
    claims = TurnClaims(RedisClaims(redis.url, 1.0))
    await _once(claims)
    getattr(redis, how)()
    for _ in range(3):
        await asyncio.wait_for(_once(claims), 5)
    assert [record.message for record in caplog.records if "Redis" in record.message] != []
    assert len(caplog.records) == 1
    if how == "stop":
        redis.start()
    else:
        redis.go_on()
    # What it was asked while it hung it may have done after all.
    await asyncio.sleep(1.2)
    async with claims.of(MINE):
        other = TurnClaims(RedisClaims(redis.url))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(elsewhere(_once(other)), 0.5)


def test_the_place_goes_with_the_settings():
    def of(**settings: str) -> str:
        claims = claims_for(read_settings(settings))
        return type(claims._among).__name__

    assert of() == "NoneType"
    assert of(RUGGESTEUN_REDIS_URL="redis://localhost") == "RedisClaims"
    postgres = "postgresql://localhost/x"
    assert of(RUGGESTEUN_DATABASE_URL=postgres) == "PostgresClaims"
    both = of(RUGGESTEUN_DATABASE_URL=postgres, RUGGESTEUN_REDIS_URL="redis://localhost")
    assert both == "PostgresClaims", "what the database can judge needs no Redis"
