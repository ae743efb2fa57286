"""A stand-in for Chatwoot: one account with one inbox of the kind API.

What it takes, gives and tells follows Chatwoot's documentation and source; docs/chatwoot.md
names the places. It runs in a thread of the test's process.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
import time
from contextlib import suppress
from typing import Any, Callable, Dict, List, Optional

import aiohttp
from aiohttp import web

TOKEN = "stand-in-token_0123456789"
WEBHOOK_SECRET = "last-part-of-the-address_0123456789"
SIGNING_SECRET = "the secret of the inbox"
ACCOUNT, INBOX = 3, 8
PAGE = 20


class ChatwootStandIn:
    """Chatwoot, as far as the adapter sees it.

    Attributes:
        down: Every call ends without an answer, before anything is done.
        lose_answers: So many calls are done, and end without an answer.
        keeps: Which of our two marks of a message it keeps.
    """

    def __init__(self) -> None:
        self.down = False
        self.lose_answers = 0
        self.refuse: Optional[int] = None
        self.keeps = {"source_id", "content_attributes"}
        self.contacts: Dict[int, Dict[str, Any]] = {}
        self.conversations: Dict[int, Dict[str, Any]] = {}
        self.calls: List[str] = []
        self.problems: List[str] = []
        self.webhook = ""
        self.signs = True
        self.webhook_answers: List[int] = []
        self._next = 100
        self._lock = threading.RLock()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port = 0

    # ---- its life

    def start(self) -> "ChatwootStandIn":
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join(10)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        with suppress(Exception):
            await self._runner.cleanup()
        self._loop.stop()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        base = "/api/v1/accounts/{account}"
        for method, path, handler in (
            ("GET", "/contacts/search", self._search),
            ("POST", "/contacts", self._create_contact),
            ("GET", "/contacts/{contact}/conversations", self._conversations_of),
            ("POST", "/contacts/{contact}/contact_inboxes", self._create_session),
            ("POST", "/conversations", self._create_conversation),
            ("GET", "/conversations/{conversation}", self._show),
            ("GET", "/conversations/{conversation}/messages", self._messages),
            ("POST", "/conversations/{conversation}/messages", self._create_message),
            ("POST", "/conversations/{conversation}/toggle_status", self._toggle_status),
        ):
            app.router.add_route(method, base + path, self._guarded(handler))
        self._runner = web.AppRunner(app, access_log=None)
        self._loop.run_until_complete(self._runner.setup())
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self._ready.set()
        self._loop.run_forever()

    def _guarded(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        async def serve(request: web.Request) -> web.StreamResponse:
            if self.down:
                return self._drop(request)
            if request.headers.get("api_access_token") != TOKEN:
                return web.json_response({"error": "Invalid Access Token"}, status=401)
            if request.match_info["account"] != str(ACCOUNT):
                return web.json_response({"error": "not found"}, status=404)
            if self.refuse:
                return web.json_response({"error": "no"}, status=self.refuse)
            body = await request.json() if request.can_read_body else {}
            with self._lock:
                self.calls.append(f"{request.method} {handler.__name__}")
                answer = handler(request, body)
                if self.lose_answers and request.method == "POST":
                    self.lose_answers -= 1
                    return self._drop(request)
            return answer

        return serve

    @staticmethod
    def _drop(request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    def _id(self) -> int:
        self._next += 1
        return self._next

    def _missing(self) -> web.Response:
        return web.json_response({"error": "Resource could not be found"}, status=404)

    def _bad(self, reason: str) -> web.Response:
        self.problems.append(reason)
        return web.json_response({"message": reason}, status=422)

    # ---- what we call

    def _search(self, request: web.Request, _body: Any) -> web.Response:
        wanted = request.query.get("q", "")
        found = [c for c in self.contacts.values() if wanted in (c["identifier"] or "")]
        return web.json_response({"meta": {"count": len(found)}, "payload": found})

    def _create_contact(self, _request: web.Request, body: Dict[str, Any]) -> web.Response:
        if any(c["identifier"] == body["identifier"] for c in self.contacts.values()):
            return self._bad("Identifier has already been taken")
        number = self._id()
        session = {"source_id": f"session-{number}", "inbox": {"id": body["inbox_id"]}}
        self.contacts[number] = {
            "id": number,
            "name": body["name"],
            "identifier": body["identifier"],
            "contact_inboxes": [session] if body.get("inbox_id") == INBOX else [],
        }
        return web.json_response(
            {"payload": {"contact": self.contacts[number], "contact_inbox": session}}
        )

    def _create_session(self, request: web.Request, body: Dict[str, Any]) -> web.Response:
        contact = self.contacts.get(int(request.match_info["contact"]))
        if contact is None:
            return self._missing()
        session = {"source_id": f"session-{self._id()}", "inbox": {"id": body["inbox_id"]}}
        contact["contact_inboxes"].append(session)
        return web.json_response(session)

    def _conversations_of(self, request: web.Request, _body: Any) -> web.Response:
        number = int(request.match_info["contact"])
        found = [_plain(c) for c in self.conversations.values() if c["contact"] == number]
        return web.json_response({"payload": found})

    def _create_conversation(self, _request: web.Request, body: Dict[str, Any]) -> web.Response:
        contact = self.contacts.get(body.get("contact_id", 0))
        if contact is None:
            return self._missing()
        sessions = [session["source_id"] for session in contact["contact_inboxes"]]
        if body.get("source_id") not in sessions or body.get("inbox_id") != INBOX:
            return self._bad("source_id")
        number = self._id()
        self.conversations[number] = {
            "id": number,
            "inbox_id": INBOX,
            "contact": contact["id"],
            "status": body.get("status", "open"),
            "messages": [],
        }
        return web.json_response({"id": number, "account_id": ACCOUNT, "inbox_id": INBOX})

    def _show(self, request: web.Request, _body: Any) -> web.Response:
        found = self._find(request)
        return self._missing() if found is None else web.json_response(_plain(found))

    def _messages(self, request: web.Request, _body: Any) -> web.Response:
        found = self._find(request)
        if found is None:
            return self._missing()
        before = int(request.query.get("before", 2**31))
        page = [m for m in found["messages"] if m["id"] < before][-PAGE:]
        # As numbers here, as words in a webhook.
        numbers = {"incoming": 0, "outgoing": 1}
        shown = [{**m, "message_type": numbers[m["message_type"]]} for m in page]
        return web.json_response({"meta": {}, "payload": shown})

    def _create_message(self, request: web.Request, body: Dict[str, Any]) -> web.Response:
        found = self._find(request)
        if found is None:
            return self._missing()
        if not body.get("content", "").strip() or len(body["content"]) > 150_000:
            return self._bad("content")
        if body["message_type"] not in ("incoming", "outgoing"):
            return self._bad("message_type")
        message = self._add(
            found,
            body["content"],
            body["message_type"],
            body["private"],
            {"id": 1, "name": "Koppeling", "type": "user"}
            if body["message_type"] == "outgoing"
            else {"id": found["contact"], "name": "Patiënt", "type": "contact"},
            body.get("source_id") if "source_id" in self.keeps else None,
            body.get("content_attributes") if "content_attributes" in self.keeps else {},
        )
        if body["message_type"] == "incoming" and found["status"] == "resolved":
            self._status(found, "open")
        return web.json_response(message)

    def _toggle_status(self, request: web.Request, body: Dict[str, Any]) -> web.Response:
        found = self._find(request)
        if found is None:
            return self._missing()
        if body.get("status") not in ("open", "resolved", "pending", "snoozed"):
            return self._bad("status")
        self._status(found, body["status"])
        return web.json_response({"payload": {"success": True, "current_status": body["status"]}})

    def _find(self, request: web.Request) -> Optional[Dict[str, Any]]:
        return self.conversations.get(int(request.match_info["conversation"]))

    # ---- what people do there

    def _add(
        self,
        conversation: Dict[str, Any],
        text: str,
        kind: str,
        private: bool,
        sender: Dict[str, Any],
        source: Optional[str] = None,
        attributes: Optional[Dict[str, Any]] = None,
        tell: bool = True,
    ) -> Dict[str, Any]:
        message = {
            "id": self._id(),
            "content": text,
            "message_type": kind,
            "content_type": "text",
            "private": private,
            "source_id": source,
            "content_attributes": attributes or {},
            "sender": sender,
            "created_at": int(time.time()),
        }
        conversation["messages"].append(message)
        if tell:
            self.tell({"event": "message_created", **message, **_about(conversation)})
        return dict(message)

    def writes(
        self,
        text: str,
        name: str = "Karin",
        private: bool = False,
        conversation: int = 0,
        tell: bool = True,
    ) -> Dict[str, Any]:
        """An agent writes; gives the message."""
        with self._lock:
            found = self.the_conversation(conversation)
            sender = {"id": 5, "name": name, "type": "user", "email": "karin@x.nl"}
            return self._add(found, text, "outgoing", private, sender, tell=tell)

    def resolves(self, tell: bool = True) -> None:
        """An agent resolves the conversation."""
        with self._lock:
            self._status(self.the_conversation(), "resolved", tell)

    def types(self, is_typing: bool = True, private: bool = False) -> None:
        with self._lock:
            found = self.the_conversation()
            self.tell(
                {
                    "event": f"conversation_typing_{'on' if is_typing else 'off'}",
                    "user": {"id": 5, "name": "Karin", "type": "user"},
                    "conversation": _plain(found),
                    "is_private": private,
                }
            )

    def the_conversation(self, number: int = 0) -> Dict[str, Any]:
        if number:
            return self.conversations[number]
        (found,) = self.conversations.values()
        return found

    def incoming(self) -> List[str]:
        """What patients said, in order."""
        return [m["content"] for m in self._said() if m["message_type"] == "incoming"]

    def notes(self) -> List[str]:
        """What only the practice sees, in order."""
        return [m["content"] for m in self._said() if m["private"]]

    def _said(self) -> List[Dict[str, Any]]:
        with self._lock:
            return [m for c in self.conversations.values() for m in c["messages"]]

    def _status(self, conversation: Dict[str, Any], status: str, tell: bool = True) -> None:
        if conversation["status"] != status:
            conversation["status"] = status
            if tell:
                self.tell({"event": "conversation_status_changed", **_plain(conversation)})

    # ---- the webhook

    def tell(self, payload: Dict[str, Any]) -> None:
        if self.webhook:
            asyncio.run_coroutine_threadsafe(self.call_webhook(payload), self._loop)

    async def call_webhook(self, payload: Dict[str, Any], **headers: str) -> int:
        body = json.dumps(payload).encode()
        stamp = str(int(time.time()))
        if self.signs:
            signed = hmac.new(SIGNING_SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
            headers = {
                "X-Chatwoot-Timestamp": stamp,
                "X-Chatwoot-Signature": f"sha256={signed.hexdigest()}",
                **headers,
            }
        async with aiohttp.ClientSession() as session:
            status = 0
            # It is told once; what fails is not told again.
            with suppress(aiohttp.ClientError, OSError, asyncio.TimeoutError):
                async with session.post(
                    self.webhook,
                    data=body,
                    headers={"Content-Type": "application/json", **headers},
                    timeout=aiohttp.ClientTimeout(total=5),
                ) as answer:
                    status = answer.status
        self.webhook_answers.append(status)
        return status


def _plain(conversation: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "id": conversation["id"],
        "inbox_id": conversation["inbox_id"],
        "status": conversation["status"],
        "channel": "Channel::Api",
        "can_reply": True,
        "meta": {
            "sender": {"id": conversation["contact"], "type": "contact"},
            "assignee": {"id": 5, "name": "Karin", "available_name": "Karin B.", "type": "user"},
        },
    }


def _about(conversation: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "conversation": _plain(conversation),
        "inbox": {"id": INBOX, "name": "Ruggesteun"},
        "account": {"id": ACCOUNT, "name": "De Brug"},
    }
