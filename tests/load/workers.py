"""Two workers beside one: PostgreSQL, Redis, nginx, and patients on the website's API.

Each patient has a stream open, as a page has, and every reply is checked: it belongs to its
question, comes in order, keeps the contract, and begins a conversation with the same text as
when nobody else talks.

What is measured is what N cores would give: the processor's time that each program uses for a
message. Messages a second on a machine whose cores are shared with the patients, the database
and the proxy say less; they are printed as well, free and pinned.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import aiohttp

from tests.load.client import MESSAGES_IN_A_CONVERSATION, Question, Times, WrongReply
from tests.load.website import REPLY_SECONDS, Visitor
from tests.workers.cluster import Cluster

CLIENTS = 16
LEARNED = 30
WARM_UP_SECONDS = 5.0
OTHERS = ("nginx", "PostgreSQL", "Redis")
OUTCOMES = {"answered", "clarify", "fallback", "triage", "handoff", "smalltalk"}
# Name of a way to share two cores: where the workers are, and where all the rest is.
Pins = Tuple[str, Sequence[str], str]
ALL_CORES = "0-1"
WAYS: Dict[int, List[Pins]] = {
    1: [
        ("free", [ALL_CORES], ALL_CORES),
        ("worker on core 0, the rest on core 1", ["0"], "1"),
    ],
    2: [
        ("free", [ALL_CORES, ALL_CORES], ALL_CORES),
        ("worker 1 on core 0, worker 2 and the rest on core 1", ["0", "1"], "1"),
        ("both workers on core 0, the rest on core 1", ["0", "0"], "1"),
    ],
}
Figures = Dict[str, Any]


class Patient(Visitor):
    """A visitor that looks at each reply."""

    text = ""

    async def _reply_to(self, event: int, text: str) -> None:
        answer = await asyncio.wait_for(self._replies.get(), REPLY_SECONDS)
        if answer["reply_to"] != event or not answer["parts"]:
            raise WrongReply(f"{text!r} ({event}) got {answer}")
        if answer["outcome"] not in OUTCOMES or not isinstance(answer["topics"], list):
            raise WrongReply(f"{text!r} got no contract: {answer}")
        self.text = "\n".join(part["text"] for part in answer["parts"])


async def _conversation(
    session: aiohttp.ClientSession, base: str, texts: Sequence[str], known: Dict[str, str]
) -> List[float]:
    patient = Patient(session, base)
    await patient.come()
    took = []
    try:
        for number, text in enumerate(texts):
            took.append(await patient.say(text))
            # Later replies may depend on what was said before.
            if number == 0 and patient.text != known.setdefault(text, patient.text):
                raise WrongReply(f"{text!r} got {patient.text[:200]!r}")
    finally:
        await patient.go()
    return took


async def talk(address: str, texts: Sequence[str], known: Dict[str, str], seconds: float) -> Times:
    """So many patients, each with one conversation after another."""
    times = Times()
    base = f"{address}/chat/api"
    started = time.perf_counter()
    end = started + seconds
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(seed: int) -> None:
            rng = random.Random(seed)
            while time.perf_counter() < end:
                asked = [rng.choice(texts) for _ in range(MESSAGES_IN_A_CONVERSATION)]
                times.each.extend(await _conversation(session, base, asked, known))

        if known:
            await asyncio.gather(*(one(seed) for seed in range(CLIENTS)))
        else:
            for text in texts:
                await _conversation(session, base, [text], known)
    times.seconds = time.perf_counter() - started
    return times


def measure(questions: Sequence[Question], seconds: float) -> Figures:
    """One worker, then two, each in every way."""
    texts = [text for _, text in questions[:: max(1, len(questions) // LEARNED)]]
    known: Dict[str, str] = {}
    found: Figures = {}
    mine = os.sched_getaffinity(0)
    for count, ways in WAYS.items():
        folder = Path(tempfile.mkdtemp(prefix="ruggesteun-bench-"))
        folder.chmod(0o755)
        cluster = Cluster(folder).start(count)
        try:
            if not known:
                # Alone, each once: what they are to be answered, by two workers as by one.
                asyncio.run(talk(cluster.address, texts, known, 0.0))
            for way in ways:
                _pin(cluster, way)
                asyncio.run(talk(cluster.address, texts, known, WARM_UP_SECONDS))
                found[f"{count}: {way[0]}"] = _one_way(cluster, texts, known, seconds)
                print(f"  {count} workers, {way[0]}: {found[f'{count}: {way[0]}']}", flush=True)
        finally:
            os.sched_setaffinity(0, mine)
            cluster.stop()
            shutil.rmtree(folder)
    return found


def _one_way(
    cluster: Cluster, texts: Sequence[str], known: Dict[str, str], seconds: float
) -> Figures:
    pids = cluster.state["pids"]
    before = {name: tree_seconds(pid) for name, pid in pids.items()}
    own = time.process_time()
    times = asyncio.run(talk(cluster.address, texts, known, seconds))
    used = {name: tree_seconds(pid) - before[name] for name, pid in pids.items()}
    used["patients"] = time.process_time() - own
    if cluster.state["pids"] != pids:
        raise RuntimeError(f"a part was started again:\n{cluster.output}")
    each = {name: round(spent * 1000 / len(times.each), 2) for name, spent in used.items()}
    return {
        "messages": len(times.each),
        "per_second": round(times.per_second, 1),
        "p50_ms": round(times.p50),
        "p95_ms": round(times.share(0.95)),
        "workers_ms": round(sum(ms for name, ms in each.items() if "Worker" in name), 2),
        "each_ms": each,
        "load": round(os.getloadavg()[0], 1),
    }


def _pin(cluster: Cluster, way: Pins) -> None:
    _, workers, rest = way
    for name, pid in cluster.state["pids"].items():
        cores = rest if name in OTHERS else workers[int(name.rpartition(" ")[2]) - 1]
        for one in tree(pid):
            subprocess.run(
                ["taskset", "--all-tasks", "--cpu-list", "--pid", cores, str(one)],
                check=False,
                capture_output=True,
            )
    os.sched_setaffinity(0, {int(core) for core in rest.split("-")})


def tree(pid: int) -> List[int]:
    """A process and what it started."""
    found = [pid]
    for one in found:
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in path.read_text("utf-8").split()]
            except OSError:
                continue
    return found


def tree_seconds(pid: int) -> float:
    """The processor's time of a process and what it started, also of what has ended."""
    ticks = 0
    for one in tree(pid):
        try:
            text = Path(f"/proc/{one}/stat").read_text("utf-8")
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        # Its own, and of its children that ended.
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def table(found: Figures) -> str:
    """As Markdown."""
    lines = [
        "| workers | messages a second | p50, p95 | ms of processor per message: workers "
        "| nginx | PostgreSQL | Redis | the patients |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, seen in found.items():
        each = seen["each_ms"]
        lines.append(
            f"| {name} | {seen['per_second']} | {seen['p50_ms']}, {seen['p95_ms']} ms "
            f"| {seen['workers_ms']} | {each['nginx']} | {each['PostgreSQL']} | {each['Redis']} "
            f"| {each['patients']} |"
        )
    return "\n".join([*lines, "", *(f"- {line}" for line in said_by(found))])


def said_by(found: Figures) -> List[str]:
    """What follows of it for machines with more cores."""
    one, two = found["1: free"], found["2: free"]
    rest = sum(two["each_ms"][name] for name in OTHERS)
    factor = 2 * one["workers_ms"] / two["workers_ms"]
    return [
        f"A worker that has a core answers {1000 / one['workers_ms']:.0f} messages a second, and "
        f"{1000 / two['workers_ms']:.0f} beside another one: two workers with a core each give "
        f"{factor:.2f} times what one gives (goal: 1.6 times), as long as the rest has room.",
        f"nginx, PostgreSQL and Redis use {rest:.2f} ms for a message: one core for them goes with "
        f"{two['workers_ms'] / rest:.1f} workers.",
        f"Free, on the two cores that all share with the patients: two workers gave "
        f"{two['per_second'] / one['per_second']:.2f} times as many messages a second as one.",
    ]
