"""Send to Telegram what happens in conversations: in order, and each thing once.

How far a chat was told stands in the database, and is written after each message that
Telegram took. So whatever ends the server, sending goes on where it stopped; whether the
message at which it stopped arrived, is found out by ``telegram_once``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import (
    Any,
    Awaitable,
    Callable,
    Coroutine,
    Dict,
    List,
    Mapping,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from rasa_project.channels import telegram_notices as notices
from rasa_project.channels.telegram_api import Blocked, BotApi, Refused, TelegramError, WrongToken
from rasa_project.channels.telegram_export import OwnFile
from rasa_project.channels.telegram_format import EXPORT, Outgoing, outgoing
from rasa_project.channels.telegram_names import Names
from rasa_project.channels.telegram_once import ASIDE, Once
from rasa_project.conversation.events import ASSISTANT, PATIENT
from rasa_project.conversation.hub import hub
from rasa_project.conversation.lines import Lines
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.push import Push
from rasa_project.conversation.texts import texts
from rasa_project.errors import StorageError
from rasa_project.storage.telegram_store import Chat, TelegramStore
from rasa_project.workers.leases import Lease, LeaseLost

logger = logging.getLogger(__name__)
# So long what is being sent may take when the server stops.
STOP_SECONDS = 5.0
# Who gets an answer sooner than this needn't see that somebody is typing. Telegram shows
# it for five seconds.
TYPING_AFTER, TYPING_EVERY = 0.2, 4.5
NO_PREVIEW = {"is_disabled": True}


class Deliveries:
    """Sends the events of conversations, chats side by side.

    Args:
        names: Makes the ids of buttons.
        api: Where they are sent.
        log: Where they come from.
        store: Knows how far each chat was told.
        push: Knows who is typing.
        own_files: Makes the files of what is kept of a conversation.
        lease: Only who holds it sends; held by whoever is alone.
    """

    def __init__(
        self,
        names: Names,
        api: BotApi,
        log: ConversationLog,
        store: TelegramStore,
        push: Push,
        own_files: Callable[[str], Sequence[OwnFile]],
        lease: Optional[Lease] = None,
    ):
        self._own_files = own_files
        self._names = names
        self._api = api
        self._log = log
        self._store = store
        self._push = push
        self._lease = lease or Lease("telegram")
        self._once = Once(api, store, self._lease.is_shared)
        self._lines = Lines()
        self._tasks: Dict[str, "asyncio.Task[None]"] = {}
        self._again: Set[str] = set()
        self._typing: Dict[str, "asyncio.Task[None]"] = {}
        self._asides: Set["asyncio.Task[None]"] = set()
        self._closed = False
        self._look = notices.look()

    @property
    def once(self) -> Once:
        """What is known of the messages that were sent."""
        return self._once

    def begin_again(self) -> None:
        """Know nothing of what was sent: another worker may have sent since we did."""
        self._once = Once(self._api, self._store, self._lease.is_shared)

    def wake(self, conversation: str) -> None:
        """See to it that a chat is told what it was not told yet, if that is up to us."""
        if self._closed or not self._lease.is_held:
            return
        if conversation in self._tasks:
            self._again.add(conversation)
            return
        self._tasks[conversation] = self._task(self._tell_all(conversation))

    def show_typing(self, conversation: str) -> None:
        """Show in a chat that somebody is typing, for as long as that is so."""
        is_ours = not self._closed and self._lease.is_held
        if is_ours and conversation not in self._typing:
            self._typing[conversation] = self._task(self._show_typing(conversation))

    def aside(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something that needn't succeed, and that nobody waits for."""
        if self._closed:
            work.close()
            return
        task = self._task(_quietly(work))
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def say(self, chat: int, content: Mapping[str, Any]) -> None:
        """Send something that stands in no log, until Telegram takes it.

        Raises:
            TelegramError: It will never be taken.
        """
        event = {"author": "assistant", "name": None, "kind": "message", "text": None, **content}
        for message in outgoing(event, self._look):
            # Not in a group: there this would take other bots' keyboards away.
            sent = await self._send(self._api.insist, chat, message, ASIDE if chat > 0 else None)
            self._once.saw_sent(chat, sent)

    async def farewell(self, conversation: str) -> None:
        """Tell a chat that its conversation was erased, and forget the chat."""
        if not self._lease.is_held:
            # Whoever holds it finds it soon.
            return
        async with self._lines.turn_of(conversation):
            chat = await asyncio.to_thread(self._store.chat_of, conversation)
            if chat is None:
                return
            # There may be nobody to tell; what counts is that it is erased.
            with contextlib.suppress(Refused):
                await self.say(chat.chat, notices.notice(texts().telegram.erased))
            await asyncio.to_thread(self._store.forget, conversation)

    async def stop(self) -> None:
        """Let what is being sent arrive; the rest is sent after the next start."""
        self._closed = True
        # Nothing is lost with these.
        for task in (*self._typing.values(), *self._asides):
            task.cancel()
        tasks = list(self._tasks.values())
        if tasks:
            _, unfinished = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    @staticmethod
    def _task(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return asyncio.get_running_loop().create_task(work)

    # ---- events

    async def _tell_all(self, conversation: str) -> None:
        try:
            while not self._closed:
                self._again.discard(conversation)
                async with self._lines.turn_of(conversation):
                    await self._tell_new(conversation)
                if conversation not in self._again:
                    break
        except Blocked:
            await _quietly(asyncio.to_thread(self._store.set_blocked, conversation, True))
        except LeaseLost as error:
            logger.warning("%s", error)
        except StorageError as error:
            logger.error("What was said can't be sent to Telegram now: %s", error)
        except WrongToken:
            logger.error("Telegram does not know this bot any more; see the token.")
        except Exception:  # noqa: BLE001 - it stays unsent, and is tried again later
            logger.exception("A message could not be sent to Telegram; it is tried again later.")
        finally:
            self._again.discard(conversation)
            del self._tasks[conversation]

    async def _tell_new(self, conversation: str) -> None:
        chat, events = await asyncio.to_thread(self._untold, conversation)
        if chat is None:
            return
        sent, parts = chat.sent_event, chat.sent_parts
        for event in events:
            if event["kind"] == EXPORT:
                if not await self._send_own_files(chat, event["id"], sent, parts):
                    return
            elif not await self._tell(chat, event, sent, parts):
                return
            sent, parts = event["id"], 0
            # Only the first one may have been sent before.
            chat = chat._replace(sending_above=None)
            if self._closed:
                return

    def _untold(self, conversation: str) -> Tuple[Optional[Chat], List[Dict[str, Any]]]:
        """The chat, when it is to be told anything, and what."""
        chat = self._store.chat_of(conversation)
        if chat is None or chat.blocked or chat.erasing:
            return None, []
        events = self._log.events(conversation, chat.sent_event)
        return chat, [event for event in events if event["author"] != PATIENT]

    async def _tell(self, chat: Chat, event: Mapping[str, Any], before: int, parts: int) -> bool:
        """Send one event, but for so many messages of it; False when the server stops."""
        messages = outgoing(event, self._look)
        message_id = None
        for number, message in enumerate(messages[parts:], start=parts):
            if self._closed:
                return False
            message_id = await self._send_part(chat, event["id"], number, message)
            chat = chat._replace(sending_above=None)
            if number < len(messages) - 1:
                await self._written(
                    self._store.sent, chat.conversation, before, number + 1, message_id
                )
        keyboard = message_id if messages and messages[-1].buttons else None
        # The event's own id only when all of it was sent.
        if keyboard is None and event["author"] != ASSISTANT:
            await self._written(self._store.sent, chat.conversation, event["id"], 0, message_id)
            return True
        # Under an older answer nothing more can be chosen.
        old = await self._written(
            self._store.sent_with_keyboard, chat.conversation, event["id"], keyboard, message_id
        )
        if old is not None:
            self.aside(self.remove_keyboard(chat.conversation, chat.chat, old))
        return True

    async def _written(self, write: Callable[..., Any], *values: Any) -> Any:
        # Telegram has it; should the database be busy just now, then it is written later,
        # and not sent again.
        pause = 0.2
        while True:
            try:
                return await asyncio.to_thread(write, *values)
            except LeaseLost:
                # Whoever sends now looks whether Telegram has it.
                raise
            except StorageError as error:
                if self._closed:
                    raise
                logger.error("What was sent to Telegram can't be written down: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    async def _send_part(
        self, chat: Chat, event: int, number: int, message: Outgoing
    ) -> Optional[int]:
        """Send one message of an event; its id, when it was sent."""
        kept = [
            (self._names.button(event, number, place), *button)
            for place, button in enumerate(message.buttons)
        ]
        rows = [[{"text": title, "callback_data": name}] for name, title, _ in kept]
        keyboard = {"inline_keyboard": rows} if rows else None
        return await self._send_once(
            chat,
            lambda above: self._store.sending(chat.conversation, above, event, kept),
            lambda: self._send(self._api.call, chat.chat, message, keyboard),
        )

    async def _send_once(
        self,
        chat: Chat,
        begin: Callable[[int], None],
        attempt: Callable[[], Awaitable[Any]],
    ) -> Optional[int]:

        async def attempt_if_ours() -> Any:
            # At the last moment: this process may have been stopped for a while.
            if not self._lease.is_held:
                raise LeaseLost("Another worker sends to Telegram now.")
            return await attempt()

        try:
            return await self._once.send(chat, begin, attempt_if_ours)
        except Blocked:
            raise
        except Refused as error:
            logger.error("Telegram refuses a message, which is left out: %s", error)
            return None

    async def _send(
        self,
        call: Callable[..., Awaitable[Any]],
        chat: int,
        message: Outgoing,
        keyboard: Optional[Mapping[str, Any]],
    ) -> Any:
        values = {"chat_id": chat, "reply_markup": keyboard, "link_preview_options": NO_PREVIEW}
        try:
            return await call("sendMessage", text=message.html, parse_mode="HTML", **values)
        except Blocked:
            raise
        except Refused as error:
            # Better without its form than not at all: it may be an alarm.
            logger.error("Telegram refuses the form of a message, so it goes without: %s", error)
            return await call("sendMessage", text=message.plain, **values)

    async def _send_own_files(self, chat: Chat, event: int, before: int, parts: int) -> bool:
        """Send what is kept, but for so many files of it; False when the server stops."""
        files = await asyncio.to_thread(self._own_files, chat.conversation)
        for number, file in enumerate(files[parts:], start=parts):
            if self._closed:
                return False
            message_id = await self._send_once(
                chat,
                partial(self._store.sending, chat.conversation),
                partial(
                    self._api.send_document,
                    chat.chat,
                    file.name,
                    file.content,
                    notices.said(file.caption),
                    file.kind,
                ),
            )
            chat = chat._replace(sending_above=None)
            # The event's own id only when all of it was sent.
            done = (event, 0) if number == len(files) - 1 else (before, number + 1)
            await self._written(self._store.sent, chat.conversation, *done, message_id)
        return True

    async def remove_keyboard(self, conversation: str, chat: int, message: int) -> None:
        """Take the buttons under a message away."""
        # It may have none any more, or be deleted.
        with contextlib.suppress(Refused):
            await self._api.insist("editMessageReplyMarkup", chat_id=chat, message_id=message)
        await asyncio.to_thread(self._store.keyboard_gone, conversation, message)

    # ---- typing

    async def _show_typing(self, conversation: str) -> None:
        try:
            await asyncio.sleep(TYPING_AFTER)
            chat = await asyncio.to_thread(self._store.chat_of, conversation)
            while chat is not None and not chat.blocked and self._push.typing(conversation):
                await self._api.call("sendChatAction", chat_id=chat.chat, action="typing")
                await asyncio.sleep(TYPING_EVERY)
        except (TelegramError, StorageError):
            # It only looks nice.
            pass
        finally:
            del self._typing[conversation]


async def _quietly(work: Awaitable[Any]) -> None:
    try:
        await work
    except TelegramError as error:
        logger.info("Left undone on Telegram: %s", error)
    except StorageError as error:
        logger.error("Left undone on Telegram: %s", error)


class TelegramPush(Push):
    """Tells deliveries what streams and polls are told on the website.

    Args:
        wake: Sees to it that a chat is told.
        show_typing: Shows a patient that somebody is typing.
        show_trouble: Shows a patient what can't be stored.
    """

    def __init__(
        self,
        wake: Callable[[str], None],
        show_typing: Callable[[str], None],
        show_trouble: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        super().__init__(hub)
        self._wake = wake
        self._show_typing = show_typing
        self._show_trouble = show_trouble

    @property
    def is_awaited(self) -> bool:
        """Always: a patient on Telegram needn't be there."""
        return True

    def wake_here(self, conversation: str) -> None:
        """Wake the deliveries of a conversation on Telegram."""
        if _is_ours(conversation):
            self._wake(conversation)

    def set_typing(self, conversation: str, who: Optional[str]) -> None:
        """Show who is typing; when nobody is any more there may be something to tell."""
        if who is None:
            super().set_typing(conversation, None)
        elif _is_ours(conversation):
            self._typing[conversation] = who
            self._show_typing(conversation)

    def set_trouble(self, conversation: str, error: Optional[Dict[str, Any]]) -> None:
        """Show an error that can't be stored, each once."""
        before = self.trouble(conversation)
        super().set_trouble(conversation, error)
        if error is not None and error != before:
            self._show_trouble(conversation, error)


def _is_ours(conversation: str) -> bool:
    return conversation.startswith("tg:")
