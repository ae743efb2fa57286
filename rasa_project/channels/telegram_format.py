"""From an event of a conversation to messages that Telegram takes. Pure."""

from __future__ import annotations

import html
import re
from typing import Any, List, Mapping, NamedTuple, Sequence, Tuple

from rasa_project.conversation.events import JOINED, LEFT, THERAPIST
from rasa_project.names import INTENT_SOURCES
from rasa_project.practice import Country

# Telegram counts as JavaScript does: an emoji is two.
MOST_UNITS = 4_096
EXPORT = "export"
_COUNTRY_CODES = {"NL": "+31", "BE": "+32"}
_SOURCES = "Bronnen: "
_REVIEW = re.compile(r"(?:Concept: |Nagekeken op ).*", re.DOTALL)
_EMERGENCY = r"112|113|0800[ -]?0113|1813|1733|070[ -]?245[ -]?245"
# The same pieces as the website's chat finds (web/widget/src/format.js).
_PIECE = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*"
    r"|(?P<web>https://[^\s<>\"]*[^\s<>\".,;:?)])"
    rf"|(?<![\w.,+€-])(?<!€ )(?P<number>{_EMERGENCY})(?![\w%]|[-.,:]\w)"
    r"|^_(?P<small>[^_\n]+)_$",
    re.MULTILINE,
)
_BULLET = re.compile(r"^[-•] ", re.MULTILINE)
# Where a text that is too long is best cut, from good to bad; the last cuts anywhere.
_BORDERS = ("\n\n", "\n", r"(?<=[.!?…:])\s+", r"\s+")


class Button(NamedTuple):
    """A button: what it says, and what pressing it tells the assistant."""

    title: str
    payload: str


class Outgoing(NamedTuple):
    """One message.

    Attributes:
        text: As it is read, with ``**bold**`` in it.
        buttons: Under it, one a row.
    """

    text: str
    buttons: Tuple[Button, ...] = ()

    @property
    def html(self) -> str:
        """As Telegram's HTML."""
        return to_html(self.text)

    @property
    def plain(self) -> str:
        """Without any form, for when Telegram should refuse the HTML."""
        return self.text.replace("**", "")


class Look(NamedTuple):
    """What the form of a message depends on.

    Attributes:
        country: The practice's.
        phones: Numbers that are made so that they can be tapped.
        alarms: The heading above an alarm, by its level.
        joined: Said of a therapist who comes in.
        left: Said of a therapist who goes.
        left_to: The same, when it isn't the assistant who goes on.
    """

    country: Country
    phones: Sequence[str]
    alarms: Mapping[str, str]
    joined: str
    left: str
    left_to: Mapping[str, str] = {}


def outgoing(event: Mapping[str, Any], look: Look) -> List[Outgoing]:
    """The messages of one event; none when there is nothing to show.

    Args:
        event: As :func:`rasa_project.conversation.events.shown` makes it.
        look: How they are to look.
    """
    if event["author"] == THERAPIST:
        return _split(_of_therapist(event, look), ())
    parts = event["parts"]
    buttons = tuple(
        Button(button["title"], button["payload"]) for part in parts for button in part["buttons"]
    )
    text = "\n\n".join(part["text"].strip() for part in parts if part["text"].strip())
    if any(button.payload == f"/{INTENT_SOURCES}" for button in buttons):
        text = _sources_behind_the_button(text)
    text = tappable(text, look.phones, look.country)
    if event["alarm"]:
        text = _unmissable(text, look.alarms[event["alarm"]])
    # A keyboard can't stand alone.
    return _split(text or ("…" if buttons else ""), buttons)


def _of_therapist(event: Mapping[str, Any], look: Look) -> str:
    name = f"**{(event['name'] or '').replace('*', '')}**"
    if event["kind"] == JOINED:
        return f"{name} {look.joined}"
    if event["kind"] == LEFT:
        return f"{name} {look.left_to.get(event.get('to') or '', look.left)}"
    return f"{name}:\n{event['text'] or ''}"


def _unmissable(text: str, heading: str) -> str:
    first, gap, rest = text.partition("\n\n")
    lines = [line if not line or "*" in line else f"**{line}**" for line in first.split("\n")]
    return f"**{heading}**\n\n" + "\n".join(lines) + gap + rest


def _sources_behind_the_button(text: str) -> str:
    """Leave the sources out, but never whether the text was reviewed."""
    paragraphs = []
    for paragraph in text.split("\n\n"):
        if paragraph.startswith(_SOURCES):
            review = _REVIEW.search(paragraph)
            paragraph = f"_{review[0]}_" if review else ""
        if paragraph:
            paragraphs.append(paragraph)
    return "\n\n".join(paragraphs)


def international(phone: str, country: Country) -> str:
    """A number as Telegram makes it tappable: +31101234567."""
    digits = re.sub(r"[^0-9+]", "", phone.replace("(0)", ""))
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return _COUNTRY_CODES[country] + digits[1:] if digits.startswith("0") else digits


def tappable(text: str, phones: Sequence[str], country: Country) -> str:
    """Put the international form behind a practice's numbers."""
    for phone in dict.fromkeys(phones):
        number = international(phone, country)
        # 0800 and 0900 can't be called that way.
        if not phone or not number.startswith("+") or re.match(r"0[89]00", phone):
            continue
        full = number if re.sub(r"[^0-9+]", "", phone) == number else f"{phone} ({number})"
        text = re.sub(rf"(?<!\d){re.escape(phone)}(?!\d)", full, text)
    return text


def to_html(text: str) -> str:
    """A text in Telegram's HTML: bold, lists, links; everything else stands for itself."""
    text = _BULLET.sub("• ", text)
    said, end = [], 0
    for match in _PIECE.finditer(text):
        said.append(html.escape(text[end : match.start()], quote=False))
        end = match.end()
        shown = html.escape(match[match.lastgroup or 0], quote=True)
        if match.lastgroup == "web":
            said.append(f'<a href="{shown}">{shown}</a>')
        else:
            tag = "i" if match.lastgroup == "small" else "b"
            said.append(f"<{tag}>{shown}</{tag}>")
    said.append(html.escape(text[end:], quote=False))
    return "".join(said)


def units(text: str) -> int:
    """How long a text is as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _split(text: str, buttons: Tuple[Button, ...]) -> List[Outgoing]:
    pieces = split(text)
    return [
        Outgoing(piece, buttons if number == len(pieces) else ())
        for number, piece in enumerate(pieces, start=1)
    ]


def split(text: str, most: int = MOST_UNITS) -> List[str]:
    """Cut a text in pieces that Telegram takes: between paragraphs, sentences, or words."""
    return [piece for piece in _cut(text.strip(), most, 0) if piece.strip()]


def _cut(text: str, most: int, border: int) -> List[str]:
    if units(text) <= most:
        return [text]
    if border == len(_BORDERS):
        return _cut_anywhere(text, most)
    pieces: List[str] = []
    gap = ""
    # With the border itself between the pieces, to put back what stays together.
    for index, piece in enumerate(re.split(f"({_BORDERS[border]})", text)):
        if index % 2:
            gap = piece
        elif pieces and units(pieces[-1] + gap + piece) <= most:
            pieces[-1] += gap + piece
        else:
            pieces.extend(_cut(piece, most, border + 1))
    return pieces


def _cut_anywhere(text: str, most: int) -> List[str]:
    pieces, piece, length = [], "", 0
    for char in text:
        length += units(char)
        if length > most:
            pieces.append(piece)
            piece, length = "", units(char)
        piece += char
    return [*pieces, piece]
