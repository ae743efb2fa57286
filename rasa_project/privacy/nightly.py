"""Let the server erase each night what was kept long enough."""

from __future__ import annotations

import asyncio

from sanic import Sanic

from rasa_project.privacy.retention import RetentionJob, retention_of
from rasa_project.settings import Settings, current_practice
from rasa_project.workers.leases import alone, process_leases


def erase_nightly(app: Sanic, settings: Settings) -> None:
    """Start the job with the server, and end it with it."""

    async def begin(running: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        run = retention_of(current_practice(), settings.database_url)
        job = RetentionJob(run)
        running.ctx.retention = loop.create_task(
            alone("retention", process_leases(), job.run_daily)
        )

    async def end(running: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        running.ctx.retention.cancel()

    app.register_listener(begin, "after_server_start")
    app.register_listener(end, "before_server_stop")
