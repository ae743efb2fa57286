"""Patients on Telegram who agreed before to what is kept of them."""

from __future__ import annotations

from rasa_project.channels.telegram_names import Names
from rasa_project.privacy.consent import Consents
from rasa_project.storage.telegram_store import CHANNEL, TelegramStore
from tests.telegram.stand_in import TOKEN


def agree(database: str, chat: int) -> None:
    """Write the decision down for a chat, which begins its conversation."""
    names = Names(TOKEN)
    opened = TelegramStore(database, names.bot).open(chat, names.conversation(chat))
    assert Consents(database, CHANNEL).decide(opened.conversation, True)
