"""Read a ``.env`` file: lines of NAME=value, as a practice's IT supplier knows them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict

_LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")
_QUOTED = re.compile(r"""^(["'])(.*?)\1\s*(?:#.*)?$""")
_COMMENT = re.compile(r"(?:^|\s+)#.*$")


def read_env_file(path: Path) -> Dict[str, str]:
    """The settings in a file; none when it isn't there or can't be read.

    Lines that are no setting are left out without a word: a secret may stand in them.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    found = (_LINE.match(line) for line in lines)
    return {match[1]: _value(match[2]) for match in found if match}


def _value(text: str) -> str:
    quoted = _QUOTED.match(text)
    return quoted[2] if quoted else _COMMENT.sub("", text)
