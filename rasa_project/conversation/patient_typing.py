"""That a patient is typing: shown to the practice for a moment, and kept nowhere."""

from __future__ import annotations

import asyncio
from typing import Dict

from rasa_project.conversation.events import PATIENT
from rasa_project.conversation.hub import Hub

# The widget tells it every three seconds while somebody types.
SHOWN_SECONDS = 5.0


class PatientTyping:
    """Shows it, and takes it away when nothing more is heard.

    Args:
        hub: Tells the inbox.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._ends: Dict[str, asyncio.TimerHandle] = {}

    def show(self, conversation: str) -> None:
        """The patient types now."""
        self._end_later(conversation)
        self._hub.patient_types(conversation, True)

    def stop(self, conversation: str) -> None:
        """The patient has sent the message, or types no more."""
        end = self._ends.pop(conversation, None)
        if end is not None:
            end.cancel()
        # Another worker may have heard that they type.
        if end is not None or self._hub.is_typing_elsewhere(conversation, PATIENT):
            self._hub.patient_types(conversation, False)

    def _end_later(self, conversation: str) -> None:
        end = self._ends.pop(conversation, None)
        if end is not None:
            end.cancel()
        loop = asyncio.get_running_loop()
        self._ends[conversation] = loop.call_later(SHOWN_SECONDS, self.stop, conversation)
