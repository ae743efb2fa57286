"""Killed as by a power cut, many times: nothing is lost and nothing comes twice.

The hardest moment is that Telegram took a message and we were killed before that was written
down. The tests look into the database after each kill and say how often it was hit; one test
kills in no other moment.
"""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from typing import Dict, Iterable, List, Set, Tuple

import pytest

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


def check(stand_in: StandIn, said: Dict[int, List[str]]) -> None:
    """Each message answered, once and in order, after the introduction."""
    for chat, texts in said.items():
        assert stand_in.texts(chat)[1:] == [echo_of(text) for text in texts], chat


def answered(stand_in: StandIn, said: Dict[int, List[str]]) -> None:
    """Wait until all are answered, and for what should not come any more."""
    for chat, texts in said.items():
        last = echo_of(texts[-1]) if texts else ""
        stand_in.wait(lambda c=chat, t=last: not t or t in stand_in.texts(c), f"all in {chat}")
    time.sleep(1.0)


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
    answered(stand_in, said)
    check(stand_in, said)
    assert bot.errors == ""
    print(f"{KILLS} kills, {total} messages; taken but not yet written down: {len(hits)}")


@pytest.mark.parametrize("patients", [1, 10])
def test_killed_each_time_after_telegram_took_a_message(stand_in, light_bot, patients):
    """Between taken and written down, and nowhere else."""
    chance = random.Random(8)
    chats = CHATS[:patients]
    bot = light_bot()
    said: Dict[int, List[str]] = {chat: [] for chat in chats}
    hits: Hits = set()

    def talk() -> None:
        for chat in chats:
            for _ in range(chance.randrange(1, 3)):
                kind = chance.choice(["bericht", "knop"])
                said[chat].append(f"{kind} {len(said[chat])} van {chat}")
                stand_in.says(chat, said[chat][-1])

    bot.start()
    for _ in range(KILLS):
        stand_in.silenced, stand_in.silent = 0, True
        talk()
        stand_in.wait(lambda: stand_in.silenced, "one is taken")
        time.sleep(chance.uniform(0.0, 0.1))
        bot.kill()
        stand_in.silent = False
        hits |= moments_hit(stand_in, bot.database, chats)
        # What comes while nobody is there takes ids as well.
        if chance.random() < 0.5:
            talk()
        bot.start()
        if chance.random() < 0.5:
            answered_so_far = sum(map(len, said.values()))
            stand_in.wait(
                lambda n=answered_so_far: sum(map(stand_in.count, chats)) >= n + patients, "all"
            )
    answered(stand_in, said)
    check(stand_in, said)
    assert len(hits) >= KILLS
    assert bot.errors == ""
    total = sum(map(len, said.values()))
    print(f"{KILLS} kills, {total} messages; taken but not yet written down: {len(hits)}")


def test_killed_after_telegram_took_a_file(stand_in, light_bot):
    bot = light_bot()
    bot.start()
    stand_in.says(1001, "hoi")
    stand_in.wait_for(1001, 2)
    stand_in.silent = True
    stand_in.says(1001, "/export")
    stand_in.wait(lambda: stand_in.silenced, "it is taken")
    bot.kill()
    stand_in.silent = False
    stand_in.says(1001, "daarna")
    bot.start()
    stand_in.wait(lambda: echo_of("daarna") in stand_in.texts(1001), "the rest")
    assert [name for name, _ in stand_in.files[1001]] == [
        "mijn-gegevens.html",
        "mijn-gegevens.json",
    ]
    assert len(stand_in.seen(1001)) == 5


def test_answers_of_telegram_that_get_lost_make_nothing_come_twice(stand_in, light_bot):
    stand_in.lost_rate = 0.3
    bot = light_bot().start()
    said = {chat: [f"bericht {n} van {chat}" for n in range(5)] for chat in CHATS}
    for number in range(5):
        for chat in CHATS:
            stand_in.says(chat, said[chat][number])
    answered(stand_in, said)
    stand_in.lost_rate = 0.0
    check(stand_in, said)
    assert bot.errors == ""


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
    answered(stand_in, said)
    check(stand_in, said)
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
    check(stand_in, said)


def test_a_hundred_chats_with_ten_messages_each_errors_and_a_restart(stand_in, light_bot):
    stand_in.error_rate, stand_in.repeat_rate, stand_in.shuffle = 0.03, 0.05, True
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
    check(stand_in, said)
    assert stand_in.errors >= 5
    assert bot.errors == ""
