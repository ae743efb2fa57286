"""The page with what everybody did, for who manages the inbox."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import date
from typing import Dict, List, Optional
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.handoff.opening_hours import ZONES
from rasa_project.inbox import audit
from rasa_project.inbox.access import (
    MANAGERS,
    NotFound,
    Route,
    Visitor,
    is_conversation_id,
    number_in,
)
from rasa_project.inbox.audit import Entry, Filter
from rasa_project.inbox.render import render
from rasa_project.inbox.services import Inbox
from rasa_project.settings import current_practice

_MOST_EXPORTED = 100_000


def routes(inbox: Inbox) -> List[Route]:
    """This module's part of the table."""
    pages = _AuditPages(inbox)
    return [
        Route("GET", "audit", pages.show, MANAGERS, audit=audit.AUDIT_READ),
        Route("GET", "audit.csv", pages.export, MANAGERS, audit=audit.AUDIT_EXPORTED),
    ]


class _AuditPages:
    def __init__(self, inbox: Inbox):
        self._inbox = inbox

    async def show(self, request: Request, visitor: Visitor) -> HTTPResponse:
        wanted = _Wanted(request)
        before = request.args.get("voor")
        zone = ZONES[current_practice().country]
        entries: List[Entry] = []
        if not wanted.trouble:
            entries = await asyncio.to_thread(
                self._inbox.audit.page,
                wanted.filter,
                zone,
                number_in(before) if before else None,
                audit.PAGE_SIZE + 1,
            )
        is_more = len(entries) > audit.PAGE_SIZE
        entries = entries[: audit.PAGE_SIZE]
        return render(
            "audit.html",
            visitor,
            400 if wanted.trouble else 200,
            entries=entries,
            accounts=await asyncio.to_thread(self._inbox.accounts.all),
            typed=wanted.typed,
            trouble=wanted.trouble,
            older=wanted.query(voor=str(entries[-1].id)) if is_more else None,
            newest=wanted.query() if before else None,
            export=wanted.query(),
        )

    async def export(self, request: Request, _visitor: Visitor) -> HTTPResponse:
        wanted = _Wanted(request)
        if wanted.trouble:
            raise NotFound
        zone = ZONES[current_practice().country]
        text = await asyncio.to_thread(self._csv, wanted.filter, zone)
        return response.raw(
            text.encode("utf-8-sig"),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="logboek.csv"'},
        )

    def _csv(self, wanted: Filter, zone: ZoneInfo) -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(
            [
                "nummer",
                "moment (UTC)",
                "account",
                "naam",
                "wat",
                "gesprek",
                "detail",
                "netwerkadres",
            ]
        )
        for number, entry in enumerate(self._inbox.audit.all(wanted, zone)):
            if number >= _MOST_EXPORTED:
                break
            row = [
                entry.id,
                entry.at.isoformat(timespec="seconds"),
                entry.account or "",
                entry.name,
                entry.said,
                entry.conversation or "",
                entry.detail,
                entry.source,
            ]
            writer.writerow([_harmless(str(cell)) for cell in row])
        return out.getvalue()


def _harmless(cell: str) -> str:
    # A spreadsheet would execute what begins like a formula.
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


class _Wanted:
    """The filter as it was asked for in the address."""

    def __init__(self, request: Request):
        names = ("persoon", "gesprek", "van", "tot")
        self.typed: Dict[str, str] = {
            name: request.args.get(name, "").strip()[:64] for name in names
        }
        self.trouble: Optional[str] = None
        self.filter = Filter()
        try:
            person, conversation = self.typed["persoon"], self.typed["gesprek"]
            if conversation and not is_conversation_id(conversation):
                raise NotFound
            self.filter = Filter(
                number_in(person) if person else None,
                conversation or None,
                _day(self.typed["van"]),
                _day(self.typed["tot"]),
            )
        except (NotFound, ValueError):
            self.trouble = "Dit filter kan ik niet lezen. Schrijf een dag als 2026-11-23."

    def query(self, **more: str) -> str:
        """The same filter for an address."""
        used = {name: value for name, value in self.typed.items() if value}
        return "?" + urlencode({**used, **more})


def _day(text: str) -> Optional[date]:
    return date.fromisoformat(text) if text else None
