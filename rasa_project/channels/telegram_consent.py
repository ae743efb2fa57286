"""Consent on Telegram: nothing of a message is stored before its patient agreed.

What was typed before that can't be kept anywhere, so patients are asked to send it again.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any, Callable, Dict, List, Sequence, Tuple

from rasa_project.channels import telegram_updates as updates
from rasa_project.channels.telegram_delivery import Deliveries
from rasa_project.channels.telegram_updates import Update
from rasa_project.conversation.events import reply_content
from rasa_project.conversation.failure import active_findings, emergency_reply
from rasa_project.conversation.log import ConversationLog
from rasa_project.privacy.consent import Consents
from rasa_project.privacy.consent_texts import (
    ERASE,
    EXPORT,
    concept_note,
    consent_texts,
    refusal_points,
    right_asked_for,
    said,
)
from rasa_project.storage.telegram_store import CHANNEL, PressedButton, TelegramStore

# What the buttons under the question tell us, with the version of the text. No patient can
# send them.
AGREE, REFUSE = "telegram:agree:", "telegram:refuse:"
# So long the question waits until Telegram has taken an alarm text that goes before it.
ALARM_SECONDS = 3.0
_COMMANDS = {EXPORT: updates.EXPORT, ERASE: updates.ERASE}


def as_command(update: Update) -> Update:
    """A typed "mijn gegevens" or "verwijder mijn gegevens" as the command for it."""
    right = right_asked_for(update.text) if update.kind == updates.SAID else None
    return update if right is None else replace(update, kind=updates.COMMAND, text=_COMMANDS[right])


def is_decision(payload: str) -> bool:
    """Whether a button agrees or refuses."""
    return payload.startswith((AGREE, REFUSE))


class TelegramConsent:
    """Asks, and takes the answer.

    Args:
        database_url: Where decisions are.
        log: What was said.
        store: Knows the chats.
        deliveries: Sends what is said.
        agreed: Told of a conversation in which messages may be stored from now on.
    """

    def __init__(
        self,
        database_url: str,
        log: ConversationLog,
        store: TelegramStore,
        deliveries: Deliveries,
        agreed: Callable[[str], None],
    ):
        self._log = log
        self._store = store
        self._deliveries = deliveries
        self._agreed = agreed
        self._consents = Consents(database_url, CHANNEL)

    async def is_given(self, conversation: str) -> bool:
        """Whether messages of a conversation may be stored."""
        return await asyncio.to_thread(self._consents.is_given, conversation)

    async def is_given_in(self, chat: int) -> bool:
        """Whether messages in a chat may be stored, by Telegram's id of it."""
        known = await asyncio.to_thread(self._store.chat_in, chat)
        return known is not None and not known.erasing and await self.is_given(known.conversation)

    async def warn(self, update: Update) -> None:
        """Tell what to do about an alarm sign at once; nothing of it is stored."""
        if not active_findings(update.words):
            return
        content = reply_content(emergency_reply(update.words))
        # Awaited, so that it stands above the question; and it goes on when that takes long.
        sent = asyncio.ensure_future(self._deliveries.say(update.chat, content))
        self._deliveries.aside(_ended(sent))
        await asyncio.wait([sent], timeout=ALARM_SECONDS)

    async def ask(self, conversation: str, client_id: str, of_a_message: bool = True) -> None:
        """Put the question; the whole of it once, and in short after that.

        Args:
            conversation: Where.
            client_id: Names what it is asked for, which can come twice.
            of_a_message: Whether a message came that isn't stored.
        """
        version = consent_texts().version
        whole = await asyncio.to_thread(
            self._log.add_notice, conversation, f"consent-{version}", _question(of_a_message)
        )
        if not whole.is_new:
            content = _asked([said(consent_texts().waiting_telegram)])
            await asyncio.to_thread(self._log.add_notice, conversation, client_id, content)
        self._deliveries.wake(conversation)

    async def decide(self, conversation: str, button: PressedButton, client_id: str) -> bool:
        """Take a decision and tell what follows from it, in one commit.

        Returns:
            False when it was taken before.
        """
        given = button.payload.startswith(AGREE)
        if button.payload.rpartition(":")[2] != consent_texts().version:
            # They read another text than the one that holds now.
            await self.ask(conversation, client_id, of_a_message=False)
            return True
        if await self.is_given(conversation):
            return False
        also = partial(self._write, conversation, given)
        stored = await asyncio.to_thread(
            self._log.add_notice,
            conversation,
            client_id,
            _thanks() if given else _refusal(),
            also=also,
        )
        if given and stored.is_new:
            self._agreed(conversation)
        self._deliveries.wake(conversation)
        return bool(stored.is_new)

    def _write(self, conversation: str, given: bool, session: Any, _row: Any) -> None:
        self._consents.decide_in(session, conversation, given)


async def _ended(work: "asyncio.Future[None]") -> None:
    await work


def _question(of_a_message: bool) -> Dict[str, Any]:
    ours = consent_texts()
    points = [*ours.ask.kept, *ours.ask.telegram]
    last = ours.waiting_telegram if of_a_message else ours.ask.question
    title = f"**{said(ours.ask.title)}**"
    return _asked([title, _list([said(point) for point in points]), *concept_note(), said(last)])


def _asked(paragraphs: Sequence[str]) -> Dict[str, Any]:
    ask, version = consent_texts().ask, consent_texts().version
    return _content(paragraphs, (ask.yes, AGREE + version), (ask.no, REFUSE + version))


def _thanks() -> Dict[str, Any]:
    return _content([said(consent_texts().agreed_telegram)])


def _refusal() -> Dict[str, Any]:
    ours = consent_texts().refused
    last = said(f"{ours.later} {ours.history_telegram}")
    paragraphs = [f"**{said(ours.title)}**", _list(refusal_points()), last]
    return _content(paragraphs, (ours.yes, AGREE + consent_texts().version))


def _list(points: Sequence[str]) -> str:
    return "\n".join(f"- {point}" for point in points)


def _content(paragraphs: Sequence[str], *buttons: Tuple[str, str]) -> Dict[str, Any]:
    shown: List[Dict[str, str]] = [
        {"title": title, "payload": payload} for title, payload in buttons
    ]
    text = "\n\n".join(paragraphs)
    return {"parts": [{"text": text, "buttons": shown}], "alarm": "", "outcome": None, "topics": []}
