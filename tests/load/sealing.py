"""What encryption costs: ``python -m tests.load.sealing``; two minutes, no model needed."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable, List

import sqlalchemy as sa
from alembic import command

from rasa_project.data_keys import NAME, new_key
from tests import data_keys

assert data_keys.KEYS

from rasa_project.conversation.log import ConversationLog  # noqa: E402
from rasa_project.inbox import search  # noqa: E402
from rasa_project.operations.rotate_key import rotate_key  # noqa: E402
from rasa_project.storage import rasa_events  # noqa: E402
from rasa_project.storage.engine import engine_for, session_for  # noqa: E402
from rasa_project.storage.keyring import forget_keys, sealer  # noqa: E402
from rasa_project.storage.migrate import alembic_config, migrate  # noqa: E402
from rasa_project.storage.sealing import Sealer  # noqa: E402

MESSAGES = 5_000
ANSWER = (
    "Dat kan. Bewegen is goed voor je rug, ook als het een beetje pijn doet. Begin rustig en bouw "
    "het op. Doet het de volgende dag meer pijn? Doe dan een stapje terug."
)


def turn(number: int) -> List[dict]:
    """Rasa's events of one turn, as they are; nine of them."""
    common = {"timestamp": 1795370358.5 + number, "metadata": {"model_id": f"{number:032x}"}}
    ranking = [{"name": f"topic-{n}", "confidence": 1 / (n + 3.7)} for n in range(10)]
    said = f"mag ik fietsen met rugpijn na {number} dagen?"
    buttons = [{"title": "Meer uitleg", "payload": "/meer-uitleg"}]
    return [
        {"event": "user", **common, "text": said, "parse_data": {"intent_ranking": ranking}},
        {"event": "user_featurization", **common, "use_text_for_featurization": False},
        {"event": "action", **common, "name": "action_answer_topic", "confidence": 1.0},
        {"event": "bot", **common, "text": ANSWER, "data": {"buttons": buttons}},
        {"event": "slot", **common, "name": "last_topic", "value": "fietsen"},
        {"event": "slot", **common, "name": "shown", "value": "short"},
        {"event": "slot", **common, "name": "misses", "value": 0},
        {"event": "action", **common, "name": "action_listen", "confidence": 1.0},
    ]


def each(work: Callable[[Any], Any], things: List[Any]) -> float:
    """The median time in microseconds."""
    took = []
    for thing in things:
        started = time.process_time()
        work(thing)
        took.append(time.process_time() - started)
    return statistics.median(took) * 1e6


def fill(url: str) -> None:
    """Conversations of ten messages, in the log and as Rasa's events."""
    log = ConversationLog(url)
    with engine_for(url).begin() as connection:
        connection.execute(
            sa.text(
                "CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), "
                "type_name VARCHAR(255), timestamp FLOAT, data TEXT)"
            )
        )
    for number in range(MESSAGES // 10):
        name = f"web:{number}"
        log.begin(name, "website", name, timedelta(days=1))
        for message in range(5):
            said = log.add_message(name, f"client-{message}", f"mag ik fietsen na {number} dagen?")
            content = {"parts": [{"text": ANSWER, "buttons": []}], "topics": ["fietsen"]}
            log.add_reply(name, said.event, content)
        rows = [rasa_events.row_of(name, event) for event in turn(number)]
        with engine_for(url).begin() as connection:
            rasa_events.add(connection, rows)


def main() -> None:
    """Print the figures."""
    ours = sealer()
    texts = [json.dumps(event) for number in range(300) for event in turn(number)]
    sealed = [ours.seal(text) for text in texts]
    before, after = sum(map(len, texts)), sum(map(len, sealed))
    one, other = each(ours.seal, texts), each(ours.open, sealed)
    print(f"encrypting {one:.0f} us, decrypting {other:.0f} us a text (median of {len(texts)})")
    print(f"a turn's {len(turn(0))} events: {one * len(turn(0)) / 1000:.2f} ms")
    print(f"size of these texts: {before} -> {after} ({after / before:.0%})")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'x.db'}"
        migrate(url)
        fill(url)
        with session_for(url) as session:
            for words in ("fietsen", "staat er niet"):
                started = time.process_time()
                found = search.conversations_with(session, words)
                print(
                    f"search for {words!r}: {len(found)} conversations of {MESSAGES} messages, "
                    f"{time.process_time() - started:.2f} s of processor"
                )
        os.environ[NAME] = f"{new_key()},{os.environ[NAME]}"
        forget_keys()
        assert isinstance(sealer(), Sealer)
        migrate(url)
        started = time.process_time()
        done = rotate_key(url)
        took = time.process_time() - started
        print(
            f"rotate-key: {done.texts} texts in {took:.2f} s of processor, {took / done.texts * 1e3:.2f} s per 1,000"
        )
        config = alembic_config()
        with engine_for(url).begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0008")
        started = time.process_time()
        migrate(url)
        took = time.process_time() - started
        print(f"the migration of these texts: {took / done.texts * 1e3:.2f} s per 1,000")
        engine_for(url).dispose()


if __name__ == "__main__":
    main()
