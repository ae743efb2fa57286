"""Killed as by a power cut, many times: nothing is lost and nothing is answered twice.

Telegram has no way to ask whether a message was taken, so one moment remains: it took a
message, and we were killed before that was written down. The tests look into the database
after each kill. They allow a message twice only where that moment was hit, and say how often.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from typing import Dict, Iterable, List, Set, Tuple

from tests.telegram.light import echo_of
from tests.telegram.stand_in import StandIn

CHATS = range(1001, 1011)
KILLS = 30


def written(database: str) -> Dict[int, int]:
    """How many messages of each chat were written down as taken by Telegram."""
    query = """
        SELECT chat, (SELECT count(*) FROM conversation_event AS e
                      WHERE e.conversation = c.conversation AND e.author != 'patient'
                        AND e.id <= c.sent_event)
        FROM telegram_chat AS c
    """
    path = database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=20)) as connection:
        return dict(connection.execute(query).fetchall())


Hits = Set[Tuple[int, str]]


def moments_hit(stand_in: StandIn, database: str, chats: Iterable[int]) -> Hits:
    """The messages that Telegram has and of which that was not written down."""
    known = written(database)
    hits = set()
    for chat in chats:
        once = list(dict.fromkeys(stand_in.texts(chat)))
        unwritten = once[known.get(chat, 0) :]
        # Sending goes on only when it was written: it is one in a chat at most.
        assert len(unwritten) <= 1, unwritten
        hits |= {(chat, text) for text in unwritten}
    return hits


def check(stand_in: StandIn, said: Dict[int, List[str]], hits: Hits) -> None:
    """Each message answered, in order; twice only where the moment was hit."""
    twice = set()
    for chat, texts in said.items():
        got = stand_in.texts(chat)
        assert list(dict.fromkeys(got))[1:] == [echo_of(text) for text in texts], chat
        twice |= {(chat, text) for text, times in Counter(got).items() if times > 1}
    assert twice == hits


def test_killed_at_thirty_random_points(stand_in, light_bot):
    chance = random.Random(6)
    bot = light_bot()
    said: Dict[int, List[str]] = {chat: [] for chat in CHATS}
    hits: Hits = set()
    bot.start()
    for _ in range(KILLS):
        for chat in CHATS:
            for _ in range(chance.randrange(3)):
                said[chat].append(f"bericht {len(said[chat])} van {chat}")
                stand_in.says(chat, said[chat][-1])
        # Also before anything is asked for, and when all is done.
        time.sleep(chance.uniform(0.0, 0.4))
        bot.kill()
        hits |= moments_hit(stand_in, bot.database, CHATS)
        bot.start()
    total = sum(map(len, said.values()))
    stand_in.wait(
        lambda: sum(len(set(stand_in.texts(chat))) - 1 for chat in CHATS) >= total, "all answered"
    )
    time.sleep(0.5)
    check(stand_in, said, hits)
    assert bot.errors == ""
    print(f"{KILLS} kills, {total} messages; taken but not yet written down: {len(hits)}")


def test_killed_while_one_patient_talks_at_the_speed_of_a_patient(stand_in, light_bot):
    """At random points of one conversation nothing at all comes twice."""
    chance = random.Random(7)
    # As far away as the real Telegram is, and as slow as the real assistant.
    bot = light_bot(seconds=0.03)
    said: Dict[int, List[str]] = {1001: []}
    hits: Hits = set()
    bot.start()
    for number in range(20):
        said[1001].append(f"bericht {number}")
        stand_in.says(1001, said[1001][-1])
        time.sleep(chance.uniform(0.0, 0.6))
        bot.kill()
        hits |= moments_hit(stand_in, bot.database, [1001])
        bot.start()
    stand_in.wait(lambda: len(set(stand_in.texts(1001))) > 20, "all answered")
    time.sleep(0.5)
    check(stand_in, said, hits)
    print(f"20 kills, 20 messages; taken but not yet written down: {len(hits)}")


def test_stopped_and_started_as_usual_nothing_comes_twice(stand_in, light_bot):
    stand_in.error_rate = 0.02
    bot = light_bot()
    said: Dict[int, List[str]] = {chat: [] for chat in CHATS}
    bot.start()
    for _ in range(5):
        for chat in CHATS:
            for _ in range(2):
                said[chat].append(f"bericht {len(said[chat])} van {chat}")
                stand_in.says(chat, said[chat][-1])
        time.sleep(0.15)
        bot.stop()
        bot.start()
    for chat in CHATS:
        stand_in.wait_for(chat, 11)
    time.sleep(1.0)
    stand_in.error_rate = 0.0
    check(stand_in, said, set())


def test_a_hundred_chats_with_ten_messages_each_errors_and_a_restart(stand_in, light_bot):
    stand_in.error_rate, stand_in.repeat_rate, stand_in.shuffle = 0.01, 0.05, True
    everybody = range(6001, 6101)
    said = {chat: [f"bericht {n} van {chat}" for n in range(10)] for chat in everybody}
    bot = light_bot().start()
    for number in range(10):
        for chat in everybody:
            stand_in.says(chat, said[chat][number])
    stand_in.wait(lambda: len(stand_in.called("sendMessage")) > 500, "the middle", every=0.2)
    bot.stop()
    bot.start()
    stand_in.wait(lambda: all(stand_in.count(c) >= 11 for c in everybody), "all", 120, 0.5)
    time.sleep(1.0)
    stand_in.error_rate = 0.0
    check(stand_in, said, set())
    assert stand_in.errors >= 5
    assert bot.errors == ""
