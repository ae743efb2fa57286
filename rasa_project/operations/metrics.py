"""What is counted of replies: numbers only, nothing of who wrote what or when."""

from __future__ import annotations

import functools
import logging
import re
import time
from typing import Any, Awaitable, Callable, Dict, List

from rasa_project.contract import Outcome
from rasa_project.operations.exposition import OTHER, Counter, Histogram, gauge
from rasa_project.redflags.urgency import Urgency

_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
_OUTCOMES = [outcome.value for outcome in Outcome]
_URGENCIES = [urgency.value for urgency in Urgency]
_TOPIC = re.compile(r"[a-z0-9-]{1,64}")
_CHANNEL = re.compile(r"[a-z]{1,16}")
Reply = List[Dict[str, Any]]
Run = Callable[..., Awaitable[Reply]]


class Metrics:
    """The counters of one process; they begin at nought when it starts."""

    def __init__(self) -> None:
        self.messages = Counter(
            "ruggesteun_messages_total", "Messages of patients that got a reply.", "channel"
        )
        self.outcomes = Counter(
            "ruggesteun_replies_total", "Replies, by what was done.", "outcome", _OUTCOMES
        )
        self.topics = Counter("ruggesteun_topics_total", "Answers given, by topic.", "topic")
        self.misses = Counter(
            "ruggesteun_misses_total", "Replies that asked back or had no answer."
        )
        self.alarms = Counter(
            "ruggesteun_alarms_total",
            "Replies about an alarm sign, by the urgency then held.",
            "urgency",
            _URGENCIES,
        )
        self.hand_offs = Counter("ruggesteun_handoffs_total", "Replies that led to a human.")
        self.failures = Counter(
            "ruggesteun_failed_replies_total",
            "Messages that got only the fixed sentence, because something failed.",
        )
        self.log_lines = Counter(
            "ruggesteun_log_lines_total", "Lines of the log, by level.", "level",
            ["warning", "error", "critical"],
        )  # fmt: skip
        self.seconds = Histogram(
            "ruggesteun_reply_seconds", "How long a reply took to make.", _BOUNDS
        )
        self._started = time.time()

    def count(self, channel: str, reply: Reply, seconds: float) -> None:
        """Count one reply by its contract."""
        self.messages.add(channel if _CHANNEL.fullmatch(channel) else OTHER)
        self.seconds.observe(seconds)
        contracts = [part["custom"] for part in reply if isinstance(part.get("custom"), dict)]
        if len(contracts) != 1:
            self.failures.add()
            return
        outcome, urgency = contracts[0].get("outcome"), contracts[0].get("urgency")
        if outcome not in _OUTCOMES or urgency not in _URGENCIES:
            self.failures.add()
            return
        self.outcomes.add(outcome)
        for topic in contracts[0].get("topics") or ():
            self.topics.add(topic if _TOPIC.fullmatch(str(topic)) else OTHER)
        if outcome in (Outcome.CLARIFY.value, Outcome.FALLBACK.value):
            self.misses.add()
        if outcome == Outcome.TRIAGE.value:
            self.alarms.add(urgency)
        if outcome == Outcome.HANDOFF.value:
            self.hand_offs.add()

    def text(self) -> str:
        """All of it in Prometheus' text format."""
        counters = (self.messages, self.outcomes, self.topics, self.misses, self.alarms)
        lines = [line for one in counters for line in one.lines()]
        for one in (self.hand_offs, self.failures, self.log_lines, self.seconds):
            lines += one.lines()
        lines += gauge(
            "process_start_time_seconds", "When this process started.", round(self._started)
        )
        return "\n".join(lines) + "\n"


metrics = Metrics()


def counted(run: Run) -> Run:
    """For ``Turns.run``: counts each reply that it makes."""

    @functools.wraps(run)
    async def wrapped(owner: Any, text: str, conversation: str) -> Reply:
        started = time.monotonic()
        reply = await run(owner, text, conversation)
        metrics.count(owner.channel, reply, time.monotonic() - started)
        return reply

    return wrapped


class CountingHandler(logging.Handler):
    """Counts the lines of the log, so that somebody can be called when there are many."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Count one (Python's interface)."""
        metrics.log_lines.add(record.levelname.lower())
