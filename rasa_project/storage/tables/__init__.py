"""The tables, by subject. Each change here needs a migration in ``migrations/versions``."""

from rasa_project.storage.tables.accounts import (
    AccountRow,
    AuditLimitRow,
    AuditRow,
    InboxSessionRow,
)
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
from rasa_project.storage.tables.keys import DataKeyRow
from rasa_project.storage.tables.knowledge import AnswerRow, AnswerSourceRow, SourceRow, TopicRow
from rasa_project.storage.tables.privacy import ConsentRow
from rasa_project.storage.tables.rasa import RasaSnapshotRow
from rasa_project.storage.tables.telegram import (
    TelegramButtonRow,
    TelegramChatRow,
    TelegramUpdateRow,
)
from rasa_project.storage.tables.workers import LeaseRow

__all__ = [
    "AccountRow",
    "AnswerRow",
    "AnswerSourceRow",
    "AuditLimitRow",
    "AuditRow",
    "Base",
    "CallbackRow",
    "ConsentRow",
    "ConversationChangeRow",
    "ConversationEventRow",
    "ConversationRow",
    "DataKeyRow",
    "ExternalConversationRow",
    "FeedbackRow",
    "InboxSessionRow",
    "LeaseRow",
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
