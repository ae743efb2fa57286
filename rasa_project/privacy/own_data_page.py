"""The page on which a patient reads what is kept of them: one file, nothing is loaded by it."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Dict, List, Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from rasa_project.channels.web_files import WEB
from rasa_project.conversation.events import ASSISTANT, JOINED, LEFT, PATIENT, SYSTEM
from rasa_project.inbox.texts import inbox_texts
from rasa_project.inbox.transcript import flag_name, pieces
from rasa_project.inbox.words import day_and_time
from rasa_project.privacy.consent_texts import consent_texts, said

TEMPLATE = "own_data.html"
_AUTHORS = {PATIENT: "Jij", ASSISTANT: "Computerprogramma", SYSTEM: "Computerprogramma"}
_LINES = {JOINED: "deed mee aan het gesprek", LEFT: "ging weg uit het gesprek"}
_CHANNELS = {"website": "de chat op de website", "telegram": "Telegram"}
_THUMBS = {None: "", True: "nuttig", False: "niet nuttig"}
_STEPS = {"done": "klaar", "stopped": "gestopt", "offer": "aangeboden"}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(str(WEB), encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = _moment
    made.filters["formed"] = _formed
    return made


def as_page(data: Mapping[str, Any]) -> str:
    """The page of what :func:`rasa_project.privacy.own_data.own_data` found."""
    texts = consent_texts().page
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            data=data,
            channel=_CHANNELS.get(data["conversation"]["channel"], data["conversation"]["channel"]),
            title=said(texts.title),
            intro=said(texts.intro),
            kept=said(texts.kept),
            left_out=said(texts.left_out),
            messages=[_shown(message) for message in data["messages"]],
            alarms=_alarms(data),
            changes=_changes(data),
            steps=_STEPS,
        )
    )


def _shown(message: Mapping[str, Any]) -> Dict[str, Any]:
    who = message.get("name") or _AUTHORS.get(message["author"], message["author"])
    return {
        "buttons": [],
        "alarm": "",
        **message,
        "who": who,
        "text": message["text"] or _LINES.get(message["kind"], ""),
        "mine": message["author"] == PATIENT,
        "thumb": _THUMBS[message.get("found_useful")],
    }


def _alarms(data: Mapping[str, Any]) -> List[Dict[str, Any]]:
    texts = inbox_texts()
    return [
        {
            "at": flag["at"],
            "name": flag_name(flag["flag"], texts),
            "level": texts.urgency.get(flag["urgency"], flag["urgency"]),
        }
        for flag in data["alarm_signs"]
    ]


def _changes(data: Mapping[str, Any]) -> List[Dict[str, str]]:
    texts = inbox_texts()
    return [
        {
            "at": change["at"],
            "said": texts.states.get(change["to"], change["to"]).format(
                wie=change["who"] or "een mens"
            ),
            "why": texts.why(change["why"]),
        }
        for change in data["who_had_it"]
    ]


def _moment(text: str) -> str:
    return day_and_time(datetime.fromisoformat(text))


def _formed(text: str) -> Markup:
    """A text with its bold and its lines; nothing else of it becomes markup."""
    lines = [
        Markup("").join(
            Markup("<strong>{}</strong>").format(piece["text"])
            if piece.get("strong")
            else escape(piece["text"])
            for piece in pieces(line)
        )
        for line in text.split("\n")
    ]
    return Markup("<br>").join(lines)
