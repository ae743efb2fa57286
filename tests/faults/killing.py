"""Kill a server at random moments while patients write, and judge what is left."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, Protocol, Sequence, Tuple

from rasa_project.channels import tokens
from rasa_project.conversation.events import NOTED
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.ownership_rows import read_ownership
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.migrate import migrate
from tests.faults.judge import Event, judge
from tests.faults.light_server import LightServer, answer_to
from tests.faults.patients import ALARM, Conversation, Patient, events_of
from tests.telegram.agreed import agree
from tests.telegram.stand_in import StandIn

TEXTS = [f"bericht van soort {number}" for number in range(12)] + ["bel mij terug", ALARM]
CHATS = (4001, 4002, 4003)
_AFTERWARDS_SECONDS = 60.0


class Server(Protocol):
    """What can be killed."""

    @property
    def address(self) -> str: ...

    def start(self) -> Any: ...

    def kill(self) -> None: ...


@dataclass(frozen=True)
class Figures:
    """What a run came to; everything in it was judged."""

    kills: int
    conversations: int
    confirmed: int
    unconfirmed_but_stored: int
    sent_again: int
    unanswered_at_a_kill: int
    alarms: int
    telegram: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.kills} kills in {self.seconds:.0f} s; {self.conversations} conversations on "
            f"the website with {self.confirmed} confirmed messages (none lost, none twice, each "
            f"with one reply, in order), {self.sent_again} of them sent twice, "
            f"{self.unconfirmed_but_stored} stored of which the confirmation got lost; "
            f"{self.unanswered_at_a_kill / self.kills:.0f} messages waited at each kill; "
            f"{self.alarms} conversations with an alarm, all held; {self.telegram} messages on "
            "Telegram, each answered once"
        )


def kill_light(
    database_url: str, folder: Path, kills: int, patients: int = 5, telegram: bool = True
) -> Figures:
    """Kill the server without Rasa; its channels, log and router are the real ones."""
    migrate(database_url)
    engine_for(database_url).dispose()
    stand_in = StandIn().start() if telegram else None
    if stand_in is not None:
        stand_in.agree = partial(agree, database_url)
    server = LightServer(folder, database_url, stand_in.address if stand_in else "")
    chats = _Chats(stand_in, CHATS if stand_in else ())
    try:
        figures = kill_many(server, database_url, kills, TEXTS, patients, chats=chats)
        assert server.errors == "", server.errors[-3000:]
        return figures
    finally:
        server.kill()
        engine_for(database_url).dispose()
        if stand_in is not None:
            stand_in.stop()
            assert stand_in.problems == []


def kill_many(
    server: Server,
    database_url: str,
    kills: int,
    texts: Sequence[str],
    patients: int,
    longest_life: float = 1.5,
    seed: int = 9,
    chats: "_Chats | None" = None,
    fits: Any = None,
) -> Figures:
    """Kill it so often under load, start it for good, and judge each conversation.

    Raises:
        AssertionError: Something was lost, doubled or mixed up.
    """
    chance, chats = random.Random(seed), chats or _Chats(None, ())
    began, unanswered = time.monotonic(), 0
    server.start()
    people = [Patient(server.address, number, texts) for number in range(patients)]
    for one in people:
        one.start()
    for _ in range(kills):
        until = time.monotonic() + chance.uniform(0.0, longest_life)
        while True:
            chats.say(chance)
            left = until - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, 0.1))
        server.kill()
        unanswered += _waiting(database_url)
        server.start()
    for one in people:
        one.stop()
    for one in people:
        one.join(60)
        assert not one.is_alive()
    conversations = [conversation for one in people for conversation in one.conversations]
    _wait_until_answered(database_url)
    alarms, stored = 0, 0
    for conversation in conversations:
        events, urgency = _of_staff(database_url, conversation)
        shown = events_of(server.address, conversation)
        assert shown == [event for event in events if event["kind"] != NOTED]
        judge(conversation, events, fits or fits_to_light)
        texts_said = [event["text"] for event in events if event["author"] == "patient"]
        if any(ALARM in text for text in texts_said):
            alarms += 1
            assert urgency in (Urgency.SAME_DAY, Urgency.EMERGENCY), "an alarm was forgotten"
        stored += len(texts_said) - len(conversation.confirmed)
    chats.judge()
    return Figures(
        kills,
        len(conversations),
        sum(len(conversation.confirmed) for conversation in conversations),
        stored,
        sum(one.sent_again for one in people),
        unanswered,
        alarms,
        chats.count,
        time.monotonic() - began,
    )


def fits_to_light(text: str, reply: Event) -> None:
    """Whether the stand-in for the assistant, or the router, says this to that message."""
    if reply["author"] == "assistant":
        assert answer_to(text) in reply["parts"][0]["text"]
        assert reply["alarm"] == ("same_day" if text == ALARM else "")


def _of_staff(database_url: str, conversation: Conversation) -> Tuple[List[Event], Urgency]:
    name = tokens.conversation_of(tokens.hash_of(conversation.token))
    events = ConversationLog(database_url).events_for_staff(name)
    with session_for(database_url) as session:
        return events, read_ownership(session, name).urgency


_WAITING = """
    SELECT count(*) FROM conversation_event AS e
    LEFT JOIN conversation_event AS r ON r.reply_to = e.id
    WHERE e.author = 'patient' AND r.id IS NULL
"""


def _waiting(database_url: str) -> int:
    """How many messages have no reply."""
    with engine_for(database_url).connect() as connection:
        return int(connection.exec_driver_sql(_WAITING).scalar_one())


def _wait_until_answered(database_url: str) -> None:
    """Also those whose patient never came back: nobody asks here for the replies."""
    deadline = time.monotonic() + _AFTERWARDS_SECONDS
    while _waiting(database_url):
        assert time.monotonic() < deadline, f"{_waiting(database_url)} are not answered"
        time.sleep(0.2)


class _Chats:
    """Some people on Telegram, who write meanwhile."""

    def __init__(self, stand_in: "StandIn | None", chats: Sequence[int]):
        self._stand_in, self._chats = stand_in, chats
        self._said: Dict[int, List[str]] = {chat: [] for chat in chats}

    @property
    def count(self) -> int:
        return sum(map(len, self._said.values()))

    def say(self, chance: random.Random) -> None:
        if self._stand_in is None or chance.random() < 0.5:
            return
        chat = chance.choice(list(self._chats))
        self._said[chat].append(f"bericht {len(self._said[chat])} van {chat}")
        self._stand_in.says(chat, self._said[chat][-1])

    def judge(self) -> None:
        if self._stand_in is None:
            return
        for chat, texts in self._said.items():
            if texts:
                last = answer_to(texts[-1])
                self._stand_in.wait(
                    lambda c=chat, t=last: t in self._stand_in.texts(c), f"all in {chat}"
                )
        # For what should not come any more.
        time.sleep(1.0)
        for chat, texts in self._said.items():
            # The first is the introduction.
            assert self._stand_in.texts(chat)[1:] == [answer_to(text) for text in texts]
