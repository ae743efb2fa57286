"""What one line of the log may hold: never what a patient wrote.

We know what our own code says. Of a library's sentence we keep what stands word for word in
that library's source, and numbers; what was filled in may be anything. Of an error we keep
its kind and the places in the code, and its text only where we know what such texts hold.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from rasa_project.errors import RuggesteunError
from rasa_project.privacy.pseudonym import pseudonym, without_conversations
from rasa_project.privacy.redaction import redact
from rasa_project.settings import PROJECT

# The conversation that this task works on; the formatter turns it into its name for logs.
conversation_now: ContextVar[Optional[str]] = ContextVar("conversation_now", default=None)
# On a record whose text was made safe before.
SAFE = "ruggesteun_safe"
LEFT_OUT = "(left out)"
_OURS = ("rasa_project", "actions", "__main__")
# The texts of these name code, not content.
_ABOUT_CODE = (AttributeError, NameError, ImportError, RecursionError, NotImplementedError)
# A bot's token, a password in an address, a token in a header.
_SECRET = re.compile(
    r"(?<!\d)\d{6,20}:[\w-]{20,}|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)|(?<=\bBearer )[\w.~+/-]{16,}",
    re.ASCII,
)
_FRAMES = 30
_CHAIN = 5
_LONGEST = 2_000


class SafeFormatter(logging.Formatter):
    """Writes records as one line of text with a traceback below, or as one line of JSON.

    Args:
        as_json: Which of the two.
        key: Of the names of conversations.

    Attributes:
        libraries_speak: Whether libraries may say anything: only while nobody writes yet.
    """

    def __init__(self, as_json: bool = False, key: str = ""):
        super().__init__()
        self._as_json = as_json
        self._key = key
        self.libraries_speak = True

    def format(self, record: logging.LogRecord) -> str:
        """The line (Python's interface); it never raises, and then shows nothing."""
        try:
            line = self._line(record)
            return json.dumps(line, ensure_ascii=False) if self._as_json else _as_text(line)
        except Exception:  # noqa: BLE001 - Python would print the record as it is
            return f"{record.levelname} {record.name}: a line could not be written {LEFT_OUT}"

    def _line(self, record: logging.LogRecord) -> Dict[str, Any]:
        line: Dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname,
            "logger": record.name,
            "message": self._clean(self._message(record)),
        }
        conversation = conversation_now.get()
        if conversation is not None:
            line["conversation"] = pseudonym(conversation, self._key)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["errors"] = [self._error(one) for one in _chain(error)]
        return line

    def _message(self, record: logging.LogRecord) -> str:
        if is_ours(record.name):
            arguments = record.args
            if isinstance(arguments, tuple):
                arguments = tuple(_speaking_of(argument) for argument in arguments)
            return str(record.msg) % arguments if arguments else str(record.msg)
        if self.libraries_speak or getattr(record, SAFE, False):
            return record.getMessage()
        place = f"({_place(record.pathname)}:{record.lineno})"
        return f"{_of_a_library(record)} {place}"

    def _error(self, error: BaseException) -> Dict[str, Any]:
        said = what_it_says(error)
        if not said and self.libraries_speak:
            said = str(error)
        return {
            "kind": f"{type(error).__module__}.{type(error).__qualname__}",
            "says": self._clean(said),
            "at": _places(error),
        }

    def _clean(self, text: str) -> str:
        one_line = _SECRET.sub(LEFT_OUT, " ".join(text.split())[:_LONGEST])
        return redact(without_conversations(one_line, self._key))


def is_ours(logger: str) -> bool:
    """Whether a logger belongs to this project."""
    return logger.split(".", 1)[0] in _OURS


def what_it_says(error: BaseException) -> str:
    """The text of an error where such texts can't hold what a patient wrote; or nothing."""
    if isinstance(error, (RuggesteunError, *_ABOUT_CODE)):
        return str(error)
    if isinstance(error, OSError):
        return error.strerror or ""
    # Databases put values into their texts, but not into their codes.
    code = getattr(error, "pgcode", None)
    if code:
        return f"SQLSTATE {code}"
    if type(error).__module__ == "sqlite3":
        return str(error)
    return ""


def _speaking_of(argument: Any) -> Any:
    """An error that is part of a sentence of ours says only what is known to be harmless."""
    if not isinstance(argument, BaseException):
        return argument
    return what_it_says(argument) or type(argument).__name__


def _of_a_library(record: logging.LogRecord) -> str:
    template = str(record.msg)
    if not _stands_in(template, record.pathname):
        return LEFT_OUT
    if not record.args:
        return template
    arguments = record.args if isinstance(record.args, tuple) else (record.args,)
    shown = tuple(one if isinstance(one, (int, float)) else LEFT_OUT for one in arguments)
    try:
        return template % shown
    except (TypeError, ValueError):
        return template


@lru_cache(maxsize=256)
def _source(file: str) -> str:
    try:
        return Path(file).read_text("utf-8", "replace")
    except OSError:
        return ""


def _stands_in(sentence: str, file: str) -> bool:
    return bool(sentence) and sentence in _source(file)


def _chain(error: BaseException) -> List[BaseException]:
    """An error and what it came from, the latest first."""
    chain: List[BaseException] = []
    one: Optional[BaseException] = error
    while one is not None and one not in chain and len(chain) < _CHAIN:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return chain


def _places(error: BaseException) -> List[str]:
    frames: List[Tuple[Any, int]] = list(traceback.walk_tb(error.__traceback__))[-_FRAMES:]
    return [
        f"{_place(frame.f_code.co_filename)}:{line} in {frame.f_code.co_name}"
        for frame, line in frames
    ]


def _place(file: str) -> str:
    path = Path(file)
    if path.is_relative_to(PROJECT) and "site-packages" not in path.parts:
        return str(path.relative_to(PROJECT))
    return "/".join(path.parts[-3:])


def _as_text(line: Dict[str, Any]) -> str:
    about = f" [{line['conversation']}]" if "conversation" in line else ""
    lines = [f"{line['time']} {line['level']} {line['logger']}{about}: {line['message']}"]
    for error in line.get("errors", ()):
        lines.append("Traceback (most recent call last; the texts of errors are left out):")
        lines += [f"  {place}" for place in error["at"]]
        lines.append(f"{error['kind']}: {error['says'] or LEFT_OUT}")
    return "\n".join(lines)
