"""Counters and a histogram in Prometheus' text format (version 0.0.4). Pure but for a lock.

``prometheus_client`` would do the same; for so few figures it isn't worth a dependency.
"""

from __future__ import annotations

import math
import threading
from typing import Dict, Iterable, List, Mapping, Sequence, Tuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# However many values a label gets, the memory that they take has an end.
MAX_VALUES = 500
OTHER = "other"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if value == math.inf:
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(value)


def head(name: str, help_text: str, kind: str) -> List[str]:
    """The lines that stand above a metric."""
    return [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]


class Counter:
    """Counts, by the value of at most one label.

    Args:
        name: Ends in ``_total``.
        help_text: One line.
        label: Its name; empty for none.
        values: Of the label, from the start at nought, so that a rate can be computed.
    """

    def __init__(self, name: str, help_text: str, label: str = "", values: Iterable[str] = ()):
        self._name, self._help, self._label = name, help_text, label
        self._counts: Dict[str, float] = dict.fromkeys(values if label else [""], 0)
        self._lock = threading.Lock()

    def add(self, value: str = "") -> None:
        """Count one."""
        with self._lock:
            if value not in self._counts and len(self._counts) >= MAX_VALUES:
                value = OTHER
            self._counts[value] = self._counts.get(value, 0) + 1

    @property
    def counts(self) -> Mapping[str, float]:
        """What was counted so far."""
        with self._lock:
            return dict(self._counts)

    def lines(self) -> List[str]:
        """The metric in Prometheus' form."""
        lines = head(self._name, self._help, "counter")
        for value, count in sorted(self.counts.items()):
            labels = f'{{{self._label}="{_escaped(value)}"}}' if self._label else ""
            lines.append(f"{self._name}{labels} {_number(count)}")
        return lines


class Histogram:
    """How long something took.

    Args:
        name: Ends in ``_seconds``.
        help_text: One line.
        bounds: Upper bounds of the buckets, rising, without infinity.
    """

    def __init__(self, name: str, help_text: str, bounds: Sequence[float]):
        self._name, self._help = name, help_text
        self._bounds: Tuple[float, ...] = (*bounds, math.inf)
        self._buckets = [0] * len(self._bounds)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, seconds: float) -> None:
        """Add one observation."""
        with self._lock:
            self._sum += seconds
            for place, bound in enumerate(self._bounds):
                if seconds <= bound:
                    self._buckets[place] += 1

    def lines(self) -> List[str]:
        """The metric in Prometheus' form; each bucket holds those below it."""
        with self._lock:
            buckets, total = list(self._buckets), self._sum
        lines = head(self._name, self._help, "histogram")
        for bound, count in zip(self._bounds, buckets, strict=True):
            lines.append(f'{self._name}_bucket{{le="{_number(bound)}"}} {count}')
        return [*lines, f"{self._name}_sum {_number(total)}", f"{self._name}_count {buckets[-1]}"]


def gauge(name: str, help_text: str, value: float) -> List[str]:
    """A metric that goes up and down."""
    return [*head(name, help_text, "gauge"), f"{name} {_number(value)}"]
