"""The pages of the inbox: the queue, a conversation, the opening hours."""

from __future__ import annotations

import asyncio
import uuid
from typing import Dict, Optional, Sequence

from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project import clock
from rasa_project.handoff.opening_hours import (
    closure_on,
    hours_in_words,
    next_opening,
    open_now_in_words,
    public_holiday,
)
from rasa_project.inbox import actions, live
from rasa_project.inbox.access import Route, Visitor
from rasa_project.inbox.audit import READ
from rasa_project.inbox.context import Context
from rasa_project.inbox.moments import when
from rasa_project.inbox.render import render
from rasa_project.inbox.services import Inbox
from rasa_project.inbox.texts import inbox_texts
from rasa_project.inbox.views import conversation_view, queue_view, wanted_query
from rasa_project.inbox.wanted import wanted_in
from rasa_project.inbox.words import local
from rasa_project.redflags.urgency import Urgency
from rasa_project.settings import current_practice


def routes(inbox: Inbox) -> Sequence[Route]:
    """The part of the table about conversations."""
    context = Context(inbox)
    pages = Pages(context)
    return (
        Route("GET", "", pages.queue),
        Route("GET", "gesprek/<conversation>", pages.conversation, audit=READ),
        Route("GET", "openingstijden", pages.hours),
        *actions.Actions(context, pages.conversation_again).routes(),
        *live.Live(context).routes(),
    )


class Pages:
    """Answers with whole pages.

    Args:
        context: What all handlers share.
    """

    def __init__(self, context: Context):
        self._context = context

    async def queue(self, request: Request, visitor: Visitor) -> HTTPResponse:
        """The queue alone; beside it, on a wide screen, a friendly nothing."""
        return await self._page(request, visitor)

    async def conversation(
        self, request: Request, visitor: Visitor, conversation: str
    ) -> HTTPResponse:
        """A conversation, with the queue beside it on a wide screen."""
        return await self._page(request, visitor, conversation)

    async def conversation_again(
        self, request: Request, visitor: Visitor, conversation: str, told: str, **typed: str
    ) -> HTTPResponse:
        """A conversation after something that couldn't be done, with what was typed.

        Args:
            request: The form's.
            visitor: Who sent it.
            conversation: Which.
            told: Why it couldn't.
            **typed: What stood in the fields.
        """
        return await self._page(request, visitor, conversation, 409, told, typed)

    async def _page(
        self,
        request: Request,
        visitor: Visitor,
        conversation: Optional[str] = None,
        status: int = 200,
        told: str = "",
        typed: Optional[Dict[str, str]] = None,
    ) -> HTTPResponse:
        context, texts = self._context, inbox_texts()
        wanted = wanted_in(request)
        await context.seen(visitor)
        people = await context.people()
        shown = None
        if conversation is not None:
            material = await asyncio.to_thread(context.material, conversation)
            shown = conversation_view(material, visitor, people, texts, context.now())
            context.read_now(visitor, conversation)
            if visitor.can_write and shown["last"] > material.read_event:
                await asyncio.to_thread(
                    context.inbox.ownerships.read_up_to, conversation, shown["last"]
                )
                context.inbox.push.wake_here(conversation)
        page, _ = await context.snapshot(wanted, visitor.account)
        practice = current_practice()
        return render(
            "queue.html",
            visitor,
            status,
            queue=queue_view(page, wanted, visitor, texts, context.now()),
            wanted=wanted,
            query=wanted_query(wanted),
            query_of=lambda **changes: wanted_query(wanted, **changes),
            shown=shown,
            told=told,
            typed=typed or {},
            texts=texts,
            present=any(one.is_present and one.account == visitor.account for one in people),
            people=people,
            client_id=str(uuid.uuid4()),
            open_now=open_now_in_words(practice, clock.now()),
            levels=[level for level in reversed(Urgency) if level is not Urgency.NONE],
        )

    async def hours(self, _request: Request, visitor: Visitor) -> HTTPResponse:
        """When the practice is open, and who is there."""
        practice, moment = current_practice(), clock.now()
        today = local(moment).date()
        opening = next_opening(practice, moment)
        return render(
            "hours.html",
            visitor,
            open_now=open_now_in_words(practice, moment),
            week=hours_in_words(practice).split(", ") if practice.hours else [],
            holiday=public_holiday(practice.country, today),
            closure=closure_on(practice, today),
            closures=[one for one in practice.closures if one.last_day >= today],
            opening=when(opening, moment) if opening else "",
            people=await self._context.people(),
        )
