"""Read Telegram's HTML as strictly as Telegram does, or more."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, Dict, List, Tuple

_TYPES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "s": "strikethrough", "code": "code", "pre": "pre", "a": "text_link",
    "blockquote": "blockquote",
}  # fmt: skip


class BadHtml(ValueError):
    """Telegram would refuse it."""


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.entities: List[Dict[str, Any]] = []
        self.open: List[Tuple[str, Dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in _TYPES:
            raise BadHtml(f"Unsupported start tag {tag}")
        entity: Dict[str, Any] = {"type": _TYPES[tag], "offset": utf16(self.text)}
        if tag == "a":
            if [name for name, _ in attrs] != ["href"]:
                raise BadHtml("a without only href")
            entity["url"] = attrs[0][1]
        elif attrs:
            raise BadHtml(f"{tag} with attributes")
        self.open.append((tag, entity))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            raise BadHtml(f"Unmatched end tag {tag}")
        _, entity = self.open.pop()
        entity["length"] = utf16(self.text) - entity["offset"]
        if entity["length"]:
            self.entities.append(entity)

    def handle_data(self, data: str) -> None:
        if "<" in data or "&" in data:
            raise BadHtml(f"bare < or & in {data!r}")
        self.text += data

    def handle_entityref(self, name: str) -> None:
        known = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
        if name not in known:
            raise BadHtml(f"unknown entity {name}")
        self.text += known[name]

    def handle_charref(self, name: str) -> None:
        self.text += chr(int(name[1:], 16) if name[0] in "xX" else int(name))

    def handle_comment(self, data: str) -> None:
        raise BadHtml("comment")


def parse_html(text: str) -> Tuple[str, List[Dict[str, Any]]]:
    """The text without its form, and the form as entities."""
    if re.search(r"&(?!(?:lt|gt|amp|quot|#\d+|#[xX][0-9a-fA-F]+);)", text):
        raise BadHtml("bare &")
    parser = _Parser()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise BadHtml(f"no end tag for {parser.open[-1][0]}")
    return parser.text, sorted(parser.entities, key=lambda entity: entity["offset"])
