"""/health, /ready and /metrics of the real assistant, also while parts of it are gone."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
import requests
from aiohttp import web

from rasa_project.operations.readiness import KEPT_SECONDS, Readiness, _answers
from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from tests.dialogues.conftest import Assistant
from tests.operations.test_metrics import parse
from tests.ports import free_port

MESSAGE = (
    "Ik ben Xantippe Quirinius, 06-98765432, x.q@quirinius.example, bsn 123456782. kwabbelsnor"
)
TRACES = ["xantippe", "quirinius", "98765432", "123456782", "kwabbelsnor", "test-"]


def get(server: Assistant, path: str, **headers: str) -> requests.Response:
    return requests.get(server.address + path, headers=headers, timeout=20)


@pytest.mark.model
def test_the_routes_of_a_running_assistant(
    launch: Callable[..., Assistant], practice_nl: Path
) -> None:
    server = launch(RUGGESTEUN_PRACTICE=str(practice_nl))
    assert get(server, "/health").json() == {"status": "ok"}
    ready = get(server, "/ready")
    assert ready.status_code == 200, ready.text
    assert ready.json() == {
        "ready": True,
        "parts": {"model": True, "database": True, "actions": True, "red_flags": True},
    }
    before = parse(get(server, "/metrics").text)
    assert server.say("Helpt paracetamol tegen rugpijn?").topics == ("paracetamol",)
    assert server.say("Ik kan niet meer plassen").urgency == "same_day"
    server.say(MESSAGE)
    answer = get(server, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    after = parse(answer.text)

    def more(name: str, value: str = "") -> float:
        return after[name, value] - before.get((name, value), 0)

    assert more("ruggesteun_messages_total", "rest") == 3
    assert more("ruggesteun_topics_total", "paracetamol") == 1
    assert more("ruggesteun_alarms_total", "same_day") == 1
    assert more("ruggesteun_reply_seconds_count") == 3
    assert [trace for trace in TRACES if trace in answer.text.lower()] == []
    # From elsewhere there is nothing; what is there may be asked only in the right way.
    assert get(server, "/metrics", **{"X-Forwarded-For": "1.2.3.4"}).status_code == 404
    assert get(server, "/metrics", Host="www.debrug.example").status_code == 404
    assert requests.post(server.address + "/metrics", data=b"x", timeout=20).status_code == 405
    # The database is gone: not ready, but alive, and patients still get a sentence.
    with closing(sqlite3.connect(server.database, timeout=20)) as connection, connection:
        connection.execute("DROP TABLE alembic_version")
    time.sleep(KEPT_SECONDS + 0.5)
    ready = get(server, "/ready")
    assert ready.status_code == 503
    assert ready.json()["parts"] == {
        "model": True, "database": False, "actions": True, "red_flags": True
    }  # fmt: skip
    assert set(ready.json()) == {"ready", "parts"}
    assert get(server, "/health").status_code == 200
    assert "Not ready" in server.errors
    server.stop()


class Agent:
    """Rasa's agent, as far as readiness asks it."""

    def __init__(self, ready: bool = True, flags: Any = "RF01", actions: str = "action_x"):
        self.ready, self.flags = ready, flags
        executor = type("Executor", (), {"actions": {actions: None}})()
        endpoint = type("Endpoint", (), {"_executor": executor})()
        domain = type("Domain", (), {"user_actions": ["action_x"]})()
        self.processor = type("P", (), {"action_endpoint": endpoint, "domain": domain})()

    def is_ready(self) -> bool:
        return self.ready

    async def parse_message(self, _text: str) -> Dict[str, Any]:
        if self.flags is None:
            raise ValueError("kwabbelsnor")
        return {"red_flags": [{"flag": self.flags}]}


@pytest.fixture
def url(tmp_path: Path) -> Any:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    migrate(url)
    yield url
    engine_for(url).dispose()


async def not_ready(url: str, agent: Any) -> set:
    return {name for name, ok in (await Readiness(url, lambda: agent).parts()).items() if not ok}


async def test_each_part_that_fails_is_named(url, tmp_path):
    assert await not_ready(url, Agent()) == set()
    assert await not_ready(url, Agent(ready=False)) == {"model"}
    assert await not_ready(url, Agent(flags="RF05")) == {"red_flags"}
    assert await not_ready(url, Agent(flags=None)) == {"red_flags"}
    assert await not_ready(url, Agent(actions="other")) == {"actions"}
    assert await not_ready(url, None) == {"model", "actions", "red_flags"}
    assert await not_ready(f"sqlite:///{tmp_path / 'empty.db'}", Agent()) == {"database"}


async def test_who_asks_often_costs_little(url):
    agent = Agent()
    readiness = Readiness(url, lambda: agent)
    assert all((await readiness.parts()).values())
    agent.ready = False
    assert all((await readiness.parts()).values()), "the same answer for some seconds"


@pytest.mark.parametrize(("status", "is_ready"), [(200, True), (500, False)])
async def test_an_action_server_of_its_own_is_asked(status, is_ready):
    async def health(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/health", health)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        assert await _answers(f"http://127.0.0.1:{port}/webhook") is is_ready
    finally:
        await runner.cleanup()


async def test_an_action_server_that_is_gone_makes_it_not_ready(url):
    agent = Agent()
    gone = f"http://127.0.0.1:{free_port()}/webhook"
    agent.processor.action_endpoint = type("Endpoint", (), {"url": gone})()
    assert await not_ready(url, agent) == {"actions"}
