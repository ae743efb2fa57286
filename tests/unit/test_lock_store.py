"""One message at a time per conversation, and no waiting in between."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Dict, List, Optional

import pytest
import yaml
from rasa.core.lock_store import LockError, LockStore
from rasa.utils.endpoints import EndpointConfig
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import LockNotOwnedError

from rasa_project.errors import SettingsError
from rasa_project.settings import PROJECT, read_settings
from rasa_project.storage import lock_store
from rasa_project.storage.lock_store import RuggesteunLockStore


@pytest.fixture
def store(monkeypatch) -> RuggesteunLockStore:
    monkeypatch.delenv("RUGGESTEUN_REDIS_URL", raising=False)
    return RuggesteunLockStore()


async def turn(store: LockStore, conversation: str, name: str, seen: List[str]) -> None:
    async with store.lock(conversation):
        seen.append(f"{name} begins")
        await asyncio.sleep(0.02)
        seen.append(f"{name} ends")


async def test_messages_of_one_conversation_go_one_by_one_in_order_and_at_once(store):
    seen: List[str] = []
    started = time.monotonic()
    await asyncio.gather(*(turn(store, "web:1", str(n), seen) for n in range(5)))
    assert seen == [f"{n} {what}" for n in range(5) for what in ("begins", "ends")]
    # Rasa's own store would sleep a second between any two.
    assert time.monotonic() - started < 1


async def test_conversations_do_not_wait_for_each_other(store):
    seen: List[str] = []
    await asyncio.gather(turn(store, "web:1", "a", seen), turn(store, "web:2", "b", seen))
    assert seen[:2] == ["a begins", "b begins"]


async def test_a_turn_that_fails_or_is_given_up_lets_the_next_one_through(store):
    async def fail() -> None:
        async with store.lock("web:1"):
            raise ValueError("broken")

    async def hang() -> None:
        async with store.lock("web:1"):
            await asyncio.sleep(60)

    with pytest.raises(ValueError, match="broken"):
        await fail()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(hang(), 0.05)
    seen: List[str] = []
    await asyncio.wait_for(turn(store, "web:1", "next", seen), 1)
    assert seen == ["next begins", "next ends"]


def test_rasa_finds_the_store_that_endpoints_yml_names(monkeypatch):
    monkeypatch.delenv("RUGGESTEUN_REDIS_URL", raising=False)
    content = yaml.safe_load((PROJECT / "endpoints.yml").read_text("utf-8"))
    config = EndpointConfig.from_dict(content["lock_store"])
    assert isinstance(LockStore.create(config), RuggesteunLockStore)


class FakeRedis:
    """Stands for Redis's lock: one key, one owner."""

    def __init__(self) -> None:
        self.held: Dict[str, int] = {}
        self.fail: Optional[Exception] = None
        self.fail_on_release: Optional[Exception] = None

    def lock(self, name: str, **options: Any) -> "FakeLock":
        assert options["timeout"] > 0
        assert options["blocking_timeout"] > 0
        return FakeLock(self, name, options["sleep"])


class FakeLock:
    def __init__(self, server: FakeRedis, name: str, sleep: float) -> None:
        self.server, self.name, self.sleep = server, name, sleep

    async def acquire(self) -> bool:
        if self.server.fail is not None:
            raise self.server.fail
        while self.name in self.server.held:
            await asyncio.sleep(self.sleep)
        self.server.held[self.name] = id(self)
        return True

    async def release(self) -> None:
        assert self.server.held.pop(self.name) == id(self)
        if self.server.fail_on_release is not None:
            raise self.server.fail_on_release


@pytest.fixture
def redis(monkeypatch) -> FakeRedis:
    server = FakeRedis()
    monkeypatch.setenv("RUGGESTEUN_REDIS_URL", "redis://:secret@localhost:6379/0")
    monkeypatch.setattr(lock_store.redis.asyncio, "from_url", lambda _url, **_: server)
    return server


async def test_two_workers_take_turns_through_redis(redis):
    workers = [RuggesteunLockStore(), RuggesteunLockStore()]
    seen: List[str] = []
    await asyncio.gather(*(turn(w, "web:1", f"{n}", seen) for n, w in enumerate(workers)))
    assert [entry.split()[1] for entry in seen] == ["begins", "ends"] * 2
    assert redis.held == {}


async def test_without_redis_a_turn_fails_and_the_patient_is_told_elsewhere(redis):
    redis.fail = RedisConnectionError("refused")
    with pytest.raises(LockError, match="refused"):
        await turn(RuggesteunLockStore(), "web:1", "a", [])


@pytest.mark.parametrize("error", [LockNotOwnedError("late"), RedisConnectionError("gone")])
async def test_a_turn_whose_lock_can_not_be_given_back_counts_all_the_same(redis, error):
    redis.fail_on_release = error
    seen: List[str] = []
    await turn(RuggesteunLockStore(), "web:1", "a", seen)
    assert seen == ["a begins", "a ends"]


def test_the_address_of_redis_is_checked_and_never_shown():
    url = "redis://:secret@localhost:6379/0"
    settings = read_settings({"RUGGESTEUN_REDIS_URL": url})
    assert settings.redis_url == url
    assert "secret" not in repr(settings)
    with pytest.raises(SettingsError, match="RUGGESTEUN_REDIS_URL") as caught:
        read_settings({"RUGGESTEUN_REDIS_URL": "localhost:secret"})
    assert "secret" not in str(caught.value)
