"""The table and the picture of docs/performance.md."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from tests.load.servers import OURS, STOCK

BEGIN, END = "<!-- figures of make bench: begin -->", "<!-- figures of make bench: end -->"
Figures = Dict[str, Any]


def machine() -> Dict[str, str]:
    """On what it was measured."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("rasa", "tensorflow", "scikit-learn", "SQLAlchemy")
    )
    return {
        "when": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} cores of {model}, Python {platform.python_version()}",
        "load": load,
        "versions": versions,
    }


def table(figures: Figures) -> str:
    """All figures as a Markdown table."""
    lines = ["| | stock | ours | ratio | goal |", "|---|---|---|---|---|"]
    for name, stock, ours, ratio, goal in _rows(figures):
        lines.append(f"| {name} | {stock} | {ours} | {ratio} | {goal} |")
    return "\n".join(lines)


def _rows(figures: Figures) -> List[Tuple[str, str, str, str, str]]:
    rows: List[Tuple[str, str, str, str, str]] = []
    sides = figures["sides"]

    def add(
        name: str, path: Tuple[str, ...], unit: str, goal: str = "", inverse: bool = False
    ) -> None:
        stock, ours = (_at(sides.get(side, {}), path) for side in (STOCK, OURS))
        ratio = ""
        if stock and ours:
            ratio = f"{ours / stock:.2f} ×" if not inverse else f"{ours / stock:.1f} ×"
        rows.append((name, _shown(stock, unit), _shown(ours, unit), ratio, goal))

    add("training", ("training_s",), "s")
    add("start to first answer", ("start_s",), "s", "≤ 15 s")
    add("memory of the serving process", ("memory_mb",), "MB", "≤ 0.9 ×")
    for count in ("1", "8", "64"):
        clients = "1 client" if count == "1" else f"{count} clients"
        add(f"{clients}: p50", ("clients", count, "p50"), "ms", "≤ 0.2 ×" if count == "1" else "")
        add(f"{clients}: p95", ("clients", count, "p95"), "ms")
        add(f"{clients}: p99", ("clients", count, "p99"), "ms")
        goal = "≥ 8 ×" if count == "8" else ""
        add(f"{clients}: messages a second", ("clients", count, "per_second"), "", goal, True)
        add(f"{clients}: processor time per message", ("clients", count, "cpu_ms"), "ms")
        add(f"{clients}: empty or wrong replies", ("clients", count, "errors"), "", "0")
    for at in ("5", "50", "500"):
        add(f"p50 at the {at}th message of a conversation", ("long", at), "ms")
    rows.append(("the 500th against the 5th", *_growth(sides), "", "≤ 1.5 ×"))
    add("database per 1,000 messages", ("database_kb",), "kB")
    return rows


def _growth(sides: Figures) -> Tuple[str, str]:
    def of(side: str) -> str:
        first, last = (_at(sides.get(side, {}), ("long", at)) for at in ("5", "500"))
        return f"{last / first:.2f} ×" if first and last else ""

    return of(STOCK), of(OURS)


def _at(figures: Any, path: Tuple[str, ...]) -> Optional[float]:
    for name in path:
        if not isinstance(figures, dict) or name not in figures:
            return None
        figures = figures[name]
    return figures if isinstance(figures, (int, float)) else None


def _shown(value: Optional[float], unit: str) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    return f"{value:.0f} {unit}".strip() if value >= 100 else f"{value:.1f} {unit}".strip()


def remarks(figures: Figures) -> List[str]:
    """What the table has no place for."""
    found, by = [], figures
    if by.get("stock_epochs", 100) != 100:
        found.append(
            f"DIET and TED learned {by['stock_epochs']} of their 100 epochs here: that changes how "
            "long training takes, not how long a reply takes."
        )
    if "order" in by:
        found.append(
            f"Order under load: {by['order']['messages']} messages of "
            f"{by['order']['conversations']} conversations, sent without waiting for replies, "
            "were stored in their order."
        )
    if "overload" in by:
        seen = by["overload"]
        found.append(
            f"{seen['at_once']} messages in one moment: {seen['busy']} were told that it is busy "
            f"(the slowest within {seen['slowest_busy_ms']:.0f} ms), every alarm sign among them "
            f"was answered, and the slowest answer came after {seen['slowest_answer_ms']:.0f} ms."
        )
    if "website" in by:
        seen = by["website"]
        found.append(
            f"{seen['visitors']} open website conversations, one message each per minute, "
            f"{seen['minutes']:g} minutes: {seen['messages']} messages, no error, p50 "
            f"{seen['p50']:.0f} ms, p95 {seen['p95']:.0f} ms (goal: 1,000 conversations, 10 "
            "minutes, 250 ms), from sending to the reply on the page."
        )
    if "soak" in by:
        seen = by["soak"]
        found.append(
            f"Soak: {seen['seconds'] / 60:g} minutes at {seen['rate']:.0f} messages a second "
            f"(half the highest rate), {seen['messages']} messages, no error, p95 "
            f"{seen['p95']:.0f} ms, memory {seen['memory_growth_percent']:+.1f} % after the first "
            "sixth (goal: 30 minutes, at most +5 %)."
        )
    return found


def write_page(figures: Figures, page: Path, picture: Path) -> None:
    """Put table, machine and picture between the marks of the page."""
    about = figures["machine"]
    lines = [
        BEGIN,
        "",
        table(figures),
        "",
        *(f"- {remark}" for remark in remarks(figures)),
        "",
        f"Measured {about['when']} on {about['machine']} (load before: {about['load']}); "
        f"{about['versions']}.",
        "",
        f"![Throughput and the time of a reply, side by side]({picture.name})",
        "",
        END,
    ]
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(before + "\n".join(lines) + after, "utf-8")


def draw(figures: Figures, picture: Path) -> None:
    """Bars of the throughput, and how a reply's time grows with the conversation."""
    import matplotlib

    matplotlib.use("svg")
    # The same figures give the same file.
    matplotlib.rcParams["svg.hashsalt"] = "ruggesteun"
    from matplotlib import pyplot

    colours = {STOCK: "#8a8f98", OURS: "#0b6e6e"}
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.4))
    for offset, side in ((-0.2, STOCK), (0.2, OURS)):
        known = figures["sides"].get(side, {})
        clients = known.get("clients", {})
        heights = [clients[count]["per_second"] for count in clients]
        bars = left.bar(
            [place + offset for place in range(len(heights))],
            heights,
            0.38,
            label=side,
            color=colours[side],
        )
        left.bar_label(bars, fmt="%.0f", fontsize=8)
        left.set_xticks(range(len(heights)))
        left.set_xticklabels([f"{count} clients" for count in clients])
        at = known.get("long", {})
        right.plot(list(at), list(at.values()), marker="o", label=side, color=colours[side])
    left.set_title("messages a second", fontsize=10)
    right.set_title("p50 of a reply (ms) at the nth message", fontsize=10)
    right.set_ylim(bottom=0)
    right.set_xlabel("message of the conversation")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(picture, metadata={"Date": None})
    pyplot.close(figure)
