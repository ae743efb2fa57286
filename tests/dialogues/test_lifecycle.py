"""Starting, stopping, and being killed."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Callable, List

import pytest
import requests

from tests.dialogues.conftest import Assistant, new_sender

pytestmark = pytest.mark.model

# The budget is 15 s on a quiet machine; others may use this one too.
MOST_START_SECONDS = 90
MOST_STOP_SECONDS = 10


def members_of(group: int) -> List[int]:
    """The processes of a process group that are still there."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(folder.name))
    return found


@pytest.fixture(scope="module")
def server(launch_for_file: Callable[..., Assistant]) -> Assistant:
    return launch_for_file()


def test_a_second_start_trains_nothing_and_is_up_soon(
    server: Assistant, trained_model: Path
) -> None:
    trained_at = trained_model.stat().st_mtime_ns
    server.stop()
    server.start()
    print(f"\nsecond start: {server.seconds_to_ready:.1f} s")
    assert "raining" not in server.output
    assert trained_model.stat().st_mtime_ns == trained_at
    assert "156 unchanged" in server.output
    assert server.seconds_to_ready < MOST_START_SECONDS


def test_a_kill_in_the_middle_of_a_turn_loses_no_confirmed_message(server: Assistant) -> None:
    sender, others = new_sender(), [new_sender() for _ in range(4)]
    confirmed = ["Helpt paracetamol tegen rugpijn?", "/tillen", "dank je wel", "/matras"]
    for text in confirmed:
        server.say(text, sender)
    for other in others:
        server.say("Ik kan niet meer plassen", other)

    def hurry() -> None:
        for _ in range(50):
            try:
                server.say("/bukken", sender)
            except (requests.RequestException, AssertionError):
                return
            confirmed.append("/bukken")

    speaker = threading.Thread(target=hurry)
    speaker.start()
    while "/bukken" not in confirmed:
        assert speaker.is_alive()
        time.sleep(0.01)
    time.sleep(0.5)
    server.kill()
    speaker.join(60)
    assert not speaker.is_alive()

    server.start()
    assert server.said_by(sender)[: len(confirmed)] == confirmed
    assert len(server.said_by(sender)) <= len(confirmed) + 1
    assert server.say("/meer-uitleg", sender).topics == ("bukken",)
    for other in others:
        turn = server.say("hallo", other)
        assert (turn.outcome, turn.urgency) == ("triage", "same_day")


def test_ctrl_c_ends_everything(server: Assistant) -> None:
    assert server.say("hallo").outcome == "smalltalk"
    assert server.process is not None
    group = os.getpgid(server.process.pid)
    assert group == server.process.pid, "it must not share our own group"
    started = time.monotonic()
    os.killpg(group, signal.SIGINT)
    server.process.wait(MOST_STOP_SECONDS)
    while members_of(group) and time.monotonic() - started < MOST_STOP_SECONDS:
        time.sleep(0.1)
    print(f"\nCtrl-C: {time.monotonic() - started:.1f} s")
    assert members_of(group) == []
    assert "Traceback" not in server.errors
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", server.port))
