"""A started assistant with everything switched on, and who may be who there."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import argon2
import requests
import sqlalchemy as sa

from rasa_project.channels.telegram_names import Names
from rasa_project.channels.tokens import conversation_of, hash_of
from rasa_project.inbox.access import ROLES
from rasa_project.inbox.accounts import OPERATOR
from rasa_project.inbox.passwords import Passwords
from rasa_project.inbox.services import inbox_for
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow
from tests.dialogues.conftest import PHONE, Assistant
from tests.dialogues.web_chat import WebChat, said
from tests.handoff import chatwoot_stand_in
from tests.telegram import stand_in

# Stands only in the other patient's conversation, and may be seen with their token alone.
MARK = "kwabbelsnor"
TIMES = 0.2
METRICS_TOKEN = "Zq83hVtR2mLx9KpWc5Ny7BdF"
_QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Person:
    """Somebody of the practice, logged in."""

    def __init__(self, assistant: Assistant, role: str):
        inbox = inbox_for(f"sqlite:///{assistant.database}", passwords=Passwords(_QUICK))
        login = f"{uuid.uuid4().hex}@debrug.example"
        account = inbox.accounts.add(login, role, role, uuid.uuid4().hex, "De Brug", OPERATOR)
        self.account: int = account.id
        with session_for(inbox.database_url) as session:
            session.execute(
                sa.update(AccountRow)
                .where(AccountRow.id == account.id)
                .values(totp_secret="JBSWY3DPEHPK3PXP")
            )
            made = inbox.sessions.begin(session, account.id)
        self.token, self.csrf = made.token, made.csrf


class Target:
    """What is tried, and the tokens and names with which."""

    def __init__(self, assistant: Assistant, settings: Dict[str, str]):
        self.assistant = assistant
        self.names = Names(settings["RUGGESTEUN_TELEGRAM_TOKEN"])
        self.people: List[Person] = []
        self.renew()

    def renew(self) -> None:
        """New conversations and logins: those of before may be erased or logged out by now."""
        self.own, self.other, self.erased = (WebChat(self.assistant) for _ in range(3))
        # Another form of asking first (consent) goes here, for all that is tried.
        self.other.say(f"Mag ik fietsen met {MARK}?")
        assert self.erased.call("DELETE", "conversation").status_code == 204
        self.people = [Person(self.assistant, role) for role in ROLES]

    @property
    def tokens(self) -> List[str]:
        return [self.own.token, self.erased.token]

    @property
    def conversations(self) -> List[str]:
        return [conversation_of(hash_of(chat.token)) for chat in (self.own, self.other)]

    def is_well(self) -> None:
        """It answers rightly, after whatever happened to it."""
        address = self.assistant.address
        assert requests.get(f"{address}/health", timeout=10).json() == {"status": "ok"}
        ready = requests.get(f"{address}/ready", timeout=20).json()
        assert ready["ready"], ready
        chat = WebChat(self.assistant)
        assert "fiets" in said(chat.say("Mag ik fietsen met rugpijn?")).lower()
        alarm = chat.say("Ik kan niet meer plassen sinds mijn rug zo zeer doet")
        assert "huisarts" in said(alarm), alarm
        assert alarm["alarm"], alarm
        page = requests.get(f"{address}/inbox/login", timeout=10)
        assert page.status_code == 200
        assert "Inloggen" in page.text


@contextmanager
def switched_on(launch: Callable[..., Assistant], practice: Path) -> Iterator[Target]:
    """Start it with Telegram's webhook, Chatwoot and figures for who has the token."""
    telegram = stand_in.StandIn().start()
    chatwoot = chatwoot_stand_in.ChatwootStandIn().start()
    settings: Dict[str, Any] = {
        "RUGGESTEUN_PRACTICE": str(practice),
        "RUGGESTEUN_PROXIES": "1",
        # So that limits are reached with few requests; who comes from this computer has none.
        "RUGGESTEUN_LIMITS": str(TIMES),
        "RUGGESTEUN_METRICS_TOKEN": METRICS_TOKEN,
        **telegram.settings(RUGGESTEUN_TELEGRAM_WEBHOOK="https://chat.debrug.example"),
        "RUGGESTEUN_CHATWOOT_URL": chatwoot.address,
        "RUGGESTEUN_CHATWOOT_TOKEN": chatwoot_stand_in.TOKEN,
        "RUGGESTEUN_CHATWOOT_ACCOUNT": str(chatwoot_stand_in.ACCOUNT),
        "RUGGESTEUN_CHATWOOT_INBOX": str(chatwoot_stand_in.INBOX),
        "RUGGESTEUN_CHATWOOT_WEBHOOK_SECRET": chatwoot_stand_in.WEBHOOK_SECRET,
    }
    try:
        yield Target(launch(**settings), settings)
    finally:
        telegram.stop()
        chatwoot.stop()


__all__ = ["MARK", "METRICS_TOKEN", "PHONE", "Person", "TIMES", "Target", "switched_on"]
