"""What people of the practice are told by mail and on Telegram: ``data/notifications.yml``."""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, NamedTuple

from pydantic import BaseModel, Extra

from rasa_project.settings import read_settings
from rasa_project.yaml_lines import parse, read_yaml

WAITING, ALARM, ESCALATION, CALLBACK = "waiting", "alarm", "escalation", "callback"
KINDS = (WAITING, ALARM, ESCALATION, CALLBACK)


class _Form(BaseModel):
    class Config:
        extra = Extra.forbid


class TelegramTexts(_Form):
    """What a therapist's own Telegram says about being linked."""

    linked: str
    unknown_code: str
    unlinked: str


class NotificationTexts(_Form):
    """The form of the file; ``subjects`` goes by kind."""

    subjects: Dict[str, str]
    urgent: Dict[str, str]
    with_link: str
    without_link: str
    mail_end: str
    telegram: TelegramTexts


class Told(NamedTuple):
    """One notification in words.

    Attributes:
        subject: One line.
        text: The same line, and where to go.
        mail: The text with why somebody gets it.
    """

    subject: str
    text: str
    mail: str


@lru_cache(maxsize=1)
def notification_texts() -> NotificationTexts:
    """The sentences, read once.

    Raises:
        DataFileError: The file is wrong.
    """
    path = read_settings().data / "notifications.yml"
    return parse(NotificationTexts, read_yaml(path), path)


def told(kind: str, urgent: bool, notification: int, address: str) -> Told:
    """A notification in words. It is made of nothing that is known about the patient.

    Args:
        kind: One of :data:`KINDS`.
        urgent: Whether somebody has to come at once.
        notification: Its number; the link names this and not the conversation.
        address: Of the assistant on the internet; empty for no link.
    """
    texts = notification_texts()
    subject = texts.subjects[kind].format(urgent=texts.urgent["yes" if urgent else "no"])
    link = f"{address}/inbox/open/{notification}"
    where = texts.with_link.format(link=link) if address else texts.without_link
    text = f"{subject}\n\n{where}"
    return Told(subject, text, f"{text}\n\n-- \n{texts.mail_end}\n")
