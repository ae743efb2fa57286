"""Rasa's conversation events, in our database, at a cost that does not grow with them."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, TypeVar

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.errors import StorageError
from rasa_project.settings import read_settings
from rasa_project.storage import rasa_events
from rasa_project.storage.asking import ask
from rasa_project.storage.engine import engine_for, hold_for_start, plain_reason
from rasa_project.storage.keyring import make_sure_keys_fit, sealer
from rasa_project.storage.rasa_snapshot import drop_snapshot, read_standing, write_snapshot
from rasa_project.storage.sealing import DataKeyError
from rasa_project.storage.short_history import as_stored, events_from, tracker_from

logger = logging.getLogger(__name__)
_T = TypeVar("_T")
_MARK = "_ruggesteun_mark"
_THREADS = 4


class Mark(NamedTuple):
    """What of a tracker the database has; noted on the tracker.

    Attributes:
        events: How many of its events, from the first.
        newest: The id of the conversation's newest event; None when it has none.
    """

    events: int
    newest: Optional[int]


class _Read(NamedTuple):
    events: List[Dict[str, Any]]
    newest: int


class RuggesteunTrackerStore(TrackerStore):
    """Reads and writes Rasa's table of events on the URL of our settings.

    Every event is kept there, as Rasa's own SQL store keeps it but encrypted, so that store
    can't read ours. Beside it stands, per
    conversation, where it stood after its last turn; a turn reads that one row, and
    writes it anew in the commit that adds the turn's events. The row says after which
    event it was made: when there is a newer one (another worker's, another program's),
    that one is read too. So nothing is remembered in this process.

    Whoever holds the database keeps no other patient waiting; see storage/asking.py.
    """

    def __init__(
        self,
        domain: Optional[Domain] = None,
        host: Optional[EndpointConfig] = None,
        event_broker: Optional[EventBroker] = None,
        **kwargs: Any,
    ) -> None:
        self._url = read_settings().database_url
        self.engine = engine_for(self._url)
        # Also `rasa run` and `rasa shell` come by here.
        make_sure_keys_fit(self._url)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="tracker-store")
        try:
            # Rasa's own definition: its tools ask this store for what stands there.
            with self.engine.begin() as connection:
                hold_for_start(connection)
                SQLTrackerStore.Base.metadata.create_all(connection)
                rasa_events.index_newest(connection)
        except SQLAlchemyError as error:
            raise StorageError(plain_reason(error, self._url)) from error
        super().__init__(domain, event_broker)

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The conversation as it stands: its state and its last turns."""
        return self._tracker(sender_id, await self._ask(self._read, sender_id))

    async def retrieve_full_tracker(self, conversation_id: str) -> Optional[DialogueStateTracker]:
        """The conversation with all its events."""
        read = await self._in_thread(self._read_all, conversation_id)
        return self._tracker(conversation_id, read)

    async def create_tracker(
        self, sender_id: str, append_action_listen: bool = True
    ) -> DialogueStateTracker:
        """A new conversation. It is stored with its first turn, in one commit."""
        tracker = self.init_tracker(sender_id)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        setattr(tracker, _MARK, Mark(0, None))
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store what is new, in one commit."""
        mark: Optional[Mark] = getattr(tracker, _MARK, None)
        events = list(tracker.events)
        if mark is None:
            # Not from here: as Rasa's own store does, count what is stored.
            mark = await self._ask(self._mark_by_counting, tracker.sender_id)
        new = events[mark.events :]
        if not new:
            return
        rows = [rasa_events.row_of(tracker.sender_id, event.as_dict()) for event in new]
        standing = json.dumps(as_stored(events, self.domain))
        newest = await self._ask(self._write, tracker.sender_id, mark.newest, rows, standing)
        setattr(tracker, _MARK, Mark(len(events), newest))
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, tracker.sender_id)

    async def keys(self) -> Iterable[str]:
        """The names of all conversations."""
        return await self._in_thread(self._names)

    def _tracker(self, sender_id: str, read: Optional[_Read]) -> Optional[DialogueStateTracker]:
        if read is None:
            return None
        tracker = tracker_from(sender_id, events_from(read.events), self.domain.slots)
        setattr(tracker, _MARK, Mark(len(tracker.events), read.newest))
        return tracker

    # ---- with the database

    async def _ask(self, work: Callable[..., _T], *given: Any) -> _T:
        try:
            return await ask(self._url, work, *given, in_thread=self._in_thread)
        except SQLAlchemyError as error:
            raise StorageError(plain_reason(error, self._url)) from error

    async def _in_thread(self, work: Callable[..., _T], *given: Any) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)
        except SQLAlchemyError as error:
            raise StorageError(plain_reason(error, self._url)) from error

    def _read(self, sender_id: str) -> Optional[_Read]:
        with self.engine.connect() as connection:
            standing = read_standing(connection, sender_id)
            if standing.newest is None:
                return None
            known = _events_in(standing.data)
            if (
                known is None
                or standing.last_event is None
                or standing.last_event > standing.newest
            ):
                after, known = rasa_events.before_session(connection, sender_id), []
            else:
                after = standing.last_event
            if after == standing.newest:
                return _Read(known, standing.newest)
            newer = rasa_events.events_after(connection, sender_id, after)
        return _Read([*known, *(event for _, event in newer)], newer[-1][0]) if newer else None

    def _read_all(self, sender_id: str) -> Optional[_Read]:
        with self.engine.connect() as connection:
            rows = rasa_events.events_after(connection, sender_id, 0)
        return _Read([event for _, event in rows], rows[-1][0]) if rows else None

    def _mark_by_counting(self, sender_id: str) -> Mark:
        with self.engine.connect() as connection:
            after = rasa_events.before_session(connection, sender_id)
            newest = rasa_events.newest_ids(connection, sender_id, 1)
            stored = rasa_events.count_after(connection, sender_id, after)
        return Mark(stored, newest[0] if newest else None)

    def _write(
        self, sender_id: str, newest: Optional[int], rows: List[rasa_events.Row], standing: str
    ) -> int:
        with self.engine.begin() as connection:
            rasa_events.hold(connection, sender_id)
            rasa_events.add(connection, rows)
            ids = rasa_events.newest_ids(connection, sender_id, len(rows) + 1)
            if ids[len(rows) :] == ([] if newest is None else [newest]):
                write_snapshot(connection, sender_id, ids[0], standing)
            else:
                # Another worker wrote since this turn read. Its events and ours are both
                # kept; the next turn reads them all, so no alarm of either is lost.
                logger.warning("Two workers answered one conversation at the same moment.")
                drop_snapshot(connection, sender_id)
        return ids[0]

    def _names(self) -> List[str]:
        with self.engine.connect() as connection:
            return rasa_events.conversations(connection)


def _events_in(data: Optional[str]) -> Optional[List[Dict[str, Any]]]:
    """The events of a snapshot; None when there is none that can be read."""
    if data is None:
        return None
    try:
        events: List[Dict[str, Any]] = json.loads(sealer().open(data))
    except (ValueError, DataKeyError):
        logger.error("A snapshot can't be read; the conversation is read from its events.")
        return None
    return events
