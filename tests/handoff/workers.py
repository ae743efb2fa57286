"""A process that notifies, for tests that run several or kill one."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import Any

from rasa_project.handoff import notifications
from rasa_project.handoff.notifications import Notifier
from rasa_project.handoff.outbox import Outbox
from rasa_project.settings import SmtpSettings, read_settings


def main(url: str, port: int, practice: str, ready: Any, die_before_marking: bool = False) -> None:
    """Notify by the mail server on a port, until killed."""
    import os

    os.environ["RUGGESTEUN_PRACTICE"] = practice
    os.environ["RUGGESTEUN_FIXED_TIME"] = "2026-11-23T10:00+01:00"
    notifications.LOOK_SECONDS = 0.05
    if die_before_marking:

        def die(_outbox: Outbox, _notification: int) -> None:
            os.kill(os.getpid(), 9)

        Outbox.sent = die  # type: ignore[method-assign]
    settings = replace(
        read_settings({}),
        database_url=url,
        smtp=SmtpSettings("127.0.0.1", port, "none", "rug@debrug.example"),
    )
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    ready.set()
    asyncio.run(Notifier(settings).run())
