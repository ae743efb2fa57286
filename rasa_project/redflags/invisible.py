"""Characters that show nothing, but break words apart for a program. Pure."""

from __future__ import annotations

import re

# What Unicode calls default ignorable (zero-width, soft hyphen, marks of direction, fillers,
# variation selectors, tags), and the marks of annotations. Patients send them without knowing:
# phones, translators and copied web pages put them into words.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """The text without what can't be seen."""
    return INVISIBLE.sub("", text)
