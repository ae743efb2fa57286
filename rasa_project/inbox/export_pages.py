"""One conversation to take along: for the practice's record."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import Any, Callable, List, Tuple

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.conversation.triage_file import triage_file
from rasa_project.inbox.access import WRITERS, Route, Visitor
from rasa_project.inbox.audit import EXPORTED
from rasa_project.inbox.export import (
    Document,
    approved_topics,
    as_pdf,
    as_text,
    document,
    topics_in,
)
from rasa_project.inbox.material import Material, read_material
from rasa_project.inbox.services import Inbox
from rasa_project.inbox.texts import inbox_texts
from rasa_project.inbox.views import catalogue
from rasa_project.inbox.words import local
from rasa_project.settings import current_practice, read_settings


def routes(inbox: Inbox) -> List[Route]:
    """This module's part of the table."""
    pages = _ExportPages(inbox)
    path = "gesprek/<conversation>/export"
    return [
        Route("GET", f"{path}.txt", pages.as_text, WRITERS, audit=EXPORTED),
        Route("GET", f"{path}.pdf", pages.as_pdf, WRITERS, audit=EXPORTED),
    ]


def document_of(database_url: str, material: Material, by: str, now: datetime) -> Document:
    """The document of one conversation, as it is now.

    Raises:
        StorageError: The database can't be read.
    """
    return document(
        material,
        approved_topics(database_url, topics_in(material)),
        inbox_texts(),
        catalogue(),
        triage_file(),
        current_practice().name,
        by,
        now,
    )


def text_for_tool(material: Material) -> str:
    """The same as text, for a practice's own tool."""
    url = read_settings().database_url
    return as_text(document_of(url, material, "Ruggesteun", datetime.now(timezone.utc)))


class _ExportPages:
    def __init__(self, inbox: Inbox):
        self._inbox = inbox

    async def as_text(self, _request: Request, visitor: Visitor, conversation: str) -> HTTPResponse:
        # Windows shows plain text as UTF-8 only when it begins with this mark.
        return await self._give(
            visitor,
            conversation,
            lambda made: ("\ufeff" + as_text(made)).encode(),
            ("txt", "text/plain; charset=utf-8"),
        )

    async def as_pdf(self, _request: Request, visitor: Visitor, conversation: str) -> HTTPResponse:
        return await self._give(visitor, conversation, as_pdf, ("pdf", "application/pdf"))

    async def _give(
        self,
        visitor: Visitor,
        conversation: str,
        write: Callable[[Any], bytes],
        kind: Tuple[str, str],
    ) -> HTTPResponse:
        def work() -> bytes:
            url = self._inbox.database_url
            material = read_material(url, conversation)
            return write(document_of(url, material, visitor.name, self._inbox.now()))

        name = f"gesprek-{local(self._inbox.now()):%Y-%m-%d-%H%M}.{kind[0]}"
        return response.raw(
            await asyncio.to_thread(work),
            content_type=kind[1],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
