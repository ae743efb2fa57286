"""What an open inbox waits on: a conversation, and the queue."""

from __future__ import annotations

from typing import List, Optional

from rasa_project.conversation.push import Push

# The mailbox of who wants to know of every conversation.
QUEUE = "*"


class InboxPush(Push):
    """The mailboxes of the inbox. Join it to the hub as staff.

    Attributes:
        news: Rises with whatever happens; what was read before is old.
    """

    def __init__(self) -> None:
        # It tells no other channel: who changes something spreads that by the hub.
        super().__init__(None)
        self.news = 0

    @property
    def awaited(self) -> List[str]:
        """The conversations that somebody looks at; the queue is none."""
        return [conversation for conversation in super().awaited if conversation != QUEUE]

    def wake_here(self, conversation: str) -> None:
        """Wake those who wait for a conversation, and those who watch the queue."""
        self.news += 1
        super().wake_here(conversation)
        super().wake_here(QUEUE)

    def set_typing(self, conversation: str, who: Optional[str]) -> None:
        """Show in a conversation who is typing; the queue doesn't tell that."""
        if who is None:
            self._typing.pop(conversation, None)
        else:
            self._typing[conversation] = who
        super().wake_here(conversation)
