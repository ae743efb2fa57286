"""Everybody in this process who waits for news of conversations, whatever their channel.

What a patient writes on the website wakes the inbox; what a therapist writes in the inbox
wakes the website or Telegram. Other processes are told through Redis where there is one
(:mod:`rasa_project.workers.news`), and by the database in any case (``push.Watcher``).
"""

from __future__ import annotations

import asyncio
from typing import Dict, List, Optional, Protocol, Tuple

from rasa_project.conversation.events import ASSISTANT, PATIENT, THERAPIST

# What is told to other processes. Who types is named by what they are.
WAKE, ERASED = "wake", "erased"
TYPES, TYPES_NO_MORE = "types", "stops"
# What another process says of typing ends by itself, should it die before it says so.
_SHOWN_SECONDS = {PATIENT: 7.0, THERAPIST: 10.0, ASSISTANT: 40.0}


class Listener(Protocol):
    """What joins: a :class:`rasa_project.conversation.push.Push`."""

    def wake_here(self, conversation: str) -> None:
        """Wake those who wait at this one only."""

    def set_typing(self, conversation: str, who: Optional[str]) -> None:
        """Show who is typing."""


class Others(Protocol):
    """The way to other processes."""

    def tell(self, conversation: str, what: str, who: str = "") -> None:
        """Tell them that something happened, not what was said. Never waits, never fails."""


class Hub:
    """Passes news from one channel of this process to the others."""

    def __init__(self) -> None:
        self._patients: List[Listener] = []
        self._staff: List[Listener] = []
        self._others: Optional[Others] = None
        # While what another process told is passed on, it isn't told back.
        self._is_hearing = False
        self._heard_typing: Dict[Tuple[str, str], asyncio.TimerHandle] = {}

    def join(self, listener: Listener, staff: bool = False) -> None:
        """Be told from now on; ``staff`` for the inbox."""
        (self._staff if staff else self._patients).append(listener)

    def leave(self, listener: Listener) -> None:
        """Be told no more."""
        for side in (self._patients, self._staff):
            if listener in side:
                side.remove(listener)

    def connect(self, others: Optional[Others]) -> None:
        """Tell other processes too; None for no more."""
        self._others = others

    def spread(self, conversation: str, heard_by: Optional[Listener] = None) -> None:
        """Something happened in a conversation; ``heard_by`` knows already."""
        for listener in (*self._patients, *self._staff):
            if listener is not heard_by:
                listener.wake_here(conversation)
        self._tell(conversation, WAKE)

    def therapist_types(self, conversation: str, name: Optional[str]) -> None:
        """Show the patient that a therapist is typing; None when no more."""
        self._show(self._patients, conversation, name)
        self._tell_typing(conversation, THERAPIST, name is not None)

    def patient_types(self, conversation: str, is_typing: bool) -> None:
        """Show the practice that the patient is typing."""
        self._show(self._staff, conversation, PATIENT if is_typing else None)
        self._tell_typing(conversation, PATIENT, is_typing)

    def assistant_types(self, conversation: str, is_typing: bool) -> None:
        """Tell other processes that the assistant is at work; here its channel knows."""
        self._tell_typing(conversation, ASSISTANT, is_typing)

    def erased(self, conversation: str) -> None:
        """Tell other processes that a conversation is gone."""
        self._tell(conversation, ERASED)

    def is_typing_elsewhere(self, conversation: str, who: str) -> bool:
        """Whether another process said that somebody types, and not yet that it is over."""
        return (conversation, who) in self._heard_typing

    # ---- what other processes tell

    def hear(self, conversation: str, what: str, who: str = "", name: str = "") -> None:
        """Pass on what another process told.

        Args:
            conversation: Where it happened.
            what: One of the words above.
            who: Who types.
            name: The therapist's, as the patient sees it.
        """
        self._is_hearing = True
        try:
            if what == WAKE:
                self.spread(conversation)
            elif what == ERASED:
                for listener in (*self._patients, *self._staff):
                    getattr(listener, "erased_elsewhere", listener.wake_here)(conversation)
            elif what in (TYPES, TYPES_NO_MORE) and who in _SHOWN_SECONDS:
                self._hear_typing(conversation, what == TYPES, who, name)
        finally:
            self._is_hearing = False

    def _hear_typing(self, conversation: str, is_typing: bool, who: str, name: str) -> None:
        timer = self._heard_typing.pop((conversation, who), None)
        if timer is not None:
            timer.cancel()
        if is_typing:
            self._heard_typing[conversation, who] = asyncio.get_running_loop().call_later(
                _SHOWN_SECONDS[who], self.hear, conversation, TYPES_NO_MORE, who
            )
        shown = {PATIENT: PATIENT, THERAPIST: name, ASSISTANT: ASSISTANT}[who]
        side = self._staff if who == PATIENT else self._patients
        self._show(side, conversation, shown if is_typing else None)

    # ---- parts

    @staticmethod
    def _show(side: List[Listener], conversation: str, who: Optional[str]) -> None:
        for listener in side:
            listener.set_typing(conversation, who)

    def _tell_typing(self, conversation: str, who: str, is_typing: bool) -> None:
        self._heard_over(conversation, who, is_typing)
        self._tell(conversation, TYPES if is_typing else TYPES_NO_MORE, who)

    def _heard_over(self, conversation: str, who: str, is_typing: bool) -> None:
        """What we see ourselves overrules what another process said."""
        timer = None if is_typing else self._heard_typing.pop((conversation, who), None)
        if timer is not None:
            timer.cancel()

    def _tell(self, conversation: str, what: str, who: str = "") -> None:
        if self._others is not None and not self._is_hearing:
            self._others.tell(conversation, what, who)


# One for the process: channels are made by Rasa, each without knowing of the others.
hub = Hub()
