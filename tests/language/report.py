"""`make evaluate`: print every language figure that the README claims."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from typing import List, Tuple

from tests.language.measure import (
    Reader,
    measure_false_alarms,
    measure_off_topic,
    measure_red_flags,
    measure_topics,
    read_set,
)


async def _report() -> None:
    reader = Reader()
    all_wrong: List[Tuple[str, ...]] = []
    for name in ("topics_everyday", "topics_flemish_l2"):
        figures, wrong = await measure_topics(reader, name)
        all_wrong += wrong
        print(f"\n{name}")
        for key, share in figures.items():
            print(f"  {key:22} {share}")
    held, off_wrong = await measure_off_topic(reader)
    print(f"\noff_topic\n  {'no topic claimed':22} {held}")
    print("\nred_flags")
    for key, share in sorted((await measure_red_flags(reader)).items()):
        print(f"  {key:24} {share}")
    silent, loud = await measure_false_alarms(reader)
    print(f"  {'no false alarm':22} {silent}")
    seconds = [(await reader.read(row["text"])).seconds for row in read_set("topics_everyday")]
    print(f"\nparse time: median {1000 * statistics.median(seconds):.1f} ms")
    print("\nanswered wrongly, most frequent pairs (due topic -> given topic)")
    for (due, given), count in Counter((w[0], w[1]) for w in all_wrong).most_common(20):
        print(f"  {count}x {due} -> {given}")
    print("\noff-topic messages that claimed a topic")
    for kind, given, text in off_wrong:
        print(f"  {kind} -> {given}: {text[:90]}")
    print("\nfalse alarms on ordinary messages")
    for line in loud:
        print(f"  {line[:120]}")


if __name__ == "__main__":
    asyncio.run(_report())
