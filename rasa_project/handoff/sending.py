"""What every way of telling somebody has in common."""

from __future__ import annotations

from typing import Optional


class CannotSend(Exception):
    """It was not sent.

    Args:
        reason: One English line for the log: what is wrong and what to do. It holds
            nobody's address and nothing of the message.
        for_good: Trying again would not help.
        after: Seconds that the other side wants to be left alone.
    """

    def __init__(self, reason: str, for_good: bool = False, after: Optional[float] = None):
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good
        self.after = after


class NobodyThere(CannotSend):
    """This person can't be reached in this way any more."""

    def __init__(self, reason: str):
        super().__init__(reason, for_good=True)
