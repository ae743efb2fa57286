"""The pages and files of the website's chat."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Optional

from rasa_project.channels.web_files import CSS, JAVASCRIPT, SVG, WEB, AllowedFiles
from rasa_project.practice import Practice

SCRIPT = "ruggesteun.js"
# Only these, whatever else may stand in the folder.
_SCRIPTS = (SCRIPT, "page.js", "demo.js", "embed.js", "embed-snippet.js")
_STYLES = ("ruggesteun.css", "page.css", "demo.css", "embed.css")
_PICTURES = ("icon.svg", "demo-stones.svg", "demo-anna.svg", "demo-karim.svg")
# What may be asked for; everything else is not found.
_TYPES = {
    **dict.fromkeys(_SCRIPTS, JAVASCRIPT),
    **dict.fromkeys(_STYLES, CSS),
    **dict.fromkeys(_PICTURES, SVG),
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


class WebFiles(AllowedFiles):
    """The files of the chat, and its pages.

    Args:
        folder: Where they stand.
    """

    def __init__(self, folder: Path = WEB):
        super().__init__(folder, _TYPES, _FILE_HEADERS)

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
