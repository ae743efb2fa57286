"""That a patient is typing is shown to the practice for a moment."""

from __future__ import annotations

import asyncio
from typing import List, Optional, Tuple

import pytest

from rasa_project.conversation import patient_typing
from rasa_project.conversation.hub import Hub
from rasa_project.conversation.patient_typing import PatientTyping


class Inbox:
    def __init__(self) -> None:
        self.shown: List[Tuple[str, Optional[str]]] = []

    def wake_here(self, conversation: str) -> None:
        raise AssertionError("nothing is stored")

    def set_typing(self, conversation: str, who: Optional[str]) -> None:
        self.shown.append((conversation, who))


SHOWN = 1.0


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Inbox:
    monkeypatch.setattr(patient_typing, "SHOWN_SECONDS", SHOWN)
    return Inbox()


def typing_to(inbox: Inbox) -> PatientTyping:
    hub = Hub()
    hub.join(inbox, staff=True)
    return PatientTyping(hub)


async def test_it_is_taken_away_when_nothing_more_is_heard(inbox):
    typing = typing_to(inbox)
    typing.show("a")
    await asyncio.sleep(0.6 * SHOWN)
    typing.show("a")
    await asyncio.sleep(0.6 * SHOWN)
    assert inbox.shown == [("a", "patient"), ("a", "patient")]
    await asyncio.sleep(SHOWN)
    assert inbox.shown[2:] == [("a", None)]


async def test_it_is_taken_away_with_the_message(inbox):
    typing = typing_to(inbox)
    typing.stop("a")
    assert inbox.shown == []
    typing.show("a")
    typing.stop("a")
    assert inbox.shown == [("a", "patient"), ("a", None)]
    await asyncio.sleep(1.2 * SHOWN)
    assert len(inbox.shown) == 2
