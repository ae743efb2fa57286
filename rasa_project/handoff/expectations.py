"""What a patient may expect who asks for a human: honest, and never nothing. Pure.

Everything that decides is in :class:`Circumstances`; the words are in ``data/texts.yml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from rasa_project.conversation.events import reply_content
from rasa_project.conversation.texts import filled, texts
from rasa_project.handoff.opening_hours import is_open
from rasa_project.names import INTENT_HUMAN
from rasa_project.practice import Practice
from rasa_project.redflags.urgency import Urgency

# What our own buttons send; the router takes them, Rasa never sees them.
GO_ON, CALLBACK, STOP, CONSENT = (
    "/verder-met-assistent",
    "/terugbellen",
    "/terugbellen-stop",
    "/terugbellen-akkoord",
)
HUMAN = f"/{INTENT_HUMAN}"
_MOST_NAMES = 2


class Button(NamedTuple):
    """A quick reply: what it says and what it sends."""

    title: str
    payload: str


@dataclass(frozen=True)
class Said:
    """What is told: paragraphs, with buttons under them."""

    paragraphs: Tuple[str, ...]
    buttons: Tuple[Button, ...] = ()

    @property
    def part(self) -> Dict[str, Any]:
        """As a part of an event."""
        buttons = [button._asdict() for button in self.buttons]
        return {"text": "\n\n".join(filter(None, self.paragraphs)), "buttons": buttons}

    @property
    def content(self) -> Dict[str, Any]:
        """As the content of an event of its own."""
        return reply_content([self.part])


@dataclass(frozen=True)
class Circumstances:
    """All that decides what may be expected.

    Attributes:
        is_open: Within opening hours, or the hours are not known.
        present: Who of the practice is there.
        ahead: How many wait who are helped earlier.
        urgency: What the conversation holds.
    """

    is_open: bool
    present: Sequence[str] = ()
    ahead: int = 0
    urgency: Urgency = Urgency.NONE

    @property
    def somebody_comes(self) -> bool:
        """Whether it is honest to let a patient wait."""
        return self.is_open and bool(self.present)


def counts_as_open(practice: Practice, moment: datetime) -> bool:
    """Whether people are there at a moment; without known hours presence alone decides."""
    return not practice.hours or is_open(practice, moment)


def place_in_line(
    mine: Tuple[Urgency, datetime, str], all_waiting: Sequence[Tuple[Urgency, datetime, str]]
) -> int:
    """How many are helped earlier: the most urgent first, then who waits longest.

    Args:
        mine: Urgency, waiting since, and conversation.
        all_waiting: The same of everybody who waits.
    """
    return sum(_order(other) < _order(mine) for other in all_waiting if other[2] != mine[2])


def _order(waiting: Tuple[Urgency, datetime, str]) -> Tuple[int, datetime, str]:
    urgency, since, conversation = waiting
    return -urgency.rank, since, conversation


def go_on_button() -> Button:
    """To the assistant again."""
    return Button(texts().handoff.button_go_on, GO_ON)


def callback_button() -> Button:
    """To the form."""
    return Button(texts().handoff.button_callback, CALLBACK)


def human_button() -> Button:
    """To a human."""
    return Button(texts().handoff.button_human, HUMAN)


def waiting(now: Circumstances, practice: Practice, after_alarm: bool = False) -> Said:
    """Somebody comes: who, how soon, the place in the line, and what if not.

    Args:
        now: Somebody is present.
        practice: Its settings.
        after_alarm: Whether it stands under what to do about an alarm sign.
    """
    words = texts().handoff
    comes = words.comes_after_alarm if after_alarm else words.comes
    return Said(
        (
            _fill(comes, practice, now),
            f"{line(now)} {_fill(words.if_nobody_comes, practice, now)}",
        ),
        (go_on_button(), callback_button()),
    )


def already_waiting(now: Circumstances, practice: Practice) -> Said:
    """Asked again while waiting."""
    words = texts().handoff
    first = words.already_waiting
    if now.somebody_comes:
        first = f"{first} {_fill(words.comes, practice, now)} {line(now)}"
    else:
        first = f"{first} {filled(words.not_expected)}"
    return Said((first,), (go_on_button(), callback_button()))


def line(now: Circumstances) -> str:
    """The place in the line."""
    words = texts().handoff
    if now.ahead == 0:
        return words.first_in_line
    return words.one_before if now.ahead == 1 else filled(words.some_before, aantal=now.ahead)


def nobody(now: Circumstances, told_what_to_do: bool = False) -> Said:
    """Nobody comes now: what to do meanwhile, and the offer to be called or mailed.

    Args:
        now: Nobody is present, or the practice is closed.
        told_what_to_do: Whether the same message says already what to do about an alarm.
    """
    words = texts().handoff
    said = words.nobody_open if now.is_open else words.nobody_closed
    return Said(
        (*(() if told_what_to_do else flag_advice(now.urgency)), filled(said)),
        (callback_button(), go_on_button()),
    )


def flag_advice(urgency: Urgency) -> Tuple[str, ...]:
    """What goes before everything else while a flag is active."""
    words = texts().handoff
    if urgency.rank >= Urgency.SAME_DAY.rank:
        return (filled(words.flag_first),)
    return (filled(words.flag_soon_first),) if urgency is Urgency.SOON else ()


def offer(now: Circumstances, practice: Practice, before: str = "") -> Said:
    """A human is offered; nothing happens until the patient says so.

    Args:
        now: How things stand.
        practice: Its settings.
        before: A sentence that comes first.
    """
    words = texts().handoff
    if now.somebody_comes:
        said = _fill(words.offer_present, practice, now)
        return Said((f"{before} {said}".strip(),), (human_button(),))
    return Said((f"{before} {words.offer_absent}".strip(),), (callback_button(),))


def takes_long(now: Circumstances) -> Said:
    """Nobody came in time; the patient still waits."""
    said = filled(texts().handoff.takes_long)
    return Said((*flag_advice(now.urgency), said), (callback_button(), go_on_button()))


def therapist_gone(name: str, now: Circumstances, practice: Practice) -> Said:
    """The therapist doesn't answer any more; the patient waits for another."""
    words = texts().handoff
    expected = words.expected if now.somebody_comes else words.not_expected
    said = filled(words.therapist_gone, wie=name, verwacht=_fill(expected, practice, now))
    return Said(
        (*flag_advice(now.urgency), said),
        (callback_button(), go_on_button()),
    )


def closing(now: Circumstances) -> Said:
    """Closing time: nobody waits in vain."""
    apology = filled(texts().handoff.closing)
    offered = nobody(now, told_what_to_do=True)
    return Said((*flag_advice(now.urgency), apology, *offered.paragraphs), offered.buttons)


def who_comes(present: Sequence[str]) -> str:
    """The names, when they are few."""
    if 0 < len(present) <= _MOST_NAMES:
        return " of ".join(present)
    return filled(texts().handoff.somebody)


def _fill(text: str, practice: Practice, now: Circumstances) -> str:
    return filled(
        text,
        wie=who_comes(now.present),
        minuten=practice.handoff.minutes_to_answer,
        langer=practice.handoff.minutes_until_callback,
    )


def without_button(parts: Sequence[Dict[str, Any]], payload: str) -> List[Dict[str, Any]]:
    """Parts of an event without one button, because it is offered in other words."""
    return [
        {**part, "buttons": [b for b in part["buttons"] if b["payload"] != payload]}
        for part in parts
    ]
