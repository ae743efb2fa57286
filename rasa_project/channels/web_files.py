"""Serve files by an allow-list."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Dict, Mapping, NamedTuple, Optional, Tuple

WEB = Path(__file__).resolve().parent.parent / "web"
JAVASCRIPT, CSS = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
SVG, WAV = "image/svg+xml", "audio/wav"


class WebFile(NamedTuple):
    """A file as it is served.

    Attributes:
        content: Its bytes.
        mime_type: What it is.
        integrity: What a page may demand of it (``integrity="..."``).
        common_headers: What all files of its list carry.
    """

    content: bytes
    mime_type: str
    integrity: str
    common_headers: Mapping[str, str]

    @property
    def headers(self) -> Dict[str, str]:
        """What the response carries."""
        return {**self.common_headers, "ETag": f'"{self.integrity}"'}

    def is_known(self, if_none_match: Optional[str]) -> bool:
        """Whether the browser has this very content, by its ``If-None-Match`` header."""
        return f'"{self.integrity}"' in (if_none_match or "")


class AllowedFiles:
    """Reads files when they are asked for, and again when they changed.

    Args:
        folder: Where they stand.
        types: Which may be asked for, and what each is; everything else is not found,
            whatever else may stand in the folder.
        headers: What every response with one of them carries.
    """

    def __init__(self, folder: Path, types: Mapping[str, str], headers: Mapping[str, str]):
        self._folder = folder
        self._types = types
        self._headers = headers
        self._read: Dict[str, Tuple[Tuple[int, int], WebFile]] = {}

    def file(self, name: str) -> Optional[WebFile]:
        """A file of the list; None when it isn't one, or isn't there."""
        mime_type = self._types.get(name)
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
        file = WebFile(content, mime_type, _integrity(content), self._headers)
        self._read[name] = (state, file)
        return file


def _integrity(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")
