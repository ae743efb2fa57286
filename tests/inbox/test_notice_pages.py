"""Where notifications lead, one's own Telegram, and the exports, over HTTP."""

from __future__ import annotations

import io
import re
from datetime import datetime, timezone

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from rasa_project.handoff.telegram_link import TelegramLinks
from rasa_project.inbox.access import BEHEERDER, MEEKIJKER, THERAPEUT
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AuditRow, NotificationRow
from tests.telegram.stand_in import TOKEN, StandIn

PATIENT = "web:" + "7d" * 20


@pytest.fixture(scope="module")
def server(inbox_server):
    inbox_server.begin_conversation(PATIENT, "Mag ik fietsen met pijn in mijn rug?")
    return inbox_server


def audited(server):
    with session_for(server.inbox.database_url) as session:
        query = sa.select(AuditRow.action, AuditRow.name, AuditRow.conversation)
        return [tuple(row) for row in session.execute(query)]


@pytest.mark.parametrize("role", [BEHEERDER, THERAPEUT])
def test_who_treats_can_take_a_conversation_along_and_it_is_written_down(server, role):
    browser = server.browser_of(role)
    text = browser.get(f"gesprek/{PATIENT}/export.txt")
    assert text.status_code == 200
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="gesprek-[0-9-]+\.txt"', text.headers["Content-Disposition"]
    )
    assert text.headers["Cache-Control"] == "no-store"
    said = text.content.decode("utf-8-sig")
    assert "Mag ik fietsen met pijn in mijn rug?" in said
    pdf = browser.get(f"gesprek/{PATIENT}/export.pdf")
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert "Mag ik fietsen" in PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    name = server.person(role).account.name
    assert audited(server).count(("exported", name, PATIENT)) == 2


def test_who_only_reads_takes_nothing_along(server):
    for kind in ("txt", "pdf"):
        answer = server.browser_of(MEEKIJKER).get(f"gesprek/{PATIENT}/export.{kind}")
        assert answer.status_code in (403, 404)
        assert b"fietsen" not in answer.content
    page = server.browser_of(MEEKIJKER).get(f"gesprek/{PATIENT}")
    assert "export.pdf" not in page.text
    assert "export.pdf" in server.browser_of(THERAPEUT).get(f"gesprek/{PATIENT}").text


def test_a_notification_leads_to_its_conversation_after_logging_in(server):
    account = server.person(THERAPEUT).account.id
    moment = datetime(2026, 11, 23, tzinfo=timezone.utc)
    with session_for(server.inbox.database_url) as session:
        row = NotificationRow(
            conversation=PATIENT,
            created_at=moment,
            kind="waiting",
            occasion="change 1",
            account=account,
            way="mail",
            urgent=False,
            next_try_at=moment,
        )
        session.add(row)
        session.flush()
        number = row.id
    answer = server.browser_of(THERAPEUT).get(f"open/{number}")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/inbox/gesprek/{PATIENT}"
    gone = server.browser_of(THERAPEUT).get(f"open/{number + 100}")
    assert gone.headers["Location"] == "/inbox"
    # Somebody who isn't logged in learns nothing of it, and comes to the login page.
    stranger = server.browser_of(THERAPEUT).__class__(server).get(f"open/{number}")
    assert PATIENT not in stranger.headers.get("Location", "") + stranger.text


def test_a_code_for_telegram_is_shown_once_and_can_be_taken_back(server, monkeypatch):
    telegram = StandIn().start()
    monkeypatch.setenv("RUGGESTEUN_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("RUGGESTEUN_TELEGRAM_API", telegram.address)
    browser = server.browser_of(THERAPEUT)
    account = server.person(THERAPEUT).account.id
    links = TelegramLinks(server.inbox.database_url, server.inbox.now)
    assert "account/telegram" in browser.get("account").text
    shown = browser.post("account/telegram/code").text
    code = re.search(r"https://t\.me/rug_bot\?start=team_([A-Za-z0-9_-]+)", shown)[1]
    assert code not in browser.get("account/telegram").text
    assert links.redeem(code, 5) is not None
    assert "gekoppeld" in browser.get("account/telegram").text
    assert browser.post("account/telegram/stop").status_code == 303
    assert not links.is_linked(account)
    telegram.stop()


def test_without_a_bot_that_is_said(server, monkeypatch):
    monkeypatch.setenv("RUGGESTEUN_TELEGRAM_TOKEN", "")
    answer = server.browser_of(THERAPEUT).post("account/telegram/code")
    assert "nog geen bot" in answer.text
    assert "team_" not in answer.text
