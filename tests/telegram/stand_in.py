"""A stand-in for Telegram's Bot API, with its limits, and patients that use it.

It runs in a thread of the test's process. What it takes and what it refuses follows
https://core.telegram.org/bots/api, and for edits the order of checks in TDLib's
``edit_message_live_location``; ``problems`` holds each call that Telegram would refuse and that a
sound bot never makes.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
import time
from contextlib import suppress
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

import aiohttp
from aiohttp import web

from tests.telegram.parse_html import BadHtml, parse_html, utf16

TOKEN = "4711:stand-in-token_AAAAAAAAAAAAAAAAAAAAAAAA"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
PATIENCE = 60.0
MOST_CHARACTERS = 4096
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)
# What a sound bot may be told: that nothing changes, that a press is too old, and what comes
# of looking for a message that it may have sent.
HARMLESS = ("not modified", "too old", "no live location", "to edit not found", "can't be edited")


class Refusal(Exception):
    """Telegram says no."""

    def __init__(self, code: int, description: str, **parameters: Any):
        super().__init__(description)
        self.body = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.body["parameters"] = parameters


class StandIn:
    """Telegram, for one bot.

    Args:
        seed: Of its moods.
    """

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)
        # How often a call fails before anything is done; how often updates come twice or
        # in another order; how long an answer takes.
        self.error_rate = 0.0
        # How often a message is taken, and the answer to the bot gets lost.
        self.lost_rate = 0.0
        # Messages are taken, and the bot isn't told; so many were.
        self.silent = False
        self.silenced = 0
        self.repeat_rate = 0.0
        self.shuffle = False
        self.late = 0.0
        self.down = False
        self.calls: List[Tuple[str, Dict[str, Any]]] = []
        self.problems: List[str] = []
        self.errors = 0
        self.commands: List[Dict[str, str]] = []
        self.callbacks: Dict[str, Optional[str]] = {}
        self.files: Dict[int, List[Tuple[str, bytes]]] = {}
        self.webhook: Dict[str, Any] = {}
        self.webhook_target = ""
        self.webhook_answers: List[int] = []
        self.blocked: Set[int] = set()
        # What is done before a patient says something for the first time: most of them
        # agreed before to what is kept (tests/telegram/agreed.py).
        self.agree: Optional[Callable[[int], None]] = None
        self._agreed: Set[int] = set()
        self._messages: Dict[int, List[Dict[str, Any]]] = {}
        # One sequence over all private chats, and one for each group.
        self._ids: Dict[int, int] = {}
        self._types: Dict[int, str] = {}
        self._uneditable: Set[int] = set()
        self._updates: List[Dict[str, Any]] = []
        self._confirmed: List[Dict[str, Any]] = []
        self._next_update = 100_000
        self._polling = 0
        self._lock = threading.RLock()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port = 0

    # ---- its life

    def start(self, port: int = 0) -> "StandIn":
        self.port = port
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join(10)
        assert not self._thread.is_alive()

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

    def settings(self, **more: str) -> Dict[str, str]:
        return {
            "RUGGESTEUN_TELEGRAM_TOKEN": TOKEN,
            "RUGGESTEUN_TELEGRAM_API": self.address,
            **more,
        }

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=60 * 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        self._runner = runner = web.AppRunner(app, access_log=None)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        self._loop.run_until_complete(site.start())
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self._loop.create_task(self._call_webhook())
        self._ready.set()
        self._loop.run_forever()

    # ---- what patients do

    def _update(self, **content: Any) -> int:
        with self._lock:
            self._next_update += 1
            self._updates.append({"update_id": self._next_update, **content})
            return self._next_update

    def _message_of(self, chat: int, sender: Dict[str, Any], **content: Any) -> Dict[str, Any]:
        with self._lock:
            sequence = chat if chat < 0 else 0
            self._ids[sequence] = self._ids.get(sequence, 0) + 1
            message = {
                "message_id": self._ids[sequence],
                "date": int(time.time()),
                "chat": {"id": chat, "type": self._types.setdefault(chat, "private")},
                "from": sender,
                **content,
            }
            self._messages.setdefault(chat, []).append(message)
            return message

    def agrees(self, chat: int) -> None:
        """A patient agreed before; once is enough."""
        if self.agree is not None and chat > 0 and chat not in self._agreed:
            self._agreed.add(chat)
            self.agree(chat)

    def says(self, chat: int, text: Optional[str] = None, **content: Any) -> int:
        """A patient sends a message; gives its id in the chat."""
        self.agrees(chat)
        if text is not None:
            content["text"] = text
        sender = {"id": chat, "is_bot": False, "first_name": "P"}
        with self._lock:
            message = self._message_of(chat, sender, **content)
            self._update(message=dict(message))
        return int(message["message_id"])

    def edits(self, chat: int, message_id: int, text: str) -> None:
        with self._lock:
            message = self._find(chat, message_id)
            message.update(text=text, edit_date=int(time.time()))
            self._update(edited_message=dict(message))

    def group(self, chat: int, text: str) -> None:
        self._types[chat] = "supergroup"
        self.says(chat, text)

    def presses(self, chat: int, message: Dict[str, Any], title: str) -> str:
        """A patient presses a button, also one that isn't there any more."""
        buttons = [b for row in message["reply_markup"]["inline_keyboard"] for b in row]
        (data,) = [b["callback_data"] for b in buttons if b["text"] == title]
        return self.presses_data(chat, message, data)

    def presses_data(self, chat: int, message: Dict[str, Any], data: str) -> str:
        with self._lock:
            query = f"query-{self._next_update}"
            self.callbacks[query] = None
            found = self._find(chat, message["message_id"])
            self._update(
                callback_query={
                    "id": query,
                    "from": {"id": chat, "is_bot": False, "first_name": "P"},
                    "message": json.loads(json.dumps(found)),
                    "chat_instance": "1",
                    "data": data,
                }
            )
        return query

    def changes(self, chat: int, status: str) -> None:
        """The patient blocks the bot ("kicked"), or lets it in again ("member")."""
        (self.blocked.add if status == "kicked" else self.blocked.discard)(chat)
        self._update(
            my_chat_member={
                "chat": {"id": chat, "type": "private"},
                "new_chat_member": {"status": status},
            }
        )

    def comes(self, raw: Dict[str, Any]) -> None:
        """An update as it stands, but for its number."""
        self._update(**raw)

    # ---- what patients see

    def seen(self, chat: int) -> List[Dict[str, Any]]:
        """What the bot sent to a chat, in order, as it looks now."""
        with self._lock:
            messages = self._messages.get(chat, [])
            return [json.loads(json.dumps(m)) for m in messages if m["from"].get("is_bot")]

    def count(self, chat: int) -> int:
        """How many messages the bot sent to a chat."""
        with self._lock:
            return sum(1 for m in self._messages.get(chat, []) if m["from"].get("is_bot"))

    def texts(self, chat: int) -> List[str]:
        return [message.get("text", "") for message in self.seen(chat)]

    def wait(
        self,
        until: Callable[[], Any],
        what: str = "",
        seconds: float = PATIENCE,
        every: float = 0.02,
    ) -> Any:
        """Wait until something is so; gives what it was."""
        deadline = time.monotonic() + seconds
        while True:
            found = until()
            if found:
                return found
            assert time.monotonic() < deadline, f"not in {seconds} s: {what} {self.problems}"
            time.sleep(every)

    def wait_for(self, chat: int, count: int, seconds: float = PATIENCE) -> List[Dict[str, Any]]:
        """Wait until a chat got so many messages."""
        what = f"{count} messages in {chat}; there are "
        self.wait(lambda: self.count(chat) >= count, what, seconds)
        return self.seen(chat)

    def is_all_confirmed(self) -> bool:
        with self._lock:
            return not self._updates

    def called(self, method: str) -> List[Dict[str, Any]]:
        with self._lock:
            return [values for name, values in self.calls if name == method]

    # ---- what the bot calls

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if self.down:
            return self._drop(request)
        if request.match_info["token"] != TOKEN:
            return self._json(Refusal(401, "Unauthorized").body)
        try:
            values = await self._values(request)
        except (ConnectionError, ValueError):
            return self._json(Refusal(400, "Bad Request: can't parse").body)
        with self._lock:
            self.calls.append((method, values))
            mood = self.random.random() < self.error_rate
        if mood:
            return self._fail(request)
        if self.late:
            await asyncio.sleep(self.late)
        handler = getattr(self, f"_do_{method}", None)
        try:
            if handler is None:
                raise Refusal(404, "Not Found: method not found")
            result = handler(values)
            if asyncio.iscoroutine(result):
                result = await result
            if method in ("sendMessage", "sendDocument"):
                if self.silent:
                    self.silenced += 1
                    await asyncio.sleep(60)
                if self.random.random() < self.lost_rate:
                    return self._drop(request)
            return self._json({"ok": True, "result": result})
        except Refusal as error:
            code = error.body["error_code"]
            if code == 400 and not any(words in str(error) for words in HARMLESS):
                self.problems.append(f"{method}: {error}: {str(values)[:300]}")
            return self._json(error.body)

    def _fail(self, request: web.Request) -> web.StreamResponse:
        self.errors += 1
        kind = self.random.choice(["too many", "internal", "gateway", "drop"])
        if kind == "too many":
            return self._json(Refusal(429, "Too Many Requests: retry after 1", retry_after=1).body)
        if kind == "internal":
            return self._json(Refusal(500, "Internal Server Error").body)
        if kind == "gateway":
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        return self._drop(request)

    @staticmethod
    def _drop(request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    @staticmethod
    def _json(body: Dict[str, Any]) -> web.Response:
        return web.json_response(body, status=200 if body["ok"] else body["error_code"])

    @staticmethod
    async def _values(request: web.Request) -> Dict[str, Any]:
        if request.content_type == "application/json":
            return dict(await request.json())
        return {
            name: (value.filename, value.file.read()) if isinstance(value, web.FileField) else value
            for name, value in (await request.post()).items()
        }

    def _do_getMe(self, _values: Dict[str, Any]) -> Any:
        return {"id": 4711, "is_bot": True, "first_name": "Rug", "username": "rug_bot"}

    def _do_setMyCommands(self, values: Dict[str, Any]) -> Any:
        for command in values["commands"]:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands = values["commands"]
        return True

    def _do_setWebhook(self, values: Dict[str, Any]) -> Any:
        if not values["url"].startswith("https://"):
            raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", values.get("secret_token", "")):
            raise Refusal(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = dict(values)
        return True

    def _do_deleteWebhook(self, _values: Dict[str, Any]) -> Any:
        self.webhook = {}
        return True

    def _do_getWebhookInfo(self, _values: Dict[str, Any]) -> Any:
        with self._lock:
            return {"url": self.webhook.get("url", ""), "pending_update_count": len(self._updates)}

    async def _do_getUpdates(self, values: Dict[str, Any]) -> Any:
        if self.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        self._polling += 1
        mine = self._polling
        offset = values.get("offset")
        wanted = values.get("allowed_updates") or []
        with self._lock:
            if offset is not None:
                self._confirmed += [u for u in self._updates if u["update_id"] < offset]
                self._updates = [u for u in self._updates if u["update_id"] >= offset]
        deadline = time.monotonic() + min(float(values.get("timeout", 0)), 2.0)
        while True:
            with self._lock:
                batch = [u for u in self._updates[:200] if set(u) & set(wanted)][:100]
            if mine != self._polling:
                raise Refusal(409, "Conflict: terminated by other getUpdates request")
            if batch or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.01)
        with self._lock:
            if self._confirmed and self.random.random() < self.repeat_rate:
                batch.append(self.random.choice(self._confirmed))
            if self.shuffle:
                self.random.shuffle(batch)
        return batch

    def _do_sendMessage(self, values: Dict[str, Any]) -> Any:
        self._check_chat(values)
        text, entities = self._formed(values)
        with self._lock:
            message = self._message_of(
                values["chat_id"], {"id": 4711, "is_bot": True, "first_name": "Rug"}, text=text
            )
            if entities:
                message["entities"] = entities
            self._put_under(message, values)
            return json.loads(json.dumps(message))

    def _do_sendDocument(self, values: Dict[str, Any]) -> Any:
        values["chat_id"] = int(values["chat_id"])
        self._check_chat(values)
        if utf16(values.get("caption", "")) > 1024:
            raise Refusal(400, "Bad Request: message caption is too long")
        name, content = values["document"]
        if not content:
            raise Refusal(400, "Bad Request: file must be non-empty")
        self.files.setdefault(values["chat_id"], []).append((name, content))
        return self._message_of(
            values["chat_id"],
            {"id": 4711, "is_bot": True, "first_name": "Rug"},
            caption=values.get("caption"),
            document={"file_name": name},
        )

    def _do_sendChatAction(self, values: Dict[str, Any]) -> Any:
        self._check_chat(values)
        if values["action"] != "typing":
            raise Refusal(400, "Bad Request: wrong parameter action in request")
        return True

    def _do_editMessageText(self, values: Dict[str, Any]) -> Any:
        message = self._editable(values)
        if "text" not in message:
            raise Refusal(400, "Bad Request: there is no text in the message to edit")
        text, entities = self._formed(values)
        markup = self._markup(values)
        if text == message["text"] and markup == message.get("reply_markup"):
            raise Refusal(400, NOT_MODIFIED)
        if not text.startswith(message["text"]):
            self.problems.append(f"overwritten: {message['text']!r} by {text!r}")
        message.update(text=text, entities=entities)
        self._put_under(message, values)
        return message

    def _do_editMessageLiveLocation(self, values: Dict[str, Any]) -> Any:
        assert values["latitude"] == values["longitude"] == 0
        self._editable(values)
        raise Refusal(400, "Bad Request: there is no live location in the message to edit")

    def _do_editMessageReplyMarkup(self, values: Dict[str, Any]) -> Any:
        message = self._editable(values)
        if self._markup(values) == message.get("reply_markup"):
            raise Refusal(400, NOT_MODIFIED)
        self._put_under(message, values)
        return message

    def _do_answerCallbackQuery(self, values: Dict[str, Any]) -> Any:
        query = values["callback_query_id"]
        if query not in self.callbacks:
            raise Refusal(400, "Bad Request: query is too old and response timeout expired")
        text = values.get("text", "")
        if len(text) > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        self.callbacks[query] = text
        return True

    # ---- limits

    def _check_chat(self, values: Dict[str, Any]) -> None:
        chat = values["chat_id"]
        if chat in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat not in self._types:
            raise Refusal(400, "Bad Request: chat not found")

    def _find(self, chat: int, message_id: int) -> Dict[str, Any]:
        for message in self._messages.get(chat, []):
            if message["message_id"] == message_id:
                return message
        raise Refusal(400, "Bad Request: message to edit not found")

    def _editable(self, values: Dict[str, Any]) -> Dict[str, Any]:
        message = self._find(values["chat_id"], values["message_id"])
        # "It is only possible to edit messages without reply_markup or with inline keyboards."
        if not message["from"]["is_bot"] or message["message_id"] in self._uneditable:
            raise Refusal(400, "Bad Request: message can't be edited")
        return message

    @staticmethod
    def _formed(values: Dict[str, Any]) -> Tuple[str, List[Dict[str, Any]]]:
        text, entities = values.get("text", ""), values.get("entities", [])
        if values.get("parse_mode") == "HTML":
            try:
                text, entities = parse_html(text)
            except BadHtml as error:
                raise Refusal(400, f"Bad Request: can't parse entities: {error}") from None
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if utf16(text) > MOST_CHARACTERS:
            raise Refusal(400, "Bad Request: message is too long")
        for entity in entities:
            if entity["offset"] + entity["length"] > utf16(text):
                raise Refusal(400, "Bad Request: entity out of the text")
        return text, entities

    def _put_under(self, message: Dict[str, Any], values: Dict[str, Any]) -> None:
        message.pop("reply_markup", None)
        markup = self._markup(values)
        if markup is not None:
            message["reply_markup"] = markup
        elif values.get("reply_markup"):
            assert values["reply_markup"] == {"remove_keyboard": True}
            assert message["chat"]["type"] == "private"
            self._uneditable.add(message["message_id"])

    @staticmethod
    def _markup(values: Dict[str, Any]) -> Any:
        markup = values.get("reply_markup")
        if not markup or not markup.get("inline_keyboard"):
            return None
        for row in markup["inline_keyboard"]:
            for button in row:
                if not button["text"].strip():
                    raise Refusal(400, "Bad Request: text buttons are not allowed to be empty")
                if not 1 <= len(button["callback_data"].encode()) <= 64:
                    raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        return markup

    # ---- the webhook

    async def _call_webhook(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                await asyncio.sleep(0.02)
                with self._lock:
                    update = self._updates[0] if self._updates and self.webhook else None
                    path = re.sub(r"^https://[^/]+", "", self.webhook.get("url", ""))
                    headers = {SECRET_HEADER: self.webhook.get("secret_token", "")}
                if update is None or not self.webhook_target:
                    continue
                twice = self.random.random() < self.repeat_rate
                for _ in range(2 if twice else 1):
                    status = 0
                    with suppress(aiohttp.ClientError, OSError, asyncio.TimeoutError):
                        async with session.post(
                            self.webhook_target + path, json=update, headers=headers
                        ) as answer:
                            status = answer.status
                    self.webhook_answers.append(status)
                if status == 200:
                    with self._lock:
                        self._updates.remove(update)
                else:
                    await asyncio.sleep(0.3)
