"""What the channel on Telegram itself says, as events of a conversation."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Tuple

from rasa_project.channels.telegram_format import Look
from rasa_project.conversation.texts import filled, texts
from rasa_project.settings import current_practice

# What the two buttons of the question before erasing tell us. No patient can send them.
ERASE_YES, ERASE_NO = "telegram:erase", "telegram:keep"
# Kinds of messages that are told about in the same words; the rest is "other".
_LIKE = {
    "animation": "video",
    "video_note": "video",
    "audio": "voice",
    "venue": "location",
    "paid_media": "photo",
}
# Lines of texts.yml end where the file is wide enough; only lists and paragraphs are meant.
_WRAP = re.compile(r"(?<!\n)\n(?!\n|- )")


def notice(*paragraphs: str, buttons: Tuple[Tuple[str, str], ...] = ()) -> Dict[str, Any]:
    """The content of an event that says something.

    Args:
        paragraphs: As they stand in texts.yml.
        buttons: Title and payload of each.
    """
    text = "\n\n".join(said(paragraph) for paragraph in paragraphs)
    shown = [{"title": title, "payload": payload} for title, payload in buttons]
    return {"parts": [{"text": text, "buttons": shown}], "alarm": "", "outcome": None, "topics": []}


def said(text: str) -> str:
    """A sentence of texts.yml with everything filled in."""
    return _WRAP.sub(" ", filled(text))


def intro() -> Dict[str, Any]:
    """What a patient reads before the first answer."""
    address = current_practice().chat_address
    paragraphs = [texts().telegram.intro]
    content = notice(*paragraphs)
    if address:
        # Not filled in: an address may hold braces.
        content["parts"][0]["text"] += f"\n\n{said(texts().telegram.website_chat)} {address}"
    return content


def unreadable(kind: str, has_caption: bool) -> Dict[str, Any]:
    """What is said to a message that isn't text."""
    known = texts().telegram.unreadable
    kind = _LIKE.get(kind, kind)
    more = [texts().telegram.caption] if has_caption else []
    return notice(known.get(kind, known["other"]), *more)


def erase_question() -> Dict[str, Any]:
    """Whether everything must really go."""
    ours = texts().telegram
    buttons = ((said(ours.erase_yes), ERASE_YES), (said(ours.erase_no), ERASE_NO))
    return notice(ours.erase_ask, buttons=buttons)


def commands() -> List[Dict[str, str]]:
    """The commands with their descriptions, as Telegram shows them."""
    return [
        {"command": name, "description": said(text)}
        for name, text in texts().telegram.commands.items()
    ]


def look() -> Look:
    """How messages of this practice look."""
    practice = current_practice()
    phones = [practice.phone, practice.local_out_of_hours_phone]
    ours = texts().telegram
    return Look(
        practice.country,
        [phone for phone in phones if phone],
        {level: said(heading) for level, heading in ours.alarm.items()},
        said(ours.joined),
        said(ours.left),
        {to: said(text) for to, text in ours.left_to.items()},
    )
