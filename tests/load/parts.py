"""What is measured: each part gives figures for the table."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Dict, List, Optional

import aiohttp

from rasa_project.conversation.texts import filled, texts
from tests.data_keys import opened
from tests.load.client import Patients, Times, WrongReply, new_sender
from tests.load.servers import Side
from tests.load.website import Visitor

CLIENTS = (1, 8, 64)
LOOKED_AT = (5, 50, 500)
# So many messages before and after the one that is looked at, to have a median.
AROUND = 4
MESSAGES_SENT_ON = 10
Figures = Dict[str, Any]
ALARM = "Ik kan niet meer plassen"


def _times(times: Times) -> Figures:
    return {
        "p50": times.p50,
        "p95": times.share(0.95),
        "p99": times.share(0.99),
        "per_second": times.per_second,
        "messages": len(times.each),
        "errors": times.errors,
    }


async def clients(
    sides: Dict[str, Patients], servers: Dict[str, Side], seconds: float, rounds: int
) -> Dict[str, Figures]:
    """Latency and throughput, the sides in turns so that both meet the same neighbours."""
    found: Dict[str, Figures] = {name: {} for name in sides}
    for count in CLIENTS:
        sums = {name: Times() for name in sides}
        used = {name: 0.0 for name in sides}
        for _ in range(rounds):
            for name, patients in sides.items():
                before = servers[name].cpu_seconds()
                sums[name].add(await patients.talk(count, seconds / rounds))
                used[name] += servers[name].cpu_seconds() - before
        for name, times in sums.items():
            found[name][str(count)] = _times(times)
            answered = max(1, len(times.each))
            found[name][str(count)]["cpu_ms"] = used[name] * 1000 / answered
            _say(f"{name}, {count} clients: p50 {times.p50:.1f} ms, {times.per_second:.1f}/s")
    return found


async def long_conversations(sides: Dict[str, Patients], how_many: int) -> Dict[str, Figures]:
    """The median around the 5th, 50th and 500th message of a conversation."""
    found: Dict[str, Figures] = {}
    for name, patients in sides.items():
        each = [
            await patients.long_conversation(max(LOOKED_AT) + AROUND, seed)
            for seed in range(how_many)
        ]
        found[name] = {}
        for at in LOOKED_AT:
            around = Times([took for one in each for took in one[at - 1 - AROUND : at + AROUND]])
            found[name][str(at)] = around.p50
        _say(f"{name}, message 5, 50, 500: {[round(ms, 1) for ms in found[name].values()]} ms")
    return found


async def order(side: Side, patients: Patients, conversations: int = 8) -> Figures:
    """What a visitor sends without waiting for replies is answered in that order.

    Raises:
        WrongReply: It was not.
    """
    texts_of = [text for _, text in patients.questions[:MESSAGES_SENT_ON]]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one() -> None:
            visitor = Visitor(session, f"{side.address}/chat/api")
            await visitor.come()
            try:
                await visitor.send_on(texts_of)
            finally:
                await visitor.go()

        await asyncio.gather(*(one() for _ in range(conversations)))
    stored = said_by_visitors(side.database)
    if stored != [texts_of] * conversations:
        raise WrongReply(f"said was {texts_of}, stored was {stored}")
    _say(f"{side.name}: order kept in {conversations} conversations")
    return {"conversations": conversations, "messages": conversations * len(texts_of)}


def said_by_visitors(database: Path) -> List[List[str]]:
    """What each visitor of the website said, in the order in which Rasa stored it."""
    said: Dict[str, List[str]] = {}
    with closing(sqlite3.connect(database, timeout=20)) as connection:
        rows = connection.execute(
            "SELECT sender_id, data FROM events WHERE type_name = 'user'"
            " AND sender_id IN (SELECT id FROM conversation) ORDER BY id"
        ).fetchall()
    for sender, data in rows:
        said.setdefault(sender, []).append(json.loads(opened(data))["text"])
    return list(said.values())


async def overload(patients: Patients, at_once: int) -> Figures:
    """Many messages in one moment: all are answered, and those that find no place soon.

    Raises:
        WrongReply: An alarm sign went unanswered.
    """
    busy_line = filled(texts().busy)[:40]
    busy, answered = Times(), Times()

    async def one(number: int) -> None:
        alarm = number % 10 == 0
        text = ALARM if alarm else patients.questions[number % len(patients.questions)][1]
        said, took = await patients.ask(text, new_sender())
        if alarm and "Bel nu je huisarts" not in said:
            raise WrongReply(f"an alarm sign got {said[:200]!r}")
        (busy if said.startswith(busy_line) else answered).each.append(took)

    await asyncio.gather(*(one(number) for number in range(at_once)))
    _say(f"{at_once} at once: {len(answered.each)} answered, {len(busy.each)} told that it is busy")
    return {
        "at_once": at_once,
        "busy": len(busy.each),
        "slowest_busy_ms": max(busy.each, default=0.0),
        "slowest_answer_ms": max(answered.each, default=0.0),
    }


async def soak(side: Side, patients: Patients, rate: float, seconds: float) -> Figures:
    """A steady rate for a long time: memory is to stay as it is.

    Raises:
        WrongReply: A reply is wrong.
    """
    times, memory = Times(), []
    started = time.perf_counter()
    asked: "set[asyncio.Task[None]]" = set()
    sender = new_sender()

    async def one(text: str, sender: str) -> None:
        times.each.append((await patients.ask(text, sender))[1])

    number = 0
    while (elapsed := time.perf_counter() - started) < seconds:
        if number % 5 == 0:
            sender = new_sender()
        text = patients.questions[number % len(patients.questions)][1]
        task = asyncio.ensure_future(one(text, sender))
        asked.add(task)
        for done in [task for task in asked if task.done()]:
            asked.discard(done)
            done.result()
        if not memory or elapsed - memory[-1][0] >= seconds / 60:
            memory.append((elapsed, side.memory_mb()))
        number += 1
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
    await asyncio.gather(*asked)
    memory.append((seconds, side.memory_mb()))
    times.seconds = time.perf_counter() - started
    # The first sixth (five minutes of thirty) is for warming up.
    warm = [megabytes for at, megabytes in memory if at >= seconds / 6]
    growth = (warm[-1] - warm[0]) / warm[0] * 100
    _say(
        f"soak: {len(times.each)} messages, p95 {times.share(0.95):.0f} ms, memory {growth:+.1f} %"
    )
    return {
        **_times(times),
        "rate": rate,
        "seconds": seconds,
        "memory_growth_percent": growth,
        "memory_mb": [round(megabytes, 1) for _, megabytes in memory],
    }


def growth_of_database(before: int, after: int, messages: int) -> Optional[float]:
    """Kilobytes per 1,000 messages."""
    return (after - before) / 1024 / messages * 1000 if messages else None


def _say(line: str) -> None:
    print(f"  {line}", flush=True)
