"""Where a notification's link leads, and one's own Telegram."""

from __future__ import annotations

import asyncio
from typing import List, Optional

import sqlalchemy as sa
from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.telegram_api import BotApi
from rasa_project.channels.telegram_names import Names
from rasa_project.handoff.telegram_link import TEAM, TelegramLinks
from rasa_project.handoff.telegram_notify import TelegramTeller
from rasa_project.inbox.access import Route, Visitor, number_in
from rasa_project.inbox.audit import ACCOUNT_SETTINGS
from rasa_project.inbox.render import ADDRESS, render
from rasa_project.inbox.services import Inbox
from rasa_project.settings import read_settings
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import NotificationRow

# So long a page waits for Telegram to say what the bot is called.
_PATIENCE = 3.0


def routes(inbox: Inbox) -> List[Route]:
    """This module's part of the table."""
    pages = _NoticePages(inbox)
    return [
        Route("GET", "open/<number>", pages.open),
        Route("GET", "account/telegram", pages.show),
        Route("POST", "account/telegram/code", pages.new_code, audit=ACCOUNT_SETTINGS),
        Route("POST", "account/telegram/stop", pages.stop, audit=ACCOUNT_SETTINGS),
    ]


class _NoticePages:
    def __init__(self, inbox: Inbox):
        self._inbox = inbox
        self._links = TelegramLinks(inbox.database_url, inbox.now)
        self._bot = ""

    async def open(self, _request: Request, _visitor: Visitor, number: str) -> HTTPResponse:
        """To the conversation that a notification is about."""
        conversation = await asyncio.to_thread(self._conversation, number_in(number))
        if conversation is None:
            # Erased since; the queue says what there is now.
            return response.redirect(ADDRESS)
        return response.redirect(f"{ADDRESS}/gesprek/{conversation}")

    def _conversation(self, notification: int) -> Optional[str]:
        query = sa.select(NotificationRow.conversation).where(NotificationRow.id == notification)
        with session_for(self._inbox.database_url) as session:
            found = session.execute(query).scalar_one_or_none()
            return None if found is None else str(found)

    async def show(self, _request: Request, visitor: Visitor) -> HTTPResponse:
        return await self._page(visitor)

    async def new_code(self, _request: Request, visitor: Visitor) -> HTTPResponse:
        if not self._names.is_possible:
            return await self._page(visitor)
        code = await asyncio.to_thread(self._links.new_code, visitor.account)
        return await self._page(visitor, f"{TEAM}{code}")

    async def stop(self, _request: Request, visitor: Visitor) -> HTTPResponse:
        await asyncio.to_thread(self._links.unlink, visitor.account)
        return response.redirect(f"{ADDRESS}/account/telegram", status=303)

    async def _page(self, visitor: Visitor, code: str = "") -> HTTPResponse:
        is_linked = await asyncio.to_thread(self._links.is_linked, visitor.account)
        return render(
            "telegram.html",
            visitor,
            is_on=self._names.is_possible,
            is_linked=is_linked,
            code=code,
            bot=await self._name_of_bot() if code else "",
        )

    @property
    def _names(self) -> Names:
        return Names(read_settings().telegram_token)

    async def _name_of_bot(self) -> str:
        if not self._bot:
            teller = TelegramTeller(BotApi(self._names, read_settings().telegram_api))
            try:
                self._bot = await asyncio.wait_for(teller.username(), _PATIENCE)
            except asyncio.TimeoutError:
                return ""
            finally:
                await teller.close()
        return self._bot
