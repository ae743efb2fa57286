"""`make size`: what a practice's website loads for the chat, gzipped."""

from __future__ import annotations

import gzip
import sys
from typing import Dict

from rasa_project.settings import PROJECT

WEB = PROJECT / "rasa_project" / "web"
MOST_BYTES = 15_000
# The one file that the snippet loads. ruggesteun.css is only for browsers without
# constructable stylesheets, which load both.
LOADED = ("ruggesteun.js",)
OLD_BROWSERS = ("ruggesteun.js", "ruggesteun.css")


def sizes() -> Dict[str, int]:
    """Bytes after gzip -9, by file."""
    return {
        name: len(gzip.compress((WEB / name).read_bytes(), 9, mtime=0)) for name in OLD_BROWSERS
    }


def main() -> int:
    """Print the sizes; 1 when they are over the budget."""
    found = sizes()
    for name, size in found.items():
        print(f"{name:16} {size:7,} bytes gzipped")
    total = sum(found[name] for name in LOADED)
    oldest = sum(found[name] for name in OLD_BROWSERS)
    print(f"{'the snippet':16} {total:7,} of at most {MOST_BYTES:,}")
    print(f"{'old browsers':16} {oldest:7,} (without constructable stylesheets, both files)")
    return int(total > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
