"""Against a stand-in that others made: the npm package telegram-test-api."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
import requests

from tests.ports import free_port
from tests.telegram.conftest import LightBot
from tests.telegram.light import echo_of
from tests.telegram.stand_in import TOKEN

FOLDER = Path(__file__).parent
SCRIPT = """
const TelegramServer = require("telegram-test-api");
new TelegramServer({ port: Number(process.argv[1]), host: "127.0.0.1" }).start();
process.stdin.on("end", () => process.exit()).resume();
"""
PERSON = {"id": 7, "first_name": "P", "is_bot": False}
CHAT = {"id": 7, "type": "private", "first_name": "P"}


class Others:
    """Their server, and a patient there."""

    def __init__(self, address: str):
        self.address = address
        self.seen: List[Dict[str, Any]] = []

    def post(self, path: str, body: Dict[str, Any]) -> Any:
        response = requests.post(f"{self.address}/{path}", json=body, timeout=10)
        assert response.status_code == 200, response.text
        return response.json()["result"]

    def says(self, text: str) -> None:
        common = {"botToken": TOKEN, "from": PERSON, "chat": CHAT, "date": 1, "text": text}
        if text.startswith("/"):
            entity = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
            self.post("sendCommand", {**common, "entities": [entity]})
        else:
            self.post("sendMessage", common)

    def presses(self, update: Dict[str, Any], row: int) -> None:
        message = update["message"]
        (button,) = message["reply_markup"]["inline_keyboard"][row]
        shown = {"message_id": update["messageId"], "chat": CHAT, "from": PERSON, "text": "..."}
        body = {"botToken": TOKEN, "from": PERSON, "message": shown, "date": 1}
        self.post("sendCallback", {**body, "data": button["callback_data"]})

    def wait_for(self, count: int) -> List[Dict[str, Any]]:
        deadline = time.monotonic() + 30
        while len(self.seen) < count:
            assert time.monotonic() < deadline, self.seen
            self.seen += self.post("getUpdates", {"token": TOKEN, "chatId": 7})
            time.sleep(0.05)
        return self.seen


@pytest.fixture
def others() -> Iterator[Others]:
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    if not (FOLDER / "node_modules" / "telegram-test-api").is_dir():
        pytest.skip("telegram-test-api is not installed: `make telegram-tools` (needs npm)")
    port = free_port()
    process = subprocess.Popen(["node", "-e", SCRIPT, str(port)], cwd=FOLDER, stdin=subprocess.PIPE)
    server = Others(f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                requests.get(f"{server.address}/bot{TOKEN}/getMe", timeout=5)
                break
            except requests.ConnectionError:
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.1)
        yield server
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(10)


def test_a_conversation_goes_on_there_as_well(others: Others, tmp_path: Path):
    bot = LightBot(tmp_path, others.address).start()
    try:
        others.says("/start website")
        intro, asked = others.wait_for(2)
        assert "geen arts" in intro["message"]["text"]
        others.presses(asked, 0)
        others.wait_for(3)
        others.says("een knop graag")
        answer = others.wait_for(4)[3]
        assert answer["message"]["text"] == echo_of("een knop graag")
        others.presses(answer, 1)
        assert others.wait_for(5)[4]["message"]["text"] == echo_of("Nee")
        others.says("/help")
        assert "/privacy" in others.wait_for(6)[5]["message"]["text"]
        time.sleep(0.5)
        assert len(others.wait_for(6)) == 6
    finally:
        bot.kill()
