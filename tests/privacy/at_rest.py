"""Conversations over the real stores, with made-up words, and a search through the raw database."""

from __future__ import annotations

import base64
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Dict, List, Set

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot

from rasa_project.conversation.log import ConversationLog
from rasa_project.handoff import callback_store
from rasa_project.handoff.callback import DONE, Form
from rasa_project.inbox.desk import Desk
from rasa_project.names import SLOT_LAST_TOPIC
from rasa_project.operations.postgres_backup import _program
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.red_flag_log import RedFlagLog
from rasa_project.storage.telegram_store import TelegramStore
from rasa_project.storage.tracker_store import RuggesteunTrackerStore

WEB, TELEGRAM, REST = "web:one", "tg:one", "rest-one"
# What stands where; each in one place only, so that the search tells which one is open.
WORDS: Dict[str, str] = {
    place: f"kwabbelsnor{place}zetelpoot"
    for place in [
        "website",
        "reply",
        "therapist",
        "telegram",
        "buttontitle",
        "buttonpayload",
        "callbackname",
        "callbackcontact",
        "callbackmoment",
        "note",
        "shown",
        "sign",
        "qualifier",
        "rasauser",
        "rasabot",
        "rasaslot",
        "rasaintent",
        "rasaaction",
    ]
}


def reply(text: str) -> dict:
    return {"parts": [{"text": text, "buttons": []}], "alarm": "", "outcome": None, "topics": []}


async def talk(url: str) -> None:
    """Say each word where it belongs."""
    log, now = ConversationLog(url), datetime.now(timezone.utc)
    log.begin(WEB, "website", "hash", timedelta(days=1))
    said = log.add_message(WEB, "client-1", f"Ik heb {WORDS['website']} in mijn rug.")
    log.add_reply(WEB, said.event, reply(f"Wat is {WORDS['reply']}?"))
    log.add_therapist_message(WEB, "Anna", f"Dag, {WORDS['therapist']}.")
    store = TelegramStore(url, 4711)
    store.open(2**50, TELEGRAM)
    said = log.add_message(TELEGRAM, "tg-1", f"Ik heb {WORDS['telegram']}.")
    button = ("button-1", WORDS["buttontitle"], f"/{WORDS['buttonpayload']}")
    store.sending(TELEGRAM, 1, said.event, [button])
    form = Form(DONE, 0, WORDS["callbackname"], WORDS["callbackcontact"], WORDS["callbackmoment"])
    with session_for(url) as session:
        callback_store.begin(session, WEB, form, "asked", now)
    Desk(url).add_note(WEB, 1, "Anna", f"Belde over {WORDS['note']}.")
    finding = {"flag": "RF01", "sign": WORDS["sign"], "urgency": "same_day"}
    finding["qualifiers"] = [WORDS["qualifier"]]
    RedFlagLog(url).record(WEB, [finding], "v1", shown=f"Bel nu: {WORDS['shown']}.")
    slots = [AnySlot(SLOT_LAST_TOPIC, mappings=[{}], influence_conversation=False)]
    rasa = RuggesteunTrackerStore(domain=Domain([], [], slots, {}, [], {}, {}))
    tracker = await rasa.get_or_create_tracker(REST)
    intent = {"name": WORDS["rasaintent"], "confidence": 1.0}
    tracker.update(UserUttered(WORDS["rasauser"], intent, parse_data={"intent": intent}))
    tracker.update(ActionExecuted(WORDS["rasaaction"]))
    tracker.update(BotUttered(WORDS["rasabot"]))
    tracker.update(SlotSet(SLOT_LAST_TOPIC, WORDS["rasaslot"]))
    await rasa.save(tracker)
    assert (await rasa.retrieve(REST)).latest_message.text == WORDS["rasauser"]


def raw(url: str, folder: Path) -> bytes:
    """The database as who steals it has it: the files of SQLite, or what pg_dump writes."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        files = [Path(f"{path}{ending}") for ending in ("", "-wal", "-shm")]
        return b"".join(file.read_bytes() for file in files if file.exists())
    file = folder / "dump.sql"
    command = [_program("pg_dump"), "--format=plain", f"--file={file}", f"--dbname={url}"]
    subprocess.run(command, check=True, timeout=60)
    return file.read_bytes()


def forms(word: str) -> List[bytes]:
    """How a word may stand there: as it is, in hex, and in base64 wherever it begins."""
    plain = word.encode()
    coded = []
    for before in range(3):
        text = base64.b64encode(b"x" * before + plain)
        # Without the ends, which depend on what stands beside it.
        coded += [text[4:-4], text[4:-4].replace(b"+", b"-").replace(b"/", b"_")]
    return [plain, plain.hex().encode(), *coded]


def places_found(url: str, folder: Path) -> Set[str]:
    """Which words can be read in the raw database."""
    engine_for(url).dispose()
    content = raw(url, folder)
    return {place for place, word in WORDS.items() if any(one in content for one in forms(word))}
