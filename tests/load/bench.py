"""`make bench`: the stock configuration and ours, side by side in one run.

Both are taught the same 50 topics with 20 utterances each and are asked the same
questions by the same client. The first run trains the stock models (minutes); they are
kept in var/bench by what they were trained on.

    python -m tests.load.bench                       the table and the picture
    python -m tests.load.bench --parts clients       only a part of it
    python -m tests.load.bench --parts website --visitors 1000 --minutes 10
    python -m tests.load.bench --parts clients soak --soak-minutes 30
    python -m tests.load.bench --parts workers       two workers beside one, nothing written
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Dict, List, Optional

from rasa_project.settings import PROJECT
from tests.load import parts, workers
from tests.load.client import Patients
from tests.load.material import material
from tests.load.report import draw, machine, table, write_page
from tests.load.servers import OURS, STOCK, Side, our_side, stock_side
from tests.load.stock import EPOCHS
from tests.load.website import open_conversations

USUAL = ("clients", "long", "order", "overload")
ALL = (*USUAL, "website", "soak", "workers")
PAGE = PROJECT / "docs" / "performance.md"
PICTURE = PROJECT / "docs" / "performance.svg"
FIGURES = PROJECT / "docs" / "performance.json"
_WARM_UP_SECONDS = 3.0


def options(arguments: Optional[List[str]] = None) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--parts", nargs="+", choices=ALL, default=list(USUAL))
    parser.add_argument("--only", choices=(OURS, STOCK), help="one side, without the other")
    parser.add_argument("--seconds", type=float, default=30, help="per number of clients")
    parser.add_argument("--rounds", type=int, default=3, help="in so many turns")
    parser.add_argument("--conversations", type=int, default=3, help="that are 500 long")
    parser.add_argument("--at-once", type=int, default=300, help="messages of the overload")
    parser.add_argument("--visitors", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=10, help="that the visitors stay")
    parser.add_argument("--soak-minutes", type=float, default=30)
    parser.add_argument(
        "--soak-rate", type=float, help="messages a second; half of the highest when left out"
    )
    parser.add_argument("--stock-epochs", type=int, default=EPOCHS)
    parser.add_argument("--write", action="store_true", help="docs/performance.*")
    return parser.parse_args(arguments)


async def measure(asked: argparse.Namespace, folder: Path) -> Dict[str, Any]:
    """Run what was asked for."""
    figures: Dict[str, Any] = {"machine": machine(), "stock_epochs": asked.stock_epochs}
    data = material()
    names = [asked.only] if asked.only else [STOCK, OURS]
    sides: Dict[str, Side] = {}
    for name in names:
        print(f"{name}: training, or taking what was trained before ...", flush=True)
        sides[name] = (
            stock_side(folder, data, asked.stock_epochs)
            if name == STOCK
            else our_side(folder, data, RUGGESTEUN_FIXED_TIME="2026-11-23T10:00+01:00")
        )
    figures["sides"] = {name: {"training_s": side.training_s} for name, side in sides.items()}
    try:
        for name, side in sides.items():
            side.start(data.questions[0][1])
            figures["sides"][name]["start_s"] = side.start_s
            print(f"{name}: the first answer came after {side.start_s:.1f} s", flush=True)
        await _talk(asked, sides, figures)
    finally:
        for side in sides.values():
            side.stop()
    for name, side in sides.items():
        figures["sides"][name]["database_kb"] = parts.growth_of_database(
            0, side.database_bytes(), figures["sides"][name].pop("messages")
        )
    return figures


async def _talk(asked: argparse.Namespace, sides: Dict[str, Side], figures: Dict[str, Any]) -> None:
    questions = material().questions
    async with AsyncExitStack() as stack:
        patients = {
            name: await stack.enter_async_context(
                Patients(side.address, questions, strict=name == OURS)
            )
            for name, side in sides.items()
        }
        for name, talking in patients.items():
            await talking.learn()
            await talking.talk(4, _WARM_UP_SECONDS)
            # Topics that both answer, so that a conversation does not end in an alarm.
            print(f"{name}: {len(talking.references)} questions asked", flush=True)
        _only_common(patients)
        each = figures["sides"]
        if "clients" in asked.parts:
            found = await parts.clients(patients, sides, asked.seconds, asked.rounds)
            for name in sides:
                each[name]["clients"] = found[name]
        if "long" in asked.parts:
            found = await parts.long_conversations(patients, asked.conversations)
            for name in sides:
                each[name]["long"] = found[name]
        for name, side in sides.items():
            each[name]["memory_mb"] = side.memory_mb()
        if OURS in sides:
            await _ours_alone(asked, sides[OURS], patients[OURS], figures)
        for name, talking in patients.items():
            each[name]["messages"] = talking.asked


async def _ours_alone(
    asked: argparse.Namespace, side: Side, patients: Patients, figures: Dict[str, Any]
) -> None:
    if "order" in asked.parts:
        figures["order"] = await parts.order(side, patients)
    if "overload" in asked.parts:
        figures["overload"] = await parts.overload(patients, asked.at_once)
    if "website" in asked.parts:
        times = await open_conversations(
            side.address, patients.questions, asked.visitors, asked.minutes
        )
        figures["website"] = {
            "visitors": asked.visitors,
            "minutes": asked.minutes,
            "messages": len(times.each),
            "p50": times.p50,
            "p95": times.share(0.95),
        }
        print(f"  website: {figures['website']}", flush=True)
    if "soak" in asked.parts:
        found = figures["sides"][OURS].get("clients")
        best = (
            max(times["per_second"] for times in found.values())
            if found
            else (await patients.talk(8, 10)).per_second
        )
        rate = asked.soak_rate or best / 2
        figures["soak"] = await parts.soak(side, patients, rate, asked.soak_minutes * 60)


def _only_common(patients: Dict[str, Patients]) -> None:
    """Ask only what each side answers with the right topic."""
    wrong = {text for talking in patients.values() for text in talking.missed}
    for talking in patients.values():
        talking.questions = [pair for pair in talking.questions if pair[1] not in wrong]
    print(f"{len(next(iter(patients.values())).questions)} questions are used", flush=True)


def main(arguments: Optional[List[str]] = None) -> int:
    """Measure, print, and write if asked to."""
    asked = options(arguments)
    started = time.monotonic()
    if "workers" in asked.parts:
        print(f"{workers.table(workers.measure(material().questions, asked.seconds))}\n")
        about = machine()
        print(f"{about['when']}, {about['machine']} (load now: {about['load']})")
        if asked.parts == ["workers"]:
            return 0
    with tempfile.TemporaryDirectory(prefix="ruggesteun-bench-") as folder:
        figures = asyncio.run(measure(asked, Path(folder)))
    print(f"\n{table(figures)}\n")
    print(f"{figures['machine']['machine']}; {figures['machine']['versions']}")
    print(f"That took {time.monotonic() - started:.0f} s.")
    if asked.write:
        FIGURES.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
        draw(figures, PICTURE)
        write_page(figures, PAGE, PICTURE)
        print(f"Written: {PAGE}, {PICTURE}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
