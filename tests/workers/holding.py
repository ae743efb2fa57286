"""What another process does in these tests: hold something, until it is ended."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from rasa_project.workers.claims import TurnClaims
from rasa_project.workers.leases import Leases
from rasa_project.workers.postgres_claims import PostgresClaims
from rasa_project.workers.redis_claims import RedisClaims

LASTS = 6.0


def claim_in_postgres(url: str, conversation: str, ready: Any) -> None:
    """Have a conversation's turn, for ever."""
    asyncio.run(_hold(TurnClaims(PostgresClaims(url, 3)), conversation, ready))


def claim_in_redis(url: str, conversation: str, ready: Any) -> None:
    asyncio.run(_hold(TurnClaims(RedisClaims(url, 2.0)), conversation, ready))


async def _hold(claims: TurnClaims, conversation: str, ready: Any) -> None:
    async with claims.of(conversation):
        ready.set()
        await asyncio.sleep(3600)


def lease(url: str, name: str, acted: str, ready: Any) -> None:
    """Do a job, and write down each time when."""
    asyncio.run(_do(url, name, acted, ready))


async def _do(url: str, name: str, acted: str, ready: Any) -> None:
    leases = Leases(url, lasts=LASTS)
    wanted = leases.want(name)
    leases.start()
    with open(acted, "a", buffering=1) as file:
        while True:
            # By a clock that all processes share. Read first: it may be paused at any place.
            now = time.clock_gettime(time.CLOCK_MONOTONIC)
            if wanted.is_held:
                file.write(f"{now}\n")
                ready.set()
            await asyncio.sleep(0.02)
