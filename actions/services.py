"""What the actions need: made once, when the first action runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Dict, Mapping

from rasa_project.knowledge.files import read_wording
from rasa_project.knowledge.fill import placeholder_values
from rasa_project.knowledge.repository import KnowledgeRepository
from rasa_project.practice import Practice
from rasa_project.redflags.catalogue import RedFlagCatalogue, read_catalogue
from rasa_project.settings import current_practice, read_settings
from rasa_project.storage.red_flag_log import RedFlagLog


@dataclass(frozen=True)
class Services:
    """The parts behind the actions."""

    practice: Practice
    knowledge: KnowledgeRepository
    red_flags: RedFlagCatalogue
    red_flag_log: RedFlagLog
    placeholders: Mapping[str, Dict[str, str]]

    def placeholders_for(self, country: str) -> Dict[str, str]:
        """What each placeholder stands for, for a patient in that country."""
        return self.placeholders[country]


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process.

    Raises:
        RuggesteunError: A data file or the database can't be used.
    """
    settings = read_settings()
    practice = current_practice()
    wording = read_wording(settings.data / "knowledge")
    return Services(
        practice=practice,
        knowledge=KnowledgeRepository(settings.database_url),
        red_flags=read_catalogue(settings.data / "red_flags.yml"),
        red_flag_log=RedFlagLog(settings.database_url),
        placeholders={
            country: placeholder_values(practice, wording, country) for country in ("NL", "BE")
        },
    )
