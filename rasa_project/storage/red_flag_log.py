"""Keep what was found and shown, so that a therapist can see why."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Iterable, Mapping

from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import RedFlagEventRow


class RedFlagLog:
    """Writes red-flag events.

    Args:
        database_url: SQLAlchemy URL.
    """

    def __init__(self, database_url: str):
        self._url = database_url

    def record(
        self,
        conversation: str,
        findings: Iterable[Mapping[str, Any]],
        rules_version: str,
        shown: str = "",
    ) -> None:
        """Store findings, as :meth:`rasa_project.redflags.assess.Finding.as_data` gives them.

        Args:
            conversation: Rasa's sender id.
            findings: What was found.
            rules_version: Fingerprint of the catalogue.
            shown: The text that the patient saw.

        Raises:
            StorageError: The database can't be written.
        """
        now = datetime.now(timezone.utc)
        with session_for(self._url) as session:
            for finding in findings:
                session.add(
                    RedFlagEventRow(
                        conversation=conversation,
                        happened_at=now,
                        flag=finding["flag"],
                        sign=finding["sign"],
                        urgency=finding["urgency"],
                        rules_version=rules_version,
                        span_start=finding.get("start", 0),
                        span_end=finding.get("end", 0),
                        qualifiers=finding.get("qualifiers", []),
                        shown=shown,
                    )
                )
