"""Conversations in a practice's own Chatwoot, against a stand-in; on both databases."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import socket
import threading
import time
from dataclasses import replace

import pytest
import requests
import sqlalchemy as sa
from sanic import Sanic

from rasa_project.channels import chatwoot as channel
from rasa_project.conversation.events import PATIENT, SYSTEM, THERAPIST
from rasa_project.conversation.hub import Hub
from rasa_project.conversation.states import PATIENT_ACTOR, Actor, State
from rasa_project.errors import SettingsError
from rasa_project.handoff import external_bridge
from rasa_project.handoff.chatwoot import Chatwoot, read_webhook
from rasa_project.handoff.external import AgentClosed, AgentMessage, AgentTypes
from rasa_project.handoff.external_bridge import Bridge
from rasa_project.handoff.external_store import HELD, ExternalStore
from rasa_project.settings import ChatwootSettings, read_settings
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AuditRow, ExternalConversationRow
from tests.handoff.chatwoot_stand_in import (
    ACCOUNT,
    INBOX,
    SIGNING_SECRET,
    TOKEN,
    WEBHOOK_SECRET,
    ChatwootStandIn,
)
from tests.handoff.conftest import CONVERSATION, SECRET

Sanic.test_mode = True
NAME = "rug-" + hashlib.sha256(CONVERSATION.encode()).hexdigest()[:24]


@pytest.fixture
def stand_in():
    server = ChatwootStandIn().start()
    yield server
    server.stop()
    assert server.problems == []


@pytest.fixture
def settings(stand_in):
    return ChatwootSettings(stand_in.address, TOKEN, ACCOUNT, INBOX, WEBHOOK_SECRET)


class Link:
    """A worker's side: tool and bridge, told what to do by a test."""

    def __init__(self, world, settings, hub=None, document=lambda _: "SAMENVATTING"):
        self.tool = Chatwoot(settings)
        self.bridge = Bridge(world.url, self.tool, document, hub, world.clock)

    async def tell(self):
        await self.bridge.tell()

    async def told(self, payload):
        await self.tool.receive(payload)


@pytest.fixture
async def link(world, settings):
    made = Link(world, settings)
    yield made
    await made.tool.stop()


def said(world, author=None):
    return [
        (event["author"], event["text"] or event["parts"][0]["text"])
        for event in world.log.events(CONVERSATION)
        if event["kind"] == "message" and author in (None, event["author"])
    ]


def row(world):
    with session_for(world.url) as session:
        found = session.get(ExternalConversationRow, CONVERSATION)
        if found is not None:
            session.expunge(found)
        return found


def audit(world):
    with session_for(world.url) as session:
        query = sa.select(AuditRow).order_by(AuditRow.id)
        return [(one.action, one.name, one.source) for one in session.execute(query).scalars()]


def webhook_of(stand_in, message):
    found = stand_in.the_conversation()
    return {
        "event": "message_created",
        **message,
        "conversation": {"id": found["id"], "inbox_id": INBOX},
        "account": {"id": ACCOUNT},
    }


# ---- to Chatwoot


async def test_who_waits_is_opened_with_the_summary_and_the_question(world, link, stand_in):
    world.begin(said="Mag ik fietsen?")
    world.log.add_message(CONVERSATION, "c-2", "Ik wil iemand spreken")
    world.clock.later(seconds=1)
    world.ownerships.ask_for_human(CONVERSATION, PATIENT_ACTOR, "asked")
    await link.tell()
    (contact,) = stand_in.contacts.values()
    assert contact["identifier"] == NAME
    assert CONVERSATION not in str(stand_in.contacts)
    assert stand_in.the_conversation()["status"] == "open"
    assert stand_in.notes() == ["SAMENVATTING"]
    assert stand_in.incoming() == ["Ik wil iemand spreken"]


async def test_what_follows_comes_in_order_and_once(world, link, stand_in):
    world.wait()
    await link.tell()
    for number in range(5):
        world.log.add_message(CONVERSATION, f"m-{number}", f"bericht {number}")
        if number % 2:
            await link.tell()
            await link.tell()
    await link.tell()
    assert stand_in.incoming() == [SECRET, *(f"bericht {n}" for n in range(5))]


async def test_who_does_not_wait_is_not_told_of(world, link, stand_in):
    world.begin()
    await link.tell()
    assert stand_in.calls == []


async def test_what_the_practice_and_the_assistant_say_is_shown_as_a_note(world, link, stand_in):
    world.wait()
    await link.tell()
    me = Actor.therapist(world.person("anna@x.nl"), "Anna")
    world.ownerships.claim(CONVERSATION, me)
    world.ownerships.write(CONVERSATION, me, "Hallo, met Anna.", "w-1")
    event = world.log.add_message(CONVERSATION, "m-1", "Ik kan niet plassen").event
    finding = {"flag": "RF01", "sign": "x", "urgency": "same_day"}
    world.log.add_reply(CONVERSATION, event, {"findings": [finding]}, SYSTEM, "noted")
    await link.tell()
    assert stand_in.incoming() == [SECRET, "Ik kan niet plassen"]
    joined, wrote, sign = stand_in.notes()[1:]
    assert "Anna" in joined
    assert wrote == "Anna: Hallo, met Anna."
    assert sign.startswith("Alarmteken: ")


async def test_given_back_to_the_assistant_it_is_closed_there_and_opened_again_later(
    world, link, stand_in
):
    world.wait()
    await link.tell()
    world.ownerships.back_to_assistant(CONVERSATION, PATIENT_ACTOR, "changed_mind")
    await link.tell()
    assert stand_in.the_conversation()["status"] == "resolved"
    event = world.log.add_message(CONVERSATION, "m-1", "Mag ik zwemmen?").event
    world.log.add_reply(CONVERSATION, event, {"parts": [{"text": "Dat mag."}]})
    await link.tell()
    assert stand_in.incoming() == [SECRET]
    world.clock.later(seconds=1)
    world.log.add_message(CONVERSATION, "m-2", "Toch een mens graag")
    world.clock.later(seconds=1)
    world.ownerships.ask_for_human(CONVERSATION, PATIENT_ACTOR, "asked")
    await link.tell()
    assert stand_in.the_conversation()["status"] == "open"
    assert stand_in.incoming() == [SECRET, "Toch een mens graag"]
    assert stand_in.notes().count("SAMENVATTING") == 2


async def test_a_very_long_history_comes_in_parts_that_chatwoot_takes(world, settings, stand_in):
    text = "\n\n".join(f"regel {n} " + "x" * 400 for n in range(600))
    link = Link(world, settings, document=lambda _: text)
    world.wait()
    await link.tell()
    assert len(stand_in.notes()) > 20
    assert "\n\n".join(stand_in.notes()) == text
    await link.tool.stop()


# ---- when Chatwoot fails


async def test_while_chatwoot_is_down_nothing_is_lost_and_it_is_said_once(
    world, link, stand_in, caplog
):
    stand_in.down = True
    world.wait()
    with caplog.at_level(logging.ERROR):
        for number in range(6):
            world.log.add_message(CONVERSATION, f"m-{number}", f"bericht {number}")
            await link.tell()
            world.clock.later(minutes=3)
    assert len([one for one in caplog.records if one.name.startswith("rasa_project")]) == 1
    for secret in (TOKEN, SECRET, CONVERSATION, NAME):
        assert secret not in caplog.text
    stand_in.down = False
    await link.tell()
    # The last thing that was said when the waiting began is the question; the rest follows.
    assert stand_in.incoming() == [SECRET, *(f"bericht {n}" for n in range(6))]


@pytest.mark.parametrize("keeps", [{"source_id"}, {"content_attributes"}])
async def test_an_answer_that_is_lost_doubles_nothing(world, link, stand_in, keeps):
    stand_in.keeps = keeps
    world.wait()
    for number in range(30):
        world.log.add_message(CONVERSATION, f"m-{number}", f"bericht {number}")
    # Every second call is done without our hearing of it.
    for _ in range(60):
        stand_in.lose_answers = 1
        await link.tell()
        world.clock.later(minutes=3)
        stand_in.lose_answers = 0
        if not await asyncio.to_thread(ExternalStore(world.url, "chatwoot", world.clock).to_do):
            break
    await link.tell()
    assert len(stand_in.contacts) == len(stand_in.conversations) == 1
    assert stand_in.incoming() == [SECRET, *(f"bericht {n}" for n in range(30))]
    assert stand_in.notes() == ["SAMENVATTING"]


async def test_a_worker_that_is_killed_while_telling_loses_and_doubles_nothing(
    world, link, settings, stand_in, monkeypatch
):
    world.wait()
    await link.tell()
    world.log.add_message(CONVERSATION, "m-1", "na het overlijden")
    dying = Link(world, settings)

    async def die(*_arguments, **_values):
        raise asyncio.CancelledError

    monkeypatch.setattr(dying.bridge, "_keep", die)
    with pytest.raises(asyncio.CancelledError):
        await dying.tell()
    assert stand_in.incoming() == [SECRET, "na het overlijden"]
    # The living wait until it is nobody's turn any more, and then look first.
    await link.tell()
    assert row(world).held_until is not None
    world.clock.later(seconds=HELD.total_seconds() + 1)
    await link.tell()
    assert stand_in.incoming() == [SECRET, "na het overlijden"]
    assert row(world).held_until is None
    await dying.tool.stop()


async def test_two_workers_at_once_tell_each_thing_once(world, settings, stand_in):
    links = [Link(world, settings) for _ in range(3)]
    world.wait()
    for number in range(20):
        world.log.add_message(CONVERSATION, f"m-{number}", f"bericht {number}")
        await asyncio.gather(*(link.tell() for link in links))
    for _ in range(3):
        await asyncio.gather(*(link.tell() for link in links))
    assert len(stand_in.conversations) == 1
    assert stand_in.incoming() == [SECRET, *(f"bericht {n}" for n in range(20))]
    for link in links:
        await link.tool.stop()


async def test_a_conversation_that_was_deleted_there_is_opened_anew(world, link, stand_in):
    world.wait()
    await link.tell()
    stand_in.conversations.clear()
    world.log.add_message(CONVERSATION, "m-1", "Nog iets")
    for _ in range(2):
        await link.tell()
        world.clock.later(minutes=3)
    assert stand_in.incoming() == [SECRET, "Nog iets"]
    assert len(stand_in.contacts) == 1


@pytest.mark.parametrize("status", [401, 403, 422, 500, 302])
async def test_a_refusal_is_one_clear_line(world, link, stand_in, caplog, status):
    stand_in.refuse = status
    world.wait()
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            await link.tell()
            world.clock.later(minutes=3)
    (record,) = [one for one in caplog.records if one.name.startswith("rasa_project")]
    assert "Chatwoot" in record.getMessage()
    assert TOKEN not in record.getMessage()
    # Our own inbox has it all the same.
    assert world.conversation().state == "waiting"


# ---- from Chatwoot


async def test_what_an_agent_writes_reaches_the_patient_once(world, link, stand_in):
    world.wait()
    world.alarm(CONVERSATION)
    await link.tell()
    payload = webhook_of(stand_in, stand_in.writes("Goedemiddag, met Karin."))
    await link.told(payload)
    await link.told(payload)
    assert said(world, THERAPIST) == [(THERAPIST, "Goedemiddag, met Karin.")]
    events = world.log.events(CONVERSATION)
    assert [event["name"] for event in events if event["author"] == THERAPIST] == ["Karin"] * 2
    now = world.ownerships.of(CONVERSATION)
    assert (now.state, now.owner, now.alarm_seen) == (State.HUMAN, None, True)
    assert audit(world) == [("claimed", "Karin", "chatwoot"), ("wrote", "Karin", "chatwoot")]
    # It is not told to Chatwoot again.
    before = len(stand_in._said())
    await link.tell()
    assert [m["content"] for m in stand_in._said()[before:]] == ["Karin praat nu mee."]


async def test_private_notes_and_our_own_posts_reach_nobody(world, link, stand_in):
    world.wait()
    await link.tell()
    before = world.log.events(CONVERSATION)
    stand_in.writes("Deze patiënt ken ik", private=True)
    for message in stand_in._said():
        await link.told(webhook_of(stand_in, message))
    assert world.log.events(CONVERSATION) == before


async def test_resolved_there_is_closed_here_with_a_line_to_the_patient(world, link, stand_in):
    world.wait()
    await link.tell()
    await link.told(webhook_of(stand_in, stand_in.writes("Sterkte.")))
    stand_in.resolves()
    told = {
        "event": "conversation_status_changed",
        "id": stand_in.the_conversation()["id"],
        "inbox_id": INBOX,
        "status": "resolved",
    }
    await link.told(told)
    await link.told(told)
    assert world.ownerships.of(CONVERSATION).state is State.CLOSED
    assert "afgesloten" in said(world, SYSTEM)[-1][1]
    assert len(said(world, SYSTEM)) == 1
    assert audit(world)[-1][0] == "closed"
    await link.tell()
    assert row(world).closed
    # An agent who thinks of something more takes it up again.
    await link.told(webhook_of(stand_in, stand_in.writes("Nog één ding.")))
    assert said(world, THERAPIST)[-1][1] == "Nog één ding."
    assert world.ownerships.of(CONVERSATION).state is State.HUMAN


async def test_resolving_takes_nothing_from_a_colleague_in_our_inbox(world, link, stand_in):
    world.wait()
    await link.tell()
    me = Actor.therapist(world.person("anna@x.nl"), "Anna")
    world.ownerships.claim(CONVERSATION, me)
    await link.told(
        {
            "event": "conversation_status_changed",
            "id": stand_in.the_conversation()["id"],
            "inbox_id": INBOX,
            "status": "resolved",
        }
    )
    assert world.ownerships.of(CONVERSATION).owner == me.account


async def test_while_a_colleague_has_it_the_agent_is_told_that_nothing_was_sent(
    world, link, stand_in
):
    world.wait()
    await link.tell()
    me = Actor.therapist(world.person("anna@x.nl"), "Anna")
    world.ownerships.claim(CONVERSATION, me)
    message = stand_in.writes("Hallo?")
    await link.told(webhook_of(stand_in, message))
    assert said(world, THERAPIST) == []
    assert stand_in.notes()[-1].startswith("Niet verstuurd")
    # Also not later, when it is asked again what was missed.
    world.ownerships.release(CONVERSATION, me, {"parts": [{"text": "Even wachten."}]})
    opened = (await asyncio.to_thread(link.bridge._store.open_ones))[0]
    await link.tool.catch_up(opened)
    assert said(world, THERAPIST) == []


async def test_what_was_written_while_we_were_away_is_fetched(world, link, stand_in):
    world.wait()
    await link.tell()
    for number in range(3):
        stand_in.writes(f"gemist {number}", tell=False)
    stand_in.resolves(tell=False)
    opened = (await asyncio.to_thread(link.bridge._store.open_ones))[0]
    await link.tool.catch_up(opened)
    await link.tool.catch_up(opened)
    assert [text for _, text in said(world, THERAPIST)] == [f"gemist {n}" for n in range(3)]
    assert world.ownerships.of(CONVERSATION).state is State.CLOSED


async def test_typing_there_is_shown_to_the_patient(world, settings, stand_in):
    shown = []

    class Listener:
        def wake_here(self, conversation):
            """Not looked at."""

        def set_typing(self, conversation, who):
            shown.append((conversation, who))

    hub = Hub()
    hub.join(Listener())
    link = Link(world, settings, hub)
    world.wait()
    await link.tell()
    typing = {
        "event": "conversation_typing_on",
        "conversation": {"id": stand_in.the_conversation()["id"], "inbox_id": INBOX},
        "user": {"name": "Karin", "type": "user"},
        "is_private": False,
    }
    await link.told(typing)
    assert shown == []
    await link.told(webhook_of(stand_in, stand_in.writes("Hallo")))
    shown.clear()
    await link.told(typing)
    await link.told({**typing, "is_private": True})
    await link.told({**typing, "event": "conversation_typing_off"})
    assert shown == [(CONVERSATION, "Karin"), (CONVERSATION, None)]
    await link.tool.stop()


async def test_an_erased_conversation_is_nobodys_any_more(world, link, stand_in):
    world.wait()
    await link.tell()
    message = stand_in.writes("Ben je er nog?")
    world.log.erase(CONVERSATION)
    await link.told(webhook_of(stand_in, message))
    await link.tell()
    assert row(world) is None


# ---- reading webhooks, pure

OUTGOING = {
    "event": "message_created",
    "id": 7,
    "content": "Hallo",
    "message_type": "outgoing",
    "private": False,
    "source_id": None,
    "content_attributes": {},
    "sender": {"name": "Karin", "type": "user"},
    "conversation": {"id": 9, "inbox_id": INBOX},
    "account": {"id": ACCOUNT},
}


def test_a_webhook_is_read():
    assert read_webhook(OUTGOING, ACCOUNT, INBOX) == AgentMessage("9", "7", "Karin", "Hallo")
    status = {"event": "conversation_status_changed", "id": 9, "inbox_id": INBOX}
    assert read_webhook({**status, "status": "open"}, ACCOUNT, INBOX) is None
    closed = read_webhook({**status, "status": "resolved"}, ACCOUNT, INBOX)
    assert closed == AgentClosed("9", "Medewerker")
    typing = {"event": "conversation_typing_on", "conversation": OUTGOING["conversation"]}
    found = read_webhook({**typing, "user": {"name": "Karin"}}, ACCOUNT, INBOX)
    assert found == AgentTypes("9", "Karin", True)


@pytest.mark.parametrize(
    "change",
    [
        {"private": True},
        {"private": None},
        {"message_type": "incoming"},
        {"message_type": "template"},
        {"message_type": "activity"},
        {"source_id": "ruggesteun:event-7"},
        {"content_attributes": {"ruggesteun": "event-7"}},
        {"sender": {"type": "contact", "name": "P"}},
        {"content": None},
        {"content": 7},
        {"id": "7"},
        {"id": -1},
        {"conversation": {"id": 9, "inbox_id": 99}},
        {"conversation": {"id": True, "inbox_id": INBOX}},
        {"conversation": "9"},
        {"account": {"id": 99}},
        {"event": "message_updated"},
        {"event": None},
    ],
)
def test_what_is_no_message_to_our_patient_is_passed_over(change):
    assert read_webhook({**OUTGOING, **change}, ACCOUNT, INBOX) is None


@pytest.mark.parametrize("payload", [None, 7, "x", [], [{}], {}, {"event": {"a": 1}}])
def test_anything_may_come_over_a_webhook(payload):
    assert read_webhook(payload, ACCOUNT, INBOX) is None


# ---- the route


class Served:
    """The webhook in a server of its own."""

    def __init__(self, settings):
        self.app = Sanic(f"chatwoot{time.monotonic_ns()}")
        blueprint = channel.blueprint_of(settings)
        blueprint.url_prefix = "/webhooks/chatwoot"
        self.app.blueprint(blueprint)
        self.address = ""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def stop(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _run(self):
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _serve(self):
        self._stop = asyncio.Event()
        own = socket.socket()
        own.bind(("127.0.0.1", 0))
        server = await self.app.create_server(
            sock=own, return_asyncio_server=True, debug=False, access_log=False
        )
        await server.startup()
        await server.before_start()
        await server.start_serving()
        await server.after_start()
        self.address = f"http://127.0.0.1:{own.getsockname()[1]}/webhooks/chatwoot"
        self._ready.set()
        await self._stop.wait()
        await server.before_stop()
        await server.close()
        await server.after_stop()


@pytest.fixture
def served(world, settings, stand_in, monkeypatch):
    monkeypatch.setattr(external_bridge, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(channel, "text_for_tool", lambda _: "SAMENVATTING")
    ours = replace(
        read_settings(),
        database_url=world.url,
        chatwoot=replace(settings, signing_secret=SIGNING_SECRET),
    )
    server = Served(ours).start()
    stand_in.webhook = f"{server.address}/{WEBHOOK_SECRET}"
    yield server
    server.stop()


def wait_until(what, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_both_ways_over_http_with_every_echo(world, served, stand_in):
    world.wait()
    wait_until(lambda: stand_in.incoming() == [SECRET])
    stand_in.writes("Hallo, met Karin.")
    wait_until(lambda: said(world, THERAPIST))
    world.log.add_message(CONVERSATION, "m-1", "Fijn dat je er bent")
    wait_until(lambda: len(stand_in.incoming()) == 2)
    stand_in.resolves()
    wait_until(lambda: world.ownerships.of(CONVERSATION).state is State.CLOSED)
    wait_until(lambda: row(world).closed)
    time.sleep(0.5)
    assert said(world) == [
        (PATIENT, SECRET),
        (THERAPIST, "Hallo, met Karin."),
        (PATIENT, "Fijn dat je er bent"),
        *said(world, SYSTEM),
    ]
    assert stand_in.incoming() == [SECRET, "Fijn dat je er bent"]
    assert set(stand_in.webhook_answers) == {200}


def test_without_the_secret_or_the_signature_there_is_nothing(world, served, stand_in):
    world.wait()
    wait_until(lambda: stand_in.incoming() == [SECRET])
    body = b'{"event": "message_created"}'
    right = f"{served.address}/{WEBHOOK_SECRET}"
    stamp = str(int(time.time()))

    def signed(moment=stamp, secret=SIGNING_SECRET, of=body):
        digest = hmac.new(secret.encode(), f"{moment}.".encode() + of, hashlib.sha256)
        return {
            "X-Chatwoot-Timestamp": moment,
            "X-Chatwoot-Signature": f"sha256={digest.hexdigest()}",
        }

    assert requests.post(right, body, headers=signed(), timeout=10).status_code == 200
    for url, headers in (
        (right, {}),
        (right, signed(secret="another")),
        (right, signed(of=b"another")),
        (right, signed(moment=str(int(time.time()) - 3600))),
        (right, {**signed(), "X-Chatwoot-Timestamp": "1e9"}),
        (right[:-1], signed()),
        (f"{served.address}/{'x' * len(WEBHOOK_SECRET)}", signed()),
        (f"{served.address}/%00", signed()),
    ):
        answer = requests.post(url, body, headers=headers, timeout=10)
        assert answer.status_code == 404, (url, headers)
    assert requests.post(right, b"{", headers=signed(of=b"{"), timeout=10).status_code == 400
    assert said(world, THERAPIST) == []


def test_without_settings_there_is_no_route():
    assert not channel.blueprint_of(read_settings({}))._future_routes


# ---- settings

FULL = {
    "RUGGESTEUN_CHATWOOT_URL": "https://chat.debrug.example/",
    "RUGGESTEUN_CHATWOOT_TOKEN": TOKEN,
    "RUGGESTEUN_CHATWOOT_ACCOUNT": "3",
    "RUGGESTEUN_CHATWOOT_INBOX": "8",
    "RUGGESTEUN_CHATWOOT_WEBHOOK_SECRET": WEBHOOK_SECRET,
}


def test_the_settings_are_read_and_secrets_not_shown():
    found = read_settings(FULL).chatwoot
    assert (found.url, found.account, found.inbox) == ("https://chat.debrug.example", 3, 8)
    assert TOKEN not in repr(found)
    assert WEBHOOK_SECRET not in repr(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN", ""),
        ("TOKEN", "a b"),
        ("ACCOUNT", "drie"),
        ("INBOX", ""),
        ("INBOX", "0"),
        ("WEBHOOK_SECRET", "kort"),
        ("WEBHOOK_SECRET", "met/een/streep/en/lang/genoeg"),
        ("URL", "chat.debrug.example"),
    ],
)
def test_unusable_settings_are_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=f"RUGGESTEUN_CHATWOOT_{name}"):
        read_settings({**FULL, f"RUGGESTEUN_CHATWOOT_{name}": value})
