"""The chat on a website, over HTTP: nothing lost, nothing double, and only one's own."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any, Callable, Dict, List

import pytest
import requests

from tests.dialogues.conftest import PHONE, TURN_SECONDS, Assistant, environment, write_practice
from tests.dialogues.held_database import held_by_another_program
from tests.dialogues.test_running_failures import garbage, removed, restore, without
from tests.dialogues.web_chat import WebChat, said

pytestmark = pytest.mark.model

QUESTION = "Helpt paracetamol tegen rugpijn?"
ALARM = "Ik kan niet meer plassen"
WEBSITE = "https://www.debrug.example"


@pytest.fixture(scope="module")
def server(
    launch_for_file: Callable[..., Assistant], tmp_path_factory: pytest.TempPathFactory
) -> Assistant:
    """A server of this module alone: it is killed, and its database broken."""
    practice = write_practice(
        tmp_path_factory.mktemp("practice") / "practice.yml", websites=[WEBSITE]
    )
    return launch_for_file(RUGGESTEUN_PRACTICE=str(practice))


@pytest.fixture
def chat(server: Assistant) -> WebChat:
    return WebChat(server)


def conversation_id(chat: WebChat) -> str:
    return "web:" + hashlib.sha256(chat.token.encode()).hexdigest()[:40]


def assert_refused(response: requests.Response, status: int, code: str) -> None:
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    body = response.json()
    assert body["error"] == code
    assert body["text"].strip()


# ---- a turn


def test_a_turn_over_the_stream(chat: WebChat) -> None:
    with chat.stream() as stream:
        assert [frame[0] for frame in stream.until("ready", 5)] == ["ready"]
        event = chat.send(QUESTION, "client-id-1")
        patient, reply = stream.events(2)
        assert (patient["id"], patient["author"], patient["text"]) == (event, "patient", QUESTION)
        assert patient["client_id"] == "client-id-1"
        assert (reply["author"], reply["reply_to"], reply["outcome"]) == (
            "assistant", event, "answered",
        )  # fmt: skip
        assert reply["topics"] == ["paracetamol"]
        assert (reply["alarm"], reply["useful"], reply["text"]) == ("", None, None)
        assert "Bronnen:" in said(reply)
        kind, number, data = stream.next() or ("", None, None)
        assert (kind, number, data) == ("typing", None, {"who": "assistant", "on": False})
    assert chat.events() == [patient, reply]


def test_typing_is_shown_before_the_reply(chat: WebChat) -> None:
    with chat.stream() as stream:
        stream.until("ready")
        chat.send(QUESTION)
        frames = stream.until("typing")
        while frames[-1][2].get("author") != "assistant":
            frame = stream.next()
            assert frame is not None
            frames.append(frame)
        kinds = [(kind, data.get("author") or data.get("on")) for kind, _, data in frames]
        assert ("typing", True) in kinds
        assert kinds.index(("typing", True)) < kinds.index(("message", "assistant"))


def test_a_turn_by_asking_again(chat: WebChat) -> None:
    assert chat.poll() == {"events": [], "typing": None}
    event = chat.send(QUESTION)
    reply = chat.reply_to(event)
    assert reply["topics"] == ["paracetamol"]
    assert [e["author"] for e in chat.events()] == ["patient", "assistant"]
    assert chat.poll(reply["id"])["events"] == []


def test_asking_again_waits_for_what_comes(chat: WebChat) -> None:
    started = time.monotonic()
    assert chat.poll(0, 1.5)["events"] == []
    assert 1.4 < time.monotonic() - started < 5
    timer = threading.Timer(0.5, chat.send, [QUESTION])
    timer.start()
    started = time.monotonic()
    assert chat.poll(0, 20)["events"]
    assert time.monotonic() - started < 10
    timer.join()


def test_a_button_is_shown_by_its_title_and_understood_by_its_payload(chat: WebChat) -> None:
    reply = chat.say("Tillen", payload="/tillen")
    assert reply["topics"] == ["tillen"]
    assert chat.events()[0]["text"] == "Tillen"
    more = [b for part in reply["parts"] for b in part["buttons"] if b["payload"] == "/meer-uitleg"]
    assert chat.say(more[0]["title"], payload=more[0]["payload"])["topics"] == ["tillen"]


def test_a_payload_that_is_no_button_of_ours_is_only_text(server: Assistant, chat: WebChat) -> None:
    assert chat.say(ALARM, payload=ALARM)["alarm"] == "same_day"
    assert chat.say("opnieuw", payload="/restart")["alarm"] == "same_day"
    assert server.said_by(conversation_id(chat)) == [ALARM, "restart"]


def test_an_alarm_says_so(chat: WebChat) -> None:
    reply = chat.say("ik kan niet meer plassen")
    assert (reply["alarm"], reply["outcome"], reply["topics"]) == ("same_day", "triage", [])
    assert "Bel nu je huisarts" in said(reply)
    assert chat.say("mijn borst doet pijn en ik krijg geen lucht")["alarm"] == "emergency"


def test_ten_quick_messages_are_answered_in_their_order(chat: WebChat) -> None:
    texts = [f"bericht {number}" for number in range(10)]
    with chat.stream() as stream:
        sent = [chat.send(text) for text in texts]
        events = stream.events(20)
    assert sent == sorted(sent)
    assert [e["id"] for e in events] == sorted(e["id"] for e in events)
    assert [e["text"] for e in events if e["author"] == "patient"] == texts
    assert [e["reply_to"] for e in events if e["author"] == "assistant"] == sent


def test_conversations_do_not_hear_each_other(server: Assistant) -> None:
    chats = [WebChat(server) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda chat: chat.say(QUESTION), chats))
    assert all(reply["topics"] == ["paracetamol"] for reply in replies)
    for chat in chats:
        assert [e["author"] for e in chat.events()] == ["patient", "assistant"]


# ---- nothing double, nothing missed


def test_the_same_client_id_twice_is_one_message(chat: WebChat, server: Assistant) -> None:
    first = chat.post(QUESTION, "client-id-1")
    again = chat.post("iets heel anders", "client-id-1")
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json() == again.json()
    chat.reply_to(first.json()["event"])
    assert chat.post(QUESTION, "client-id-1").status_code == 200
    time.sleep(0.5)
    assert [e["author"] for e in chat.events()] == ["patient", "assistant"]
    assert server.said_by(conversation_id(chat)) == [QUESTION]


def test_one_message_sent_at_once_by_many_is_one_message(chat: WebChat) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: chat.post(QUESTION, "client-id-1"), range(10)))
    assert sorted(a.status_code for a in answers) == [200] * 9 + [202]
    assert len({a.json()["event"] for a in answers}) == 1
    chat.reply_to(answers[0].json()["event"])
    assert len(chat.events()) == 2


def test_two_tabs_get_the_same_events(server: Assistant) -> None:
    chat = WebChat(server)
    other = WebChat(server, chat.token)
    with chat.stream() as one, other.stream() as two:
        one.until("ready")
        two.until("ready")
        chat.send(QUESTION)
        assert one.events(2) == two.events(2)
        other.send("dank je wel")
        assert one.events(2) == two.events(2)


def test_a_stream_that_comes_back_gets_only_what_it_missed(chat: WebChat) -> None:
    first = chat.say(QUESTION)
    chat.say("dank je wel")
    everything = chat.events()
    for place, last in enumerate(everything):
        with chat.stream(last["id"]) as stream:
            frames = stream.until("ready", 10)
            assert [data for kind, _, data in frames if kind == "message"] == everything[
                place + 1 :
            ]
    assert [e["id"] for e in chat.events(first["id"])] == [e["id"] for e in everything[2:]]


@pytest.mark.parametrize("header", ["x", "-1", "1.5"])
def test_an_event_id_that_is_none_is_refused(chat: WebChat, header: str) -> None:
    assert_refused(chat.call("GET", "events", **{"Last-Event-ID": header}), 400, "bad_request")
    assert_refused(chat.call("GET", f"events?after={header}"), 400, "bad_request")


def test_a_kill_between_the_confirmation_and_the_reply_loses_nothing(server: Assistant) -> None:
    """At some random moments; each message is answered exactly once after the restart."""
    moments = random.Random(5)
    for _ in range(4):
        chats = [WebChat(server) for _ in range(3)]
        confirmed: Dict[int, List[int]] = {number: [] for number in range(3)}

        def hurry(number: int, chats: Any = chats, confirmed: Any = confirmed) -> None:
            try:
                for _ in range(15):
                    confirmed[number].append(chats[number].send(QUESTION))
            except (requests.RequestException, AssertionError):
                return

        speakers = [threading.Thread(target=hurry, args=(number,)) for number in range(3)]
        for speaker in speakers:
            speaker.start()
        while not all(confirmed.values()):
            assert any(speaker.is_alive() for speaker in speakers)
            time.sleep(0.002)
        time.sleep(moments.uniform(0.0, 0.4))
        server.kill()
        for speaker in speakers:
            speaker.join(60)
        server.start()
        for number, chat in enumerate(chats):
            deadline = time.monotonic() + TURN_SECONDS
            while time.monotonic() < deadline:
                events = chat.events()
                patient = [e["id"] for e in events if e["author"] == "patient"]
                answered = [e["reply_to"] for e in events if e["author"] == "assistant"]
                if len(answered) >= len(patient):
                    break
                time.sleep(0.1)
            assert set(confirmed[number]) <= set(patient)
            assert answered == patient


def test_a_stream_that_comes_back_after_a_kill_gets_the_reply(server: Assistant) -> None:
    chat = WebChat(server)
    event = chat.send(QUESTION)
    server.kill()
    server.start()
    with chat.stream(event) as stream:
        (reply,) = stream.events(1)
    assert (reply["reply_to"], reply["topics"]) == (event, ["paracetamol"])


# ---- whose conversation it is


PROTECTED = [
    ("POST", "messages", {"id": "client-id-1", "text": "hallo"}),
    ("GET", "events", None),
    ("POST", "feedback", {"event": 1, "useful": True}),
    ("DELETE", "conversation", None),
]


@pytest.mark.parametrize(("method", "path", "body"), PROTECTED)
@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * 43 + " "])
def test_without_a_token_of_ours_nothing_is_told(
    server: Assistant, method: str, path: str, body: Any, token: str
) -> None:
    chat = WebChat(server, token)
    assert_refused(chat.call(method, path, body), 401, "expired")
    headers = {"Content-Type": "application/json"}
    address = f"{chat.base}/{path}?token={token}"
    response = requests.request(method, address, json=body, headers=headers, timeout=TURN_SECONDS)
    assert_refused(response, 401, "expired")


@pytest.mark.parametrize(("method", "path", "body"), PROTECTED)
def test_an_expired_token_opens_nothing(
    server: Assistant, chat: WebChat, method: str, path: str, body: Any
) -> None:
    chat.send("hallo")
    with closing(sqlite3.connect(server.database, timeout=20)) as connection, connection:
        connection.execute(
            "UPDATE conversation SET expires_at = '2020-01-01 00:00:00' WHERE id = ?",
            (conversation_id(chat),),
        )
    assert_refused(chat.call(method, path, body), 401, "expired")
    assert_refused(chat.call("GET", "events", Accept="text/event-stream"), 401, "expired")


def test_the_token_itself_is_stored_nowhere(server: Assistant, chat: WebChat) -> None:
    chat.say(QUESTION)
    content = b"".join(path.read_bytes() for path in server.folder.iterdir() if path.is_file())
    assert chat.token.encode() not in content
    assert conversation_id(chat).encode() in content


def test_a_session_tells_when_it_ends(server: Assistant) -> None:
    response = requests.post(f"{server.address}/chat/api/session", json={}, timeout=TURN_SECONDS)
    body = response.json()
    assert set(body) == {"token", "expires_at", "consent"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", body["expires_at"])
    assert response.headers["Cache-Control"] == "no-store"


# ---- which websites may


def test_a_website_of_the_practice_may_call(server: Assistant, chat: WebChat) -> None:
    for origin in (WEBSITE, server.address):
        response = chat.call("GET", "events", Origin=origin)
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == origin
        assert "Origin" in response.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_its_errors_can_be_read_too(server: Assistant) -> None:
    response = WebChat(server, "x").call("GET", "events", Origin=WEBSITE)
    assert_refused(response, 401, "expired")
    assert response.headers["Access-Control-Allow-Origin"] == WEBSITE


def test_its_stream_can_be_read_too(chat: WebChat) -> None:
    response = requests.get(
        f"{chat.base}/events",
        headers=chat.headers(Accept="text/event-stream", Origin=WEBSITE),
        stream=True,
        timeout=TURN_SECONDS,
    )
    assert response.headers["Access-Control-Allow-Origin"] == WEBSITE
    response.close()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://www.debrug.example.evil.example"]
)
@pytest.mark.parametrize(
    ("method", "path", "body"), [*PROTECTED, ("POST", "session", {}), ("GET", "info", None)]
)
def test_another_website_may_not(
    chat: WebChat, origin: str, method: str, path: str, body: Any
) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    response = chat.call(method, path, body, Origin=origin, **forged)
    assert_refused(response, 403, "origin")
    assert PHONE in response.json()["text"]
    # Its page may read this refusal, so that its visitor does.
    assert response.headers.get("Access-Control-Allow-Origin") in (None, origin)
    assert chat.events() == []


@pytest.mark.parametrize(
    "path", ["info", "session", "messages", "events", "feedback", "conversation"]
)
def test_a_browser_that_asks_first_is_told(server: Assistant, path: str) -> None:
    def ask(origin: str) -> requests.Response:
        return requests.options(
            f"{server.address}/chat/api/{path}",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-type",
            },
            timeout=TURN_SECONDS,
        )

    allowed = ask(WEBSITE)
    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == WEBSITE
    assert allowed.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE"
    assert (
        allowed.headers["Access-Control-Allow-Headers"]
        == "authorization, content-type, last-event-id"
    )
    assert allowed.headers["Access-Control-Max-Age"] == "600"
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    refused = ask("https://evil.example")
    assert refused.status_code == 403
    assert not [name for name in refused.headers if name.lower().startswith("access-control")]


# ---- what is refused


def test_a_message_of_2000_characters_is_read_and_one_of_2001_is_not(chat: WebChat) -> None:
    assert chat.say(f"{QUESTION} " + "a" * (1_999 - len(QUESTION)))["outcome"]
    assert_refused(chat.post("a" * 2_001), 400, "too_long")
    assert_refused(chat.post("a" * 10_000), 400, "too_long")
    assert chat.post("  " + "a" * 2_000 + "\n").status_code == 202


def test_an_alarm_in_a_message_that_is_too_long_is_told_all_the_same(chat: WebChat) -> None:
    body = chat.post(f"{ALARM}. " + "a" * 10_000).json()
    assert (body["error"], body["alarm"]) == ("too_long", "same_day")
    assert "Bel nu je huisarts" in body["parts"][0]["text"]


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\x00\x01", "\u00a0"])
def test_an_empty_message_is_refused(chat: WebChat, text: str) -> None:
    assert_refused(chat.post(text), 400, "empty")
    assert chat.events() == []


def test_a_body_that_is_too_large_is_refused(chat: WebChat) -> None:
    assert_refused(chat.call("POST", "messages", b" " * (16 * 1024 + 1)), 413, "too_large")
    assert_refused(chat.post("a" * 16_384), 413, "too_large")


@pytest.mark.parametrize(
    "body",
    [b"", b"hallo", b"[]", b"null", b'{"id": "client-id-1"}', b'{"text": "hallo"}', b"\xff",
     b'{"id": "short", "text": "x"}', b'{"id": "client_id_1", "text": "x"}',
     b'{"id": 1, "text": "x"}', b'{"id": "client-id-1", "text": 1}',
     b'{"id": "client-id-1\\n", "text": "x"}', b'{"id": "' + b"a" * 65 + b'", "text": "x"}',
     b'{"id": "client-id-1", "text": "x", "payload": 1}', b"[" * 10_000],
)  # fmt: skip
def test_what_is_no_message_is_refused(chat: WebChat, body: bytes) -> None:
    assert_refused(chat.call("POST", "messages", body), 400, "bad_request")
    assert chat.events() == []


def test_who_sends_too_fast_is_asked_to_wait(chat: WebChat) -> None:
    for number in range(20):
        chat.send("hallo", f"client-id-{number}")
    response = chat.post("hallo", "client-id-20")
    assert_refused(response, 429, "too_fast")
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert PHONE in response.json()["text"]
    assert chat.post("hallo", "client-id-3").status_code == 200, "it has that one already"
    alarm = chat.post(ALARM).json()
    assert (alarm["error"], alarm["alarm"]) == ("too_fast", "same_day")
    assert len([e for e in chat.events() if e["author"] == "patient"]) == 20


def test_too_fast_in_one_conversation_is_not_too_fast_in_another(server: Assistant) -> None:
    chat = WebChat(server)
    while chat.post("hallo").status_code == 202:
        pass
    assert WebChat(server).post("hallo").status_code == 202


@pytest.mark.parametrize("path", ["session", "message", "chat.js", "chat.css", "nope", "api/nope"])
def test_there_is_nothing_else(server: Assistant, path: str) -> None:
    response = requests.get(f"{server.address}/chat/{path}", timeout=TURN_SECONDS)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("application/json")


# ---- feedback


def test_feedback_is_kept_and_can_be_taken_back(chat: WebChat) -> None:
    reply = chat.say(QUESTION)
    for useful in (True, False, None):
        body = {"event": reply["id"], "useful": useful}
        assert chat.call("POST", "feedback", body).status_code == 204
        assert chat.events()[1]["useful"] is useful


@pytest.mark.parametrize(
    "body", [{}, {"event": 1}, {"event": "1", "useful": True}, {"event": True, "useful": True},
             {"event": 1, "useful": 1}, {"event": -1, "useful": True},
             {"event": 10**30, "useful": True}],
)  # fmt: skip
def test_what_is_no_feedback_is_refused(chat: WebChat, body: Any) -> None:
    assert_refused(chat.call("POST", "feedback", body), 400, "bad_request")


def test_feedback_is_only_about_answers_in_ones_own_conversation(
    server: Assistant, chat: WebChat
) -> None:
    reply = chat.say(QUESTION)
    for who, event in (
        (WebChat(server), reply["id"]),
        (chat, reply["reply_to"]),
        (chat, 2**31 - 1),
    ):
        response = who.call("POST", "feedback", {"event": event, "useful": True})
        assert_refused(response, 404, "unknown_event")


# ---- erasing


def rows_of(server: Assistant, conversation: str) -> Dict[str, int]:
    """In which tables something stands about a conversation."""
    found = {}
    with closing(sqlite3.connect(server.database, timeout=20)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            found[table] = sum(conversation in json.dumps(row, default=str) for row in rows)
    return {table: count for table, count in found.items() if count}


def test_erasing_leaves_no_row(server: Assistant, chat: WebChat) -> None:
    marker = "zzqxmerkwoordqxzz"
    reply = chat.say(f"{ALARM} {marker}")
    chat.call("POST", "feedback", {"event": reply["id"], "useful": True})
    conversation = conversation_id(chat)
    expected = {
        "conversation",
        "consent",
        "conversation_event",
        "feedback",
        "red_flag_event",
        "events",
        "rasa_snapshot",
    }
    assert set(rows_of(server, conversation)) == expected
    with chat.stream() as stream:
        stream.until("ready")
        assert chat.call("DELETE", "conversation").status_code == 204
        assert stream.next(5) == ("erased", None, {})
        assert stream.next(5) is None
    assert rows_of(server, conversation) == {}
    assert rows_of(server, marker) == {}
    for method, path, body in PROTECTED:
        assert_refused(chat.call(method, path, body), 401, "expired")
    time.sleep(1)
    assert rows_of(server, conversation) == {}


def test_erasing_in_the_middle_of_a_turn_leaves_no_row(server: Assistant) -> None:
    for _ in range(5):
        chat = WebChat(server)
        for _ in range(5):
            chat.send(ALARM)
        assert chat.call("DELETE", "conversation").status_code == 204
        time.sleep(0.3)
        assert rows_of(server, conversation_id(chat)) == {}


# ---- what other processes write


def test_what_another_process_writes_arrives_soon(server: Assistant, chat: WebChat) -> None:
    script = (
        "import sys, time\n"
        "from rasa_project.conversation.log import ConversationLog\n"
        "log = ConversationLog(sys.argv[1])\n"
        "sys.stdin.readline()\n"
        "print(time.time(), log.add_joined(sys.argv[2], 'Anna'), flush=True)\n"
        "sys.stdin.readline()\n"
        "print(time.time(), log.add_therapist_message(sys.argv[2], 'Anna', 'Dag.'), flush=True)\n"
    )
    with (
        subprocess.Popen(
            [sys.executable, "-c", script, f"sqlite:///{server.database}", conversation_id(chat)],
            cwd=server.project,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other,
        chat.stream() as stream,
    ):
        assert other.stdin is not None
        assert other.stdout is not None
        stream.until("ready")
        for kind, text in (("joined", None), ("message", "Dag.")):
            other.stdin.write("\n")
            other.stdin.flush()
            moment, number = other.stdout.readline().split()
            (event,) = stream.events(1)
            assert time.time() - float(moment) < 10
            assert (event["id"], event["author"], event["kind"], event["name"], event["text"]) == (
                int(number), "therapist", kind, "Anna", text,
            )  # fmt: skip


# ---- when the database fails


@pytest.fixture
def fragile(server: Assistant, tmp_path: Any) -> Any:
    """The server with a sound database; it is put back afterwards."""
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(server.database)) as live, closing(sqlite3.connect(backup)) as to:
        live.backup(to)
    yield server
    session = f"{server.address}/chat/api/session"
    for _ in range(5):
        # The server may open the file just while it is being put back.
        restore(server, backup)
        if requests.post(session, json={}, timeout=TURN_SECONDS).status_code == 201:
            break
    assert WebChat(server).say(QUESTION)["topics"] == ["paracetamol"]


def assert_unavailable(response: requests.Response) -> Dict[str, Any]:
    assert_refused(response, 503, "unavailable")
    assert PHONE in response.json()["text"]
    return dict(response.json())


@pytest.mark.parametrize(
    "fault", [garbage, removed, without("conversation_event"), without("conversation")],
    ids=lambda fault: fault.__name__,
)  # fmt: skip
def test_without_a_database_the_patient_is_told_whom_to_call(
    fragile: Assistant, fault: Callable[[Assistant], None]
) -> None:
    chat = WebChat(fragile)
    fault(fragile)
    body = assert_unavailable(chat.post(QUESTION))
    assert body["alarm"] == ""
    body = assert_unavailable(chat.post(ALARM))
    assert body["alarm"] == "same_day"
    assert "Bel nu je huisarts" in body["parts"][0]["text"]
    assert body["parts"][0]["buttons"] == []
    assert_unavailable(chat.call("GET", "events"))
    assert_unavailable(chat.call("DELETE", "conversation"))
    assert_unavailable(chat.call("POST", "feedback", {"event": 1, "useful": True}))
    if fault.__name__ != "without conversation_event":
        session = requests.post(f"{chat.base}/session", json={}, timeout=TURN_SECONDS)
        assert_unavailable(session)
    assert requests.get(f"{chat.base}/info", timeout=TURN_SECONDS).status_code == 200


def test_an_alarm_that_could_not_be_stored_holds_afterwards(fragile: Assistant) -> None:
    chat = WebChat(fragile)
    chat.say("hallo")
    with held_by_another_program(fragile.database):
        assert assert_unavailable(chat.post(ALARM))["alarm"] == "same_day"
    assert chat.say(QUESTION)["alarm"] == "same_day"


def test_a_reply_that_cannot_be_stored_is_shown_and_comes_later(fragile: Assistant) -> None:
    """The message is stored, then the database refuses to take more."""
    chat = WebChat(fragile)
    refuse = (
        "CREATE TRIGGER refuse BEFORE INSERT ON conversation_event WHEN NEW.author = 'assistant' "
        "BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"
    )
    with closing(sqlite3.connect(fragile.database, timeout=20)) as connection, connection:
        connection.execute(refuse)
    with chat.stream() as stream:
        event = chat.send(ALARM)
        _, number, data = stream.until("unavailable")[-1]
        assert number is None
        assert (data["error"], data["alarm"]) == ("unavailable", "same_day")
        assert "Bel nu je huisarts" in data["parts"][0]["text"]
    assert assert_unavailable(chat.call("GET", f"events?after={event}"))["alarm"] == "same_day"
    with closing(sqlite3.connect(fragile.database, timeout=20)) as connection, connection:
        connection.execute("DROP TRIGGER refuse")
    deadline = time.monotonic() + 30
    while chat.call("GET", f"events?after={event}").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert chat.reply_to(event)["alarm"] == "same_day"
    assert [e["author"] for e in chat.events()] == ["patient", "assistant"]


# ---- pages and files


def test_the_script_may_be_loaded_by_any_website(server: Assistant) -> None:
    info = requests.get(f"{server.address}/chat/api/info", timeout=TURN_SECONDS).json()
    assert info["practice"] == {
        "name": "Praktijk De Test", "phone": PHONE, "country": "NL", "open_now": "",
    }  # fmt: skip
    response = requests.get(
        server.address + info["script"]["path"],
        headers={"Origin": "https://evil.example"},
        timeout=TURN_SECONDS,
    )
    if response.status_code == 404:
        pytest.skip("the script is not built")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    kind, _, digest = info["script"]["integrity"].partition("-")
    assert (kind, digest) == (
        "sha384",
        base64.b64encode(hashlib.sha384(response.content).digest()).decode(),
    )
    known = requests.get(
        server.address + info["script"]["path"],
        headers={"If-None-Match": response.headers["ETag"]},
        timeout=TURN_SECONDS,
    )
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("path", ["", "/demo", "/embed"])
def test_a_page_is_whole_and_strict(server: Assistant, path: str) -> None:
    response = requests.get(f"{server.address}/chat{path}", timeout=TURN_SECONDS)
    if path and response.status_code == 404:
        pytest.skip("the page is not there yet")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "{{" not in response.text
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    for address in re.findall(r'(?:src|href)="(/chat/[^"]*)"', response.text):
        assert requests.get(server.address + address, timeout=TURN_SECONDS).status_code == 200


@pytest.mark.parametrize(
    ("typed", "page"), [("", "/chat"), ("/chat/", "/chat"), ("/inbox/", "/inbox")]
)
def test_what_people_type_leads_to_the_page(server: Assistant, typed: str, page: str) -> None:
    address = server.address + typed
    response = requests.get(address, timeout=TURN_SECONDS, allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (302, page)


# ---- the connection itself


def test_the_first_byte_comes_at_once_and_pings_follow(chat: WebChat) -> None:
    started = time.monotonic()
    with chat.stream() as stream:
        stream.until("ready", 10)
        assert stream.comments
        assert time.monotonic() - started < 10
        # Every 15 seconds; the first seconds may still belong to the stream's beginning.
        until = time.monotonic() + 40
        while ": ping" not in stream.comments:
            assert time.monotonic() < until
            time.sleep(0.2)


def test_a_stream_that_is_dropped_leaves_nothing_behind(server: Assistant) -> None:
    chat = WebChat(server)
    for _ in range(30):
        with chat.stream() as stream:
            stream.until("ready", 5)
    assert chat.say(QUESTION)["topics"] == ["paracetamol"]
    assert server.process is not None
    deadline = time.monotonic() + 10
    while True:
        status = subprocess.run(
            ["ls", "-l", f"/proc/{server.process.pid}/fd"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        if status.count("socket:") < 15:
            break
        assert time.monotonic() < deadline, status
        time.sleep(0.5)


def test_a_client_that_does_not_read_holds_up_nobody(server: Assistant) -> None:
    chat = WebChat(server)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            f"GET /chat/api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {chat.token}\r\n"
            "Accept: text/event-stream\r\n\r\n".encode()
        )
        for _ in range(5):
            chat.say(QUESTION)
        assert WebChat(server).say(QUESTION)["topics"] == ["paracetamol"]


def test_what_a_patient_writes_and_the_token_are_not_in_the_log(server: Assistant) -> None:
    chat = WebChat(server)
    marker = "zzqxmerkwoordqxzz"
    chat.say(marker)
    chat.say(f"{ALARM} {marker}")
    chat.post(marker * 200)
    chat.call("POST", "messages", marker.encode())
    for secret in (marker, chat.token):
        assert secret not in server.output
        assert secret not in server.errors


# The last: it stops the server.
def test_ctrl_c_with_open_streams_and_polls_ends_soon(server: Assistant) -> None:
    chats = [WebChat(server) for _ in range(10)]
    before = len(server.errors)
    with ExitStack() as stack:
        streams = [stack.enter_context(chat.stream()) for chat in chats]
        for stream in streams:
            stream.until("ready")
        polls = [threading.Thread(target=chat.poll, args=(0, 25), daemon=True) for chat in chats]
        for poll in polls:
            poll.start()
        time.sleep(0.5)
        assert server.process is not None
        started = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        server.process.wait(20)
        seconds = time.monotonic() - started
        print(f"\nCtrl-C with 10 streams and 10 polls: {seconds:.1f} s")
        for stream in streams:
            assert stream.next(5) is None
        for poll in polls:
            poll.join(5)
            assert not poll.is_alive()
    # An open stream or question lasts 25 seconds if nobody ends it.
    assert seconds < 10
    assert "Traceback" not in server.errors[before:]
    assert server.process.returncode == 0
