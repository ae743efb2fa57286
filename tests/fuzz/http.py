"""Many generated requests to a started assistant: refused or served, never broken.

``python -m tests.fuzz.http --requests 20000`` prints the figures for docs/security.md.
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, List

from tests.dialogues.conftest import PROJECT, Assistant, write_practice
from tests.fuzz.requests_sent import Sent, requests_to
from tests.fuzz.target import MARK, PHONE, Target, switched_on
from tests.fuzz.text import generated

SECONDS = 10.0
RENEWED_AFTER = 250
LOOKED_AT_AFTER = 1_000
SHOWN = 12
_TRACES = re.compile(
    r"Traceback|File \"|site-packages|sqlalchemy|sqlite3?\.|rasa_project|\bsanic\b"
)
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")


@dataclass
class Judged:
    """What was found."""

    requests: int = 0
    slowest: float = 0.0
    statuses: "Counter[str]" = field(default_factory=Counter)
    wrong: List[str] = field(default_factory=list)


def exchange(port: int, sent: Sent) -> bytes:
    """Send one request and read the answer; of a stream of events only the head."""
    with closing(socket.create_connection(("127.0.0.1", port), SECONDS)) as wire:
        wire.settimeout(SECONDS)
        got = b""
        try:
            wire.sendall(sent.wire())
            if sent.framing in ("long", "none"):
                wire.shutdown(socket.SHUT_WR)
        except OSError:
            # It is refused before it was read to its end; the answer may still come.
            pass
        try:
            while block := wire.recv(65_536):
                got += block
                head, found, _ = got.partition(b"\r\n\r\n")
                if found and b"text/event-stream" in head.lower():
                    break
        except ConnectionError:
            # Cut off by the server; what came is what there is.
            pass
        return got


def judge(target: Target, sent: Sent, judged: Judged) -> None:
    """Send a request and note what is wrong with the answer."""
    judged.requests += 1
    started = time.perf_counter()
    try:
        got = exchange(target.assistant.port, sent)
    except socket.timeout:
        judged.wrong.append(f"no answer in {SECONDS} s: {sent!a}"[:700])
        return
    judged.slowest = max(judged.slowest, time.perf_counter() - started)
    match = _STATUS.match(got)
    status = match[1].decode() if match else "none"
    judged.statuses[status] += 1
    text = got.decode("utf-8", "replace")
    if not match and not sent.is_broken:
        judged.wrong.append(f"no answer: {sent!a}"[:700])
    if status >= "500" and match and not (status == "503" and _has_sentence(text)):
        judged.wrong.append(f"{status} {text[-200:]!a}: {sent!a}"[:900])
    if _TRACES.search(text.partition("\r\n\r\n")[2]):
        judged.wrong.append(f"tells of its inside {text[-300:]!a}: {sent!a}"[:900])
    if MARK in text and not any(name == "Cookie" for name, _ in sent.headers):
        judged.wrong.append(f"another patient's words: {sent!a}"[:700])


def _has_sentence(text: str) -> bool:
    return PHONE in text or "De database is nu niet bereikbaar" in text


def fuzz(target: Target, how_many: int, seed: int = 0) -> Judged:
    """Send so many requests."""
    judged = Judged()

    def see(sent: Any) -> None:
        if judged.requests % RENEWED_AFTER == RENEWED_AFTER - 1:
            target.renew()
        judge(target, sent, judged)
        if judged.requests % LOOKED_AT_AFTER == 0:
            target.is_well()
            print(f"  {judged.requests} requests, {len(judged.wrong)} wrong", flush=True)

    generated(how_many, seed, see, requests_to(target))
    target.is_well()
    return judged


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    started: List[Assistant] = []

    def launch(**settings: str) -> Assistant:
        started.append(Assistant(Path(folder) / "server", settings, PROJECT))
        return started[-1].start()

    with tempfile.TemporaryDirectory() as folder:
        try:
            with switched_on(launch, write_practice(Path(folder) / "practice.yml")) as target:
                begun = time.monotonic()
                judged = fuzz(target, chosen.requests, chosen.seed)
                took = time.monotonic() - begun
        finally:
            for server in started:
                server.stop()
        errors = [line for line in started[0].errors.splitlines() if " ERROR " in line]
    print(
        f"{judged.requests} requests in {took:.0f} s, slowest {judged.slowest * 1000:.0f} ms, "
        f"{len(judged.wrong)} wrong; statuses {dict(sorted(judged.statuses.items()))}; "
        f"{len(errors)} lines of errors in the log"
    )
    for line in judged.wrong[:SHOWN]:
        print(f"  {line}")
    for line, count in Counter(line.partition(" ERROR ")[2] for line in errors).most_common(SHOWN):
        print(f"  logged {count} times: {line[:200]}")
    return 1 if judged.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
