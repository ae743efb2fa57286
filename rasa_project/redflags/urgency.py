"""How fast a doctor must see someone. The order is what "more alarming" means."""

from __future__ import annotations

from enum import Enum
from typing import Iterable


class Urgency(str, Enum):
    """U1 is emergency, U2 same_day, U3 soon; U4 and nothing are none."""

    NONE = "none"
    SOON = "soon"
    SAME_DAY = "same_day"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 for none up to 3 for emergency."""
        return list(Urgency).index(self)


def highest(urgencies: Iterable[Urgency]) -> Urgency:
    """The most alarming of some urgencies; none when there are none."""
    return max(urgencies, key=lambda urgency: urgency.rank, default=Urgency.NONE)


def urgency_from(value: object) -> Urgency:
    """Read an urgency that was stored; what can't be read counts as none."""
    return next((urgency for urgency in Urgency if urgency.value == value), Urgency.NONE)
