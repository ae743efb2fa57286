"""From what happened to what somebody of the practice reads, by mail and on Telegram."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import re
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from rasa_project.channels.telegram_api import BotApi
from rasa_project.channels.telegram_names import Names
from rasa_project.conversation.hub import Hub
from rasa_project.conversation.states import PATIENT_ACTOR, Actor
from rasa_project.handoff import notifications, outbox
from rasa_project.handoff.notification_texts import KINDS, notification_texts, told
from rasa_project.handoff.notifications import Notifier
from rasa_project.handoff.occasions import MAIL, TELEGRAM, Occasions
from rasa_project.handoff.outbox import Outbox
from rasa_project.handoff.telegram_link import TelegramLinks
from rasa_project.handoff.telegram_notify import TelegramTeller
from rasa_project.settings import SmtpSettings, read_settings
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow
from tests.handoff import workers
from tests.handoff.conftest import CONVERSATION, SECRET, World
from tests.handoff.mail_server import Taker, start
from tests.telegram.stand_in import TOKEN, StandIn

ADDRESS = "https://rug.debrug.example"
CHAT = 4242


@pytest.fixture
def taker():
    return Taker()


@pytest.fixture
def port(taker):
    server = start(taker)
    yield server.port
    server.stop()


@pytest.fixture
def telegram():
    server = StandIn().start()
    server.says(CHAT, "/start")
    yield server
    server.stop()
    assert server.problems == []


@pytest.fixture
def settings(world, port, telegram):
    return replace(
        read_settings({"RUGGESTEUN_ADDRESS": ADDRESS}),
        database_url=world.url,
        smtp=SmtpSettings("127.0.0.1", port, "none", "rug@debrug.example"),
        telegram_token=TOKEN,
        telegram_api=telegram.address,
    )


@asynccontextmanager
async def running(notifier):
    task = asyncio.get_running_loop().create_task(notifier.run())
    try:
        yield notifier
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(what, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.02)


def body(message):
    return message.get_content().replace("\r\n", "\n")


# ---- what it says


def test_no_notification_says_anything_about_a_patient(practice):
    for kind in KINDS:
        for urgent in (True, False):
            words = told(kind, urgent, 7, ADDRESS)
            assert f"{ADDRESS}/inbox/open/7" in words.text
            assert f"urgent: {'ja' if urgent else 'nee'}" in words.subject
            assert words.subject in words.text
            assert words.text in words.mail
            assert not re.search(r"[{}]|!", words.mail)
    assert set(notification_texts().subjects) == set(KINDS)


def test_without_a_public_address_there_is_no_link(practice):
    words = told("waiting", True, 7, "")
    assert "http" not in words.mail
    assert "Open de inbox" in words.text


async def test_a_waiting_patient_is_mailed_and_told_on_telegram_without_content(
    world, settings, taker, telegram
):
    world.person("anna@debrug.example", present=True, telegram_chat=CHAT)
    world.wait()
    async with running(Notifier(settings, now=world.clock)):
        await until(lambda: taker.mail and telegram.count(CHAT))
    # Who stops lets what was sent be marked first.
    assert all(row.sent_at is not None for row in world.notifications())
    ((to, message),) = taker.mail
    (row,) = world.notifications(way=MAIL)
    assert to == ["anna@debrug.example"]
    assert message["Subject"] == "Nieuw gesprek wacht, urgent: nee"
    assert f"{ADDRESS}/inbox/open/{row.id}" in body(message)
    # The minute it was sent at may be a number of the secret.
    del message["Date"], message["Message-ID"]
    everything = message.as_string() + "".join(telegram.texts(CHAT))
    for secret in (*SECRET.replace(",", "").split(), CONVERSATION):
        assert not re.search(rf"\b{re.escape(secret)}\b", everything, re.IGNORECASE)


async def test_an_alarm_is_told_at_once(world, settings, taker, monkeypatch):
    monkeypatch.setattr(notifications, "LOOK_SECONDS", 30.0)
    hub = Hub()
    world.person("anna@debrug.example")
    world.begin()
    async with running(Notifier(settings, hub, now=world.clock)):
        await asyncio.sleep(0.3)
        world.alarm(CONVERSATION)
        hub.spread(CONVERSATION)
        began = time.monotonic()
        await until(lambda: taker.mail)
        assert time.monotonic() - began < notifications.LOOK_SECONDS / 2
    assert taker.mail[0][1]["Subject"] == "Een gesprek vraagt aandacht, urgent: ja"


async def test_what_was_dealt_with_is_not_told_any_more(world, settings, taker):
    anna = world.person("anna@debrug.example", present=True)
    world.wait()
    Occasions(world.url, (MAIL,), world.clock).write_down()
    world.ownerships.claim(CONVERSATION, Actor.therapist(anna, "Anna"))
    async with running(Notifier(settings, now=world.clock)):
        await until(lambda: world.notifications()[0].failed)
    assert taker.mail == []
    assert world.notifications()[0].failed == outbox.NOT_NEEDED


async def test_who_switched_mail_off_meanwhile_gets_none(world, settings, taker):
    anna = world.person("anna@debrug.example", present=True)
    world.wait()
    Occasions(world.url, (MAIL,), world.clock).write_down()
    world.change(anna, notify_by_mail=False)
    notifier = Notifier(settings, now=world.clock)
    assert not await notifier.send_one(MAIL)
    assert taker.mail == []
    assert world.notifications()[0].failed == outbox.NOT_WANTED


# ---- when it can't be sent


async def test_a_mail_that_fails_is_tried_again_later_and_then_arrives(world, settings, taker):
    world.person("anna@debrug.example", present=True)
    world.wait()
    Occasions(world.url, (MAIL,), world.clock).write_down()
    notifier = Notifier(settings, now=world.clock)
    taker.refuse_mail = "451 later"
    assert await notifier.send_one(MAIL)
    assert not await notifier.send_one(MAIL)
    pauses = []
    for _ in range(4):
        waits = world.notifications()[0].next_try_at.replace(tzinfo=timezone.utc)
        pauses.append((waits - world.clock()).total_seconds())
        world.clock.moment = waits
        assert await notifier.send_one(MAIL)
    assert pauses == [5, 10, 20, 40]
    taker.refuse_mail = None
    world.clock.later(minutes=2)
    assert await notifier.send_one(MAIL)
    assert len(taker.mail) == 1
    world.clock.later(days=1)
    assert not await notifier.send_one(MAIL)


async def test_after_a_day_it_is_given_up_with_a_line_without_content(
    world, settings, taker, caplog
):
    world.person("anna@debrug.example", present=True)
    world.wait()
    Occasions(world.url, (MAIL,), world.clock).write_down()
    notifier = Notifier(settings, now=world.clock)
    taker.refuse_mail = "451 later"
    world.clock.later(days=1, seconds=1)
    with caplog.at_level(logging.ERROR):
        assert await notifier.send_one(MAIL)
    (line,) = [record.getMessage() for record in caplog.records if "given up" in record.message]
    assert "anna" not in line
    assert CONVERSATION not in line
    taker.refuse_mail = None
    world.clock.later(days=1)
    assert not await notifier.send_one(MAIL)


async def test_a_mail_server_that_is_down_is_told_once_and_telegram_goes_on(
    world, settings, telegram, caplog, monkeypatch
):
    monkeypatch.setattr(notifications, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(outbox, "_FIRST_PAUSE", 0.01)
    world.person("anna@debrug.example", present=True, telegram_chat=CHAT)
    world.wait()
    down = replace(settings, smtp=SmtpSettings("127.0.0.1", 1, "none", "rug@debrug.example"))
    real = lambda: datetime.now(timezone.utc)  # noqa: E731
    world.clock.moment = real()
    world.change(1, seen_at=real())
    world.ownerships.back_to_assistant(CONVERSATION, PATIENT_ACTOR, "changed_mind")
    world.ownerships.ask_for_human(CONVERSATION, PATIENT_ACTOR, "asked")
    with caplog.at_level(logging.ERROR):
        async with running(Notifier(down, now=real)):
            await until(lambda: telegram.count(CHAT))
            await until(lambda: world.notifications(way=MAIL)[0].attempts > 3)
    lines = [record.getMessage() for record in caplog.records if "by mail" in record.message]
    assert len(lines) == 1
    assert "can't be reached" in lines[0]


async def test_who_blocked_the_bot_is_unlinked_quietly(world, settings, telegram, caplog):
    anna = world.person("anna@debrug.example", present=True, telegram_chat=CHAT)
    telegram.blocked.add(CHAT)
    world.wait()
    Occasions(world.url, (TELEGRAM,), world.clock).write_down()
    notifier = Notifier(settings, now=world.clock)
    with caplog.at_level(logging.WARNING):
        await notifier.send_one(TELEGRAM)
    assert world.chat_of(anna) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(CHAT) not in caplog.text
    assert TOKEN not in caplog.text


async def test_without_mail_and_telegram_it_does_nothing_and_ends(world, settings):
    nothing = replace(settings, smtp=None, telegram_token="")
    await asyncio.wait_for(Notifier(nothing).run(), 1)


async def test_without_an_address_that_is_said_once(world, settings, caplog):
    with caplog.at_level(logging.WARNING):
        async with running(Notifier(replace(settings, address=""), now=world.clock)):
            await asyncio.sleep(0.2)
    assert caplog.text.count("RUGGESTEUN_ADDRESS is not set") == 1


# ---- several processes, and one that is killed


def _start(world: World, port: int, **options) -> object:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(
        target=workers.main,
        args=(world.url, port, os.environ["RUGGESTEUN_PRACTICE"], ready),
        kwargs=options,
        daemon=True,
    )
    process.start()
    assert ready.wait(60)
    return process


@pytest.fixture
def real_world(database, practice):
    """With the real time: other processes have no clock of ours."""
    return World(database, lambda: datetime.now(timezone.utc))


def _wait_until(what, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_two_processes_send_each_notification_once(real_world, taker, port):
    people = [real_world.person(f"p{n}@debrug.example") for n in range(5)]
    processes = [_start(real_world, port) for _ in range(2)]
    try:
        conversations = [real_world.wait(f"web:{n:040d}") for n in range(8)]
        _wait_until(lambda: len(taker.mail) >= len(people) * len(conversations))
        time.sleep(1)
    finally:
        for process in processes:
            process.kill()
            process.join(10)
    subjects = [message["Subject"] for _, message in taker.mail]
    links = [re.search(r"urgent: \w+", body(message))[0] for _, message in taker.mail]
    assert len(subjects) == len(people) * len(conversations) == len(links)
    assert len({message["Message-ID"] for _, message in taker.mail}) == len(subjects)
    sent = sorted(to for (to,), _ in taker.mail)
    assert sent == sorted(f"p{n}@debrug.example" for n in range(5) for _ in range(8))


def test_killed_between_sending_and_marking_it_is_sent_again(real_world, taker, port):
    """At least once: an alarm may come twice, and never not at all."""
    real_world.person("anna@debrug.example")
    real_world.begin()
    real_world.alarm(CONVERSATION)
    dying = _start(real_world, port, die_before_marking=True)
    dying.join(60)
    assert dying.exitcode == -9
    assert len(taker.mail) == 1
    (row,) = real_world.notifications()
    assert row.sent_at is None
    # Two minutes later another process takes it over.
    later = lambda: datetime.now(timezone.utc) + outbox.HELD + timedelta(seconds=1)  # noqa: E731
    box = Outbox(real_world.url, later)
    assert Outbox(real_world.url).take(MAIL) is None
    taken = box.take(MAIL)
    assert taken is not None
    assert taken.attempts == 2
    assert box.take(MAIL) is None


# ---- a therapist's own Telegram


def test_a_code_links_a_chat_once_and_for_a_quarter_of_an_hour(world):
    anna, bram = world.person("anna@x.nl"), world.person("bram@x.nl")
    links = TelegramLinks(world.url, world.clock)
    code = links.new_code(anna)
    assert links.redeem(("y" if code[0] == "x" else "x") + code[1:], 1) is None
    assert links.redeem(code, 1) == (anna, "Anna")
    assert links.redeem(code, 2) is None
    assert world.chat_of(anna) == 1
    older, newer = links.new_code(bram), links.new_code(bram)
    assert links.redeem(older, 3) is None
    world.clock.later(minutes=15, seconds=1)
    assert links.redeem(newer, 3) is None
    # The same chat for another account moves.
    assert links.redeem(links.new_code(bram), 1) == (bram, "Bram")
    assert world.chat_of(anna) is None
    assert links.unlink_chat(1)
    assert not links.unlink_chat(1)


def test_who_is_switched_off_can_link_nothing(world):
    anna = world.person("anna@x.nl", active=False)
    links = TelegramLinks(world.url, world.clock)
    assert links.redeem(links.new_code(anna), 1) is None


def test_the_code_itself_is_not_kept(world):
    anna = world.person("anna@x.nl")
    code = TelegramLinks(world.url, world.clock).new_code(anna)
    with session_for(world.url) as session:
        assert code not in str(vars(session.get(AccountRow, anna)))


async def test_the_bots_name_is_asked_for(telegram):
    teller = TelegramTeller(BotApi(Names(TOKEN), telegram.address))
    assert await teller.username() == "rug_bot"
    telegram.down = True
    assert await teller.username() == ""
    await teller.close()
