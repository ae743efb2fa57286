"""The adapter for Chatwoot: its application API, and an inbox of the kind API.

docs/chatwoot.md says which pages of Chatwoot's documentation this follows.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from typing import Any, Dict, List, Mapping, Optional

import aiohttp

from rasa_project.channels.typed_text import storable
from rasa_project.handoff.external import (
    AgentClosed,
    AgentMessage,
    AgentTypes,
    FromAgent,
    Opened,
    Post,
    Take,
    ToolError,
    ToolGone,
)
from rasa_project.settings import ChatwootSettings

logger = logging.getLogger(__name__)
NAME = "chatwoot"
_CALL_SECONDS = 10.0
# How far back is looked for a message that may have arrived; a page holds twenty.
_MOST_PAGES = 10
_MOST_SIGNS = 4_000
_FRESH_SECONDS = 300
_OUTGOING = ("outgoing", 1)
# Who wrote it if Chatwoot doesn't say.
_SOMEBODY = "Medewerker"


class Chatwoot:
    """One account and inbox of a Chatwoot (rasa_project.handoff.external.Tool).

    Args:
        settings: Where it is and who we are there.
    """

    name = NAME

    def __init__(self, settings: ChatwootSettings):
        self._settings = settings
        self._base = f"{settings.url}/api/v1/accounts/{settings.account}/"
        self._session: Optional[aiohttp.ClientSession] = None
        self._take: Optional[Take] = None

    def on_agent_message(self, take: Take) -> None:
        """Give what people do there to ``take``."""
        self._take = take

    async def stop(self) -> None:
        """End all connections."""
        if self._session is not None:
            await self._session.close()

    # ---- to Chatwoot

    async def open(self, mark: str, title: str, known: Optional[Opened]) -> Opened:
        """A contact, and a conversation of it in our inbox."""
        if known is not None:
            await self._set_status(known, "open")
            return known
        contact = await self._contact(mark, title)
        number = _number(contact.get("id"))
        for conversation in await self._conversations(number):
            # An earlier call made it, and we never heard of it.
            opened = Opened(number, _number(conversation.get("id")))
            if conversation.get("status") != "open":
                await self._set_status(opened, "open")
            return opened
        made = await self._call(
            "POST",
            "conversations",
            {
                "source_id": await self._source_id(contact),
                "inbox_id": self._settings.inbox,
                "contact_id": int(number),
                "status": "open",
            },
        )
        return Opened(number, _number(made.get("id")))

    async def post(self, conversation: Opened, post: Post, is_new: bool) -> None:
        """An incoming message, or a private note."""
        if not is_new and await self._is_there(conversation, post.mark):
            return
        await self._call(
            "POST",
            f"conversations/{conversation.id}/messages",
            {
                "content": post.text,
                "message_type": "incoming" if post.by_patient else "outgoing",
                "private": not post.by_patient,
                "content_type": "text",
                # By these we know it again; which one Chatwoot keeps depends on its age.
                "source_id": _source(post.mark),
                "content_attributes": {"ruggesteun": post.mark},
            },
        )

    async def close(self, conversation: Opened) -> None:
        """Resolve it."""
        await self._set_status(conversation, "resolved")

    async def catch_up(self, conversation: Opened) -> None:
        """Give what people wrote; Chatwoot doesn't repeat a webhook that failed."""
        messages = await self._messages(conversation, pages=1)
        for message in messages:
            said = _message(message, conversation.id)
            if said is not None and self._take is not None:
                await self._take(said)
        about = await self._call("GET", f"conversations/{conversation.id}")
        if about.get("status") == "resolved" and self._take is not None:
            await self._take(AgentClosed(conversation.id, _assignee(about)))

    async def _contact(self, mark: str, title: str) -> Mapping[str, Any]:
        found = await self._call("GET", "contacts/search", query={"q": mark})
        for contact in _list(found.get("payload")):
            if contact.get("identifier") == mark:
                return contact
        made = await self._call(
            "POST",
            "contacts",
            {"inbox_id": self._settings.inbox, "name": title, "identifier": mark},
        )
        payload = _object(made.get("payload"))
        # Older ones give the contact itself.
        return _object(payload.get("contact")) or payload or made

    async def _source_id(self, contact: Mapping[str, Any]) -> str:
        """The contact's session in our inbox."""
        for session in _list(contact.get("contact_inboxes")):
            inbox = _object(session.get("inbox"))
            if inbox.get("id") == self._settings.inbox and session.get("source_id"):
                return str(session["source_id"])
        made = await self._call(
            "POST",
            f"contacts/{_number(contact.get('id'))}/contact_inboxes",
            {"inbox_id": self._settings.inbox},
        )
        source = made.get("source_id")
        if not isinstance(source, str):
            raise ToolError("Chatwoot gave the contact no session in the inbox")
        return source

    async def _conversations(self, contact: str) -> List[Mapping[str, Any]]:
        found = await self._call("GET", f"contacts/{contact}/conversations")
        return [
            conversation
            for conversation in _list(found.get("payload"))
            if conversation.get("inbox_id") == self._settings.inbox
        ]

    async def _set_status(self, conversation: Opened, status: str) -> None:
        await self._call(
            "POST", f"conversations/{conversation.id}/toggle_status", {"status": status}
        )

    async def _is_there(self, conversation: Opened, mark: str) -> bool:
        messages = await self._messages(conversation, _MOST_PAGES)
        return any(mark == _mark(message) for message in messages)

    async def _messages(self, conversation: Opened, pages: int) -> List[Mapping[str, Any]]:
        """The newest messages, oldest first."""
        path = f"conversations/{conversation.id}/messages"
        found: List[Mapping[str, Any]] = []
        query: Dict[str, str] = {}
        for _ in range(pages):
            page = _list((await self._call("GET", path, query=query)).get("payload"))
            if not page:
                break
            found = page + found
            query = {"before": _number(min(message["id"] for message in page))}
        return sorted(found, key=lambda message: int(message["id"]))

    async def _call(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]] = None,
        query: Optional[Mapping[str, str]] = None,
    ) -> Dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"api_access_token": self._settings.token}
            )
        # Not the whole path: it may hold our name for a patient.
        what = f"{method} {path.split('/')[0]}"
        timeout = aiohttp.ClientTimeout(total=_CALL_SECONDS)
        try:
            async with self._session.request(
                method,
                self._base + path,
                json=body,
                params=query,
                timeout=timeout,
                allow_redirects=False,
            ) as answer:
                status = answer.status
                content = await answer.read()
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise ToolError(f"Chatwoot can't be reached ({type(error).__name__})") from None
        if status == 404 and path.startswith("conversations/"):
            raise ToolGone("Chatwoot doesn't know the conversation any more")
        if status in (401, 403):
            raise ToolError(
                "Chatwoot refuses RUGGESTEUN_CHATWOOT_TOKEN, or its user may not use the inbox"
            )
        if not 200 <= status < 300:
            raise ToolError(f"Chatwoot answers {status} to {what}")
        try:
            found = json.loads(content) if content.strip() else {}
        except ValueError:
            raise ToolError(f"Chatwoot's answer to {what} can't be read") from None
        return found if isinstance(found, dict) else {"payload": found}

    # ---- from Chatwoot

    def is_genuine(
        self, signature: Optional[str], timestamp: Optional[str], body: bytes, now: float
    ) -> bool:
        """Whether a webhook was signed with the inbox's secret; True when none is set."""
        secret = self._settings.signing_secret
        if not secret:
            return True
        if not signature or not timestamp or not timestamp.isdecimal() or len(timestamp) > 15:
            return False
        signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
        expected = f"sha256={signed.hexdigest()}".encode()
        is_right = hmac.compare_digest(signature.encode("utf-8", "replace"), expected)
        return is_right and abs(now - int(timestamp)) <= _FRESH_SECONDS

    def is_secret(self, shown: str) -> bool:
        """Whether the last part of the address is right; a wrong one takes as long."""
        ours = self._settings.webhook_secret.encode()
        return hmac.compare_digest(shown.encode("utf-8", "replace"), ours)

    async def receive(self, payload: Any) -> None:
        """Take in what Chatwoot's webhook tells.

        Raises:
            StorageError: It could not be stored.
        """
        said = read_webhook(payload, self._settings.account, self._settings.inbox)
        if said is not None and self._take is not None:
            await self._take(said)


def read_webhook(payload: Any, account: int, inbox: int) -> Optional[FromAgent]:
    """What a webhook tells, if it is about people who write to our patients. Pure.

    Args:
        payload: As it came; may hold anything.
        account: Ours in Chatwoot.
        inbox: Ours in Chatwoot.
    """
    told = _object(payload)
    event = told.get("event")
    is_about_status = event == "conversation_status_changed"
    conversation = told if is_about_status else _object(told.get("conversation"))
    number = conversation.get("id")
    its_inbox = conversation.get("inbox_id", _object(told.get("inbox")).get("id"))
    its_account = _object(told.get("account")).get("id", account)
    if not _is_number(number) or its_inbox != inbox or its_account != account:
        return None
    if event == "message_created":
        return _message(told, str(number))
    if is_about_status and told.get("status") == "resolved":
        return AgentClosed(str(number), _assignee(told))
    if event in ("conversation_typing_on", "conversation_typing_off"):
        user = _object(told.get("user"))
        if told.get("is_private") or user.get("type") == "contact":
            return None
        is_typing = event == "conversation_typing_on"
        return AgentTypes(str(number), _name(user), is_typing)
    return None


def _message(message: Mapping[str, Any], conversation: str) -> Optional[AgentMessage]:
    """What somebody wrote to the patient; not what we wrote, and no note."""
    text, number = message.get("content"), message.get("id")
    sender = _object(message.get("sender"))
    if message.get("message_type") not in _OUTGOING or message.get("private") is not False:
        return None
    if _mark(message) is not None or not isinstance(text, str) or not _is_number(number):
        return None
    if sender.get("type") == "contact":
        return None
    return AgentMessage(conversation, str(number), _name(sender), storable(text)[:_MOST_SIGNS])


def _mark(message: Mapping[str, Any]) -> Optional[str]:
    """Our mark of a message; None for one that isn't ours."""
    source = message.get("source_id")
    if isinstance(source, str) and source.startswith(_source("")):
        return source[len(_source("")) :]
    mark = _object(message.get("content_attributes")).get("ruggesteun")
    return mark if isinstance(mark, str) else None


def _source(mark: str) -> str:
    return f"ruggesteun:{mark}"


def _name(person: Mapping[str, Any]) -> str:
    for field in ("available_name", "name"):
        name = person.get(field)
        if isinstance(name, str) and name.strip():
            return storable(name).strip()[:64]
    return _SOMEBODY


def _assignee(conversation: Mapping[str, Any]) -> str:
    return _name(_object(_object(conversation.get("meta")).get("assignee")))


def _object(value: Any) -> Dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> List[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53


def _number(value: Any) -> str:
    """An id that Chatwoot gave.

    Raises:
        ToolError: It is none.
    """
    if not _is_number(value):
        raise ToolError("Chatwoot gave no number where one belongs")
    return str(value)
