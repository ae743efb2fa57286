"""Wake whoever waits for a conversation: streams and polls of this process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import contextmanager
from typing import Any, Deque, Dict, Iterator, List, Optional, Set, Tuple

from rasa_project.conversation.events import ASSISTANT
from rasa_project.conversation.hub import Hub
from rasa_project.conversation.log import ConversationLog
from rasa_project.errors import StorageError

logger = logging.getLogger(__name__)
WATCH_SECONDS = 1.0
# So often is looked whether another process erased what somebody waits for.
_GONE_SECONDS = 15.0
# On PostgreSQL an event may be committed after one with a higher id; so the watcher
# looks back this far.
_LOOK_BACK = 10


class Mailbox:
    """What one stream or poll waits on.

    Attributes:
        seen: The newest event that its reader has; what is older is no news.
    """

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._has_news = True
        self.seen = 0

    def wake(self, news: bool = True) -> None:
        """Something changed; a wake before the waiting counts too.

        Args:
            news: Whether the log may hold something new; else only who types changed.
        """
        self._has_news = self._has_news or news
        self._changed.set()

    def take_news(self) -> bool:
        """Whether to look into the log: at first, and when there was news since the last call."""
        had, self._has_news = self._has_news, False
        return had

    async def changed(self, timeout: float) -> bool:
        """Wait until something changed since the last call.

        Returns:
            False when nothing did in so many seconds.
        """
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except asyncio.TimeoutError:
            return False
        self._changed.clear()
        return True


class Push:
    """The mailboxes of one channel, and what is shown without being stored.

    Args:
        hub: Tells the other channels of this process; None where there are none.
    """

    def __init__(self, hub: Optional[Hub] = None) -> None:
        self._hub = hub
        self._boxes: Dict[str, Set[Mailbox]] = {}
        self._typing: Dict[str, str] = {}
        self._trouble: Dict[str, Dict[str, Any]] = {}
        self._erased: Set[str] = set()
        self.closed = False

    @contextmanager
    def mailbox(self, conversation: str) -> Iterator[Mailbox]:
        """A mailbox; open it before reading the log, so that nothing falls in between."""
        box = Mailbox()
        self._boxes.setdefault(conversation, set()).add(box)
        try:
            yield box
        finally:
            boxes = self._boxes[conversation]
            boxes.discard(box)
            if not boxes:
                del self._boxes[conversation]
                self._erased.discard(conversation)

    @property
    def is_awaited(self) -> bool:
        """Whether anybody waits at all."""
        return bool(self._boxes)

    def notify(self, conversation: str) -> None:
        """Wake all that wait for a conversation, on the other channels too."""
        self.wake_here(conversation)
        if self._hub is not None:
            self._hub.spread(conversation, self)

    def wake_here(self, conversation: str) -> None:
        """Wake those who wait here."""
        for box in self._boxes.get(conversation, ()):
            box.wake()

    def wake_for(self, conversation: str, event: int) -> None:
        """Wake those who wait here and haven't seen an event yet."""
        if any(box.seen < event for box in self._boxes.get(conversation, (Mailbox(),))):
            self.wake_here(conversation)

    @property
    def awaited(self) -> List[str]:
        """The conversations that somebody waits for."""
        return list(self._boxes)

    def notify_all(self) -> None:
        """Wake everybody."""
        for conversation in list(self._boxes):
            self.wake_here(conversation)

    def set_typing(self, conversation: str, who: Optional[str]) -> None:
        """Show who is typing; when nobody is any more there may be something to read."""
        if who is None:
            self._typing.pop(conversation, None)
            self.notify(conversation)
            return
        self._typing[conversation] = who
        for box in self._boxes.get(conversation, ()):
            box.wake(news=False)

    def assistant_types(self, conversation: str, is_typing: bool) -> None:
        """Show that the assistant is at work, here and at other processes."""
        self.set_typing(conversation, ASSISTANT if is_typing else None)
        if self._hub is not None:
            self._hub.assistant_types(conversation, is_typing)

    def typing(self, conversation: str) -> Optional[str]:
        """Who is typing, or None."""
        return self._typing.get(conversation)

    def set_trouble(self, conversation: str, error: Optional[Dict[str, Any]]) -> None:
        """Show an error that can't be stored, because storing is what fails."""
        if error is None:
            self._trouble.pop(conversation, None)
            return
        self._trouble[conversation] = error
        self.notify(conversation)

    def trouble(self, conversation: str) -> Optional[Dict[str, Any]]:
        """The error that holds in a conversation, or None."""
        return self._trouble.get(conversation)

    def erased(self, conversation: str) -> None:
        """Tell all that wait for a conversation that it is gone."""
        self.erased_elsewhere(conversation)
        if self._hub is not None:
            # The inbox shows it no longer.
            self._hub.spread(conversation, self)
            self._hub.erased(conversation)

    def erased_elsewhere(self, conversation: str) -> None:
        """Tell those who wait here that it is gone."""
        self._typing.pop(conversation, None)
        self._trouble.pop(conversation, None)
        if conversation in self._boxes:
            self._erased.add(conversation)
            self.wake_here(conversation)

    def is_erased(self, conversation: str) -> bool:
        """Whether it was erased while somebody waited for it."""
        return conversation in self._erased

    def close(self) -> None:
        """Let everybody go: the server stops."""
        self.closed = True
        self.notify_all()


class Watcher:
    """Wakes streams for what other processes wrote: a worker beside us, a command.

    Args:
        log: Where events appear.
        push: Whom to wake.
    """

    def __init__(self, log: ConversationLog, push: Push):
        self._log = log
        self._push = push
        self._seen: Deque[int] = deque(maxlen=_LOOK_BACK)
        self._told: Dict[str, int] = {}
        self._in_trouble = False
        self._gone_looked_at = time.monotonic()

    async def run(self) -> None:
        """Look about once a second, until cancelled."""
        while True:
            await self._look()
            await asyncio.sleep(WATCH_SECONDS)

    async def _look(self) -> None:
        if not self._push.is_awaited:
            self._seen.clear()
            return
        try:
            newest, changed = await asyncio.to_thread(self._changes)
            gone = await self._gone()
        except StorageError as error:
            if not self._in_trouble:
                logger.error("New events can't be looked for: %s", error)
            self._in_trouble = True
            return
        self._in_trouble = False
        if not self._seen:
            # What came between a stream's first reading and this look is not known.
            self._push.notify_all()
        for conversation, event in changed.items():
            if event != self._told.get(conversation):
                self._push.wake_for(conversation, event)
        self._told = changed
        self._seen.append(newest)
        for conversation in gone:
            self._push.erased_elsewhere(conversation)

    async def _gone(self) -> Set[str]:
        """Which conversations that somebody waits for were erased by another process."""
        if time.monotonic() - self._gone_looked_at < _GONE_SECONDS:
            return set()
        self._gone_looked_at = time.monotonic()
        awaited = self._push.awaited
        return set(awaited) - await asyncio.to_thread(self._log.those_there, awaited)

    def _changes(self) -> Tuple[int, Dict[str, int]]:
        newest = self._log.newest()
        if not self._seen or newest == self._seen[0]:
            return newest, {}
        return newest, self._log.changed_since(self._seen[0])
