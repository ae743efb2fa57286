"""Between our conversations and a practice's own tool, whichever that is.

To the tool: who waits is opened there, with the summary and what was said; what follows is
shown in order, once. From the tool: what people write there goes to the patient, each
message once. Our own inbox stays usable, and the audit is ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime
from typing import Any, Callable, Dict, List, Optional, Sequence

from rasa_project.clock import utc_now
from rasa_project.conversation.events import JOINED, NOTED, THERAPIST, reply_content
from rasa_project.conversation.hub import Hub
from rasa_project.conversation.log import ConversationGone, ConversationLog
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.states import Actor, State, WrongState
from rasa_project.errors import StorageError
from rasa_project.handoff import external_notes as notes
from rasa_project.handoff.external import (
    AgentClosed,
    AgentMessage,
    AgentTypes,
    FromAgent,
    Opened,
    Post,
    Tool,
    ToolError,
    ToolGone,
)
from rasa_project.handoff.external_store import ExternalStore, Held
from rasa_project.inbox.audit import CLAIMED, CLOSED, WROTE, Audit
from rasa_project.inbox.material import Flag, Material, read_material
from rasa_project.inbox.texts import filled_in, inbox_texts
from rasa_project.storage.engine import session_for

logger = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
CATCH_UP_SECONDS = 20.0
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 120.0
# Why a conversation is where it is, as it stands in the history.
WRITES_AGAIN, CLOSED_THERE = "wrote_again", "answered"
_NOT_SENT = (
    "Niet verstuurd aan de patiënt: {why}. Kijk in de inbox van Ruggesteun, of probeer het "
    "later nog eens. Dit was: {text}"
)
_ELSEWHERE = "een collega heeft dit gesprek in de inbox van Ruggesteun"
_OVER = {
    State.BOT: "De patiënt praat weer met de assistent.",
    State.CLOSED: "Dit gesprek is afgesloten.",
}


class Bridge:
    """Tells the tool, and takes in what it tells, until cancelled.

    Args:
        database_url: SQLAlchemy URL.
        tool: The practice's.
        document: Gives the summary and what was said, as text, of a material.
        hub: Wakes the patient's side, and us.
        now: What time it is.
    """

    def __init__(
        self,
        database_url: str,
        tool: Tool,
        document: Callable[[Material], str],
        hub: Optional[Hub] = None,
        now: Callable[[], datetime] = utc_now,
    ):
        self._url = database_url
        self._tool = tool
        self._document = document
        self._hub = hub
        self._now = now
        self._store = ExternalStore(database_url, tool.name, now)
        self._log = ConversationLog(database_url, now)
        self._ownerships = Ownerships(database_url, now)
        self._audit = Audit(database_url, now)
        self._news = asyncio.Event()
        self._failures: Dict[str, int] = {}
        self._trouble = ""
        tool.on_agent_message(self.take)

    async def run(self) -> None:
        """Go on until cancelled."""
        self._news = asyncio.Event()
        if self._hub is not None:
            self._hub.join(self, staff=True)
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(work) for work in (self._tell_all(), self._catch_up_all())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._hub is not None:
                self._hub.leave(self)

    def wake_here(self, conversation: str) -> None:
        """Something happened: look now (rasa_project.conversation.hub.Listener)."""
        self._news.set()

    def set_typing(self, conversation: str, who: Optional[str]) -> None:
        """The tool has no way to be told that a patient is typing."""

    # ---- to the tool

    async def _tell_all(self) -> None:
        while True:
            try:
                await self.tell()
            except StorageError as error:
                self._say_once(f"{self._tool.name} has to wait: {error}")
            except Exception:  # noqa: BLE001 - the next round may do better
                logger.exception("Conversations could not be told to %s.", self._tool.name)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_SECONDS)
            self._news.clear()

    async def tell(self) -> None:
        """Tell the tool everything that it wasn't told yet.

        Raises:
            StorageError: The database can't say what.
        """
        for conversation in await asyncio.to_thread(self._store.to_do):
            await self._tell(conversation)

    async def _tell(self, conversation: str) -> None:
        try:
            held = await asyncio.to_thread(self._store.hold, conversation)
            if held is None:
                return
            await self._tell_held(conversation, held)
        except ConversationGone:
            return
        except ToolGone as error:
            await self._keep(conversation, external_id=None, external_contact=None, closed=True)
            await self._pause(conversation, error)
        except ToolError as error:
            await self._pause(conversation, error)
        else:
            self._failures.pop(conversation, None)
            self._trouble = ""
            await asyncio.to_thread(self._store.let_go, conversation)

    async def _pause(self, conversation: str, error: ToolError) -> None:
        self._say_once(f"{self._tool.name} can't be told of conversations now: {error.reason}.")
        failures = self._failures[conversation] = self._failures.get(conversation, 0) + 1
        pause = min(_FIRST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE)
        await asyncio.to_thread(self._store.let_go, conversation, pause)

    async def _tell_held(self, conversation: str, held: Held) -> None:
        state = held.ownership.state
        material = await asyncio.to_thread(read_material, self._url, conversation)
        opened, posted, is_sure = held.opened, held.posted_event, held.is_sure
        if opened is None or held.closed:
            if state is not State.WAITING:
                return
            is_anew = opened is None
            opened = await self._tool.open(
                notes.mark_of(conversation), notes.name_of(conversation, held.channel), opened
            )
            if is_anew:
                posted = 0
            await self._keep(
                conversation,
                external_contact=opened.contact,
                external_id=opened.id,
                closed=False,
                posted_event=posted,
            )
        is_sure, posted = await self._show_history(conversation, opened, material, posted, is_sure)
        is_sure = await self._show_events(conversation, opened, material, posted, is_sure)
        if state in _OVER:
            over = Post(f"over-{held.ownership.version}", _OVER[state])
            await self._tool.post(opened, over, is_sure)
            await self._tool.close(opened)
            await self._keep(conversation, closed=True)

    async def _show_history(
        self, conversation: str, opened: Opened, material: Material, posted: int, is_sure: bool
    ) -> tuple[bool, int]:
        """The summary with what was said so far, at the beginning of each waiting."""
        since = material.ownership.since
        if material.ownership.state is not State.WAITING or since is None:
            return is_sure, posted
        history = notes.before(material.events, since)
        last = max((event.id for event in history), default=0)
        if posted and last <= posted:
            return is_sure, posted
        text = await asyncio.to_thread(self._document, material)
        for note in notes.notes(text, f"history-{last}"):
            await self._tool.post(opened, note, is_sure)
        if last > posted:
            await self._keep(conversation, posted_event=last)
            # Written down: what comes after it can't have arrived.
            return True, last
        return is_sure, posted

    async def _show_events(
        self, conversation: str, opened: Opened, material: Material, posted: int, is_sure: bool
    ) -> bool:
        new = [event for event in material.events if event.id > posted]
        found: Dict[int, List[Flag]] = {}
        for flag in material.flags:
            # What was noted of a message for a human is an event of its own.
            if flag.message is not None and flag.shown:
                found.setdefault(flag.message, []).append(flag)
        own = f"{self._tool.name}-"
        for event, shown in notes.posts(new, found, inbox_texts(), self._now(), own):
            for post in shown:
                await self._tool.post(opened, post, is_sure)
            await self._keep(conversation, posted_event=event)
            is_sure = True
        return is_sure

    async def _keep(self, conversation: str, **values: Any) -> None:
        await asyncio.to_thread(lambda: self._store.keep(conversation, **values))

    def _say_once(self, line: str) -> None:
        if line != self._trouble:
            logger.error("%s", line)
        self._trouble = line

    # ---- from the tool

    async def _catch_up_all(self) -> None:
        """The tool may have told us while we were away, and may not tell it again."""
        while True:
            try:
                for opened in await asyncio.to_thread(self._store.open_ones):
                    await self._tool.catch_up(opened)
            except ToolError as error:
                logger.debug("%s can't be asked what was missed: %s", self._tool.name, error)
            except StorageError as error:
                self._say_once(f"{self._tool.name} has to wait: {error}")
            except Exception:  # noqa: BLE001 - the next round may do better
                logger.exception("What was missed of %s can't be taken in.", self._tool.name)
            await asyncio.sleep(CATCH_UP_SECONDS)

    async def take(self, said: FromAgent) -> None:
        """Take in what somebody did in the tool.

        Raises:
            StorageError: It could not be stored, so it must come again.
        """
        conversation = await asyncio.to_thread(self._store.conversation_of, said.conversation)
        if conversation is None:
            return
        try:
            if isinstance(said, AgentTypes):
                await self._types(conversation, said)
            elif isinstance(said, AgentClosed):
                await asyncio.to_thread(self._close, conversation, said)
            else:
                await self._message(conversation, said)
        except ConversationGone:
            return
        self._spread(conversation)

    async def _types(self, conversation: str, said: AgentTypes) -> None:
        if self._hub is None:
            return
        now = await asyncio.to_thread(self._ownerships.of, conversation)
        if now.state is State.HUMAN and now.owner is None:
            self._hub.therapist_types(conversation, said.name if said.is_typing else None)

    async def _message(self, conversation: str, said: AgentMessage) -> None:
        client_id = f"{self._tool.name}-{said.id}"
        known = await asyncio.to_thread(self._log.message, conversation, client_id)
        if known is not None or not said.text.strip():
            return
        try:
            await asyncio.to_thread(self._write, conversation, said, client_id)
        except WrongState:
            # Written down, so that it isn't sent later after all.
            await asyncio.to_thread(
                self._log.add_notice, conversation, client_id, {"findings": []}, NOTED
            )
            text = _NOT_SENT.format(why=_ELSEWHERE, text=said.text)
            note = Post(f"not-sent-{said.id}", text)
            with contextlib.suppress(ToolError):
                await self._tool.post(Opened("", said.conversation), note, False)
            return
        if self._hub is not None:
            self._hub.therapist_types(conversation, None)

    def _write(self, conversation: str, said: AgentMessage, client_id: str) -> None:
        # No account of ours: it is the tool that knows who they are.
        agent = Actor(THERAPIST, None, said.name)
        now = self._ownerships.of(conversation)
        if now.state is State.CLOSED:
            self._ownerships.back_to_assistant(
                conversation, agent, WRITES_AGAIN, among=(State.CLOSED,)
            )
        if now.state is not State.HUMAN:
            self._ownerships.claim(conversation, agent)
            self._ownerships.see_alarm(conversation)
            self._note_down(CLAIMED, conversation, said.name)
        self._ownerships.write(conversation, agent, said.text, client_id)
        self._note_down(WROTE, conversation, said.name)

    def _close(self, conversation: str, said: AgentClosed) -> None:
        agent = Actor(THERAPIST, None, self._speaker(conversation) or said.name)
        text = filled_in(inbox_texts().to_patient.closed, agent.name)
        try:
            said_to_patient = reply_content([{"text": text}])
            self._ownerships.close(conversation, agent, CLOSED_THERE, said_to_patient)
        except WrongState:
            # A colleague has it in our inbox, or the assistant has it again.
            return
        self._note_down(CLOSED, conversation, said.name)

    def _speaker(self, conversation: str) -> str:
        """Whom the patient saw coming in last."""
        events: Sequence[Dict[str, Any]] = self._log.events(conversation)
        joined = [event["name"] for event in events if event["kind"] == JOINED]
        return str(joined[-1]) if joined else ""

    def _note_down(self, action: str, conversation: str, name: str) -> None:
        with session_for(self._url) as session:
            self._audit.add(
                session,
                action,
                name=name,
                conversation=conversation,
                source=self._tool.name,
            )

    def _spread(self, conversation: str) -> None:
        if self._hub is not None:
            self._hub.spread(conversation, self)
        self._news.set()
