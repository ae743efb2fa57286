"""What the server logs: warnings and errors, one line each, never a patient's words."""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any, MutableMapping

import structlog

# Rasa's structured events may carry these; they hold what a patient wrote or said.
_PERSONAL = frozenset(
    {"text", "parse_data_text", "parse_data_entities", "current_states", "prediction_events",
     "rasa_events", "slots", "tracker", "message", "metadata"}
)  # fmt: skip


def _without_personal(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key in _PERSONAL & set(event):
        event[key] = "(left out)"
    return event


def hide_warnings() -> None:
    """Keep Python's warnings off the screen; call it before Rasa is imported.

    Filters don't hold: some of Rasa's libraries put them back when they are imported.
    """

    def say_nothing(*_args: Any, **_kwargs: Any) -> None:
        """Deprecations inside pinned libraries are nothing an operator can act on."""

    warnings.showwarning = say_nothing


def configure_logs() -> None:
    """Set up logging for the serving process."""
    hide_warnings()
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )
    # TensorFlow and matplotlib speak of things that don't matter here.
    for name in ("tensorflow", "matplotlib", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.add_log_level,
            _without_personal,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
