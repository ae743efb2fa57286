"""The tables, by subject. Each change here needs a migration in ``migrations/versions``."""

from rasa_project.storage.tables.accounts import AccountRow, AuditRow, InboxSessionRow
from rasa_project.storage.tables.base import Base
from rasa_project.storage.tables.conversation import (
    ConversationEventRow,
    ConversationRow,
    FeedbackRow,
    RedFlagEventRow,
)
from rasa_project.storage.tables.handoff import (
    CallbackRow,
    ConversationChangeRow,
    ExternalConversationRow,
    NoteRow,
    NotificationRow,
)
from rasa_project.storage.tables.knowledge import AnswerRow, AnswerSourceRow, SourceRow, TopicRow
from rasa_project.storage.tables.privacy import ConsentRow
from rasa_project.storage.tables.rasa import RasaSnapshotRow
from rasa_project.storage.tables.telegram import (
    TelegramButtonRow,
    TelegramChatRow,
    TelegramUpdateRow,
)

__all__ = [
    "AccountRow",
    "AnswerRow",
    "AnswerSourceRow",
    "AuditRow",
    "Base",
    "CallbackRow",
    "ConsentRow",
    "ConversationChangeRow",
    "ConversationEventRow",
    "ConversationRow",
    "ExternalConversationRow",
    "FeedbackRow",
    "InboxSessionRow",
    "NoteRow",
    "NotificationRow",
    "RasaSnapshotRow",
    "RedFlagEventRow",
    "SourceRow",
    "TelegramButtonRow",
    "TelegramChatRow",
    "TelegramUpdateRow",
    "TopicRow",
]
