"""What conversations hold while the database can't be asked. Needs neither Rasa nor a database."""

from __future__ import annotations

from collections import OrderedDict
from typing import Optional

from rasa_project.redflags.urgency import Urgency, highest

MOST_CONVERSATIONS = 10_000


class AlarmMemory:
    """Remembers alarms of recent conversations in this process.

    The database is what counts; this bridges the time in which it fails, so that a
    conversation's urgency does not drop.
    """

    def __init__(self) -> None:
        self._held: "OrderedDict[str, Urgency]" = OrderedDict()
        self._unstored: "OrderedDict[str, str]" = OrderedDict()

    def held(self, conversation: str) -> Urgency:
        """The highest urgency that was seen in a conversation."""
        return self._held.get(conversation, Urgency.NONE)

    def saw(self, conversation: str, urgency: Urgency) -> None:
        """Remember the urgency of a reply."""
        if urgency is not Urgency.NONE:
            self._held[conversation] = highest([urgency, self._held.pop(conversation, urgency)])
            if len(self._held) > MOST_CONVERSATIONS:
                self._held.popitem(last=False)

    def unstored(self, conversation: str) -> Optional[str]:
        """The message with an alarm sign that could not be stored, or None."""
        return self._unstored.get(conversation)

    def keep(self, conversation: str, text: str) -> None:
        """Keep a message with an alarm sign until it can be stored."""
        earlier = self._unstored.pop(conversation, "")
        # A browser sends again what was not taken.
        self._unstored[conversation] = earlier if text in earlier else f"{earlier}\n{text}".strip()
        if len(self._unstored) > MOST_CONVERSATIONS:
            self._unstored.popitem(last=False)

    def stored(self, conversation: str) -> None:
        """Forget the message: the database has it."""
        self._unstored.pop(conversation, None)

    def forget(self, conversation: str) -> None:
        """Forget all of a conversation: it was erased."""
        self._held.pop(conversation, None)
        self._unstored.pop(conversation, None)
