"""Take in what comes from Telegram: each update once, and stored before it counts as taken."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any, Deque, Dict, List, Mapping, Optional, Protocol, Set, Tuple

from rasa_project.channels import telegram_notices as notices
from rasa_project.channels import telegram_updates as updates
from rasa_project.channels.telegram_api import BotApi, Refused
from rasa_project.channels.telegram_consent import TelegramConsent, as_command, is_decision
from rasa_project.channels.telegram_delivery import Deliveries
from rasa_project.channels.telegram_format import EXPORT, MOST_UNITS, units
from rasa_project.channels.telegram_names import Names
from rasa_project.channels.telegram_updates import Update
from rasa_project.channels.typed_text import button_name
from rasa_project.conversation.answering import Answering
from rasa_project.conversation.events import reply_content
from rasa_project.conversation.failure import active_findings
from rasa_project.conversation.lines import Lines
from rasa_project.conversation.log import ConversationGone, ConversationLog
from rasa_project.conversation.texts import texts
from rasa_project.errors import StorageError
from rasa_project.handoff.notification_texts import notification_texts
from rasa_project.handoff.telegram_link import TEAM, TelegramLinks
from rasa_project.names import INTENT_HUMAN
from rasa_project.privacy.erasing import AfterErasing
from rasa_project.storage.telegram_store import TelegramStore
from rasa_project.workers.leases import Lease, LeaseLost

logger = logging.getLogger(__name__)
_INTRO = "intro"
# Told in an emergency way while the database fails; nobody is told twice.
_MOST_TOLD = 1_000


class TurnsLike(Protocol):
    """What is needed of :class:`rasa_project.channels.turns.Turns`."""

    def without_storing(self, text: str, conversation: str) -> List[Dict[str, Any]]:
        """Answer a message that can't be stored."""

    def forget(self, conversation: str) -> None:
        """Keep nothing of a conversation."""


class Intake:
    """Handles updates.

    Args:
        names: Names conversations.
        api: Confirms presses.
        log: What was said.
        store: What was handled.
        answering: Answers messages.
        deliveries: Sends what is said.
        turns: Answers what can't be stored.
        links: Knows which chats are of people of the practice.
        consent: Asks before anything of a message is stored.
        after_erasing: Wipes what an erased conversation left.
        lease: Of asking Telegram for updates; None where Telegram brings them itself.
    """

    def __init__(
        self,
        names: Names,
        api: BotApi,
        log: ConversationLog,
        store: TelegramStore,
        answering: Answering,
        deliveries: Deliveries,
        turns: TurnsLike,
        links: TelegramLinks,
        consent: TelegramConsent,
        after_erasing: AfterErasing,
        lease: Optional[Lease] = None,
    ):
        self._names = names
        self._api = api
        self._log = log
        self._store = store
        self._answering = answering
        self._deliveries = deliveries
        self._turns = turns
        self._links = links
        self._consent = consent
        self._after_erasing = after_erasing
        self._lease = lease
        self._lines = Lines()
        self._told: Deque[int] = deque(maxlen=_MOST_TOLD)
        # Conversations that are known to have begun with the introduction.
        self._introduced: Set[str] = set()

    async def take(self, raw: Mapping[str, Any]) -> None:
        """Handle one update; after that it may be confirmed.

        Raises:
            LeaseLost: Another worker is given it, because this one was stopped for a while.
            StorageError: It could not be stored, so it must come again.
        """
        update = updates.read_update(raw)
        async with self._lines.turn_of(str(update.chat)):
            try:
                if not await asyncio.to_thread(self._store.is_handled, update.id):
                    await self._handle_again(update)
                elif update.query:
                    self._confirm(update)
            except StorageError as error:
                if not await self._was_handled(update, error):
                    self._tell_without_storing(update)
                    raise
            except Exception:  # noqa: BLE001 - it would come again for ever, and fail each time
                logger.exception("An update from Telegram could not be read.")
                self._tell_without_storing(update)
                await asyncio.to_thread(self._store.handled, update.id)

    async def erase(self, conversation: str) -> None:
        """End an erasing that was begun.

        Raises:
            StorageError: It could not be done; it is tried again later.
        """
        await self._erase_data(conversation)
        await self._deliveries.farewell(conversation)

    def warn(self, raw: Mapping[str, Any]) -> None:
        """Answer an alarm sign in an update that has to wait until it can be stored."""
        update = updates.read_update(raw)
        if active_findings(update.words):
            self._tell_without_storing(update)

    async def _handle_again(self, update: Update) -> None:
        try:
            await self._handle(update)
        except ConversationGone:
            # Erased at the same moment; a new conversation begins.
            await self._handle(update)

    async def _handle(self, update: Update) -> None:
        if update.kind == updates.NOTHING:
            if update.query:
                self._confirm(update)
            # Nothing came of it, so there is nothing to keep.
            return
        if update.kind in (updates.BLOCKED, updates.UNBLOCKED):
            await self._blocks(update)
        elif update.kind == updates.GROUP:
            await self._greet_group(update)
        elif update.kind == updates.EDITED:
            await self._edited(update)
        elif update.kind == updates.PRESSED:
            await self._pressed(update)
        elif not await self._is_of_team(update):
            await self._said(update)

    # ---- people of the practice, who want to be told that somebody waits

    async def _is_of_team(self, update: Update) -> bool:
        """Take what links or unlinks a therapist's own chat; it begins no conversation."""
        ours = notification_texts().telegram
        if update.kind != updates.COMMAND:
            return False
        if update.text == updates.START and update.argument.startswith(TEAM):
            code = update.argument[len(TEAM) :]
            linked = await asyncio.to_thread(self._links.redeem, code, update.chat)
            said = ours.linked.format(name=linked.name) if linked else ours.unknown_code
        elif update.text == updates.STOP_TELLING:
            if not await asyncio.to_thread(self._links.unlink_chat, update.chat):
                return False
            said = ours.unlinked
        else:
            return False
        content = {"parts": [{"text": said, "buttons": []}], "alarm": ""}
        self._deliveries.aside(self._deliveries.say(update.chat, content))
        await self._done(update)
        return True

    # ---- what a patient says

    async def _said(self, update: Update) -> None:
        update = as_command(update)
        # What the channel itself answers needs no consent.
        is_stored = update.kind != updates.COMMAND or update.text == updates.HUMAN
        if is_stored and not await self._consent.is_given_in(update.chat):
            await self._ask_first(update)
            return
        conversation, is_new = await self._open(update.chat)
        last_message = None
        if update.kind == updates.COMMAND:
            await self._command(update, conversation, is_new)
        else:
            if update.kind == updates.UNREADABLE:
                content = notices.unreadable(update.argument, bool(update.text))
                await self._notice(conversation, update, content)
            if update.text:
                last_message = update.message
                await self._message(conversation, f"tg-{update.id}", update.text)
        await self._done(update, conversation, last_message)

    async def _ask_first(self, update: Update) -> None:
        """Nothing of what came is kept; an alarm text comes before the question all the same."""
        await self._consent.warn(update)
        conversation, _ = await self._open(update.chat)
        await self._consent.ask(conversation, f"tg-notice-{update.id}")
        await self._done(update, conversation)

    async def _command(self, update: Update, conversation: str, is_new: bool) -> None:
        ours = texts().telegram
        name = update.text
        if name == updates.HUMAN:
            said = notices.said(ours.human)
            await self._message(conversation, f"tg-{update.id}", said, f"/{INTENT_HUMAN}")
        elif name == updates.EXPORT:
            await self._notice(conversation, update, notices.notice(ours.export), EXPORT)
        elif name == updates.ERASE:
            await self._notice(conversation, update, notices.erase_question())
        elif name == updates.START:
            if not await self._consent.is_given(conversation):
                client_id = f"tg-notice-{update.id}"
                await self._consent.ask(conversation, client_id, of_a_message=False)
            elif not is_new:
                await self._notice(conversation, update, notices.notice(ours.again))
        else:
            text = ours.privacy if name == updates.PRIVACY else ours.help
            await self._notice(conversation, update, notices.notice(text))

    async def _edited(self, update: Update) -> None:
        chat = await asyncio.to_thread(self._store.chat_in, update.chat)
        # An alarm sign is not passed over, also where it was added to an older message.
        is_alarm = bool(active_findings(update.text))
        is_last = chat is not None and chat.last_message == update.message
        if not is_last and not is_alarm:
            await self._done(update)
            return
        if not await self._consent.is_given_in(update.chat):
            await self._ask_first(update)
            return
        conversation, _ = await self._open(update.chat)
        client_id = f"tg-{update.id}" if is_alarm else f"tg-edit-{update.message}"
        known = await asyncio.to_thread(self._log.message, conversation, client_id)
        if known is None:
            await self._notice(conversation, update, notices.notice(texts().telegram.edited))
            await self._message(conversation, client_id, update.text)
        await self._done(update, conversation)

    # ---- buttons

    async def _pressed(self, update: Update) -> None:
        chat = await asyncio.to_thread(self._store.chat_in, update.chat)
        button = None
        if chat is not None and not chat.erasing:
            button = await asyncio.to_thread(self._store.button, chat.conversation, update.text)
        is_live = button is not None and (button.is_live or is_decision(button.payload))
        if chat is None or button is None or not is_live:
            await self._old_press(update)
            return
        conversation = chat.conversation
        is_new = True
        # The name of the event: pressed twice, it is said once.
        client_id = f"tg-press-{button.event}"
        if button.payload == notices.ERASE_YES:
            await asyncio.to_thread(self._store.begin_erasing, conversation)
        elif button.payload == notices.ERASE_NO:
            content = notices.notice(texts().telegram.kept)
            _, is_new = await asyncio.to_thread(
                self._log.add_notice, conversation, client_id, content
            )
            await asyncio.to_thread(self._store.forget_buttons, conversation)
            self._deliveries.wake(conversation)
        elif is_decision(button.payload):
            is_new = await self._consent.decide(conversation, button, client_id)
        elif not await self._consent.is_given(conversation):
            self._confirm(update)
            await self._ask_first(update)
            return
        else:
            is_command = button_name(button.payload) is not None
            text = button.title if is_command else button.payload
            payload = button.payload if is_command else None
            is_new = await self._message(conversation, client_id, text, payload)
        if not is_new:
            await self._old_press(update)
            return
        self._confirm(update)
        self._deliveries.aside(self._show_choice(conversation, update, button.title))
        await self._done(update, conversation)
        if button.payload == notices.ERASE_YES:
            # Not waited for, because a turn of it may be under way.
            self._deliveries.aside(self.erase(conversation))

    async def _old_press(self, update: Update) -> None:
        self._confirm(update, notices.said(texts().telegram.old_button))
        shown = {"chat_id": update.chat, "message_id": update.message}
        self._deliveries.aside(self._api.insist("editMessageReplyMarkup", **shown))
        await self._done(update)

    def _confirm(self, update: Update, text: Optional[str] = None) -> None:
        # At once, and not again: Telegram takes it only for some seconds.
        values = {"callback_query_id": update.query, "text": text}
        self._deliveries.aside(self._api.call("answerCallbackQuery", **values))

    async def _show_choice(self, conversation: str, update: Update, title: str) -> None:
        """Put the choice in the place of the buttons; Telegram itself does not show it."""
        said = update.shown.get("text")
        choice = f"{notices.said(texts().telegram.chosen)} {title}"
        if isinstance(said, str) and units(f"{said}\n\n{choice}") <= MOST_UNITS:
            entities = update.shown.get("entities")
            marked = [
                *(entities if isinstance(entities, list) else []),
                {"type": "bold", "offset": units(f"{said}\n\n"), "length": units(choice)},
            ]
            values = {"chat_id": update.chat, "message_id": update.message}
            try:
                await self._api.insist(
                    "editMessageText", text=f"{said}\n\n{choice}", entities=marked, **values
                )
            except Refused:
                pass
            else:
                await asyncio.to_thread(self._store.keyboard_gone, conversation, update.message)
                return
        await self._deliveries.remove_keyboard(conversation, update.chat, update.message)

    # ---- groups, and who leaves

    async def _greet_group(self, update: Update) -> None:
        name = self._names.conversation(update.chat)
        if await asyncio.to_thread(self._store.greet_group, update.chat, name):
            content = notices.notice(texts().telegram.group)
            self._deliveries.aside(self._deliveries.say(update.chat, content))

    async def _blocks(self, update: Update) -> None:
        chat = await asyncio.to_thread(self._store.chat_in, update.chat)
        if chat is not None:
            blocked = update.kind == updates.BLOCKED
            await asyncio.to_thread(self._store.set_blocked, chat.conversation, blocked)
            self._deliveries.wake(chat.conversation)

    # ---- parts

    async def _open(self, chat: int) -> Tuple[str, bool]:
        name = self._names.conversation(chat)
        opened = await asyncio.to_thread(self._store.open, chat, name)
        if opened.is_erasing:
            # What was begun is ended first; the new conversation begins empty.
            await self._erase_data(opened.conversation)
            opened = await asyncio.to_thread(self._store.open, chat, name)
        conversation, is_new, _ = opened
        if is_new or conversation not in self._introduced:
            # Also for one that was just begun when the server ended.
            await asyncio.to_thread(self._log.add_notice, conversation, _INTRO, notices.intro())
            self._introduced.add(conversation)
            self._deliveries.wake(conversation)
        return conversation, is_new

    async def _message(
        self, conversation: str, client_id: str, text: str, payload: Optional[str] = None
    ) -> bool:
        if not await self._consent.is_given(conversation):
            # A new conversation began at the same moment; it begins by asking.
            raise ConversationGone(f"In {conversation} nothing may be stored.")
        stored = await asyncio.to_thread(
            self._log.add_message, conversation, client_id, text, payload
        )
        return stored.is_new

    async def _notice(
        self, conversation: str, update: Update, content: Mapping[str, Any], kind: str = "message"
    ) -> None:
        client_id = f"tg-notice-{update.id}"
        await asyncio.to_thread(self._log.add_notice, conversation, client_id, content, kind)
        self._deliveries.wake(conversation)

    async def _done(
        self, update: Update, conversation: str = "", last_message: Optional[int] = None
    ) -> None:
        await asyncio.to_thread(self._store.handled, update.id, conversation, last_message)
        if conversation:
            self._answering.wake(conversation)

    async def _erase_data(self, conversation: str) -> None:
        await self._answering.erase(conversation)
        self._introduced.discard(conversation)
        self._turns.forget(conversation)
        await asyncio.to_thread(self._store.forget_buttons, conversation)
        self._after_erasing.begin(conversation)

    async def _was_handled(self, update: Update, error: StorageError) -> bool:
        """Whether all was done before it failed; no, where nobody can store it."""
        try:
            is_handled = await asyncio.to_thread(self._store.is_handled, update.id)
        except StorageError:
            return False
        if not is_handled and self._lease is not None and not self._lease.is_held:
            raise LeaseLost("Another worker asks Telegram now.") from error
        return is_handled

    def _tell_without_storing(self, update: Update) -> None:
        """An alarm text must come even now; the real answer comes when it can be stored."""
        if not update.words or update.id in self._told:
            return
        self._told.append(update.id)
        name = self._names.conversation(update.chat)
        content = reply_content(self._turns.without_storing(update.words, name))
        self._deliveries.aside(self._deliveries.say(update.chat, content))
