"""Pages out of templates. Everything that is put into one is escaped."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Optional

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sanic import response
from sanic.response import HTTPResponse

from rasa_project.channels.web_files import WEB
from rasa_project.inbox import words
from rasa_project.inbox.access import Visitor
from rasa_project.settings import current_practice

ADDRESS = "/inbox"
TEMPLATES = WEB / "inbox" / "templates"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Jinja, with what every template may use."""
    made = Environment(
        loader=FileSystemLoader(str(TEMPLATES), encoding="utf-8"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["inbox"] = ADDRESS
    made.filters["role"] = words.role_name
    made.filters["day_and_time"] = words.day_and_time
    made.filters["time"] = words.time_of_day
    return made


def text_of(template: str, visitor: Optional[Visitor], **values: Any) -> str:
    """A template filled in.

    Args:
        template: Its file's name.
        visitor: Who sees it; None when nobody is logged in.
        values: What it shows.
    """
    practice = current_practice()
    return environment().get_template(template).render(visitor=visitor, practice=practice, **values)


def render(
    template: str, visitor: Optional[Visitor], status: int = 200, **values: Any
) -> HTTPResponse:
    """The response with a page; as :func:`text_of`."""
    return response.html(text_of(template, visitor, **values), status=status)
