"""The benchmark itself: it must notice wrong replies, and say what it measured."""

from __future__ import annotations

import pytest

from tests.load.bench import USUAL, options
from tests.load.client import Times, WrongReply, checked
from tests.load.material import INTENTS, NO_TOPICS, QUESTIONS, UTTERANCES, material
from tests.load.report import BEGIN, END, machine, table, write_page

CONTRACT = {"topics": ["warmte"], "urgency": "none", "outcome": "answered"}
SAID = {"recipient_id": "me", "text": "Warmte mag."}
WITH_CONTRACT = {"recipient_id": "me", "custom": CONTRACT}


def test_a_right_reply_gives_its_text():
    assert checked([SAID, WITH_CONTRACT], "me") == "Warmte mag."


@pytest.mark.parametrize(
    "reply",
    [
        [],
        {"error": "no"},
        [SAID],
        [WITH_CONTRACT],
        [SAID, WITH_CONTRACT, WITH_CONTRACT],
        [{**SAID, "recipient_id": "another"}, WITH_CONTRACT],
        [SAID, {"recipient_id": "me", "custom": {"topics": []}}],
    ],
    ids=["empty", "error", "no contract", "no text", "two", "another's", "half a contract"],
)
def test_a_wrong_reply_is_noticed(reply):
    with pytest.raises(WrongReply):
        checked(reply, "me")


def test_shares_of_times():
    times = Times([float(number) for number in range(1, 101)], 10.0)
    assert (times.p50, times.share(0.95), times.share(0.99)) == (50.5, 96.0, 100.0)
    assert times.per_second == 10.0


def test_both_sides_learn_the_same_and_are_asked_what_neither_learned():
    data = material()
    assert data == material()
    assert len(data.taught) == INTENTS + len(NO_TOPICS)
    assert {len(texts) for texts in data.taught.values()} == {UTTERANCES}
    assert len(data.questions) == INTENTS * QUESTIONS
    taught = {text for texts in data.taught.values() for text in texts}
    assert not taught & {text for _, text in data.questions}


def test_the_table_and_the_page(tmp_path):
    clients = {"p50": 50.0, "p95": 90.0, "p99": 99.0, "per_second": 20.0, "errors": 3}
    ours = {"p50": 5.0, "p95": 9.0, "p99": 9.9, "per_second": 200.0, "errors": 0}
    figures = {
        "machine": machine(),
        "stock_epochs": 8,
        "sides": {
            "stock": {"clients": {"8": clients}, "long": {"5": 50.0, "500": 200.0}},
            "ours": {"clients": {"8": ours}, "long": {"5": 5.0, "500": 6.0}},
        },
    }
    shown = table(figures)
    assert "| 8 clients: messages a second | 20.0 | 200 | 10.0 × | ≥ 8 × |" in shown
    assert "| 8 clients: empty or wrong replies | 3 | 0 |  | 0 |" in shown
    assert "| the 500th against the 5th | 4.00 × | 1.20 × |  | ≤ 1.5 × |" in shown
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    for _ in range(2):
        write_page(figures, page, tmp_path / "picture.svg")
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert text.count(BEGIN) == text.count("picture.svg") == 1
    assert "8 of their 100 epochs" in text


def test_without_options_it_measures_the_usual_parts():
    assert tuple(options([]).parts) == USUAL
    assert options(["--parts", "soak", "--soak-minutes", "2"]).soak_minutes == 2
