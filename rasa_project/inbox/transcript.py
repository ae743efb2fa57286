"""A conversation as the practice sees it: messages with alarm signs marked. Pure.

What comes out is plain data, for the page's template and for the script alike: neither
makes markup of a text.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Dict, Iterable, List, Mapping, Sequence, Tuple

from rasa_project.conversation.events import (
    ASSISTANT,
    JOINED,
    LEFT,
    NOTED,
    PATIENT,
    SYSTEM,
    THERAPIST,
)
from rasa_project.inbox.material import Event, Flag
from rasa_project.inbox.moments import day_of
from rasa_project.inbox.texts import InboxTexts
from rasa_project.inbox.words import time_of_day
from rasa_project.redflags.urgency import urgency_from

_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
Piece = Dict[str, Any]


def items(
    events: Sequence[Event], flags: Sequence[Flag], texts: InboxTexts, now: datetime
) -> List[Dict[str, Any]]:
    """Each event as it is shown.

    Args:
        events: In order.
        flags: All of the conversation.
        texts: The words.
        now: Decides what "vandaag" is.
    """
    of_message: Dict[int, List[Flag]] = {}
    for flag in flags:
        if flag.message is not None:
            of_message.setdefault(flag.message, []).append(flag)
    return [item(event, of_message.get(event.id, ()), texts, now) for event in events]


def item(event: Event, flags: Sequence[Flag], texts: InboxTexts, now: datetime) -> Dict[str, Any]:
    """One event as it is shown.

    Returns:
        ``kind`` is "message", "line" (somebody came or went) or "noted" (what only the
        practice sees); ``parts`` are paragraphs of pieces, each with ``text`` and, where
        an alarm sign stands, ``mark``; ``signs`` name the alarm signs.
    """
    shown: Dict[str, Any] = {
        "id": event.id,
        "at": event.at.isoformat(),
        "time": time_of_day(event.at),
        "day": day_of(event.at, now),
        "author": event.author,
        "who": _who(event, texts),
        "kind": "message",
        "parts": [],
        "buttons": _buttons(event),
        "alarm": event.content.get("alarm") or "",
        "client_id": event.client_id or "",
        "useful": event.useful,
        "signs": signs(flags, texts),
    }
    if event.kind in (JOINED, LEFT):
        shown["kind"] = "line"
        shown["parts"] = [[{"text": texts.lines[event.kind].format(wie=event.name or "")}]]
    elif event.kind == NOTED:
        shown["kind"] = "noted"
        shown["signs"] = signs(_noted(event), texts)
    elif event.author == PATIENT:
        shown["parts"] = [marked(event.text, flags, texts)]
    elif event.author in (ASSISTANT, SYSTEM):
        shown["parts"] = [pieces(text) for text in event.text.split("\n\n") if text.strip()]
    else:
        shown["parts"] = [[{"text": event.text}]]
    return shown


def is_shown(shown: Mapping[str, Any]) -> bool:
    """Whether there is anything to see of it: most messages for a human hold no alarm sign."""
    return shown["kind"] != "noted" or bool(shown["signs"])


def _who(event: Event, texts: InboxTexts) -> str:
    if event.author == THERAPIST:
        return event.name or ""
    return texts.authors.get(event.author, event.author)


def _buttons(event: Event) -> List[str]:
    parts = event.content.get("parts") or []
    return [button["title"] for part in parts for button in part.get("buttons") or []]


def _noted(event: Event) -> List[Flag]:
    return [
        Flag(event.at, str(one.get("flag", "")), "", str(one.get("urgency", "none")), 0, 0, None)
        for one in event.content.get("findings") or []
    ]


def signs(flags: Iterable[Flag], texts: InboxTexts) -> List[Dict[str, str]]:
    """Each alarm sign once, most urgent first, with its name and level in words."""
    by_flag: Dict[str, Flag] = {}
    for flag in flags:
        held = by_flag.get(flag.flag)
        if held is None or _rank(flag) > _rank(held):
            by_flag[flag.flag] = flag
    ordered = sorted(by_flag.values(), key=lambda flag: -_rank(flag))
    return [
        {
            "flag": flag.flag,
            "name": flag_name(flag.flag, texts),
            "urgency": flag.urgency,
            "level": texts.urgency.get(flag.urgency, flag.urgency),
        }
        for flag in ordered
    ]


def flag_name(flag: str, texts: InboxTexts) -> str:
    """A flag as people who treat call it."""
    return texts.flags.get(flag, flag)


def _rank(flag: Flag) -> int:
    return urgency_from(flag.urgency).rank


def marked(text: str, flags: Sequence[Flag], texts: InboxTexts) -> List[Piece]:
    """A message cut where alarm signs begin and end; together the pieces are the message.

    Args:
        text: As the patient wrote it.
        flags: What was found in it. Findings without a place, or with one that isn't in
            the text, mark nothing.
        texts: The names.
    """
    spans = [flag for flag in flags if 0 <= flag.start < flag.end <= len(text)]
    edges = sorted({0, len(text), *(flag.start for flag in spans), *(flag.end for flag in spans)})
    cut: List[Tuple[str, Tuple[str, ...], str, str]] = []
    for start, end in zip(edges, edges[1:], strict=False):
        here = [flag for flag in spans if flag.start <= start and end <= flag.end]
        found = signs(here, texts)
        key = tuple(sign["flag"] for sign in found)
        label = "; ".join(f"{sign['name']} ({sign['level']})" for sign in found)
        urgency = found[0]["urgency"] if found else ""
        if cut and cut[-1][1] == key:
            cut[-1] = (cut[-1][0] + text[start:end], key, label, urgency)
        else:
            cut.append((text[start:end], key, label, urgency))
    return [
        {"text": part, "mark": label, "urgency": urgency} if key else {"text": part}
        for part, key, label, urgency in cut
    ]


def pieces(text: str) -> List[Piece]:
    """A text of ours cut where bold begins and ends."""
    cut: List[Piece] = []
    end = 0
    for match in _BOLD.finditer(text):
        if match.start() > end:
            cut.append({"text": text[end : match.start()]})
        cut.append({"text": match[1], "strong": True})
        end = match.end()
    if end < len(text):
        cut.append({"text": text[end:]})
    return cut


def plain(shown: Mapping[str, Any]) -> str:
    """An item's text without what is marked in it."""
    return "\n\n".join("".join(piece["text"] for piece in part) for part in shown["parts"])
