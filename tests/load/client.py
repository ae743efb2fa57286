"""Patients that talk over the REST channel, the same for both sides; every reply is checked."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple

import aiohttp

MESSAGES_IN_A_CONVERSATION = 5
TURN_SECONDS = 60
Question = Tuple[str, str]
# What a side says to a question that begins a conversation.
References = Dict[str, str]


class WrongReply(AssertionError):
    """A reply breaks the contract, or belongs to another question."""


@dataclass
class Times:
    """How long replies took, in milliseconds."""

    each: List[float] = field(default_factory=list)
    seconds: float = 0.0
    errors: int = 0

    def share(self, part: float) -> float:
        """The time within which such a share of the replies came."""
        if not self.each:
            return float("nan")
        ordered = sorted(self.each)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.each) if self.each else float("nan")

    @property
    def per_second(self) -> float:
        """Messages a second."""
        return len(self.each) / self.seconds if self.seconds else 0.0

    def add(self, other: "Times") -> None:
        """Take in another measurement."""
        self.each += other.each
        self.seconds += other.seconds
        self.errors += other.errors


def checked(parts: Any, sender: str) -> str:
    """The text of a reply that keeps the contract.

    Raises:
        WrongReply: It doesn't.
    """
    if not isinstance(parts, list) or any(part.get("recipient_id") != sender for part in parts):
        raise WrongReply(f"not for {sender}: {parts}")
    contracts = [part["custom"] for part in parts if "custom" in part]
    if len(contracts) != 1 or set(contracts[0]) != {"topics", "urgency", "outcome"}:
        raise WrongReply(f"{len(contracts)} contracts: {parts}")
    text = "\n".join(part["text"] for part in parts if part.get("text"))
    if not text:
        raise WrongReply(f"nothing to read: {parts}")
    return text


class Patients:
    """Talks to one side.

    Args:
        address: Where it listens.
        questions: What is asked.
        strict: Whether a wrong reply ends everything; else it is counted.
    """

    def __init__(self, address: str, questions: Sequence[Question], strict: bool = True) -> None:
        self._strict = strict
        self._address = f"{address}/webhooks/rest/webhook"
        self.questions = list(questions)
        self.references: References = {}
        self.missed: List[str] = []
        self.asked = 0
        self._topics: List[str] = []
        self._session: Optional[aiohttp.ClientSession] = None

    async def __aenter__(self) -> "Patients":
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=TURN_SECONDS),
        )
        return self

    async def __aexit__(self, *_given: Any) -> None:
        assert self._session is not None
        await self._session.close()

    async def ask(self, text: str, sender: str) -> Tuple[str, float]:
        """Ask one thing; the text of the reply and the milliseconds that it took."""
        assert self._session is not None
        body = json.dumps({"sender": sender, "message": text})
        started = time.perf_counter()
        async with self._session.post(
            self._address, data=body, headers={"Content-Type": "application/json"}
        ) as reply:
            raw = await reply.read()
        took = (time.perf_counter() - started) * 1000
        if reply.status != 200:
            raise WrongReply(f"{reply.status}: {raw[:300]!r}")
        parts = json.loads(raw)
        text = checked(parts, sender)
        self.asked += 1
        self._topics = next(part["custom"]["topics"] for part in parts if "custom" in part)
        return text, took

    async def learn(self) -> None:
        """Ask each question once, in a conversation of its own, one after the other."""
        for topic, text in self.questions:
            self.references[text], _ = await self.ask(text, new_sender())
            if self._topics != [topic]:
                self.missed.append(text)

    async def talk(self, clients: int, seconds: float) -> Times:
        """So many clients, each with a conversation of five messages after another.

        Raises:
            WrongReply: Under load a reply is another one than alone.
        """
        times = Times()
        started = time.perf_counter()
        end = started + seconds

        async def one(seed: int) -> None:
            rng = random.Random(seed)
            while time.perf_counter() < end:
                sender = new_sender()
                for number in range(MESSAGES_IN_A_CONVERSATION):
                    text = rng.choice(self.questions)[1]
                    try:
                        said, took = await self.ask(text, sender)
                        # Later replies may depend on what was said before.
                        if number == 0 and said != self.references.get(text, said):
                            raise WrongReply(f"{text!r} got {said[:200]!r}")
                        times.each.append(took)
                    except (WrongReply, aiohttp.ClientError, asyncio.TimeoutError):
                        if self._strict:
                            raise
                        times.errors += 1
                    if time.perf_counter() >= end:
                        break

        await asyncio.gather(*(one(seed) for seed in range(clients)))
        times.seconds = time.perf_counter() - started
        return times

    async def long_conversation(self, messages: int, seed: int) -> List[float]:
        """The times of one conversation, message by message."""
        rng = random.Random(seed)
        sender = new_sender()
        return [(await self.ask(rng.choice(self.questions)[1], sender))[1] for _ in range(messages)]


def new_sender() -> str:
    """A conversation that nobody else has."""
    return f"bench-{uuid.uuid4().hex}"
