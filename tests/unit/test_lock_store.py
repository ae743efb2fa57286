"""One message at a time per conversation, and no waiting in between."""

from __future__ import annotations

import asyncio
import time
from typing import List, Set

import pytest
import yaml
from rasa.core.lock_store import LockError, LockStore
from rasa.utils.endpoints import EndpointConfig

from rasa_project.errors import SettingsError, StorageError
from rasa_project.settings import PROJECT, read_settings
from rasa_project.storage import lock_store
from rasa_project.storage.lock_store import RuggesteunLockStore
from rasa_project.workers.claims import TurnClaims, turn_claims


@pytest.fixture
def store(monkeypatch) -> RuggesteunLockStore:
    monkeypatch.delenv("RUGGESTEUN_REDIS_URL", raising=False)
    monkeypatch.delenv("RUGGESTEUN_DATABASE_URL", raising=False)
    turn_claims.cache_clear()
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
    assert time.monotonic() - started < 3


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
    await asyncio.wait_for(turn(store, "web:1", "next", seen), 10)
    assert seen == ["next begins", "next ends"]


def test_rasa_finds_the_store_that_endpoints_yml_names(monkeypatch):
    monkeypatch.delenv("RUGGESTEUN_REDIS_URL", raising=False)
    content = yaml.safe_load((PROJECT / "endpoints.yml").read_text("utf-8"))
    config = EndpointConfig.from_dict(content["lock_store"])
    assert isinstance(LockStore.create(config), RuggesteunLockStore)


class NobodyToAsk:
    """Stands for a database that can't say whose turn it is."""

    async def take(self, _conversation: str) -> bool:
        raise StorageError("gone")

    async def give_back(self, _conversation: str) -> None:
        raise AssertionError("nothing was taken")

    def close(self) -> None:
        """Nothing is held."""


class Others:
    """Stands for the claims of all workers: one has it, the others hear that."""

    def __init__(self) -> None:
        self.held: Set[str] = set()

    async def take(self, conversation: str) -> bool:
        await asyncio.sleep(0)
        if conversation in self.held:
            return False
        self.held.add(conversation)
        return True

    async def give_back(self, conversation: str) -> None:
        self.held.remove(conversation)

    def close(self) -> None:
        """Nothing to do."""


def worker(monkeypatch: pytest.MonkeyPatch, claims: TurnClaims) -> RuggesteunLockStore:
    monkeypatch.setattr(lock_store, "turn_claims", lambda: claims)
    return RuggesteunLockStore()


async def test_two_workers_take_turns(monkeypatch):
    others = Others()
    workers = [worker(monkeypatch, TurnClaims(others)) for _ in range(2)]
    seen: List[str] = []
    await asyncio.gather(*(turn(w, "web:1", f"{n}", seen) for n, w in enumerate(workers)))
    assert [entry.split()[1] for entry in seen] == ["begins", "ends"] * 2
    assert others.held == set()


async def test_who_has_the_claim_already_needn_t_wait_for_it(monkeypatch):
    others = Others()
    claims = TurnClaims(others)
    store = worker(monkeypatch, claims)
    seen: List[str] = []
    async with claims.of("web:1"):
        await asyncio.wait_for(turn(store, "web:1", "inside", seen), 10)
        assert others.held == {"web:1"}, "it is the outer one that gives it back"
    assert others.held == set()


async def test_a_claim_that_ended_counts_no_more(monkeypatch):
    others = Others()
    claims = TurnClaims(others)
    seen: List[bool] = []

    async def later() -> None:
        await asyncio.sleep(0.02)
        async with claims.of("web:1"):
            seen.append("web:1" in others.held)

    async with claims.of("web:1"):
        # It begins within the claim, and goes on after it.
        task = asyncio.ensure_future(later())
    await task
    assert seen == [True]


async def test_a_claim_that_does_not_come_fails_the_turn(monkeypatch):
    others = Others()
    others.held.add("web:1")
    store = worker(monkeypatch, TurnClaims(others))
    with pytest.raises(LockError, match="did not come"):
        async with store.lock("web:1", 0.1):
            raise AssertionError


async def test_when_nobody_can_be_asked_a_turn_fails_and_the_patient_is_told_elsewhere(
    monkeypatch,
):
    with pytest.raises(LockError, match="gone"):
        await turn(worker(monkeypatch, TurnClaims(NobodyToAsk())), "web:1", "a", [])


def test_the_address_of_redis_is_checked_and_never_shown():
    url = "redis://:secret@localhost:6379/0"
    settings = read_settings({"RUGGESTEUN_REDIS_URL": url})
    assert settings.redis_url == url
    assert "secret" not in repr(settings)
    with pytest.raises(SettingsError, match="RUGGESTEUN_REDIS_URL") as caught:
        read_settings({"RUGGESTEUN_REDIS_URL": "localhost:secret"})
    assert "secret" not in str(caught.value)
