"""Workers tell each other through the real Redis; without it they still find everything."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, List, Optional, Tuple

import redis as redis_library

from rasa_project.conversation.hub import Hub
from rasa_project.conversation.patient_typing import PatientTyping
from rasa_project.conversation.push import Push
from rasa_project.inbox.listening import QUEUE, InboxPush
from rasa_project.workers import news as news_module
from rasa_project.workers.news import RedisNews, channel_of, news_for

MINE = "web:1"


class Worker:
    """One process's hub, with a website and an inbox."""

    def __init__(self, url: str) -> None:
        self.hub = Hub()
        self.push = Push(self.hub)
        self.inbox = InboxPush()
        self.hub.join(self.push)
        self.hub.join(self.inbox, staff=True)
        self.news = RedisNews(self.hub, url, "ruggesteun:news:test", lambda _: "Anna de Wit")
        self.typing = PatientTyping(self.hub)


@asynccontextmanager
async def two(url: str) -> AsyncIterator[Tuple[Worker, Worker]]:
    workers = [Worker(url), Worker(url)]
    for worker in workers:
        worker.news.start()
    client = redis_library.Redis.from_url(url)
    await until(lambda: client.pubsub_numsub("ruggesteun:news:test")[0][1] == 2)
    yield workers[0], workers[1]
    for worker in workers:
        await worker.news.stop()


async def until(holds: Any, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_a_stream_on_another_worker_is_woken_at_once(redis):
    async with two(redis.url) as (one, other):
        mailbox = other.push.mailbox
        with (
            mailbox(MINE) as box,
            mailbox("web:2") as not_meant,
            other.inbox.mailbox(QUEUE) as all_,
        ):
            started = time.monotonic()
            one.push.notify(MINE)
            assert await box.changed(10)
            assert await all_.changed(10)
            assert time.monotonic() - started < 5
            assert not await not_meant.changed(0.05)


async def test_who_types_is_shown_on_another_worker_both_ways(redis):
    async with two(redis.url) as (one, other):
        one.hub.therapist_types(MINE, "Anna de Wit")
        await until(lambda: other.push.typing(MINE) == "Anna de Wit")
        one.hub.therapist_types(MINE, None)
        await until(lambda: other.push.typing(MINE) is None)
        one.typing.show(MINE)
        await until(lambda: other.inbox.typing(MINE) == "patient")
        # The message itself goes to the other worker.
        other.typing.stop(MINE)
        await until(lambda: one.inbox.typing(MINE) is None)
        assert other.inbox.typing(MINE) is None
        one.push.assistant_types(MINE, True)
        await until(lambda: other.push.typing(MINE) == "assistant")
        one.push.assistant_types(MINE, False)
        await until(lambda: other.push.typing(MINE) is None)
        one.typing.stop(MINE)


async def test_typing_ends_also_when_the_worker_that_told_it_dies(redis, monkeypatch):
    monkeypatch.setattr("rasa_project.conversation.hub._SHOWN_SECONDS", {"therapist": 1.0})
    async with two(redis.url) as (one, other):
        one.hub.therapist_types(MINE, "Anna de Wit")
        await until(lambda: other.push.typing(MINE) == "Anna de Wit")
        await until(lambda: other.push.typing(MINE) is None)


async def test_an_erased_conversation_is_gone_on_the_other_worker(redis):
    async with two(redis.url) as (one, other):
        with other.push.mailbox(MINE) as box:
            one.push.erased(MINE)
            assert await box.changed(10)
            await until(lambda: other.push.is_erased(MINE))


async def test_what_goes_through_redis_is_a_name_and_a_word(redis):
    client = redis_library.Redis.from_url(redis.url)
    heard = client.pubsub(ignore_subscribe_messages=True)
    heard.psubscribe("*")
    async with two(redis.url) as (one, other):
        one.push.notify(MINE)
        one.hub.therapist_types(MINE, "Anna de Wit")
        await until(lambda: other.push.typing(MINE) == "Anna de Wit")
        one.push.erased(MINE)
    said: List[str] = []
    while (message := heard.get_message(timeout=0.2)) is not None or not said:
        if message is not None:
            said.append(message["data"].decode())
    assert said
    assert not any("Anna" in line for line in said)
    assert client.keys("*") == [], "nothing is kept"


async def test_redis_goes_and_comes_back(redis, caplog, monkeypatch):
    monkeypatch.setattr(news_module, "LONGEST_PAUSE", 0.5)
    async with two(redis.url) as (one, other):
        redis.stop()
        await until(lambda: len(caplog.records) >= 2)
        started = time.monotonic()
        for _ in range(3_000):
            one.push.notify(MINE)
        assert time.monotonic() - started < 10, "who tells never waits"
        redis.start()

        async def is_heard() -> bool:
            with other.push.mailbox(MINE) as box:
                one.push.notify(MINE)
                return await box.changed(0.3)

        end = time.monotonic() + 15
        while not await is_heard():
            assert time.monotonic() < end
    told = [record.message for record in caplog.records if "can't be reached" in record.message]
    assert len(told) == 2, "each worker says it once"


def test_workers_of_one_database_have_a_channel_whatever_their_password():
    one = channel_of("postgresql://a:secret@db:5432/x")
    assert one == channel_of("postgresql://b:other@db:5432/x")
    assert one != channel_of("postgresql://a:secret@db:5432/y")
    assert "secret" not in one


def test_without_a_redis_there_is_no_news():
    found: Optional[RedisNews] = news_for(Hub(), "", "sqlite://", str)
    assert found is None
