"""Figures: counted from the contract, in Prometheus' form, and nothing of a patient in them."""

from __future__ import annotations

import logging
import math
import re
from dataclasses import replace
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.contract import Outcome, turn
from rasa_project.operations.exposition import MAX_VALUES, Counter, Histogram
from rasa_project.operations.metrics import CountingHandler, Metrics, counted, metrics
from rasa_project.operations.routes import may_see
from rasa_project.redflags.urgency import Urgency
from rasa_project.settings import read_settings

_SAMPLE = re.compile(
    r'([a-z_:][a-z0-9_:]*)(?:\{([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"\})? (\+Inf|[0-9.e+-]+)'
)


def parse(text: str) -> Dict[Tuple[str, str], float]:
    """Read the text format strictly; every sample has a type above it."""
    assert text.endswith("\n")
    types, samples = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("counter", "gauge", "histogram")
            assert name not in types, "a metric stands in one place"
            types[name] = kind
        elif not line.startswith("# HELP "):
            match = _SAMPLE.fullmatch(line)
            assert match, line
            family = re.sub("_(bucket|sum|count)$", "", match[1])
            assert family in types or match[1] in types, line
            key = match[1], match[3] or ""
            assert key not in samples, f"{key} comes twice"
            samples[key] = math.inf if match[4] == "+Inf" else float(match[4])
    return samples


def reply(outcome: Outcome, urgency: Urgency = Urgency.NONE, *topics: str) -> List[Dict[str, Any]]:
    return [{"text": "Dag Jan"}, {"custom": turn(outcome, urgency, topics)}]


def test_replies_are_counted_by_their_contract():
    counts = Metrics()
    counts.count("website", reply(Outcome.ANSWERED, Urgency.NONE, "tillen", "koude"), 0.02)
    counts.count("website", reply(Outcome.ANSWERED, Urgency.SOON, "tillen"), 0.3)
    counts.count("telegram", reply(Outcome.CLARIFY), 0.3)
    counts.count("telegram", reply(Outcome.FALLBACK), 100)
    counts.count("website", reply(Outcome.TRIAGE, Urgency.EMERGENCY), 0.001)
    counts.count("website", reply(Outcome.HANDOFF), 0.001)
    found = parse(counts.text())
    assert found["ruggesteun_messages_total", "website"] == 4
    assert found["ruggesteun_messages_total", "telegram"] == 2
    assert found["ruggesteun_replies_total", "answered"] == 2
    assert found["ruggesteun_replies_total", "smalltalk"] == 0
    assert found["ruggesteun_topics_total", "tillen"] == 2
    assert found["ruggesteun_topics_total", "koude"] == 1
    assert found["ruggesteun_misses_total", ""] == 2
    assert found["ruggesteun_alarms_total", "emergency"] == 1
    assert found["ruggesteun_alarms_total", "soon"] == 0, "what is held is no new alarm"
    assert found["ruggesteun_handoffs_total", ""] == 1
    assert found["ruggesteun_reply_seconds_count", ""] == 6
    assert found["ruggesteun_reply_seconds_bucket", "0.025"] == 3
    assert found["ruggesteun_reply_seconds_bucket", "20"] == 5
    assert found["ruggesteun_reply_seconds_bucket", "+Inf"] == 6
    assert found["ruggesteun_failed_replies_total", ""] == 0


@pytest.mark.parametrize(
    "broken",
    [[], [{"text": "x"}], reply(Outcome.CLARIFY) * 2, [{"custom": {"outcome": "Jan"}}],
     [{"custom": {"outcome": "answered", "urgency": "Jan"}}], [{"custom": None}]],
)  # fmt: skip
def test_a_reply_without_its_contract_is_a_failure(broken):
    counts = Metrics()
    counts.count("website", broken, 0.1)
    found = parse(counts.text())
    assert found["ruggesteun_failed_replies_total", ""] == 1
    assert "Jan" not in counts.text()


def test_no_label_takes_what_it_is_not_meant_for():
    counts = Metrics()
    contract = {"outcome": "answered", "urgency": "none", "topics": ["Jan Jansen 06-12345678"]}
    counts.count("web:jan-jansen", [{"text": "Jan", "custom": contract}], 0.1)
    assert "Jan" not in counts.text()
    assert "jan" not in counts.text()
    assert parse(counts.text())["ruggesteun_topics_total", "other"] == 1


def test_the_values_of_a_label_have_an_end():
    counter = Counter("x_total", "X.", "y")
    for number in range(MAX_VALUES * 2):
        counter.add(f"v{number}")
    assert len(counter.counts) <= MAX_VALUES + 1
    assert sum(counter.counts.values()) == MAX_VALUES * 2


@given(st.lists(st.floats(0, 100), max_size=30))
def test_a_histogram_adds_up(values):
    histogram = Histogram("x_seconds", "X.", (0.1, 1, 10))
    for value in values:
        histogram.observe(value)
    found = parse("\n".join(histogram.lines()) + "\n")
    for bound in (0.1, 1, 10):
        assert found["x_seconds_bucket", str(bound)] == sum(value <= bound for value in values)
    assert found["x_seconds_count", ""] == len(values)
    assert found["x_seconds_sum", ""] == pytest.approx(sum(values))


@given(st.text(max_size=30))
def test_any_value_of_a_label_is_escaped(value):
    counter = Counter("x_total", "X.", "y")
    counter.add(value)
    lines = counter.lines()
    assert len(lines) == 3
    assert _SAMPLE.fullmatch(lines[2]), lines[2]


async def test_turns_are_counted():
    class Turns:
        channel = "website"

        @counted
        async def run(self, text: str, conversation: str) -> List[Dict[str, Any]]:
            return reply(Outcome.ANSWERED, Urgency.NONE, "tillen")

    before = metrics.topics.counts.get("tillen", 0)
    assert await Turns().run("x", "y") == reply(Outcome.ANSWERED, Urgency.NONE, "tillen")
    assert metrics.topics.counts["tillen"] == before + 1


def test_lines_of_the_log_are_counted():
    before = metrics.log_lines.counts["error"]
    logger = logging.getLogger("rasa_project.test_metrics")
    handler = CountingHandler()
    logger.addHandler(handler)
    logger.error("x")
    logger.removeHandler(handler)
    assert metrics.log_lines.counts["error"] == before + 1


class Asked:
    """A request, as far as it matters."""

    def __init__(self, ip: str = "127.0.0.1", **headers: str):
        self.ip = ip
        self.headers = {"host": "localhost:5005"}
        self.headers |= {name.replace("_", "-"): value for name, value in headers.items()}


SETTINGS = read_settings({})
WITH_TOKEN = replace(SETTINGS, metrics_token="a-token-that-nobody-knows")


@pytest.mark.parametrize(
    "asked",
    [
        Asked(),
        Asked("::1", host="[::1]:5005"),
        Asked("127.0.0.5", host="127.0.0.1"),
        Asked(host="LOCALHOST"),
    ],
)
def test_this_computer_may_see_the_figures(asked):
    assert may_see(asked, SETTINGS)


@pytest.mark.parametrize(
    "asked",
    [
        Asked("192.168.1.7"),
        Asked(""),
        Asked(x_forwarded_for="1.2.3.4"),
        Asked(forwarded="for=1.2.3.4"),
        Asked(x_real_ip="1.2.3.4"),
        Asked(via="1.1 proxy"),
        Asked(host="www.debrug.example"),
        Asked(host="localhost.evil.example"),
        Asked(host=""),
    ],
)
def test_others_may_not(asked):
    assert not may_see(asked, SETTINGS)


def test_with_a_token_only_who_shows_it_may():
    assert may_see(Asked("8.8.8.8", authorization="Bearer a-token-that-nobody-knows"), WITH_TOKEN)
    for wrong in ("", "Bearer ", "Bearer x", "a-token-that-nobody-knows", "Bearer é\udc80"):
        assert not may_see(Asked(authorization=wrong), WITH_TOKEN)
    assert not may_see(Asked(), WITH_TOKEN)
