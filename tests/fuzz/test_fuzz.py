"""A small share of `make fuzz` in each run of the tests; docs/security.md has the full figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from rasa_project.redflags.urgency import Urgency
from rasa_project.redflags.wrapped import unwrapped
from tests.dialogues.conftest import Assistant, environment
from tests.fuzz.http import fuzz
from tests.fuzz.target import switched_on
from tests.fuzz.text import through_rules

REQUESTS, MESSAGES, BY_RULES = 300, 150, 500


@pytest.mark.model
def test_requests_that_nobody_should_send(
    launch: Callable[..., Assistant], practice_nl: Path
) -> None:
    with switched_on(launch, practice_nl) as target:
        judged = fuzz(target, REQUESTS)
        assert judged.wrong == []
        assert judged.requests >= REQUESTS
        # They get further than the door.
        assert {"200", "303", "400", "401", "404"} <= set(judged.statuses)
        assert {"201", "202", "204"} & set(judged.statuses)
        assert "Nobody caught an error" not in target.assistant.errors


@pytest.mark.model
def test_messages_that_nobody_should_send(trained_model: Path, project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.text", "--messages", str(MESSAGES), "--rules", "0"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert f"through the assistant: {MESSAGES} messages" in done.stdout


def test_alarm_sentences_with_noise_are_noticed_by_the_rules_alone() -> None:
    judged = through_rules(BY_RULES, 1)
    assert judged.wrong == []
    assert judged.alarms > BY_RULES / 10


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("Ik kan\nniet meer\nplassen", "Ik kan niet meer plassen"),
        ("HAAR\nLIPPEN\nZIJN BLAUW", "HAAR LIPPEN ZIJN BLAUW"),
        ("Ik kan\r\nniet plassen", "Ik kan\r niet plassen"),
        ("Ik kan \n\u200b niet", "Ik kan  \u200b niet"),
        # These are sentences, or paragraphs, of their own.
        ("Ik heb koorts.\nniet veel", "Ik heb koorts.\nniet veel"),
        ("Mag ik fietsen?\nen lopen", "Mag ik fietsen?\nen lopen"),
        ("Ik heb koorts\nNee hoor", "Ik heb koorts\nNee hoor"),
        ("Ik kan\n\nniet plassen", "Ik kan\n\nniet plassen"),
        ("- koorts\n- rillingen", "- koorts\n- rillingen"),
        ("\n", "\n"),
    ],
)
def test_where_a_line_was_broken_within_a_sentence(text: str, joined: str) -> None:
    assert unwrapped(text) == joined


@pytest.mark.parametrize(
    "text",
    [
        "Ik kan\nniet meer\nplassen",
        "Ik kan ni\u061cet meer pla\u034fssen",
        "Ik k\U000e0041an niet\u3164 meer p\ufe0flassen",
        "\u202eIk kan niet meer plassen\u202c",
    ],
)
def test_an_alarm_that_noise_would_hide(text: str) -> None:
    from rasa_project.conversation.failure import active_findings

    assert any(finding.urgency is not Urgency.NONE for finding in active_findings(text))


@pytest.mark.parametrize("text", ["Ik heb geen koorts\nen kan gewoon plassen", "rugpijn\nal lang"])
def test_a_joined_line_makes_no_alarm_of_what_is_none(text: str) -> None:
    from rasa_project.conversation.failure import active_findings

    assert active_findings(text) == ()
