"""What a server does to work beside others: leases, news, claims."""

from __future__ import annotations

import asyncio

from sanic import Sanic

from rasa_project.conversation.hub import hub
from rasa_project.conversation.router_rows import name_of_human
from rasa_project.settings import Settings
from rasa_project.storage.engine import session_for
from rasa_project.workers.claims import turn_claims
from rasa_project.workers.leases import process_leases
from rasa_project.workers.news import news_for


def work_together(app: Sanic, settings: Settings) -> None:
    """Begin with the server and end with it; nothing, where there are no other workers."""

    def name_of(conversation: str) -> str:
        with session_for(settings.database_url) as session:
            return name_of_human(session, conversation)

    leases = process_leases()
    news = news_for(hub, settings.redis_url, settings.database_url, name_of)

    async def begin(_app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        if leases is not None:
            leases.start()
        if news is not None:
            news.start()

    async def end(_app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        if news is not None:
            await news.stop()
        if leases is not None:
            # The jobs have ended by now.
            await leases.stop()
        turn_claims().close()

    app.register_listener(begin, "after_server_start")
    app.register_listener(end, "after_server_stop")
