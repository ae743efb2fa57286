"""Talk to the website's chat as the widget does: over a stream, or by asking again."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
import uuid
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional, Tuple

import requests

from rasa_project.privacy.consent_texts import consent_texts
from tests.dialogues.conftest import TURN_SECONDS, Assistant

Frame = Tuple[str, Optional[int], Any]


def new_id() -> str:
    return uuid.uuid4().hex


class Stream:
    """An open stream of events; frames wait in a queue."""

    def __init__(self, response: requests.Response):
        self.response = response
        self.frames: "queue.Queue[Optional[Frame]]" = queue.Queue()
        self.comments: List[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        frame: Dict[str, str] = {}
        try:
            for line in self.response.iter_lines(chunk_size=1, decode_unicode=False):
                text = line.decode("utf-8")
                if text.startswith(":"):
                    self.comments.append(text)
                elif text:
                    name, _, value = text.partition(": ")
                    assert name not in frame, frame
                    frame[name] = value
                elif frame:
                    number = int(frame["id"]) if "id" in frame else None
                    self.frames.put((frame["event"], number, json.loads(frame["data"])))
                    frame = {}
        except (requests.RequestException, AttributeError, OSError):
            pass
        self.frames.put(None)

    def next(self, timeout: float = TURN_SECONDS) -> Optional[Frame]:
        """The next frame; None when the stream ended."""
        return self.frames.get(timeout=timeout)

    def until(self, kind: str, timeout: float = TURN_SECONDS) -> List[Frame]:
        """The frames up to and with the first of a kind."""
        frames: List[Frame] = []
        deadline = time.monotonic() + timeout
        while not frames or frames[-1][0] != kind:
            frame = self.next(deadline - time.monotonic())
            assert frame is not None, f"the stream ended after {frames}"
            frames.append(frame)
        return frames

    def events(self, count: int, timeout: float = TURN_SECONDS) -> List[Dict[str, Any]]:
        """The next events, so many, without typing and the like."""
        events: List[Dict[str, Any]] = []
        deadline = time.monotonic() + timeout
        while len(events) < count:
            frame = self.next(max(0.01, deadline - time.monotonic()))
            assert frame is not None, f"the stream ended after {events}"
            if frame[0] == "message":
                assert frame[1] == frame[2]["id"]
                events.append(frame[2])
        return events

    def close(self) -> None:
        # Closing the response would wait until the reader has read something more.
        with contextlib.suppress(OSError, AttributeError):
            self.response.raw._fp.fp.raw._sock.shutdown(socket.SHUT_RDWR)
        self._reader.join(10)
        assert not self._reader.is_alive()


class WebChat:
    """One patient's conversation; who begins one agrees to what is kept, unless told not to."""

    def __init__(self, assistant: Assistant, token: Optional[str] = None, agrees: bool = True):
        self.base = f"{assistant.address}/chat/api"
        self.token = token if token is not None else self._begin()
        if token is None and agrees:
            self.decide(True)

    def _begin(self) -> str:
        response = requests.post(f"{self.base}/session", json={}, timeout=TURN_SECONDS)
        assert response.status_code == 201, response.text
        return str(response.json()["token"])

    def decide(self, given: bool, version: Optional[str] = None) -> Dict[str, Any]:
        """Agree or refuse."""
        body = {"given": given, "version": version or consent_texts().version}
        response = self.call("POST", "consent", body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def headers(self, **more: str) -> Dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **more}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """Call with a body: bytes as they are, anything else as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode("ascii")
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        return requests.request(
            method,
            f"{self.base}/{path}",
            data=data,
            headers=self.headers(**headers),
            timeout=TURN_SECONDS,
        )

    def post(self, text: str, client_id: Optional[str] = None, **more: Any) -> requests.Response:
        body = {"id": client_id or new_id(), "text": text, **more}
        return self.call("POST", "messages", body)

    def send(self, text: str, client_id: Optional[str] = None, **more: Any) -> int:
        response = self.post(text, client_id, **more)
        assert response.status_code == 202, f"{response.status_code}: {response.text}"
        return int(response.json()["event"])

    def poll(self, after: int = 0, wait: float = 0) -> Dict[str, Any]:
        response = self.call("GET", f"events?after={after}&wait={wait}")
        assert response.status_code == 200, f"{response.status_code}: {response.text}"
        return dict(response.json())

    def events(self, after: int = 0) -> List[Dict[str, Any]]:
        return list(self.poll(after)["events"])

    def reply_to(self, event: int, seconds: float = TURN_SECONDS) -> Dict[str, Any]:
        """Wait for the reply to a message."""
        deadline = time.monotonic() + seconds
        after = event
        while time.monotonic() < deadline:
            for found in self.poll(after, 5)["events"]:
                after = found["id"]
                if found["reply_to"] == event:
                    return dict(found)
        raise AssertionError(f"no reply to {event}: {self.events()}")

    def say(self, text: str, **more: Any) -> Dict[str, Any]:
        """Send a message and wait for its reply."""
        return self.reply_to(self.send(text, **more))

    @contextmanager
    def stream(self, last_seen: Optional[int] = None) -> Iterator[Stream]:
        headers = self.headers(Accept="text/event-stream")
        if last_seen is not None:
            headers["Last-Event-ID"] = str(last_seen)
        response = requests.get(
            f"{self.base}/events", headers=headers, stream=True, timeout=TURN_SECONDS
        )
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = Stream(response)
        try:
            yield stream
        finally:
            stream.close()


def said(reply: Dict[str, Any]) -> str:
    """All that a patient reads in a reply."""
    return "\n\n".join(part["text"] for part in reply["parts"])
