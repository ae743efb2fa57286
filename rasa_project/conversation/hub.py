"""Everybody in this process who waits for news of conversations, whatever their channel.

What a patient writes on the website wakes the inbox; what a therapist writes in the inbox
wakes the website or Telegram. Other processes are told by the database (``push.Watcher``).
"""

from __future__ import annotations

from typing import List, Optional, Protocol


class Listener(Protocol):
    """What joins: a :class:`rasa_project.conversation.push.Push`."""

    def wake_here(self, conversation: str) -> None:
        """Wake those who wait at this one only."""

    def set_typing(self, conversation: str, who: Optional[str]) -> None:
        """Show who is typing."""


class Hub:
    """Passes news from one channel of this process to the others."""

    def __init__(self) -> None:
        self._patients: List[Listener] = []
        self._staff: List[Listener] = []

    def join(self, listener: Listener, staff: bool = False) -> None:
        """Be told from now on; ``staff`` for the inbox."""
        (self._staff if staff else self._patients).append(listener)

    def leave(self, listener: Listener) -> None:
        """Be told no more."""
        for side in (self._patients, self._staff):
            if listener in side:
                side.remove(listener)

    def spread(self, conversation: str, heard_by: Optional[Listener] = None) -> None:
        """Something happened in a conversation; ``heard_by`` knows already."""
        for listener in (*self._patients, *self._staff):
            if listener is not heard_by:
                listener.wake_here(conversation)

    def therapist_types(self, conversation: str, name: Optional[str]) -> None:
        """Show the patient that a therapist is typing; None when no more."""
        for listener in self._patients:
            listener.set_typing(conversation, name)

    def patient_types(self, conversation: str, is_typing: bool) -> None:
        """Show the practice that the patient is typing."""
        for listener in self._staff:
            listener.set_typing(conversation, "patient" if is_typing else None)


# One for the process: channels are made by Rasa, each without knowing of the others.
hub = Hub()
