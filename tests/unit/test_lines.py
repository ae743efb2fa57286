"""One at a time per conversation, in the order of coming."""

from __future__ import annotations

import asyncio

import pytest

from rasa_project.conversation.lines import Lines


async def test_they_come_in_order_and_one_at_a_time():
    lines, done, busy = Lines(), [], 0

    async def work(number: int) -> None:
        nonlocal busy
        async with lines.turn_of("a"):
            busy += 1
            assert busy == 1
            # The later ones would be faster.
            await asyncio.sleep((10 - number) / 1_000)
            busy -= 1
            done.append(number)

    await asyncio.gather(*(work(number) for number in range(10)))
    assert done == list(range(10))


async def test_conversations_do_not_wait_for_each_other():
    lines = Lines()
    async with lines.turn_of("a"), lines.turn_of("b"):
        pass


async def test_nothing_is_kept_of_a_line_in_which_nobody_stands():
    lines = Lines()

    async def fail() -> None:
        async with lines.turn_of("a"):
            raise KeyError

    async with lines.turn_of("a"):
        waiting = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        cancelled = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        cancelled.cancel()
    with pytest.raises(KeyError):
        await waiting
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert (lines._locks, lines._standing) == ({}, {})
