"""What the server logs: warnings and errors, never a patient's words (docs/privacy.md)."""

from __future__ import annotations

import asyncio
import functools
import logging
import sys
import threading
import warnings
from contextlib import contextmanager
from typing import Any, Awaitable, Callable, Dict, Iterator, List, MutableMapping, Tuple, TypeVar

import structlog

from rasa_project.log_lines import SAFE, SafeFormatter, conversation_now

# Of Rasa's structured events: what can't hold what a patient wrote or said.
_HARMLESS = frozenset({"action_name", "policy_name", "component", "model", "port", "code"})
JSON = "json"
Result = TypeVar("Result")
# The formatters of this process, so that libraries can be silenced later.
_formatters: List[SafeFormatter] = []
logger = logging.getLogger(__name__)


def _rendered(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> Tuple[Tuple[str], Dict[str, Any]]:
    """The name of a structured event with what is harmless of it; the rest isn't looked at."""
    kept = [f"{key}={event[key]}" for key in sorted(_HARMLESS & set(event))]
    text = " ".join([str(event.get("event", "")).replace("%", "%%"), *kept])
    # Rasa's names of events have no blanks; anything else may be a sentence with content.
    safe = " " not in str(event.get("event", ""))
    return (text,), {"exc_info": event.get("exc_info"), "extra": {SAFE: safe}}


def hide_warnings() -> None:
    """Keep Python's warnings off the screen; call it before Rasa is imported.

    Filters don't hold: some of Rasa's libraries put them back when they are imported.
    """

    def say_nothing(*_args: Any, **_kwargs: Any) -> None:
        """Deprecations inside pinned libraries are nothing an operator can act on."""

    warnings.showwarning = say_nothing


def configure_logs(form: str = "text", key: str = "") -> None:
    """Set up logging for the serving process.

    Args:
        form: ``text`` or ``json``.
        key: Of the names of conversations; see :mod:`rasa_project.privacy.pseudonym`.
    """
    hide_warnings()
    formatter = SafeFormatter(form == JSON, key)
    _formatters.append(formatter)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Python would print a record that it can't write, with all that is in it.
    logging.raiseExceptions = False
    # Sanic has handlers and levels of its own where somebody made a server before.
    for name in ("sanic.root", "sanic.error", "sanic.access", "sanic.server"):
        sanic = logging.getLogger(name)
        sanic.handlers.clear()
        sanic.setLevel(logging.NOTSET)
        sanic.propagate = True
    # TensorFlow and matplotlib speak of things that don't matter here.
    for name in ("tensorflow", "matplotlib", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _rendered],
        logger_factory=structlog.stdlib.LoggerFactory(),
        # What isn't logged is not made ready for it either.
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=True,
    )
    _log_what_nobody_caught()


def silence_libraries() -> None:
    """From now on patients may write: libraries' sentences are kept only as far as safe."""
    for formatter in _formatters:
        formatter.libraries_speak = False


def _log_what_nobody_caught() -> None:
    """Python prints uncaught errors with their texts; the log has a form for them."""

    def of_program(_kind: Any, error: BaseException, _trace: Any) -> None:
        if not isinstance(error, KeyboardInterrupt):
            logger.critical("Nobody caught an error.", exc_info=error)

    def of_thread(caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None and not isinstance(caught.exc_value, SystemExit):
            logger.critical("Nobody caught an error in a thread.", exc_info=caught.exc_value)

    def of_deletion(caught: Any) -> None:
        if caught.exc_value is not None:
            logger.error("An error while tidying up.", exc_info=caught.exc_value)

    sys.excepthook = of_program
    threading.excepthook = of_thread
    sys.unraisablehook = of_deletion


@contextmanager
def talking_of(conversation: str) -> Iterator[None]:
    """What is logged in this block bears the conversation's name for logs."""
    before = conversation_now.set(conversation)
    try:
        yield
    finally:
        conversation_now.reset(before)


def about_conversation(
    run: Callable[..., Awaitable[Result]],
) -> Callable[..., Awaitable[Result]]:
    """For a method of (text, conversation): what it logs bears the conversation's name."""

    @functools.wraps(run)
    async def wrapped(owner: Any, text: str, conversation: str) -> Result:
        with talking_of(conversation):
            return await run(owner, text, conversation)

    assert asyncio.iscoroutinefunction(run)  # noqa: S101 - a mistake of ours, at import
    return wrapped
