"""Many open conversations on the website: each with its stream, each says something now and then."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
import uuid
from typing import Any, Dict, List, Optional, Sequence

import aiohttp

from tests.load.client import Question, Times, WrongReply

REPLY_SECONDS = 60


class Visitor:
    """One patient with an open page.

    Args:
        session: For all visitors.
        base: Where the chat's calls are.
    """

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self._base = base
        self._headers: Dict[str, str] = {}
        self._replies: "asyncio.Queue[Dict[str, Any]]" = asyncio.Queue()
        self._stream: Optional["asyncio.Task[None]"] = None
        self._open = asyncio.Event()

    async def come(self) -> None:
        """Begin a conversation and open its stream."""
        async with self._session.post(f"{self._base}/session", json={}) as reply:
            assert reply.status == 201, await reply.text()
            begun = await reply.json()
        self._headers = {"Authorization": f"Bearer {begun['token']}"}
        # Versions from before there was consent are measured too.
        if "consent" in begun:
            agreed = {"version": begun["consent"]["version"], "given": True}
            async with self._session.post(
                f"{self._base}/consent", json=agreed, headers=self._headers
            ) as reply:
                assert reply.status == 200, await reply.text()
        self._stream = asyncio.ensure_future(self._read())
        await asyncio.wait_for(self._open.wait(), REPLY_SECONDS)

    async def _read(self) -> None:
        headers = {**self._headers, "Accept": "text/event-stream"}
        async with self._session.get(
            f"{self._base}/events", headers=headers, timeout=aiohttp.ClientTimeout(total=None)
        ) as stream:
            assert stream.status == 200, await stream.text()
            self._open.set()
            async for line in stream.content:
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    if isinstance(event, dict) and event.get("reply_to") is not None:
                        await self._replies.put(event)

    async def say(self, text: str) -> float:
        """Say something; the milliseconds until its reply is on the page.

        Raises:
            WrongReply: The next reply is to something else.
        """
        started = time.perf_counter()
        await self._reply_to(await self._send(text), text)
        return (time.perf_counter() - started) * 1000

    async def send_on(self, texts: Sequence[str]) -> None:
        """Say several things before the replies are there.

        Raises:
            WrongReply: The replies came in another order.
        """
        sent = [(await self._send(text), text) for text in texts]
        for event, text in sent:
            await self._reply_to(event, text)

    async def _send(self, text: str) -> int:
        body = {"id": uuid.uuid4().hex, "text": text}
        async with self._session.post(
            f"{self._base}/messages", json=body, headers=self._headers
        ) as reply:
            assert reply.status == 202, await reply.text()
            return int((await reply.json())["event"])

    async def _reply_to(self, event: int, text: str) -> None:
        answer = await asyncio.wait_for(self._replies.get(), REPLY_SECONDS)
        if answer["reply_to"] != event or not answer["parts"]:
            raise WrongReply(f"{text!r} ({event}) got {answer}")

    async def go(self) -> None:
        """Close the page."""
        if self._stream is not None:
            self._stream.cancel()
            with contextlib.suppress(asyncio.CancelledError, aiohttp.ClientError):
                await self._stream


async def open_conversations(
    address: str, questions: Sequence[Question], visitors: int, minutes: float
) -> Times:
    """So many open conversations, one message each per minute.

    Raises:
        WrongReply: A reply belongs to another message.
    """
    times, rng = Times(), random.Random(0)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        all_visitors = [Visitor(session, f"{address}/chat/api") for _ in range(visitors)]
        for ten in range(0, visitors, 10):
            await asyncio.gather(*(visitor.come() for visitor in all_visitors[ten : ten + 10]))
        started = time.perf_counter()

        async def stay(visitor: Visitor, offset: float) -> None:
            minute = 0
            while minute < minutes:
                await asyncio.sleep(
                    max(0.0, started + (minute + offset) * 60 - time.perf_counter())
                )
                if minute + offset > minutes:
                    return
                times.each.append(await visitor.say(rng.choice(questions)[1]))
                minute += 1

        offsets: List[float] = [rng.random() for _ in all_visitors]
        try:
            await asyncio.gather(*map(stay, all_visitors, offsets))
        finally:
            times.seconds = time.perf_counter() - started
            await asyncio.gather(*(visitor.go() for visitor in all_visitors))
    return times
