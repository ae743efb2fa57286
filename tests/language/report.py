"""`make evaluate`: print every language figure that the README claims."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from typing import List, Sequence, Tuple

from rasa_project.settings import PROJECT
from rasa_project.training import ensure_model
from tests.language.measure import (
    Reader,
    calibration,
    measure_facts,
    measure_follow_ups,
    measure_off_topic,
    measure_topics,
    measure_two_questions,
    read_set,
)
from tests.language.measure_alarms import (
    ORDINARY_SETS,
    PLAIN_SETS,
    RED_FLAG_SETS,
    measure_false_alarms,
    measure_red_flags,
)

TOPIC_SETS = (
    "topics_everyday",
    "topics_flemish_l2",
    "topics_fresh",
    "one_question_long",
    "one_question_long_fresh",
)
OFF_TOPIC_SETS = ("off_topic", "off_topic_fresh")
TWO_QUESTIONS_SETS = ("two_questions", "two_questions_fresh")
FOLLOW_UP_SETS = ("follow_ups", "follow_ups_fresh", "standalone_after")
WORST_PAIRS = 20


async def _report() -> None:
    reader = Reader()
    all_wrong: List[Tuple[str, ...]] = []
    for name in TOPIC_SETS:
        figures, wrong = await measure_topics(reader, name)
        all_wrong += wrong
        print(f"\n{name}")
        for key, share in figures.items():
            print(f"  {key:22} {share}")
    error, table = await calibration(reader, ("topics_everyday", "topics_fresh"))
    print(f"\ncalibration: expected error {error:.3f}\n  confidence  right  messages")
    for mean, right, count in table:
        print(f"  {mean:10.2f} {right:6.2f} {count:9}")
    print("\noff-topic: no topic claimed")
    off_wrong = await _off_topic(reader)
    print("\ntwo questions in a message")
    for name in TWO_QUESTIONS_SETS:
        figures, _ = await measure_two_questions(reader, name)
        for key, share in figures.items():
            print(f"  {name + ', ' + key:36} {share}")
    print("\nafter another answer")
    for name in FOLLOW_UP_SETS:
        share, _ = await measure_follow_ups(reader, name)
        print(f"  {name:36} {share}")
    print(f"\nfacts that the patient tells, all right: {measure_facts()}")
    for name in RED_FLAG_SETS:
        print(f"\n{name}")
        figures, _ = await measure_red_flags(reader, name)
        for key, share in sorted(figures.items()):
            print(f"  {key:40} {share}")
    loud: List[str] = []
    for names in (ORDINARY_SETS, PLAIN_SETS):
        silent, unasked, raised = await measure_false_alarms(reader, names)
        loud += raised
        print(f"\n{', '.join(names)}")
        print(f"  {'no alarm':40} {silent}\n  {'no question about one':40} {unasked}")
    seconds = [(await reader.read(row["text"])).seconds for row in read_set("topics_everyday")]
    print(f"\nparse time: median {1000 * statistics.median(seconds):.1f} ms")
    print(f"model: {ensure_model().stat().st_size / 1e6:.0f} MB")
    _print_pairs(all_wrong)
    print("\noff-topic messages that claimed a topic")
    _print_rows(off_wrong)
    print("\nalarms and questions on ordinary messages")
    for line in loud:
        print(f"  {line[:120]}")
    for page in ("confusions.md", "pipelines.md"):
        print(f"\n{(PROJECT / 'docs' / page).read_text('utf-8')}")


async def _off_topic(reader: Reader) -> List[Tuple[str, ...]]:
    wrong: List[Tuple[str, ...]] = []
    for name in OFF_TOPIC_SETS:
        held, claimed = await measure_off_topic(reader, name)
        print(f"  {name:22} {held}")
        wrong += claimed
    return wrong


def _print_pairs(wrong: Sequence[Tuple[str, ...]]) -> None:
    print("\nanswered wrongly, worst pairs (due topic -> given topic)")
    pairs = Counter((row[0], row[1]) for row in wrong)
    for (due, given), count in pairs.most_common(WORST_PAIRS):
        print(f"  {count}x {due} -> {given}")


def _print_rows(rows: Sequence[Tuple[str, ...]]) -> None:
    for kind, given, text in rows:
        print(f"  {kind} -> {given}: {text[:90]}")


if __name__ == "__main__":
    asyncio.run(_report())
