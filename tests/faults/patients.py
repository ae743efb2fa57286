"""Patients who write while the server is killed again and again, and remember what they saw."""

from __future__ import annotations

import contextlib
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence

import requests

ALARM = "Ik kan niet meer plassen"
# Fewer than the website allows in a minute; then the patient begins a new conversation.
MOST_MESSAGES = 12
_SECONDS = 20.0
_OFTEN = 0.05


@dataclass
class Said:
    """A message, and what the patient was told about it.

    Attributes:
        client_id: Its name; the same when it is sent again.
        text: What it says.
        event: Its id, once the server confirmed it; None when it never did.
    """

    client_id: str
    text: str
    event: Optional[int] = None


@dataclass
class Conversation:
    """One conversation of a patient, as far as the patient knows it."""

    token: str
    said: List[Said] = field(default_factory=list)
    # What was on the screen, by its id.
    seen: Dict[int, Dict[str, Any]] = field(default_factory=dict)
    problems: List[str] = field(default_factory=list)

    @property
    def confirmed(self) -> List[Said]:
        return [said for said in self.said if said.event is not None]


class Patient(threading.Thread):
    """Writes until stopped; each conversation is kept for judging.

    Args:
        address: Where the server is, or will be again.
        number: Makes the patient's behaviour repeatable.
        texts: What is said, in turn.
        pause: Seconds between messages, at most.
        most: So many messages make a conversation.
    """

    def __init__(
        self,
        address: str,
        number: int,
        texts: Sequence[str],
        pause: float = 0.05,
        most: int = MOST_MESSAGES,
    ):
        super().__init__(daemon=True)
        self._base = f"{address}/chat/api"
        self._chance = random.Random(number)
        self._texts = texts
        self._pause, self._most = pause, most
        self._stopped = threading.Event()
        self._session = requests.Session()
        self.conversations: List[Conversation] = []
        self.sent_again = 0

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        while not self._stopped.is_set():
            conversation = self._begin()
            if conversation is None:
                continue
            self.conversations.append(conversation)
            for _ in range(self._most):
                if self._stopped.is_set():
                    break
                self._say(conversation)
                if self._chance.random() < 0.5:
                    self._look(conversation)
                time.sleep(self._chance.uniform(0, self._pause))

    def _begin(self) -> Optional[Conversation]:
        response = self._call("POST", "session", "", {})
        if response is None or response.status_code != 201:
            time.sleep(_OFTEN)
            return None
        begun = response.json()
        decision = {"version": begun["consent"]["version"], "given": True}
        while not self._stopped.is_set():
            # The server may be killed in between; the decision can be sent again.
            agreed = self._call("POST", "consent", begun["token"], decision)
            if agreed is not None and agreed.status_code == 200:
                return Conversation(str(begun["token"]))
            time.sleep(_OFTEN)
        return None

    def _say(self, conversation: Conversation) -> None:
        text = f"{self._chance.choice(self._texts)}"
        said = Said(uuid.uuid4().hex, text)
        conversation.said.append(said)
        patience = self._chance.choice([1, 1000, 1000, 1000])
        for _ in range(patience):
            event = self._send(conversation, said)
            if event is not None:
                break
            if self._stopped.is_set():
                return
            time.sleep(_OFTEN)
        # As after an answer that got lost on the way: once more, with the same id.
        if said.event is not None and self._chance.random() < 0.3:
            self.sent_again += 1
            self._send(conversation, said)

    def _send(self, conversation: Conversation, said: Said) -> Optional[int]:
        body = {"id": said.client_id, "text": said.text}
        response = self._call("POST", "messages", conversation.token, body)
        if response is None:
            return None
        if response.status_code == 503:
            conversation.problems.append(f"503 on {said.text!r}: {response.text[:100]}")
            return None
        if response.status_code not in (200, 202):
            conversation.problems.append(f"{response.status_code} on {said.text!r}")
            return None
        event = int(response.json()["event"])
        if said.event is not None and said.event != event:
            conversation.problems.append(f"{said.client_id} is {said.event} and {event}")
        said.event = event
        return event

    def _look(self, conversation: Conversation) -> None:
        after = max(conversation.seen, default=0)
        response = self._call("GET", f"events?after={after}&wait=0.05", conversation.token)
        if response is not None and response.status_code == 200:
            for event in response.json()["events"]:
                conversation.seen[event["id"]] = event

    def _call(self, method: str, path: str, token: str, body: Any = None) -> Any:
        """The answer, or None when nobody was there to the end."""
        with contextlib.suppress(requests.RequestException):
            return self._session.request(
                method,
                f"{self._base}/{path}",
                json=body,
                headers={"Authorization": f"Bearer {token}"} if token else {},
                timeout=_SECONDS,
            )
        return None


def events_of(address: str, conversation: Conversation, wait: float = 0.0) -> List[Dict[str, Any]]:
    """All that stands in a conversation."""
    response = requests.get(
        f"{address}/chat/api/events?after=0&wait={wait}",
        headers={"Authorization": f"Bearer {conversation.token}"},
        timeout=_SECONDS,
    )
    assert response.status_code == 200, f"{response.status_code}: {response.text}"
    return list(response.json()["events"])


def settled(address: str, conversation: Conversation, seconds: float) -> List[Dict[str, Any]]:
    """All that stands in it, once each message has a reply."""
    deadline = time.monotonic() + seconds
    while True:
        events = events_of(address, conversation)
        replied = {event["reply_to"] for event in events}
        waiting = [e for e in events if e["author"] == "patient" and e["id"] not in replied]
        if not waiting:
            return events
        assert time.monotonic() < deadline, f"no reply to {waiting}"
        time.sleep(0.05)
