"""Leases: what only one worker may do, and which one does it.

A lease is a row of the database that says until when who has a job. Its worker makes it last
every two seconds; a worker that dies loses it within six. By the database's clock, so that
workers on several computers agree; a worker itself counts from the moment at which it asked,
so it stops believing in its lease before anybody else can have it. Whoever acts asks first
(``is_held``): a process that was stopped for a while finds out before it acts, not after.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Awaitable, Callable, Dict, Optional

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rasa_project.clock import utc_now
from rasa_project.errors import StorageError
from rasa_project.settings import Settings, read_settings
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import LeaseRow

logger = logging.getLogger(__name__)
LASTS_SECONDS = 6.0
# How soon a job is ended whose lease was lost.
_LOOK_SECONDS = 0.5
_AFTER_FAILURE_SECONDS = 5.0
# So much sooner we stop than others may begin.
_MARGIN_SECONDS = 0.5
# Time goes on in it also while the computer sleeps.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def seconds_since_boot() -> float:
    """A clock that nobody sets, and that goes on while a process or the computer is stopped."""
    return time.clock_gettime(_CLOCK)


class LeaseLost(StorageError):
    """Another worker has the job now."""


class Lease:
    """One job, as this process sees it.

    Args:
        name: Of the job.
        leases: Of this process; None when there are no other workers: then it is held.
    """

    def __init__(self, name: str, leases: "Optional[Leases]" = None) -> None:
        self.name = name
        self._leases = leases
        self._until = 0.0 if leases is not None else float("inf")

    @property
    def is_shared(self) -> bool:
        """Whether other workers may have it."""
        return self._leases is not None

    @property
    def is_held(self) -> bool:
        """Whether we may act, at this very moment."""
        return seconds_since_boot() < self._until

    def guard(self, session: Session) -> None:
        """Let what a session writes hold only if the lease is ours until its commit.

        Raises:
            LeaseLost: Another worker has it, or may have it.
        """
        if self._leases is not None:
            self._leases.guard(session, self.name)

    def set_until(self, until: float) -> None:
        """So long it is held, by our own clock (for :class:`Leases`)."""
        self._until = until


class Leases:
    """The leases of one process.

    Args:
        database_url: SQLAlchemy URL.
        holder: The name of this process; each has its own.
        lasts: So many seconds a lease lasts, unless its worker makes it last.
    """

    def __init__(self, database_url: str, holder: str = "", lasts: float = LASTS_SECONDS) -> None:
        self._url = database_url
        self._lasts = lasts
        self._holder = holder or uuid.uuid4().hex
        self._wanted: Dict[str, Lease] = {}
        self._keeping: "Optional[asyncio.Task[None]]" = None
        self._changed = asyncio.Event()
        self._soon = asyncio.Event()
        self._is_told = False
        # Its own: what others do in threads must not make a lease end.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="leases")

    def want(self, name: str) -> Lease:
        """Try to have a job from now on; in the loop in which they are kept."""
        if name not in self._wanted:
            self._wanted[name] = Lease(name, self)
            self._soon.set()
        return self._wanted[name]

    def start(self) -> None:
        """Begin, in the running loop."""
        if self._keeping is None:
            self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self) -> None:
        """Give all back, so that others needn't wait for them."""
        if self._keeping is None:
            return
        self._keeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeping
        self._keeping = None
        for lease in self._wanted.values():
            lease.set_until(0.0)
        try:
            await asyncio.to_thread(self._release)
        except StorageError as error:
            logger.warning("Jobs could not be given back, and end by themselves: %s", error)

    async def changed(self) -> None:
        """Wait until it was looked once more whose the jobs are."""
        await self._changed.wait()

    def guard(self, session: Session, name: str) -> None:
        """As :meth:`Lease.guard`."""
        row = LeaseRow
        mine = (row.name == name, row.holder == self._holder)
        now = _database_time(session)
        if session.get_bind().dialect.name == "postgresql":
            query = sa.select(row.name).where(*mine, row.held_until > now)
            # Who wants to take it waits until our commit.
            held = session.execute(query.with_for_update(read=True)).scalar_one_or_none()
        else:
            # Changes nothing, but nobody else writes here until our commit.
            change = sa.update(row).where(*mine, row.held_until > now).values(name=row.name)
            held = session.execute(change).rowcount or None
        if held is None:
            raise LeaseLost(f"Another worker does {name} now.")

    def look(self) -> None:
        """Take what is free, and make what is ours last. Raises StorageError."""
        failed: Optional[StorageError] = None
        for name, lease in list(self._wanted.items()):
            asked = seconds_since_boot()
            try:
                is_ours = self._take(name)
            except StorageError as error:
                # What is held ends by itself when this goes on.
                failed = error
                continue
            if is_ours and not lease.is_held:
                logger.info("This worker does %s now.", name)
            lease.set_until(asked + self._lasts - _MARGIN_SECONDS if is_ours else 0.0)
        if failed is not None:
            raise failed

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.run_in_executor(self._thread, self.look)
                self._is_told = False
            except StorageError as error:
                if not self._is_told:
                    logger.error("Which worker does what can't be settled now: %s", error)
                self._is_told = True
            except Exception:  # noqa: BLE001 - without it, nobody would do the jobs any more
                logger.exception("Which worker does what could not be settled.")
            self._changed.set()
            self._changed = asyncio.Event()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._soon.wait(), self._lasts / 3)
            self._soon.clear()

    def _take(self, name: str) -> bool:
        row = LeaseRow
        try:
            with session_for(self._url) as session:
                now = _database_time(session)
                values = {
                    "holder": self._holder,
                    "held_until": now + timedelta(seconds=self._lasts),
                }
                free = sa.or_(row.holder == self._holder, row.held_until <= now)
                change = sa.update(row).where(row.name == name, free).values(**values)
                if session.execute(change).rowcount:
                    return True
                if session.get(row, name) is not None:
                    return False
                session.add(row(name=name, **values))
                session.flush()
                return True
        except StorageError as error:
            if isinstance(error.__cause__, IntegrityError):
                # Another worker was first to write it at all.
                return False
            raise

    def _release(self) -> None:
        with session_for(self._url) as session:
            session.execute(sa.delete(LeaseRow).where(LeaseRow.holder == self._holder))


def _database_time(session: Session) -> datetime:
    """The moment by the clock that all workers share."""
    if session.get_bind().dialect.name == "postgresql":
        # A worker that is stopped in here must not keep the others waiting.
        patience = (
            sa.func.set_config("idle_in_transaction_session_timeout", "3s", True),
            sa.func.set_config("lock_timeout", "3s", True),
        )
        now: datetime = session.execute(sa.select(sa.func.now(), *patience)).one()[0]
        return now
    # The file is on this computer, and so are all workers.
    return utc_now()


async def while_held(lease: Lease, leases: Leases, work: Callable[[], Awaitable[Any]]) -> None:
    """Do something as long as a lease is held, again and again, until cancelled.

    Args:
        lease: Of the job.
        leases: Of this process.
        work: Begins the job; it is cancelled when the lease is lost.
    """
    # Also under `rasa run`, which starts nothing of ours but the channels.
    leases.start()
    while True:
        while not lease.is_held:
            await leases.changed()
        task = asyncio.ensure_future(work())
        try:
            while lease.is_held and not task.done():
                await asyncio.wait({task}, timeout=_LOOK_SECONDS)
            if not task.done():
                logger.warning("Another worker may do %s now.", lease.name)
            elif task.cancelled() or task.exception() is None:
                # There is nothing to do.
                return
            else:
                logger.error("%s failed; it begins again.", lease.name, exc_info=task.exception())
                await asyncio.sleep(_AFTER_FAILURE_SECONDS)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def has_other_workers(settings: Settings) -> bool:
    """Whether there may be other workers: on PostgreSQL, or when there is a Redis."""
    return bool(settings.redis_url) or settings.database_url.startswith("postgres")


@lru_cache(maxsize=1)
def process_leases() -> Optional[Leases]:
    """The leases of this process; None when there are no other workers."""
    settings = read_settings()
    return Leases(settings.database_url) if has_other_workers(settings) else None


def wanted(name: str, leases: Optional[Leases]) -> Lease:
    """A lease of a job; one that is always held when there are no other workers."""
    return Lease(name) if leases is None else leases.want(name)


async def alone(name: str, leases: Optional[Leases], work: Callable[[], Awaitable[Any]]) -> None:
    """Do a job, here and nowhere else at the same time, until cancelled."""
    if leases is None:
        await work()
    else:
        await while_held(leases.want(name), leases, work)
