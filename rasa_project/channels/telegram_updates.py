"""From an update of Telegram to what is meant by it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple

from rasa_project.channels.typed_text import storable

SAID, EDITED, PRESSED, COMMAND, UNREADABLE = "said", "edited", "pressed", "command", "unreadable"
GROUP, BLOCKED, UNBLOCKED, NOTHING = "group", "blocked", "unblocked", "nothing"
WANTED = ("message", "edited_message", "callback_query", "my_chat_member")
START, HELP, HUMAN, PRIVACY, EXPORT, ERASE = (
    "start", "help", "mens", "privacy", "export", "verwijder",
)  # fmt: skip
COMMANDS: Tuple[str, ...] = (HELP, HUMAN, PRIVACY, EXPORT, ERASE, START)
# Of a therapist, who is told of waiting patients there; patients aren't shown it.
STOP_TELLING = "stop_meldingen"
# What a message may hold instead of text; the rest is about the chat itself, not for us.
# An animation and a venue come with the older field beside them, so they stand first.
KINDS = (
    "animation", "venue", "photo", "voice", "audio", "video", "video_note", "sticker",
    "document", "contact", "location", "poll", "dice", "story", "game", "paid_media",
)  # fmt: skip

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]+)?(?:\s+(.*))?", re.DOTALL)
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SLASHES = re.compile(r"^[/\s]+")


@dataclass(frozen=True)
class Update:
    """What an update means.

    Attributes:
        id: Telegram's number of it.
        kind: One of the kinds above.
        chat: The chat's id; 0 when there is none.
        message: The message's id in that chat; 0 when there is none.
        text: What was said; the caption of a picture; a command's name; a button's id.
        argument: What stands behind a command, or which kind can't be read.
        query: The id of a press, to be confirmed.
        shown: The message under which a button was pressed, as Telegram gives it.
    """

    id: int
    kind: str = NOTHING
    chat: int = 0
    message: int = 0
    text: str = ""
    argument: str = ""
    query: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What the patient wrote in it, if anything."""
        return self.text if self.kind in (SAID, EDITED, UNREADABLE) else ""


def update_id(raw: Any) -> Optional[int]:
    """The number of an update; None when it is none."""
    number = raw.get("update_id") if isinstance(raw, dict) else None
    return number if _is_number(number) else None


def read_update(raw: Mapping[str, Any]) -> Update:
    """Read one update; what isn't for us is nothing.

    Args:
        raw: Has an ``update_id``; the rest may hold anything.
    """
    number = int(raw["update_id"])
    query = _object(raw, "callback_query")
    if query:
        return _pressed(number, query)
    change = _object(raw, "my_chat_member")
    if change:
        return _change(number, change)
    for name in ("message", "edited_message"):
        message = _object(raw, name)
        if message:
            return _message(number, message, is_edit=name == "edited_message")
    return Update(number)


def _message(number: int, message: Mapping[str, Any], is_edit: bool) -> Update:
    chat = _object(message, "chat")
    chat_id, message_id = chat.get("id"), message.get("message_id")
    if not _is_number(chat_id) or not _is_number(message_id):
        return Update(number)
    about: Dict[str, Any] = {"id": number, "chat": chat_id, "message": message_id}
    if chat.get("type") != "private":
        is_group = chat.get("type") in ("group", "supergroup") and not is_edit
        return Update(**about, kind=GROUP) if is_group else Update(number)
    if _object(message, "from").get("is_bot") is True:
        return Update(number)
    text = _text(message, "text")
    kind = next((name for name in KINDS if message.get(name)), "")
    if is_edit:
        words = text or _text(message, "caption")
        return Update(**about, kind=EDITED, text=_without_slash(words)) if words else Update(number)
    if text:
        return _said(about, text)
    if kind:
        caption = _without_slash(_text(message, "caption"))
        return Update(**about, kind=UNREADABLE, text=caption, argument=kind)
    return Update(number)


def _said(about: Dict[str, Any], text: str) -> Update:
    match = _COMMAND.fullmatch(text)
    name = match[1].lower() if match else ""
    argument = (match[2] or "").strip() if match else ""
    # What stands behind a command is read: "/help ik kan niet meer plassen".
    is_payload = name == START and _PAYLOAD.fullmatch(argument)
    if name in (*COMMANDS, STOP_TELLING) and (not argument or is_payload):
        return Update(**about, kind=COMMAND, text=name, argument=argument)
    return Update(**about, kind=SAID, text=_without_slash(text))


def _pressed(number: int, query: Mapping[str, Any]) -> Update:
    shown = _object(query, "message")
    chat = _object(shown, "chat")
    chat_id, message_id = chat.get("id"), shown.get("message_id")
    if not isinstance(query.get("id"), str):
        return Update(number)
    if chat.get("type") != "private" or not _is_number(chat_id) or not _is_number(message_id):
        # Its spinner is stopped all the same.
        return Update(number, query=query["id"])
    return Update(
        number,
        PRESSED,
        int(chat_id or 0),
        int(message_id or 0),
        text=_text(query, "data"),
        query=query["id"],
        shown=shown,
    )


def _change(number: int, change: Mapping[str, Any]) -> Update:
    chat = _object(change, "chat")
    status = _object(change, "new_chat_member").get("status")
    if chat.get("type") != "private" or not _is_number(chat.get("id")):
        return Update(number)
    kind = BLOCKED if status == "kicked" else UNBLOCKED if status == "member" else NOTHING
    return Update(number, kind, chat["id"])


def _without_slash(text: str) -> str:
    # A slash alone is kept: it is then answered that it holds no question.
    return _SLASHES.sub("", text) or text


def _text(place: Mapping[str, Any], name: str) -> str:
    value = place.get(name)
    return storable(value) if isinstance(value, str) else ""


def _object(place: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = place.get(name)
    return value if isinstance(value, dict) else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
