"""Whatever breaks: a sentence with the practice's number, an alarm text, and nothing lost.

Over the website and over Telegram, on SQLite and on PostgreSQL. The server is the light one; the
same faults of the whole assistant stand in ``tests/dialogues``. docs/operations.md has the table.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest
import requests

from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from tests.dialogues.agreeing import begin_and_agree
from tests.dialogues.conftest import PHONE
from tests.faults.breaking import Redis, file_of, gone, locked, no_space
from tests.faults.light_server import BROKEN, BUSY, HANGING, LightServer, answer_to
from tests.faults.patients import Conversation, Said, events_of
from tests.telegram.agreed import agree
from tests.telegram.stand_in import StandIn

ALARM = "Ik kan niet meer plassen"
CHAT = 5005
SECONDS = 30.0


class Patient:
    """Somebody on the website who knows what was confirmed."""

    def __init__(self, server: LightServer):
        self._base, self.server = f"{server.address}/chat/api", server
        self.conversation = Conversation(begin_and_agree(self._base, SECONDS)["token"])

    def post(self, text: str) -> requests.Response:
        said = Said(f"message-{len(self.conversation.said)}", text)
        response = requests.post(
            f"{self._base}/messages",
            json={"id": said.client_id, "text": text},
            headers={"Authorization": f"Bearer {self.conversation.token}"},
            timeout=SECONDS,
        )
        if response.status_code == 202:
            said.event = response.json()["event"]
        self.conversation.said.append(said)
        return response

    def say(self, text: str) -> Dict[str, Any]:
        """Say something that is confirmed, and give its reply."""
        response = self.post(text)
        assert response.status_code == 202, response.text
        return self.reply_to(response.json()["event"])

    def reply_to(self, event: int) -> Dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while True:
            for found in events_of(self.server.address, self.conversation):
                if found["reply_to"] == event:
                    return found
            assert time.monotonic() < deadline, "no reply"
            time.sleep(0.05)

    def assert_nothing_is_lost(self) -> None:
        """All that was confirmed is there once, in order."""
        deadline = time.monotonic() + SECONDS
        told = [said for said in self.conversation.said if said.event is not None]
        while True:
            events = events_of(self.server.address, self.conversation)
            ids = [e["client_id"] for e in events if e["author"] == "patient"]
            replied = {e["reply_to"] for e in events}
            if ids == [s.client_id for s in told] and {s.event for s in told} <= replied:
                return
            assert time.monotonic() < deadline, events
            time.sleep(0.1)


def all_in(reply: Dict[str, Any]) -> str:
    return "\n".join(part["text"] for part in reply["parts"])


def assert_told(reply: Dict[str, Any]) -> None:
    assert PHONE in all_in(reply)
    assert "112" in all_in(reply)


def assert_alarm(reply: Dict[str, Any]) -> None:
    assert reply["alarm"] == "same_day"
    assert "Bel nu je huisarts" in all_in(reply)
    assert PHONE in all_in(reply)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    server = StandIn().start()
    yield server
    server.stop()


@pytest.fixture
def serve(
    database: str, quiet_servers: Path, stand_in: StandIn
) -> Iterator[Callable[..., LightServer]]:
    engine_for(database).dispose()
    servers: List[LightServer] = []

    def start(telegram: bool = True, **settings: str) -> LightServer:
        api = stand_in.address if telegram else ""
        stand_in.agree = partial(agree, database)
        servers.append(LightServer(quiet_servers, database, api, **{BUSY: "1"}, **settings))
        return servers[-1].start()

    yield start
    for server in servers:
        server.kill()


@pytest.mark.parametrize("word", [BROKEN, HANGING], ids=["failing", "hanging"])
def test_an_action_that_fails_or_hangs(serve, stand_in, word):
    server = serve(RUGGESTEUN_TURN_SECONDS="3")
    patient = Patient(server)
    assert_told(patient.say(f"Helpt dit? {word}"))
    assert_alarm(patient.say(f"{ALARM} {word}"))
    patient.assert_nothing_is_lost()
    stand_in.says(CHAT, f"Helpt dat? {word}")
    stand_in.wait(lambda: any(PHONE in text for text in stand_in.texts(CHAT)[1:]), "the number")
    stand_in.says(CHAT, f"{ALARM}. {word}")
    stand_in.wait(lambda: any("huisarts" in t for t in stand_in.texts(CHAT)), "the alarm")
    stand_in.says(CHAT, "daarna")
    stand_in.wait(lambda: answer_to("daarna") in stand_in.texts(CHAT), "what comes after")


FAULTS: List[Callable[[str], Any]] = [gone, locked]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_database_that_is_gone_or_held(serve, stand_in, database, fault):
    server = serve()
    patient = Patient(server)
    assert answer_to("hoi") in all_in(patient.say("hoi"))
    stand_in.says(CHAT, "hoi")
    stand_in.wait(lambda: answer_to("hoi") in stand_in.texts(CHAT), "an answer")
    with fault(database):
        _told_without_a_database(patient)
        stand_in.says(CHAT, ALARM)
        stand_in.wait(lambda: any("huisarts" in t for t in stand_in.texts(CHAT)), "the alarm", 40)
    _as_before(patient)
    # What Telegram kept for us meanwhile.
    stand_in.wait(lambda: any(answer_to(ALARM) in t for t in stand_in.texts(CHAT)), "the rest")


def test_a_database_that_is_full(serve, database):
    server = serve(telegram=False)
    patient = Patient(server)
    assert answer_to("hoi") in all_in(patient.say("hoi"))
    with _full(server, database):
        _told_without_a_database(patient)
    _as_before(patient)


@contextmanager
def _full(server: LightServer, database: str) -> Iterator[None]:
    if not database.startswith("sqlite"):
        with no_space(database):
            yield
        return
    server.kill()
    # As large as it is, and no page more; then it is filled up.
    server.pages = file_of(database).stat().st_size // 4096 + 1
    server.start()
    _fill(server)
    yield
    server.kill()
    server.pages = 0
    server.start()


def _fill(server: LightServer) -> None:
    """Write, first much at a time and then little, until nothing goes in any more."""
    base, people = f"{server.address}/chat/api", []
    for _ in range(12):
        with contextlib.suppress(AssertionError):
            begun = begin_and_agree(base, SECONDS)
            people.append({"Authorization": f"Bearer {begun['token']}"})
    assert people
    for size in (1500, 1):
        codes = [
            requests.post(
                f"{base}/messages",
                json={"id": f"fill-up-{size}-{number}", "text": "x" * size},
                headers=headers,
                timeout=SECONDS,
            ).status_code
            for headers in people
            for number in range(8)
        ]
        assert codes[-1] == 503, f"it does not get full: {codes}"


def _told_without_a_database(patient: Patient) -> None:
    """Nothing is confirmed; the patient is told whom to call, and an alarm comes."""
    refused = patient.post("Helpt warmte?")
    assert refused.status_code == 503
    assert PHONE in refused.json()["text"]
    refused = patient.post(ALARM)
    assert refused.status_code == 503
    assert_alarm(refused.json())


def _as_before(patient: Patient) -> None:
    """Mended: it goes on, and what was confirmed is there."""
    deadline = time.monotonic() + SECONDS
    while True:
        sent: Optional[requests.Response] = patient.post("daarna")
        if sent is not None and sent.status_code == 202:
            break
        assert time.monotonic() < deadline, sent.text if sent is not None else ""
        time.sleep(0.5)
    assert answer_to("daarna") in all_in(patient.reply_to(sent.json()["event"]))
    patient.assert_nothing_is_lost()


@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")
def test_redis_that_is_gone(quiet_servers, tmp_path, stand_in):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    migrate(url)
    engine_for(url).dispose()
    stand_in.agree = partial(agree, url)
    redis = Redis(tmp_path).start()
    server = LightServer(tmp_path, url, stand_in.address, RUGGESTEUN_REDIS_URL=redis.url).start()
    try:
        patient = Patient(server)
        assert answer_to("hoi") in all_in(patient.say("hoi"))
        redis.kill()
        # Who is alone with a database of its own needs no Redis to know whose turn it is.
        assert answer_to("Helpt warmte?") in all_in(patient.say("Helpt warmte?"))
        assert patient.say(ALARM)["alarm"] == "same_day"
        stand_in.says(CHAT, ALARM)
        stand_in.wait(lambda: answer_to(ALARM) in "".join(stand_in.texts(CHAT)), "the alarm there")
        redis.start()
        other = Patient(server)
        assert answer_to("daarna") in all_in(other.say("daarna"))
        patient.assert_nothing_is_lost()
    finally:
        server.kill()
        redis.kill()


def test_a_disk_that_is_full_for_the_log(database, quiet_servers):
    engine_for(database).dispose()
    server = LightServer(quiet_servers, database)
    server.log = Path("/dev/full")
    server.start()
    try:
        patient = Patient(server)
        # A failing action writes its cause into the log.
        assert_told(patient.say(f"Helpt dit? {BROKEN}"))
        assert_alarm(patient.say(f"{ALARM} {BROKEN}"))
        assert answer_to("daarna") in all_in(patient.say("daarna"))
        patient.assert_nothing_is_lost()
    finally:
        server.kill()
