"""The assistant for patients on the internet, with an action server: closed, and silent outside."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, List

import pytest
import requests

from rasa_project.action_server import SECRET_HEADER, action_endpoint, where_to_listen
from rasa_project.errors import SettingsError
from rasa_project.settings import Settings, read_settings
from tests.dialogues.conftest import Assistant, environment
from tests.dialogues.web_chat import WebChat, said
from tests.ports import free_port
from tests.surfaces.conftest import Route, routes_with

GUARD = Path(__file__).parent / "no_network"
CALL = {"next_action": "action_answer_topic", "tracker": {}, "domain": {}, "version": "3.6.21"}


@dataclass
class Pair:
    """The assistant and its action server, both without a way out."""

    assistant: Assistant
    actions: str
    secret: str
    tried: Path
    log: Path


def guarded(file: Path) -> Dict[str, str]:
    return {
        "PYTHONPATH": f"{GUARD}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "NO_NETWORK_FILE": str(file),
        # Somebody's own setting doesn't switch it on.
        "RASA_TELEMETRY_ENABLED": "true",
    }


@pytest.fixture(scope="module")
def pair(
    launch_for_file: Callable[..., Assistant],
    practice_nl: Path,
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("actions")
    address = f"http://127.0.0.1:{free_port()}/webhook"
    settings = {
        "RUGGESTEUN_PROFILE": "server",
        "RUGGESTEUN_PRACTICE": str(practice_nl),
        "RUGGESTEUN_ACTION_SERVER": address,
        "RUGGESTEUN_ACTION_SECRET": secrets.token_hex(32),
        **guarded(folder / "tried.txt"),
    }
    assistant = launch_for_file(**settings)
    log = folder / "actions.log"
    with log.open("wb") as out:
        actions = subprocess.Popen(
            [sys.executable, "-m", "rasa_project", "actions"],
            cwd=project,
            env=environment(**settings, RUGGESTEUN_DATABASE_URL=f"sqlite:///{assistant.database}"),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + 120
        while not is_up(address):
            assert actions.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < until, log.read_text("utf-8")
            time.sleep(0.2)
        found = Pair(
            assistant, address, settings["RUGGESTEUN_ACTION_SECRET"], folder / "tried.txt", log
        )
        yield found
    finally:
        actions.terminate()
        actions.wait(20)


def is_up(address: str) -> bool:
    try:
        return requests.get(address.replace("/webhook", "/health"), timeout=5).status_code == 403
    except requests.ConnectionError:
        return False


@pytest.mark.model
def test_an_answer_by_way_of_the_action_server(pair: Pair) -> None:
    chat = WebChat(pair.assistant)
    assert "fiets" in said(chat.say("Mag ik fietsen met rugpijn?")).lower()
    assert "huisarts" in said(chat.say("Ik kan niet meer plassen sinds mijn rug zo zeer doet"))
    assert "A turn failed" not in pair.assistant.errors


@pytest.mark.model
@pytest.mark.parametrize("given", [None, "", "x", "é", "A" * 43])
@pytest.mark.parametrize("path", ["/webhook", "/actions", "/health", "/nowhere"])
def test_the_action_server_asks_who_is_there(pair: Pair, given: str, path: str) -> None:
    headers = {} if given is None else {SECRET_HEADER: given.encode().decode("latin-1")}
    address = pair.actions.replace("/webhook", path)
    for answer in (
        requests.post(address, json=CALL, headers=headers, timeout=20),
        requests.get(address, headers=headers, timeout=20),
    ):
        assert answer.status_code == 403
        assert answer.json() == {"error": "forbidden"}


@pytest.mark.model
def test_who_knows_the_secret_is_served_and_told_nothing_of_the_inside(pair: Pair) -> None:
    headers = {SECRET_HEADER: pair.secret}
    names = requests.get(
        pair.actions.replace("/webhook", "/actions"), headers=headers, timeout=20
    ).json()
    assert {"name": "action_answer_topic"} in names
    broken = requests.post(pair.actions, data=b"kwabbelsnor", headers=headers, timeout=20)
    assert broken.status_code in (400, 500)
    assert "kwabbelsnor" not in broken.text
    assert "kwabbelsnor" not in pair.log.read_text("utf-8")


@pytest.mark.model
def test_no_channel_that_trusts_any_sender_and_nothing_of_rasas_api(pair: Pair) -> None:
    for method, path in (
        ("GET", "/webhooks/rest/"), ("POST", "/webhooks/rest/webhook"), ("GET", "/webhooks/rest"),
        ("POST", "/webhooks/callback/webhook"), ("GET", "/socket.io/"), ("GET", "/status"),
        ("GET", "/version"), ("GET", "/domain"), ("POST", "/model/parse"), ("POST", "/model/train"),
        ("PUT", "/model"), ("DELETE", "/model"), ("POST", "/model/test/stories"),
        ("GET", "/conversations/x/tracker"), ("POST", "/conversations/x/messages"),
        ("POST", "/conversations/x/execute"), ("GET", "/conversations/x/story"),
        ("POST", "/model/predict"), ("POST", "/conversations/x/trigger_intent"),
    ):  # fmt: skip
        answer = requests.request(method, pair.assistant.address + path, json={}, timeout=20)
        assert answer.status_code == 404, (method, path)
    assert pair.assistant.errors.count("trusts any sender id") == 1


@pytest.mark.model
def test_browsers_are_told_to_come_by_https_only(pair: Pair) -> None:
    for path in ("/chat", "/chat/api/info", "/nowhere", "/inbox/login"):
        answer = requests.get(pair.assistant.address + path, timeout=20)
        assert answer.headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.model
def test_nothing_goes_to_another_computer(pair: Pair) -> None:
    """After the start and the turns of the tests above: nobody was even looked up."""
    chat = WebChat(pair.assistant)
    assert said(chat.say("Dank je wel"))
    found = pair.tried.read_text("utf-8") if pair.tried.exists() else ""
    assert found == ""


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import urllib.request; urllib.request.urlopen('http://debrug.example', timeout=1)",
        "import socket; s = socket.socket(2, 2); s.sendto(b'x', ('192.0.2.1', 53))",
        "import asyncio, uvloop; uvloop.install(); "
        "asyncio.run(asyncio.wait_for(asyncio.open_connection('192.0.2.1', 80), 1))",
    ],
)
def test_the_guard_would_have_seen_it(tmp_path: Path, attempt: str) -> None:
    file = tmp_path / "tried.txt"
    done = subprocess.run(
        [sys.executable, "-c", attempt],
        env=environment(**guarded(file)),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "192.0.2.1" in file.read_text("utf-8") or "debrug.example" in file.read_text("utf-8")


# ---- settings


def with_settings(**changes: str) -> Settings:
    return read_settings({f"RUGGESTEUN_{name}": value for name, value in changes.items()})


SECRET = "k3Jx9-Qw82_zLpT7vBnM4sRd"


def test_for_patients_an_action_server_needs_a_secret() -> None:
    address = {"ACTION_SERVER": "http://127.0.0.1:5055/webhook"}
    with pytest.raises(SettingsError, match="RUGGESTEUN_ACTION_SECRET"):
        action_endpoint(with_settings(PROFILE="server", **address))
    assert action_endpoint(with_settings(**address)).headers == {}
    endpoint = action_endpoint(with_settings(PROFILE="server", ACTION_SECRET=SECRET, **address))
    assert endpoint.headers == {SECRET_HEADER: SECRET}
    assert SECRET not in endpoint.url


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("", ("127.0.0.1", 5055)),
        ("http://127.0.0.1:6000/webhook", ("127.0.0.1", 6000)),
        ("http://localhost/webhook", ("localhost", 5055)),
        ("http://[::1]:6000/webhook", ("::1", 6000)),
    ],
)
def test_where_the_action_server_listens(address: str, where: object) -> None:
    assert where_to_listen(with_settings(ACTION_SERVER=address)) == where


@pytest.mark.parametrize("address", ["http://0.0.0.0:5055/webhook", "http://actions:5055/webhook"])
def test_it_does_not_listen_for_others(address: str) -> None:
    with pytest.raises(SettingsError, match=r"must be on 127\.0\.0\.1"):
        where_to_listen(with_settings(ACTION_SERVER=address))


def rest(routes: List[Route]) -> List[Route]:
    return [route for route in routes if "/webhooks/rest" in route[1]]


def test_the_rest_channel_is_not_served_on_an_address_of_others() -> None:
    # That it is served here in the profile local, test_tokens.py finds.
    assert rest(routes_with({"RUGGESTEUN_HOST": "0.0.0.0"})) == []
