"""Requests as nobody should send them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Tuple
from urllib.parse import quote

from hypothesis import strategies as st

from rasa_project.inbox.routes import all_routes
from rasa_project.inbox.services import inbox_for
from tests.fuzz.messages import FRAGMENTS, any_plane, odd
from tests.fuzz.target import METRICS_TOKEN, Target
from tests.handoff.chatwoot_stand_in import WEBHOOK_SECRET

CALLS = [
    ("GET", "info"), ("POST", "session"), ("POST", "messages"), ("POST", "messages"),
    ("GET", "events"), ("POST", "feedback"), ("POST", "typing"), ("DELETE", "conversation"),
    ("GET", "consent"), ("POST", "consent"), ("GET", "export"), ("GET", "data"),
]  # fmt: skip
# All that the inbox has: a new route is tried from the day that it is there.
INBOX = [
    (route.method, re.sub(r"<[^>]*>", "{}", route.path))
    for route in all_routes(inbox_for("sqlite://"))
]
_BODIES = [
    b"{}", b'{"event": 2, "useful": false}', b'{"version": "1", "given": true}',
    b'{"version": "1", "given": false}', b'{"version": "0", "given": true}',
]  # fmt: skip
REST = [
    ("GET", "/"), ("GET", "/health"), ("GET", "/ready"), ("GET", "/metrics"), ("GET", "/chat"),
    ("GET", "/chat/demo"), ("GET", "/chat/embed"), ("GET", "/chat/ruggesteun.js"),
    ("GET", "/status"), ("POST", "/model/parse"), ("GET", "/domain"), ("PUT", "/model"),
    ("GET", "/conversations/x/tracker"), ("POST", "/webhooks/rest/webhook"),
    ("GET", "/webhooks/rest/"), ("GET", "/webhooks/telegram/"), ("GET", "/robots.txt"),
    ("GET", "/.env"), ("GET", "/.git/config"),
]  # fmt: skip
TRICKS = [
    "..", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..;", "%00", "%0d%0aX-A:%20b", "//", "\\",
    "%5c", "%ff", "%c0%ae", "%F0%9F%98%AD", "a" * 3_000, "%25", "%zz", "*", ";a=b", "?", "#",
    "..%252f", "%u0041", "~root", "con", "'", "\"", "<b>", "{}", "[", "|",
]  # fmt: skip
QUERIES = [
    "", "?", "?after=1", "?after=-1", "?after=99999999999999999999", "?after=%00", "?after=x",
    "?wait=0", "?wait=nan", "?wait=-5", "?wait=0.01", "?wait=x", "?after=1&after=2", "?q=%ff%fe",
    "?pagina=2", "?pagina=99999999999999999999", "?pagina=-1", "?zoek=%27%20OR%201=1", "?uit=1",
    "?van=2026-13-45", "?wie=x", "?a[]=b", "?" + "a=b&" * 500, "?%ff=%ff", "?zoek=" + "x" * 3000,
]  # fmt: skip


@dataclass
class Sent:
    """One request, as it goes over the wire."""

    method: str
    path: str
    headers: List[Tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    # Whether its frame is broken on purpose: then no answer is an answer too.
    is_broken: bool = False
    framing: str = "length"

    def wire(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        body = self.body
        if self.framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        elif self.framing in ("long", "short"):
            lines.append(
                f"Content-Length: {max(0, len(body) + (9 if self.framing == 'long' else -3))}"
            )
        elif self.framing == "length":
            if body or self.method in ("POST", "PUT", "PATCH"):
                lines.append(f"Content-Length: {len(body)}")
        elif self.framing != "none":
            lines.append(self.framing)
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("utf-8", "replace") + body


json_leaf = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    any_plane,
    st.sampled_from(FRAGMENTS),
    odd.map(lambda sent: sent.text[:3_000]),
)
json_value = st.recursive(
    json_leaf,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = [
    "id", "text", "payload", "event", "useful", "client_id", "login", "password", "code", "csrf",
    "reason", "role", "account", "consent", "version", "nieuw", "oud", "present",
]  # fmt: skip
UPDATE = {
    "update_id": 7_000_001,
    "message": {
        "message_id": 5,
        "date": 1790000000,
        "chat": {"id": 77, "type": "private", "first_name": "A"},
        "from": {"id": 77, "is_bot": False, "first_name": "A", "language_code": "nl"},
        "text": "Mag ik fietsen?",
    },
}
EVENT = {
    "event": "message_created",
    "id": 9,
    "content": "Dag",
    "message_type": "outgoing",
    "private": False,
    "sender": {"id": 1, "name": "Anna", "type": "user"},
    "conversation": {"id": 100, "status": "open"},
    "account": {"id": 3},
}


@st.composite
def spoiled(draw: st.DrawFn, whole: Dict[str, Any]) -> Any:
    """A known form with something else in some of its places."""
    result = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(0, 3))):
        place = result
        while True:
            name = draw(st.sampled_from(sorted(place)))
            if isinstance(place[name], dict) and place[name] and draw(st.booleans()):
                place = place[name]
                continue
            if draw(st.booleans()):
                place[name] = draw(json_value)
            else:
                del place[name]
            break
        if not result:
            break
    if isinstance(result.get("update_id"), int) and draw(st.booleans()):
        result["update_id"] = draw(st.integers(1, 10**9))
    return result


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode("ascii")


fields = st.dictionaries(st.sampled_from(FIELDS), json_value, max_size=5)
text_of_message = odd.map(lambda sent: sent.text)
message = st.fixed_dictionaries(
    {
        "id": st.one_of(st.uuids().map(str), st.uuids().map(str), json_leaf),
        "text": st.one_of(text_of_message, text_of_message, json_value),
    },
    optional={"payload": json_leaf},
)
# As a patient's browser would send it, whatever the patient typed.
said = st.fixed_dictionaries(
    {"id": st.uuids().map(str), "text": text_of_message.map(lambda text: text[:1_900] + ".")}
)
deep = st.builds(
    lambda depth, pair: (pair[0] * depth + pair[1] * depth).encode(),
    st.integers(10, 7_000),
    st.sampled_from([("[", "]"), ('{"a":', "}"), ("[", ""), ('{"text":', "")]),
)
form = st.dictionaries(st.sampled_from(FIELDS), odd.map(lambda sent: sent.text[:2_000]), max_size=6)
bodies = st.one_of(
    st.just(b""),
    message.map(_dumped),
    message.map(_dumped),
    fields.map(_dumped),
    json_value.map(_dumped),
    message.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")),
    form.map(
        lambda f: "&".join(f"{k}={quote(v, errors='replace')}" for k, v in f.items()).encode()
    ),
    st.binary(max_size=300),
    st.binary(max_size=60).map(lambda junk: b'{"text": "' + junk + b'"}'),
    deep,
    st.integers(1, 9).map(lambda size: b'{"text": "' + b"x" * size * 70_000 + b'"}'),
    st.just(b"\xff\xfe{\x00}\x00"),
    st.just(b'{"id": 1e400, "text": NaN}'),
    st.just(b'{"id": ' + b"9" * 5_000 + b"}"),
    spoiled(UPDATE).map(_dumped),
    spoiled(EVENT).map(_dumped),
)


@st.composite
def requests_to(draw: st.DrawFn, target: Target) -> Sent:
    """One request to anything that is served, or isn't."""
    kind = draw(
        st.sampled_from(
            ["chat"] * 4 + ["inbox"] * 4 + ["telegram"] * 2 + ["chatwoot"] * 2 + ["rest"] * 2
        )
    )
    headers: List[Tuple[str, str]] = (
        [("Host", draw(st.sampled_from([f"127.0.0.1:{target.assistant.port}", "a", "", "[::1"])))]
        if draw(st.integers(0, 9)) == 0
        else [("Host", f"127.0.0.1:{target.assistant.port}")]
    )
    body = draw(bodies)
    if kind == "chat":
        method, name = draw(st.sampled_from(CALLS))
        path = f"/chat/api/{name}"
        # Seldom erased: with what is gone nothing else is reached until the next one.
        if draw(st.integers(0, 3)) if method != "DELETE" else not draw(st.integers(0, 19)):
            headers.append(("Authorization", f"Bearer {target.own.token}"))
        if name == "messages" and draw(st.integers(0, 3)):
            body = draw(st.one_of(message, said, said).map(_dumped))
        elif name in ("session", "feedback", "consent") and draw(st.booleans()):
            body = draw(st.sampled_from(_BODIES))
    elif kind == "inbox":
        method, name = draw(st.sampled_from(INBOX))
        part = draw(
            st.one_of(
                st.sampled_from(
                    [*target.conversations, "1", "2", "0", "inbox.css", "web:" + "0" * 40]
                ),
                st.sampled_from(TRICKS),
            )
        )
        path = f"/inbox/{name.format(part)}".rstrip("/")
        person = draw(
            st.one_of(st.none(), st.sampled_from(target.people), st.sampled_from(target.people))
        )
        if person is not None:
            headers.append(("Cookie", f"ruggesteun_inbox={person.token}"))
            if draw(st.integers(0, 4)):
                headers.append(("X-CSRF", person.csrf))
        headers.append(("Origin", f"http://127.0.0.1:{target.assistant.port}"))
        if method == "POST" and draw(st.booleans()):
            body = draw(fields.map(_dumped))
    elif kind == "telegram":
        method, path = "POST", f"/webhooks/telegram/{target.names.webhook_path}"
        if draw(st.integers(0, 4)):
            headers.append(("X-Telegram-Bot-Api-Secret-Token", target.names.webhook_secret))
        if draw(st.booleans()):
            body = draw(spoiled(UPDATE).map(_dumped))
    elif kind == "chatwoot":
        method = "POST"
        path = f"/webhooks/chatwoot/{draw(st.sampled_from([WEBHOOK_SECRET] * 4 + ['x', '%00']))}"
        if draw(st.booleans()):
            body = draw(spoiled(EVENT).map(_dumped))
    else:
        method, path = draw(st.sampled_from(REST))
        if draw(st.integers(0, 3)) == 0:
            headers.append(("Authorization", f"Bearer {METRICS_TOKEN}"))
    sent = Sent(method, path, headers, body)
    _spoil(draw, sent, target, kind)
    return sent


def _spoil(draw: st.DrawFn, sent: Sent, target: Target, kind: str) -> None:
    """Change method, path, headers and frame now and then."""
    if draw(st.integers(0, 9)) == 0:
        sent.method = draw(
            st.sampled_from(
                [
                    "GET",
                    "POST",
                    "PUT",
                    "PATCH",
                    "DELETE",
                    "HEAD",
                    "OPTIONS",
                    "TRACE",
                    "CONNECT",
                    "get",
                    "FOO",
                    "PROPFIND",
                    "A" * 40,
                ]
            )
        )
    if draw(st.integers(0, 9)) == 0:
        trick = draw(st.sampled_from(TRICKS))
        sent.path = draw(
            st.sampled_from(
                [
                    f"{sent.path}/{trick}",
                    f"/{trick}{sent.path}",
                    sent.path.replace("/", "//"),
                    sent.path.upper(),
                    f"{sent.path}{trick}",
                    f"http://a{sent.path}",
                ]
            )
        )
    if draw(st.integers(0, 3)) == 0:
        sent.path += draw(st.sampled_from(QUERIES))
    sent.headers += draw(st.lists(_header(target, kind), max_size=4))
    if draw(st.integers(0, 9)) == 0:
        sent.framing = draw(
            st.sampled_from(
                [
                    "chunked",
                    "long",
                    "short",
                    "none",
                    "Content-Length: x",
                    "Content-Length: -1",
                    "Content-Length: 1\r\nContent-Length: 2",
                    "Transfer-Encoding: gzip",
                    "Transfer-Encoding: chunked\r\nContent-Length: 3",
                ]
            )
        )
    # Signs that are no part of a head: the frame is broken with them.
    sent.is_broken = (
        sent.framing not in ("length", "chunked")
        or any(sign in sent.path for sign in " \r\n\0")
        or sent.method in ("CONNECT", "TRACE", "HEAD")
        or any("\r" in value or "\n" in value for _, value in sent.headers)
        or len(sent.body) > 500_000
    )


def _header(target: Target, kind: str) -> st.SearchStrategy:
    token = st.one_of(
        st.sampled_from([*target.tokens, target.own.token, "x", "A" * 43, "", "é" * 43]),
        st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF), max_size=60).map(
            lambda text: text.replace("\x85", "").replace("\u2028", "")
        ),
    )
    known = [
        st.tuples(st.just("Authorization"), token.map(lambda text: f"Bearer {text}")),
        st.tuples(st.just("Authorization"), st.sampled_from(["Basic YTpi", "Bearer", "", "bearer  x"])),
        st.tuples(st.just("Origin"), st.sampled_from(["null", "https://evil.example", "x", "", "http://127.0.0.1", "https://[", "http://a b"])),
        st.tuples(st.just("Content-Type"), st.sampled_from(["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json; charset=utf-16", "x/", "", "application/json;" * 50])),
        st.tuples(st.just("Cookie"), st.sampled_from(["ruggesteun_inbox=x", "ruggesteun_inbox=" + "a" * 43, "=;=;", "a" * 2000, "ruggesteun_inbox=\"\\\"", "é=ü"])),
        st.tuples(st.just("Accept"), st.sampled_from(["application/json", "*/*", "text/html", "", "text/event-stream", "q=;;"])),
        st.tuples(st.just("Last-Event-ID"), st.sampled_from(["0", "-1", "9" * 30, "x", "²", "1.5"])),
        st.tuples(st.just("X-Forwarded-For"), st.sampled_from(["203.0.113.7", "2001:db8::1", ",,,", "x" * 300, "203.0.113.7, 203.0.113.8", "[::1]:80", "127.0.0.1"])),
        st.tuples(st.just("X-Forwarded-Proto"), st.sampled_from(["https", "http,https", "x"])),
        st.tuples(st.just("X-Forwarded-Host"), st.sampled_from(["evil.example", ""])),
        st.tuples(st.just("If-None-Match"), st.sampled_from(["*", '"x"', "W/", "a" * 500])),
        st.tuples(st.just("Range"), st.sampled_from(["bytes=0-1", "bytes=-99999999999", "x"])),
        st.tuples(st.just("Accept-Encoding"), st.sampled_from(["gzip", "br;q=x"])),
        st.tuples(st.just("Expect"), st.sampled_from(["100-continue", "x"])),
        st.tuples(st.just("Upgrade"), st.sampled_from(["websocket", "h2c"])),
        st.tuples(st.just("X-Padding"), st.sampled_from(["a" * 9_000, "", "é", "\t"])),
        st.tuples(st.just("X-HTTP-Method-Override"), st.just("DELETE")),
    ]  # fmt: skip
    if kind == "chat":
        own = st.tuples(st.just("Authorization"), st.just(f"Bearer {target.own.token}"))
        return st.one_of(own, own, own, own, own, *known)
    return st.one_of(*known)
