"""The pages and files of the website's chat."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path
from typing import Dict, NamedTuple, Optional, Tuple

from rasa_project.practice import Practice

WEB = Path(__file__).resolve().parent.parent / "web"
SCRIPT = "ruggesteun.js"
# Only these, whatever else may stand in the folder.
_SCRIPTS = (SCRIPT, "page.js", "demo.js", "embed.js", "embed-snippet.js")
_STYLES = ("ruggesteun.css", "page.css", "demo.css", "embed.css")
_PICTURES = ("icon.svg", "demo-stones.svg", "demo-anna.svg", "demo-karim.svg")
# What may be asked for; everything else is not found.
_TYPES = {
    **dict.fromkeys(_SCRIPTS, "text/javascript; charset=utf-8"),
    **dict.fromkeys(_STYLES, "text/css; charset=utf-8"),
    **dict.fromkeys(_PICTURES, "image/svg+xml"),
}
_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Browsers ask each time whether it changed: an old script beside a new page would
    # be refused, because its integrity differs.
    "Cache-Control": "no-cache",
}
PAGE_HEADERS = {
    **_COMMON,
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
# The website of a practice loads them from here.
_FILE_HEADERS = {
    **_COMMON,
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class WebFile(NamedTuple):
    """A file as it is served.

    Attributes:
        content: Its bytes.
        mime_type: What it is.
        integrity: What a page may demand of it (``integrity="..."``).
    """

    content: bytes
    mime_type: str
    integrity: str

    @property
    def headers(self) -> Dict[str, str]:
        """What the response carries."""
        return {**_FILE_HEADERS, "ETag": f'"{self.integrity}"'}

    def is_known(self, if_none_match: Optional[str]) -> bool:
        """Whether the browser has this very content, by its ``If-None-Match`` header."""
        return f'"{self.integrity}"' in (if_none_match or "")


class WebFiles:
    """Reads files when they are asked for, and again when they changed."""

    def __init__(self, folder: Path = WEB):
        self._folder = folder
        self._read: Dict[str, Tuple[Tuple[int, int], WebFile]] = {}

    def file(self, name: str) -> Optional[WebFile]:
        """A file of the list above; None when it isn't one, or isn't there."""
        mime_type = _TYPES.get(name)
        if mime_type is None:
            return None
        path = self._folder / name
        try:
            status = path.stat()
            state = (status.st_mtime_ns, status.st_size)
            known = self._read.get(name)
            if known is not None and known[0] == state:
                return known[1]
            content = path.read_bytes()
        except OSError:
            return None
        file = WebFile(content, mime_type, _integrity(content))
        self._read[name] = (state, file)
        return file

    @property
    def script_integrity(self) -> str:
        """The integrity of the chat's script; empty when it wasn't built."""
        script = self.file(SCRIPT)
        return script.integrity if script else ""

    def page(self, name: str, practice: Practice) -> Optional[str]:
        """A page with its placeholders filled in; None when it isn't there.

        Args:
            name: Without ``.html``.
            practice: Whose name and number it shows.
        """
        try:
            page = (self._folder / f"{name}.html").read_text("utf-8")
        except OSError:
            return None
        values = {
            "integrity": self.script_integrity,
            "practice_name": practice.name,
            "phone": practice.phone,
            "phone_link": phone_link(practice.phone),
        }
        pattern = "|".join(values)
        return re.sub(rf"{{{{({pattern})}}}}", lambda match: html.escape(values[match[1]]), page)


def phone_link(phone: str) -> str:
    """A phone number as a link dials it: digits, and a + in front."""
    # In "+31 (0)10 ..." the zero is only dialled within the country.
    return re.sub(r"[^0-9+]", "", phone.replace("(0)", ""))


def _integrity(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")
