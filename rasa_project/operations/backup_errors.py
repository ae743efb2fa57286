"""What goes wrong with backups."""

from __future__ import annotations

from rasa_project.errors import RuggesteunError


class BackupError(RuggesteunError):
    """A backup could not be made or put back; the text says why and what to do."""
