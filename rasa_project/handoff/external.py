"""What a practice's own tool for conversations must be able to do, and what it gives back.

A tool is one class with the methods of :class:`Tool`. ``external_bridge`` does the rest:
what has to be told when, once and in order, and what happens to what people write there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Awaitable, Callable, Optional, Protocol, Union


class ToolError(Exception):
    """The tool did not do it; it is tried again later.

    Args:
        reason: One English line for the log; no patient's word and no secret.
    """

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class ToolGone(ToolError):
    """The tool doesn't know the conversation (any more): it is opened anew."""


@dataclass(frozen=True)
class Opened:
    """Where a conversation is in the tool.

    Attributes:
        contact: The tool's name for the patient.
        id: The tool's name for the conversation.
    """

    contact: str
    id: str


@dataclass(frozen=True)
class Post:
    """Something to show in the tool.

    Attributes:
        mark: Names it; the same mark is the same thing.
        text: What is shown.
        by_patient: As a message of the patient; else as a note that only the practice sees.
    """

    mark: str
    text: str
    by_patient: bool = False


@dataclass(frozen=True)
class AgentMessage:
    """Somebody wrote to the patient in the tool.

    Attributes:
        conversation: The tool's name for it.
        id: The tool's name for the message.
        name: Who wrote it, as patients see it.
        text: What they wrote.
    """

    conversation: str
    id: str
    name: str
    text: str


@dataclass(frozen=True)
class AgentClosed:
    """Somebody closed a conversation in the tool."""

    conversation: str
    name: str


@dataclass(frozen=True)
class AgentTypes:
    """Somebody is typing to the patient in the tool; or stopped."""

    conversation: str
    name: str
    is_typing: bool


FromAgent = Union[AgentMessage, AgentClosed, AgentTypes]
Take = Callable[[FromAgent], Awaitable[None]]


class Tool(Protocol):
    """A practice's own tool.

    Every method but ``on_agent_message`` may raise ToolError, and is then called again.
    """

    @property
    def name(self) -> str:
        """At most 16 letters; stands in our database."""

    def on_agent_message(self, take: Take) -> None:
        """From now on give to ``take`` what people do in the tool, each thing at least once.

        What ``take`` raises is for the tool's own way of trying again.
        """

    async def open(self, mark: str, title: str, known: Optional[Opened]) -> Opened:
        """Begin a conversation, or open it again.

        Args:
            mark: Ours for the patient; called again with it, it gives the same conversation.
            title: What people there see as the patient's name.
            known: What an earlier call gave.
        """

    async def post(self, conversation: Opened, post: Post, is_new: bool) -> None:
        """Show something.

        Args:
            conversation: Where.
            post: What.
            is_new: False when an earlier call with the same mark may have worked; then it
                must not be shown twice.
        """

    async def close(self, conversation: Opened) -> None:
        """Close a conversation; one that is closed stays closed."""

    async def catch_up(self, conversation: Opened) -> None:
        """Give to ``take`` what the tool may have failed to tell since."""
