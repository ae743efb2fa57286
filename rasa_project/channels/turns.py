"""One turn of a conversation for any channel: the patient always gets a reply."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Awaitable, Callable, Dict, FrozenSet, List, Tuple

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from rasa_project.channels.turn_queue import QueueFull, turn_queue
from rasa_project.channels.typed_text import DIALOGUE_BUTTONS, to_message
from rasa_project.contract import Outcome
from rasa_project.conversation.alarm_memory import AlarmMemory
from rasa_project.conversation.failure import active_findings, emergency_reply
from rasa_project.conversation.texts import filled, texts
from rasa_project.errors import StorageError
from rasa_project.knowledge.repository import KnowledgeRepository
from rasa_project.logs import about_conversation
from rasa_project.operations.metrics import counted, metrics
from rasa_project.redflags.urgency import urgency_from
from rasa_project.settings import read_settings

logger = logging.getLogger(__name__)
OnNewMessage = Callable[[UserMessage], Awaitable[Any]]
Reply = List[Dict[str, Any]]
_CATALOGUE_SECONDS = 60.0


class Turns:
    """Runs turns for one channel.

    Args:
        on_new_message: Rasa's handler.
        channel: The channel's name, stored with each message.
    """

    def __init__(self, on_new_message: OnNewMessage, channel: str):
        settings = read_settings()
        self._on_new_message = on_new_message
        self._channel = channel
        self._queue = turn_queue()
        self._seconds = settings.turn_seconds
        self._knowledge = KnowledgeRepository(settings.database_url)
        self._topics: FrozenSet[str] = frozenset()
        self._topics_until = 0.0
        self._memory = AlarmMemory()

    @property
    def channel(self) -> str:
        """The channel's name."""
        return self._channel

    @about_conversation
    @counted
    async def run(self, text: str, conversation: str) -> Reply:
        """Answer one message.

        Args:
            text: What the patient typed, or a button's payload.
            conversation: Rasa's sender id.

        Returns:
            Rasa's messages in order; exactly one carries the contract.
        """
        try:
            async with self._queue.place():
                return await self._run(text, conversation)
        except QueueFull:
            reply = self.without_storing(text, conversation)
            if reply[-1]["custom"]["outcome"] == Outcome.FALLBACK.value:
                reply[0] = {"text": filled(texts().busy)}
            return reply

    async def _run(self, text: str, conversation: str) -> Reply:
        waiting = self._memory.unstored(conversation)
        if waiting is not None:
            # It holds only when Rasa knows it; so it is told before anything else.
            _, stored = await self._ask_rasa(waiting, conversation)
            if not stored:
                if active_findings(text):
                    self._memory.keep(conversation, text)
                return self._answer_ourselves(f"{waiting}\n{text}", conversation)
            self._memory.stored(conversation)
        reply, stored = await self._ask_rasa(text, conversation)
        if not stored and active_findings(text):
            self._memory.keep(conversation, text)
        contracts = [part["custom"] for part in reply if "custom" in part]
        if len(contracts) != 1:
            return self._answer_ourselves(text, conversation)
        self._memory.saw(conversation, urgency_from(contracts[0].get("urgency")))
        return reply

    def without_storing(self, text: str, conversation: str) -> Reply:
        """Answer a message that can't be stored: an alarm text comes even now.

        Args:
            text: What the patient typed.
            conversation: Rasa's sender id.
        """
        if active_findings(text):
            self._memory.keep(conversation, text)
        return self._answer_ourselves(text, conversation)

    def forget(self, conversation: str) -> None:
        """Keep nothing of a conversation that was erased."""
        self._memory.forget(conversation)

    async def _ask_rasa(self, text: str, conversation: str) -> Tuple[Reply, bool]:
        """Rasa's reply, and whether the turn came to its end."""
        output = CollectingOutputChannel()
        message = UserMessage(
            to_message(text, self._is_button),
            output,
            conversation,
            input_channel=self._channel,
        )
        finished = False
        try:
            await asyncio.wait_for(self._on_new_message(message), self._seconds)
            finished = True
        except asyncio.TimeoutError:
            logger.error("A turn took longer than %s s and was given up.", self._seconds)
        except Exception:  # noqa: BLE001 - whatever fails, the patient gets a sentence
            logger.exception("A turn failed.")
        return [_without_recipient(part) for part in output.messages], finished

    def _answer_ourselves(self, text: str, conversation: str) -> Reply:
        metrics.failures.add()
        reply = emergency_reply(text, self._memory.held(conversation))
        self._memory.saw(conversation, urgency_from(reply[-1]["custom"]["urgency"]))
        return reply

    def _is_button(self, name: str) -> bool:
        if name in DIALOGUE_BUTTONS:
            return True
        if time.monotonic() > self._topics_until:
            try:
                self._topics = self._knowledge.topic_ids()
            except StorageError as error:
                logger.error("The topics can't be read: %s", error)
            self._topics_until = time.monotonic() + _CATALOGUE_SECONDS
        return name in self._topics


def _without_recipient(part: Dict[str, Any]) -> Dict[str, Any]:
    return {key: value for key, value in part.items() if key != "recipient_id"}
