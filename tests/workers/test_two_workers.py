"""Two real workers behind nginx, with PostgreSQL and Redis: as if they were one.

They are started once, by the command that `make workers` runs. The last test ends them.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from statistics import median
from typing import Any, Dict, Iterator, List

import pytest
import requests
import sqlalchemy as sa

from rasa_project.inbox.access import THERAPEUT
from rasa_project.storage.rasa_events import hold
from rasa_project.workers.parts import listens
from rasa_project.workers.postgres_claims import _KIND
from tests.dialogues.web_chat import Stream, WebChat, new_id, said
from tests.inbox.conftest import Browser, InboxServer, quick_inbox
from tests.workers.cluster import Cluster

pytestmark = [pytest.mark.model, pytest.mark.postgres]
ALARM = "Ik kan niet meer plassen"


class At:
    """One worker, or the proxy, as the patient's page knows it."""

    def __init__(self, address: str) -> None:
        self.address = address


@pytest.fixture
def chats(cluster: Cluster) -> List[WebChat]:
    """One conversation of one patient: on the first worker, on the second, behind the proxy."""
    proxy = WebChat(At(cluster.address))  # type: ignore[arg-type]
    workers = [WebChat(At(address), proxy.token) for address in cluster.state["workers"]]  # type: ignore[arg-type]
    return [*workers, proxy]


def conversation_of(chat: WebChat) -> str:
    from rasa_project.channels import tokens

    return tokens.conversation_of(tokens.hash_of(chat.token))


@pytest.fixture(scope="session")
def engine(cluster: Cluster) -> Iterator[Any]:
    made = sa.create_engine(cluster.state["database"], future=True)
    yield made
    made.dispose()


class Now:
    """The real moment, for an inbox of the tests."""

    @property
    def moment(self) -> datetime:
        return datetime.now(timezone.utc)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **_duration: float) -> None:
        """Nobody logs in twice here."""


@pytest.fixture(scope="session")
def therapist(cluster: Cluster) -> Browser:
    """Somebody of the practice, logged in on the first worker."""
    inbox = quick_inbox(cluster.state["database"], Now())
    port = int(cluster.state["workers"][0].rpartition(":")[2])
    return InboxServer(inbox, Now(), port).logged_in(THERAPEUT)  # type: ignore[arg-type]


def test_a_conversation_goes_on_whichever_worker_is_asked(chats, cluster, engine):
    one, two, proxy = chats
    texts = ["Mag ik fietsen met rugpijn?", ALARM, "dank je wel", "helpt warmte?", "hoi"]
    replies = []
    for number, text in enumerate(texts):
        asked, looked = (one, two) if number % 2 else (two, one)
        event = asked.send(text)
        replies.append(looked.reply_to(event))
        assert replies[-1]["reply_to"] == event
    assert replies[0]["topics"], "an answer"
    assert replies[1]["alarm"] in ("same_day", "emergency")
    events = proxy.events()
    assert [event["text"] for event in events if event["author"] == "patient"] == texts
    assert [event["reply_to"] for event in events if event["reply_to"]] == [
        event["id"] for event in events if event["author"] == "patient"
    ]
    with engine.connect() as connection:
        query = "SELECT data FROM events WHERE sender_id = :id AND type_name = 'user' ORDER BY id"
        rows = connection.execute(sa.text(query), {"id": conversation_of(one)}).scalars().all()
        query = "SELECT urgency FROM conversation WHERE id = :id"
        held = connection.execute(sa.text(query), {"id": conversation_of(one)}).scalar()
    assert len(rows) == len(texts), "each was read once"
    assert held == replies[1]["alarm"], "no worker forgets it"


def test_messages_sent_to_both_at_the_same_moment_are_each_answered_once(chats, engine):
    one, two, proxy = chats
    threads = [
        threading.Thread(target=chat.send, args=(f"hoi {number}",))
        for number in range(4)
        for chat in (one, two)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    until(lambda: len([e for e in proxy.events() if e["reply_to"]]) == 8, 60)
    events = proxy.events()
    sent = [event["id"] for event in events if event["author"] == "patient"]
    answered = [event["reply_to"] for event in events if event["reply_to"]]
    assert answered == sent, "each once, in the order in which they came"
    with engine.connect() as connection:
        query = "SELECT count(*) FROM events WHERE sender_id = :id AND type_name = 'user'"
        assert connection.execute(sa.text(query), {"id": conversation_of(one)}).scalar() == 8


def test_a_stream_on_one_worker_shows_what_is_sent_to_the_other(chats):
    one, two, proxy = chats
    took: List[float] = []
    for watching, sending in ((one, two), (two, one), (proxy, one)):
        with watching.stream() as stream:
            stream.until("ready")
            for text in ("hoi", "helpt warmte?"):
                event = sending.send(text)
                started = time.monotonic()
                assert stream.events(1)[0]["id"] == event
                took.append(time.monotonic() - started)
                assert stream.events(1)[0]["reply_to"] == event
    # The look into the database once a second would take half a second on average.
    assert median(took) < 0.5, took


@contextmanager
def inbox_stream(therapist: Browser, conversation: str) -> Iterator[Stream]:
    response = therapist.http.get(
        therapist.server.url(f"gesprek/{conversation}/live"),
        headers={"Accept": "text/event-stream"},
        stream=True,
        timeout=60,
    )
    assert response.status_code == 200, response.text
    stream = Stream(response)
    try:
        yield stream
    finally:
        stream.close()


def until_frame(stream: Stream, kind: str, holds: Any, seconds: float = 20) -> Dict[str, Any]:
    end = time.monotonic() + seconds
    while True:
        frame = stream.next(max(0.01, end - time.monotonic()))
        assert frame is not None
        if frame[0] == kind and holds(frame[2]):
            return dict(frame[2])


def test_a_therapist_on_one_worker_talks_with_a_patient_on_the_other(chats, therapist):
    _, two, _ = chats
    conversation = conversation_of(two)
    two.say("hoi")
    assert therapist.post(f"gesprek/{conversation}/overnemen").status_code == 303
    with two.stream() as stream, inbox_stream(therapist, conversation) as inbox:
        stream.until("ready")
        until_frame(inbox, "panel", lambda _: True)
        started = time.monotonic()
        assert therapist.post(f"gesprek/{conversation}/typt", {"on": "1"}).status_code == 204
        typing = until_frame(stream, "typing", lambda data: data["on"])
        assert typing == {"who": "therapist", "name": "Anna de Wit", "on": True}
        assert time.monotonic() - started < 10
        fields = {"text": "Hallo, met Anna", "client_id": new_id()}
        answer = therapist.post(f"gesprek/{conversation}/schrijven", fields)
        assert answer.status_code == 303
        until_frame(stream, "message", lambda data: data["text"] == "Hallo, met Anna")
        started = time.monotonic()
        two.call("POST", "typing", {})
        until_frame(inbox, "typing", lambda data: data["on"])
        assert time.monotonic() - started < 10
        two.send("Dag Anna")
        shown = until_frame(inbox, "items", lambda data: "Dag Anna" in str(data))
        assert shown["items"]
        until_frame(inbox, "typing", lambda data: not data["on"], 10)


def test_what_is_erased_on_one_worker_is_gone_on_the_other(chats):
    one, two, _ = chats
    one.say("hoi")
    with two.stream() as stream:
        stream.until("ready")
        assert one.call("DELETE", "conversation").status_code == 204
        stream.until("erased", 10)
    assert two.call("GET", "events").status_code == 401


def test_the_proxy_passes_on_only_what_is_for_patients_and_the_practice(cluster):
    def status(path: str, **more: Any) -> int:
        return requests.get(cluster.address + path, timeout=20, allow_redirects=False).status_code

    for path in ("/metrics", "/ready", "/health", "/webhooks/rest/webhook", "/webhooks", "/x"):
        assert status(path) == 404, path
    assert status("/chat") == 200
    assert status("/inbox") in (200, 303)
    answer = requests.post(f"{cluster.address}/webhooks/rest/webhook", json={}, timeout=20)
    assert answer.status_code == 404
    big = requests.post(f"{cluster.address}/chat/api/session", data=b"x" * 400_000, timeout=20)
    assert big.status_code == 413


def test_without_redis_patients_are_answered_and_see_it(cluster, chats):
    one, two, _ = chats
    pid = cluster.pid("Redis")
    os.kill(pid, signal.SIGSTOP)
    try:
        with one.stream() as stream:
            stream.until("ready")
            event = two.send("Mag ik fietsen met rugpijn?")
            assert stream.events(1, 5)[0]["id"] == event
            assert stream.events(1, 10)[0]["reply_to"] == event
    finally:
        os.kill(pid, signal.SIGCONT)
    os.kill(pid, signal.SIGKILL)
    assert two.say("helpt warmte?")["topics"]
    # It is started again, and pushed once more.
    until(lambda: cluster.pid("Redis") != pid, 20)
    until(lambda: "Redis is back" in cluster.log(1) + cluster.log(2), 30)
    with one.stream() as stream:
        stream.until("ready")
        until(lambda: pushed_within(stream, two, 0.5), 20)


def pushed_within(stream: Stream, sending: WebChat, seconds: float) -> bool:
    started = time.monotonic()
    event = sending.send("hoi")
    while stream.events(1)[0]["id"] != event:
        pass
    took = time.monotonic() - started
    stream.events(1)
    return took < seconds


def test_killed_in_the_middle_of_a_turn_the_other_answers_once(cluster, chats, engine):
    one, two, proxy = chats
    one.say("hoi")
    conversation = conversation_of(one)
    killed = cluster.pid("Worker 1")
    with engine.begin() as connection:
        # Whoever answers can't store what Rasa made of it.
        hold(connection, conversation)
        event = one.send("Mag ik fietsen met rugpijn?")
        until(lambda: claims_held(engine) >= 1, 20)
        time.sleep(0.3)
        os.kill(killed, signal.SIGKILL)
        time.sleep(0.5)
    started = time.monotonic()
    # Asked of the proxy, which passes over who is dead.
    reply = proxy.reply_to(event, 20)
    assert time.monotonic() - started < 15
    assert reply["topics"], said(reply)
    answers = [found for found in two.events() if found["reply_to"] == event]
    assert len(answers) == 1
    assert two.say("helpt warmte?")["topics"], "the other goes on"
    assert proxy.say("hoi")
    # The one that died is started again; to wait for that would take longer than all the rest.
    until(lambda: cluster.pid("Worker 1") != killed, 30)


def claims_held(engine: Any) -> int:
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :kind"
    with engine.connect() as connection:
        return int(connection.execute(sa.text(query), {"kind": _KIND}).scalar_one())


def test_each_job_has_one_worker_and_nothing_is_left_when_all_end(cluster, engine):
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT name, holder FROM lease")).all()
    assert {row.name for row in rows} == {"sweeper", "retention", "notifications", "leftovers"}
    assert {row.holder for row in rows} <= {row.holder for row in rows if row.holder}
    state = cluster.state
    assert cluster.stop() == 0, cluster.output
    for name, pid in state["pids"].items():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert name
    assert not any(listens(int(address.rpartition(":")[2])) for address in state["workers"])
    assert "Traceback" not in cluster.output + cluster.log(1) + cluster.log(2)


def until(holds: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
