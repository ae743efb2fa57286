"""`make safety`: how well alarm signs are noticed; writes the figures into docs/safety.md."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from datetime import date
from typing import Any, Dict, List, Sequence, Tuple

from rasa_project.settings import PROJECT
from tests.language.measure import Reader, Share, read_set
from tests.language.measure_alarms import (
    ORDINARY_SETS,
    PLAIN_SETS,
    RED_FLAG_SETS,
    SecondReaderAlone,
    measure_false_alarms,
    measure_red_flags,
    rules_only,
)
from tests.language.pipelines import utterances
from tests.redflags.phrases import ALARM, BENIGN, mistakes, phrases

DOCUMENT = PROJECT / "docs" / "safety.md"
FIGURES = PROJECT / "docs" / "safety.json"
MARKER = "<!-- figures: made by make safety, do not edit below -->"
MAIN = (
    "sensitivity",
    "noticed: alarm or question",
    "level not too low",
    "look-alikes without alarm",
    "look-alikes without alarm or question",
)
_BY_READER = ("", ", rules alone", ", second reader alone")
_SAYS_WORKED = 2_000
_WHAT = {
    "red_flags": "six flags, the first set; rules were mended after looking at it",
    "red_flags_second": "twelve flags, by a writer who had not seen the rules; mended after too",
    "red_flags_third": "the other twelve flags, by another such writer; mended after too",
    "red_flags_blind": "all 24 flags; its misses were looked at on 2026-11-22 and rules mended",
    "red_flags_fresh": "24 flags, written before that mending by who then did it; small",
}
Counts = Dict[str, List[int]]


async def measured() -> Dict[str, Any]:
    """All figures, as they are stored: counts of counts."""
    reader, second = Reader(), SecondReaderAlone()
    sets: Dict[str, Counts] = {}
    for name in RED_FLAG_SETS:
        print(f"{name} ...", flush=True)
        shares, _ = await measure_red_flags(reader, name, second)
        sets[name] = {key: [share.good, share.of] for key, share in sorted(shares.items())}
    silent, unasked, loud = await measure_false_alarms(reader)
    plain, plain_unasked, plain_loud = await measure_false_alarms(reader, PLAIN_SETS)
    trained, trained_loud = await _on_training(reader)
    phrase_counts = {
        label: [of - len(await mistakes(reader, label)), of]
        for label in (ALARM, BENIGN)
        for of in [sum(phrase.label == label for phrase in phrases())]
    }
    return {
        "made_on": str(date.today()),
        "sets": sets,
        "ordinary": {
            "no alarm": [silent.good, silent.of],
            "no question": [unasked.good, unasked.of],
            "loud": loud,
        },
        "plain": {
            "no alarm": [plain.good, plain.of],
            "no question": [plain_unasked.good, plain_unasked.of],
            "loud": plain_loud,
        },
        "training": {"no alarm": [trained.good, trained.of], "loud": trained_loud},
        "catalogue": phrase_counts,
        "median_ms": round(_median_ms(second), 1),
    }


async def _on_training(reader: Reader) -> Tuple[Share, List[str]]:
    """What the topics' own utterances raise."""
    share, loud = Share(), []
    for number, (topic, text) in enumerate(utterances(), 1):
        read = await reader.read(text)
        share.add(not read.alarm)
        if read.alarm:
            loud.append(f"{read.urgency.value} {topic}: {text}")
        if number % _SAYS_WORKED == 0:
            print(f"{number} training utterances ...", flush=True)
    return share, loud


def _median_ms(second: SecondReaderAlone) -> float:
    """Both readers on the ordinary messages and on the alarms, without Rasa."""
    rules = rules_only()
    seconds = []
    for name in (*ORDINARY_SETS[:1], *RED_FLAG_SETS[:1]):
        for row in read_set(name):
            started = time.perf_counter()
            rules.assess(row["text"])
            second.alarm(row["text"], 0.0)
            seconds.append(time.perf_counter() - started)
    return 1000 * statistics.median(seconds)


def _share(counts: Sequence[int]) -> Share:
    return Share(counts[0], counts[1])


def _cell(share: Share) -> str:
    low, high = share.interval
    return f"{100 * share.value:.1f} ({100 * low:.1f}-{100 * high:.1f})"


def pooled(figures: Dict[str, Any], key: str) -> Share:
    """One figure over all sets."""
    return sum((_share(s[key]) for s in figures["sets"].values() if key in s), Share())


def document(figures: Dict[str, Any]) -> str:
    """The part of the page below the marker."""
    head = "| set | alarms | " + " | ".join(f"{key}, %" for key in MAIN) + " |"
    lines = [head, "|" + "---|" * (len(MAIN) + 2)]
    for name, counts in figures["sets"].items():
        cells = " | ".join(_cell(_share(counts[key])) if key in counts else "-" for key in MAIN)
        lines.append(f"| {name} | {counts['sensitivity'][1]} | {cells} |")
    alarms = pooled(figures, "sensitivity").of
    lines.append(
        f"| **all** | {alarms} | " + " | ".join(_cell(pooled(figures, k)) for k in MAIN) + " |"
    )
    readers = ["| | sensitivity, % | look-alikes without alarm, % |", "|---|---|---|"]
    for suffix, label in zip(_BY_READER, ("both", "rules", "second reader"), strict=True):
        found, quiet = (pooled(figures, f"{k}{suffix}") for k in (MAIN[0], MAIN[3]))
        readers.append(f"| {label} | {_cell(found)} | {_cell(quiet)} |")
    flags = sorted({k.split()[1] for s in figures["sets"].values() for k in s if " RF" in k})
    by_flag = ["| flag | alarms | sensitivity, % | noticed, % | look-alikes without alarm, % |"]
    by_flag.append("|---|---|---|---|---|")
    for flag in flags:
        found, noticed, quiet = (
            pooled(figures, f"{key} {flag}") for key in ("sensitivity", "noticed", "look-alikes")
        )
        by_flag.append(
            f"| {flag} | {found.of} | {_cell(found)} | {_cell(noticed)} | {_cell(quiet)} |"
        )
    ordinary, plain, training = (figures[part] for part in ("ordinary", "plain", "training"))
    phrase = {label: _share(counts) for label, counts in figures["catalogue"].items()}
    sets = "\n".join(f"- `{name}`: {what}." for name, what in _WHAT.items())
    return f"""
## Figures

Written by `make safety` on {figures["made_on"]}; between brackets the 95 % interval (Wilson).
Messages of `tests/language/sets`, never trained on:

{sets}

{chr(10).join(lines)}

"Noticed" counts a question about the sign too. What each reader adds, over all sets:

{chr(10).join(readers)}

By flag, over all sets:

{chr(10).join(by_flag)}

- Ordinary development messages without an alarm: {_share(ordinary["no alarm"])}; without a
  question: {_share(ordinary["no question"])}. `docs/safety.json` lists the others; some of them
  are alarms by the catalogue.
- Harmless complaints and chat messages without an alarm: {_share(plain["no alarm"])}; without a
  question: {_share(plain["no question"])}.
- Training utterances of the topics without an alarm: {_share(training["no alarm"])}. The second
  reader learned them as ordinary messages, so this says little about new ones.
- Phrases of the clinical catalogue: {phrase[ALARM]} alarms and {phrase[BENIGN]} look-alikes are
  read as it says; `tests/redflags/known_failures.tsv` lists the others.
- Both readers together take {figures["median_ms"]} ms a message (median; the machine did other
  work too).
"""


def main() -> None:
    """Measure, print and write."""
    figures = asyncio.run(measured())
    FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    prose = DOCUMENT.read_text("utf-8").partition(MARKER)[0]
    DOCUMENT.write_text(prose + MARKER + "\n" + document(figures), "utf-8")
    print(f"{document(figures)}\n{DOCUMENT}")


if __name__ == "__main__":
    main()
