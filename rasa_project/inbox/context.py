"""What the handlers of the inbox share, once for a server."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Dict, List, Optional, Tuple

from rasa_project.conversation.hub import hub
from rasa_project.inbox.access import Visitor
from rasa_project.inbox.desk import Desk, Person
from rasa_project.inbox.listening import InboxPush
from rasa_project.inbox.material import Material, read_material
from rasa_project.inbox.queue import Queue, QueuePage, Wanted
from rasa_project.inbox.services import Inbox

# The queue is read at most so often for one and the same view of it.
SNAPSHOT_SECONDS = 1.0
_MOST_SNAPSHOTS = 200
# How often it is written down that somebody's inbox is open.
SEEN_SECONDS = 20.0
# Reading on in a conversation is one reading; after so long it is another one.
_ONE_READING_SECONDS = 30 * 60
_MOST_READINGS = 2_000


@dataclass
class _Snapshot:
    page: QueuePage
    news: int
    read_at: float


class Context:
    """Queue, desk and what is only kept in this process.

    Args:
        inbox: The parts that all of the inbox shares.
    """

    def __init__(self, inbox: Inbox):
        self.inbox = inbox
        self.queue = Queue(inbox.database_url)
        self.desk = Desk(inbox.database_url, inbox.now)
        self._snapshots: Dict[Tuple[Wanted, int], _Snapshot] = {}
        self._locks: Dict[Tuple[Wanted, int], asyncio.Lock] = {}
        self._readings: Dict[Tuple[str, str], float] = {}
        self._seen: Dict[int, float] = {}
        self._people: Optional[Tuple[int, float, List[Person]]] = None

    def now(self) -> datetime:
        """This moment, for waiting times."""
        return self.inbox.now()

    def material(self, conversation: str) -> Material:
        """Everything of a conversation."""
        return read_material(self.inbox.database_url, conversation)

    def changed(self, conversation: str) -> None:
        """Tell everybody in this process: patients and the practice."""
        hub.spread(conversation, self.push)
        self.push.wake_here(conversation)

    @property
    def push(self) -> InboxPush:
        """Wakes the streams of the inbox."""
        return self.inbox.push

    async def snapshot(
        self, wanted: Wanted, account: int, may_be_old: bool = False
    ) -> Tuple[QueuePage, bool]:
        """The queue as somebody sees it, shared by all their open pages.

        Args:
            wanted: What they look at.
            account: Who they are.
            may_be_old: By a second, while much happens.

        Returns:
            The page, and whether nothing happened since it was read.
        """
        key = (wanted, account)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            held = self._snapshots.get(key)
            is_young = held and time.monotonic() - held.read_at < SNAPSHOT_SECONDS
            if held is not None and is_young and may_be_old:
                return held.page, held.news == self.push.news
            news = self.push.news
            page = await asyncio.to_thread(self.queue.page, wanted, account, self.now())
            self._snapshots[key] = _Snapshot(page, news, time.monotonic())
        if len(self._snapshots) > _MOST_SNAPSHOTS:
            self._snapshots.clear()
            self._locks.clear()
        return page, news == self.push.news

    async def seen(self, visitor: Visitor) -> None:
        """The visitor's browser asked for something: their inbox is open.

        An open stream doesn't count: the server learns late that a laptop was shut.
        """
        now = time.monotonic()
        if visitor.can_write and now - self._seen.get(visitor.account, -math.inf) > SEEN_SECONDS:
            self._seen[visitor.account] = now
            await asyncio.to_thread(self.desk.seen, visitor.account)
            self._people = None

    async def people(self, may_be_old: bool = False) -> List[Person]:
        """Everybody who may take conversations.

        Args:
            may_be_old: By some seconds.
        """
        now = time.monotonic()
        held = self._people
        if held is not None and may_be_old:
            news, read_at, people = held
            most = SEEN_SECONDS if news == self.push.news else SNAPSHOT_SECONDS
            if now - read_at < most:
                return people
        news = self.push.news
        people = await asyncio.to_thread(self.desk.people)
        self._people = (news, now, people)
        return people

    def people_changed(self) -> None:
        """Somebody came or went."""
        self._people = None
        self.push.wake_here("")

    def read_now(self, visitor: Visitor, conversation: str) -> bool:
        """Somebody reads a conversation; whether that is another reading than before."""
        key = (visitor.session, conversation)
        before = self._readings.get(key)
        now = time.monotonic()
        self._readings[key] = now
        if len(self._readings) > _MOST_READINGS:
            self._readings.clear()
        return before is None or now - before > _ONE_READING_SECONDS
