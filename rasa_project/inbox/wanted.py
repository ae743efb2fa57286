"""What somebody looks at in the queue, from the address of the page."""

from __future__ import annotations

from datetime import date
from typing import Optional

from sanic.request import Request

from rasa_project.inbox.queue import TABS, WAITING, Wanted
from rasa_project.inbox.search import MOST_CHARACTERS
from rasa_project.redflags.urgency import urgency_from


def wanted_in(request: Request) -> Wanted:
    """What somebody looks at, from the address; what can't be read counts as not given."""

    def value(name: str, most: int = MOST_CHARACTERS) -> str:
        return str(request.args.get(name) or "")[:most].replace("\0", " ").strip()

    tab = value("tab")
    return Wanted(
        tab=tab if tab in TABS else WAITING,
        search=value("zoek"),
        channel=value("kanaal", 16),
        urgency=urgency_from(value("urgentie")),
        first_day=_day(value("van")),
        last_day=_day(value("tot")),
        page=_number(value("pagina")),
    )


def _day(text: str) -> Optional[date]:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Years that can be moved to another time zone.
    return day if 2000 <= day.year <= 2200 else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 6 else 1
