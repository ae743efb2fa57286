"""Answer what stands unanswered in the log: in order, each message once.

Whatever ends the server, the log knows which messages have no reply yet. So nothing is
kept here that would be missed after a restart.
"""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Protocol, Set, Tuple

from rasa_project.conversation.events import PatientMessage, reply_content
from rasa_project.conversation.failure import emergency_reply
from rasa_project.conversation.lines import Lines
from rasa_project.conversation.log import AlsoDo, ConversationGone, ConversationLog
from rasa_project.conversation.push import Push
from rasa_project.conversation.router import Routed
from rasa_project.errors import StorageError
from rasa_project.logs import talking_of
from rasa_project.privacy.erasing import erase_for_patient
from rasa_project.workers.claims import TurnClaims

logger = logging.getLogger(__name__)
# Text and conversation in, Rasa's messages out.
RunTurn = Callable[[str, str], Awaitable[List[Dict[str, Any]]]]
# The reply that can't be stored in, what the patient is shown instead out.
AsTrouble = Callable[[Dict[str, Any]], Dict[str, Any]]
# After a failure the conversation is left alone so long, each time twice as long.
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
STOP_SECONDS = 1.0


class RouterLike(Protocol):
    """What is needed of :class:`rasa_project.conversation.router.Router`."""

    def before(self, conversation: str, message: PatientMessage) -> Routed:
        """Settle a message that isn't for the assistant."""

    def after(self, message: PatientMessage, content: Mapping[str, Any]) -> AlsoDo:
        """What belongs to a reply and is done in its commit."""


class Answering:
    """Answers the conversations of one channel, side by side.

    Args:
        log: Where messages come from and replies go.
        push: Whom to tell.
        run_turn: Makes a reply.
        as_trouble: Makes an error for the patient of a reply that can't be stored.
        router: Decides who a message is for; without one all are for the assistant.
        claims: So that one worker at a time answers a conversation; without it there is one.
    """

    def __init__(
        self,
        log: ConversationLog,
        push: Push,
        run_turn: RunTurn,
        as_trouble: AsTrouble,
        router: Optional[RouterLike] = None,
        claims: Optional[TurnClaims] = None,
    ) -> None:
        self._log = log
        self._push = push
        self._run_turn = run_turn
        self._as_trouble = as_trouble
        self._router = router
        self._claims = claims or TurnClaims()
        self._lines = Lines()
        self._tasks: Dict[str, "asyncio.Task[None]"] = {}
        self._again: Set[str] = set()
        # Until when a conversation is left alone, and for how long that was.
        self._paused: Dict[str, Tuple[float, float]] = {}

    def wake(self, conversation: str) -> None:
        """See to it that somebody works on what stands unanswered in a conversation."""
        if self._push.closed or self._is_paused(conversation):
            return
        if conversation in self._tasks:
            # It may just have found nothing; let it look once more.
            self._again.add(conversation)
            return
        self._tasks[conversation] = asyncio.get_running_loop().create_task(
            self._work_on(conversation)
        )

    def wake_after_pause(self, conversation: str) -> None:
        """As :meth:`wake`, for a conversation in which answering failed; else nothing."""
        if conversation in self._paused:
            self.wake(conversation)

    async def erase(self, conversation: str) -> None:
        """Delete a conversation for its patient, after the turn that is under way.

        Raises:
            StorageError: The database could not do it; nothing is deleted then.
        """
        async with self._lines.turn_of(conversation), self._claims.of(conversation):
            await asyncio.to_thread(erase_for_patient, self._log, conversation)
        self._paused.pop(conversation, None)
        self._push.erased(conversation)

    async def stop(self) -> None:
        """Let turns that are nearly done end; the rest is answered after the next start."""
        tasks = list(self._tasks.values())
        if not tasks:
            return
        _, unfinished = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in unfinished:
            task.cancel()

    async def _work_on(self, conversation: str) -> None:
        with talking_of(conversation):
            await self._answer_all(conversation)

    async def _answer_all(self, conversation: str) -> None:
        try:
            while not self._push.closed:
                self._again.discard(conversation)
                async with self._lines.turn_of(conversation):
                    answered = await self._answer_next(conversation)
                if not answered and conversation not in self._again:
                    break
            self._paused.pop(conversation, None)
        except ConversationGone:
            # Erased by another process; there is nobody to answer any more.
            self._paused.pop(conversation, None)
        except StorageError as error:
            # Without the database's own words: a patient's may stand in them.
            logger.error("A message could not be answered; it is tried again later. %s", error)
            self._pause(conversation)
        except Exception:  # noqa: BLE001 - it stays unanswered, and is tried again later
            logger.exception("A message could not be answered; it is tried again later.")
            self._pause(conversation)
        finally:
            self._again.discard(conversation)
            del self._tasks[conversation]

    async def _answer_next(self, conversation: str) -> bool:
        # To see that nothing waits, no claim is needed.
        if self._claims.is_shared and not await self._has_unanswered(conversation):
            return False
        async with self._claims.of(conversation):
            return await self._answer_one(conversation)

    async def _has_unanswered(self, conversation: str) -> bool:
        return await self._log.ask(self._log.first_unanswered, conversation) is not None

    async def _answer_one(self, conversation: str) -> bool:
        """Answer the first message that waits; False when there is none."""
        message = await self._log.ask(self._log.first_unanswered, conversation)
        if message is None:
            return False
        routed = await self._route(conversation, message)
        if routed.is_settled:
            self._push.set_trouble(conversation, None)
            self._push.notify(conversation)
            return True
        self._push.assistant_types(conversation, True)
        try:
            if routed.untold:
                # Told to the patient already; now the assistant knows it too.
                await self._run_turn(routed.untold, conversation)
            await self._reply(conversation, message)
        finally:
            # In one step with the news of the reply, so that no stream shows a gap.
            self._push.assistant_types(conversation, False)
        return True

    async def _route(self, conversation: str, message: PatientMessage) -> Routed:
        if self._router is None:
            return Routed(False)
        try:
            return await self._log.ask(self._router.before, conversation, message)
        except ConversationGone:
            raise
        except Exception:
            # Whoever it is for, an alarm text comes even now.
            content = reply_content(emergency_reply(message.text))
            await self._show_trouble(conversation, message, content)
            raise

    async def _reply(self, conversation: str, message: PatientMessage) -> None:
        content = reply_content(await self._run_turn(message.for_the_assistant, conversation))
        add_reply = partial(self._log.add_reply, conversation, message.event, content)
        if self._router is not None:
            add_reply = partial(add_reply, also=self._router.after(message, content))
        try:
            await self._log.ask(add_reply)
        except ConversationGone:
            raise
        except Exception:
            # An alarm must reach the patient also when it can't be stored.
            await self._show_trouble(conversation, message, content)
            raise
        self._push.set_trouble(conversation, None)

    async def _show_trouble(
        self, conversation: str, message: PatientMessage, content: Dict[str, Any]
    ) -> None:
        if self._claims.is_shared and await self._was_answered(conversation, message):
            # This process was stopped for a while, and another worker has answered by now.
            return
        self._push.set_trouble(conversation, self._as_trouble(content))

    async def _was_answered(self, conversation: str, message: PatientMessage) -> bool:
        """Whether the log has a reply; no, where it can't be asked."""
        try:
            first = await self._log.ask(self._log.first_unanswered, conversation)
        except StorageError:
            return False
        return first is None or first.event != message.event

    def _is_paused(self, conversation: str) -> bool:
        until, _ = self._paused.get(conversation, (0.0, 0.0))
        return time.monotonic() < until

    def _pause(self, conversation: str) -> None:
        _, before = self._paused.get(conversation, (0.0, 0.0))
        pause = min(max(FIRST_PAUSE, before * 2), LONGEST_PAUSE)
        self._paused[conversation] = (time.monotonic() + pause, pause)
