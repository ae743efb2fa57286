"""From each form that the tables ever had to the newest, with content, read by today's code.

``content/<revision>.sql`` holds what an installation of that time had written. A migration that
is added later is covered by itself; content that only it knows needs a file of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.slots import AnySlot

from rasa_project.channels import tokens
from rasa_project.conversation.events import PatientMessage
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.ownership_rows import read_ownership
from rasa_project.conversation.states import State
from rasa_project.inbox.audit import Filter
from rasa_project.inbox.material import read_material
from rasa_project.inbox.queue import Queue, Wanted
from rasa_project.inbox.services import inbox_for
from rasa_project.knowledge.repository import KnowledgeRepository
from rasa_project.names import SLOT_URGENCY
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.migrate import alembic_config, migrate, newest_revision, revision_of
from rasa_project.storage.telegram_store import TelegramStore
from rasa_project.storage.tracker_store import RuggesteunTrackerStore
from tests.conftest import MONDAY_MORNING
from tests.storage.desk import ANSWER

CONTENT = Path(__file__).with_name("content")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TOKEN = "A" * 43
WEB = tokens.conversation_of(tokens.hash_of(TOKEN))
TELEGRAM, WAITS = "tg:old", "web:waits"
REVISIONS: List[str] = [
    one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions()
][::-1]


def fill(url: str, revision: str) -> None:
    """Write what an installation of that form would have written, in plain SQL."""
    if revision == REVISIONS[0]:
        SQLTrackerStore.Base.metadata.create_all(engine_for(url))
    file = CONTENT / f"{revision}.sql"
    if not file.exists():
        return
    with engine_for(url).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TIME ZONE 'UTC'")
        for statement in file.read_text("utf-8").split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)


def build(url: str, revision: str) -> None:
    """A database that grew, release by release, up to this form."""
    for one in REVISIONS[: REVISIONS.index(revision) + 1]:
        migrate(url, one)
        fill(url, one)


def counts(url: str) -> Dict[str, int]:
    """How many rows each table has."""
    with engine_for(url).connect() as connection:
        return {
            table: connection.execute(sa.text(f'SELECT count(*) FROM "{table}"')).scalar_one()
            for table in sa.inspect(connection).get_table_names()
            if not table.startswith("sqlite_")
        }


def test_every_file_of_content_belongs_to_a_migration():
    assert {file.stem for file in CONTENT.glob("*.sql")} <= set(REVISIONS)
    assert (CONTENT / f"{REVISIONS[0]}.sql").exists(), "the first release had content"


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_each_form_goes_to_the_newest_in_one_go(empty_database, revision):
    build(empty_database, revision)
    before = counts(empty_database)
    migrate(empty_database)
    assert revision_of(empty_database) == newest_revision()
    after = counts(empty_database)
    assert {table: after.get(table) for table in before} == before, "no row may get lost"
    # What the oldest release knew is there whatever the way was.
    answer = KnowledgeRepository(empty_database).answer("warmte", "BE")
    assert (answer.short, answer.revision) == ("Warmte mag, ook hier.", 3)
    migrate(empty_database)
    assert counts(empty_database) == after


@pytest.fixture
def grown(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database that began with the first release and saw every one since."""
    build(empty_database, newest_revision())
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", empty_database)
    return empty_database


def test_the_patient_of_then_reads_and_goes_on(grown):
    log = ConversationLog(grown)
    found = log.conversation_of(tokens.hash_of(TOKEN), tokens.is_valid, tokens.later_expiry)
    assert found == WEB
    first, reply, second = log.events(WEB)
    assert (first["text"], first["client_id"]) == ("Ik kan niet meer plassen", "first-message")
    assert (reply["alarm"], reply["reply_to"], reply["useful"]) == ("same_day", first["id"], True)
    assert reply["parts"][0]["text"] == "Bel nu je huisarts."
    waiting = PatientMessage(second["id"], "Warmte", "/warmte")
    assert log.first_unanswered(WEB) == waiting
    log.add_reply(WEB, second["id"], ANSWER)
    # Sent again after the upgrade, it is the same message.
    assert log.add_message(WEB, "first-message", "Ik kan niet meer plassen").is_new is False
    assert log.add_message(WEB, "third-message", "dank je").event > second["id"]
    log.erase(WEB)
    assert log.conversation_of(tokens.hash_of(TOKEN), lambda *_: True, lambda *_: None) is None


async def test_rasa_still_holds_the_alarm(grown):
    slots = [AnySlot(SLOT_URGENCY, mappings=[{}], influence_conversation=False)]
    store = RuggesteunTrackerStore(domain=Domain([], [], slots, {}, [], {}, {}))
    tracker = await store.get_or_create_tracker(WEB)
    assert tracker.get_slot(SLOT_URGENCY) == "same_day"
    assert tracker.latest_message.text == "Ik kan niet meer plassen"


def test_the_chat_on_telegram_and_its_buttons_still_count(grown):
    store = TelegramStore(grown, 42)
    chat = store.chat_in(5_000_000_001)
    assert chat is not None
    assert (chat.conversation, chat.keyboard_message, chat.blocked) == (TELEGRAM, 8, False)
    button = store.button(TELEGRAM, "button-1")
    assert (button.title, button.payload, button.is_live) == ("Meer uitleg", "/meer-uitleg", True)
    assert store.is_handled(100)
    assert store.unfinished() == [], "nothing of then is sent once more"


def test_the_inbox_shows_who_waits_and_all_that_was_written(grown):
    page = Queue(grown).page(Wanted(), 1, MONDAY_MORNING)
    assert [row.ownership.conversation for row in page.rows] == [WAITS]
    assert page.rows[0].callback_open
    material = read_material(grown, WAITS)
    assert [event.text for event in material.events] == ["Ik wil iemand spreken", "Dat kan."]
    assert [note.text for note in material.notes] == ["Belt liever."]
    assert [callback.contact for callback in material.callbacks] == ["06 12345678"]
    assert [change.after for change in material.changes] == ["waiting"]
    assert [flag.flag for flag in read_material(grown, WEB).flags] == ["RF01"]
    with session_for(grown) as session:
        now = read_ownership(session, WAITS)
        assert (now.state, now.urgency) == (State.WAITING, Urgency.SOON)
        assert read_ownership(session, TELEGRAM).state is State.BOT
        # It was held before the inbox was there, and still is.
        assert read_ownership(session, WEB).urgency is Urgency.SAME_DAY
    inbox = inbox_for(grown)
    assert [one.login for one in inbox.accounts.all()] == ["anna@debrug.example"]
    audit = inbox.audit.page(Filter(), AMSTERDAM)
    assert [(entry.action, entry.conversation) for entry in audit] == [("read", TELEGRAM)]
    assert Queue(grown).page(Wanted(tab="alles", search="iemand"), 1, MONDAY_MORNING).total == 1
