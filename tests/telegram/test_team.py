"""A therapist links their own Telegram to be told that somebody waits; no patient is made."""

from __future__ import annotations

from datetime import datetime, timezone

import sqlalchemy as sa

from rasa_project.handoff.telegram_link import TEAM, TelegramLinks
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow, ConversationRow, TelegramChatRow

CHAT = 77


def account_in(url: str) -> int:
    with session_for(url) as session:
        row = AccountRow(
            login="anna@x.nl",
            name="Anna",
            role="therapeut",
            password_hash="!",
            created_at=datetime.now(timezone.utc),
        )
        session.add(row)
        session.flush()
        return int(row.id)


def patients(url: str) -> int:
    with session_for(url) as session:
        counts = [
            session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (ConversationRow, TelegramChatRow)
        ]
    return sum(counts)


def test_a_code_links_the_chat_and_stop_meldingen_unlinks_it(light_bot, stand_in):
    bot = light_bot(agreed=False).start()
    account = account_in(bot.database)
    links = TelegramLinks(bot.database)
    code = links.new_code(account)
    stand_in.says(CHAT, f"/start {TEAM}{code}")
    (answer,) = stand_in.wait_for(CHAT, 1)
    assert answer["text"].startswith("Gelukt, Anna.")
    assert links.is_linked(account)
    # The same code again, as after a second press.
    stand_in.says(CHAT, f"/start {TEAM}{code}")
    assert "werkt niet meer" in stand_in.wait_for(CHAT, 2)[1]["text"]
    stand_in.says(CHAT, "/stop_meldingen")
    assert stand_in.wait_for(CHAT, 3)[2]["text"].startswith("Gestopt.")
    assert not links.is_linked(account)
    stand_in.wait(stand_in.is_all_confirmed)
    assert patients(bot.database) == 0
    bot.stop()


def test_a_wrong_code_begins_no_conversation_and_a_patients_start_does(light_bot, stand_in):
    bot = light_bot(agreed=False).start()
    stand_in.says(CHAT, f"/start {TEAM}geraden")
    assert "werkt niet meer" in stand_in.wait_for(CHAT, 1)[0]["text"]
    assert patients(bot.database) == 0
    stand_in.says(CHAT, "/start website")
    # The introduction and the question.
    stand_in.wait_for(CHAT, 3)
    assert patients(bot.database) == 2
    # To a patient the therapists' command means nothing; they get the help.
    stand_in.says(CHAT, "/stop_meldingen")
    assert "/mens" in stand_in.wait_for(CHAT, 4)[3]["text"]
    bot.stop()
