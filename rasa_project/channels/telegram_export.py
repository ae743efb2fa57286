"""What is kept of a conversation, as files that a patient gets on Telegram."""

from __future__ import annotations

from typing import List, NamedTuple

from rasa_project.clock import utc_now
from rasa_project.conversation.texts import texts
from rasa_project.privacy.consent_texts import consent_texts
from rasa_project.privacy.own_data import as_json, own_data
from rasa_project.privacy.own_data_page import as_page


class OwnFile(NamedTuple):
    """One file, and what is said with it."""

    name: str
    kind: str
    content: bytes
    caption: str


def own_files(database_url: str, conversation: str) -> List[OwnFile]:
    """The page to read and the data for a computer, in this order.

    Raises:
        ConversationGone: There is no such conversation.
        StorageError: The database can't be read.
    """
    data = own_data(database_url, conversation, utc_now())
    names, ours = consent_texts().page, texts().telegram
    return [
        OwnFile(names.file_html, "text/html", as_page(data).encode(), ours.export),
        OwnFile(names.file_json, "application/json", as_json(data).encode(), ours.export_data),
    ]
