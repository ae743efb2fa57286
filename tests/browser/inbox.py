"""The inbox in a real browser, and people of the practice who are logged in there."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Iterator, List, Optional

import argon2
import requests
import sqlalchemy as sa
from playwright.sync_api import Browser, Locator, Page, expect

from rasa_project.inbox.accounts import OPERATOR
from rasa_project.inbox.cookies import SESSION
from rasa_project.inbox.passwords import Passwords
from rasa_project.inbox.services import Inbox, inbox_for
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow
from tests.browser.conftest import DESKTOP_SCREEN, LOST_REQUEST
from tests.dialogues.conftest import Assistant

_QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# What a browser says of requests that the inbox refuses for good reason.
_REFUSED = "status of 409"


class Staff:
    """Somebody of the practice, logged in beside the server as by its login page."""

    def __init__(self, assistant: Assistant, name: str, role: str = "therapeut"):
        self.assistant = assistant
        self.name = name
        self.inbox: Inbox = inbox_for(
            f"sqlite:///{assistant.database}", passwords=Passwords(_QUICK)
        )
        login = f"{uuid.uuid4().hex}@debrug.example"
        account = self.inbox.accounts.add(login, name, role, uuid.uuid4().hex, "De Brug", OPERATOR)
        self.account: int = account.id
        with session_for(self.inbox.database_url) as session:
            session.execute(
                sa.update(AccountRow)
                .where(AccountRow.id == self.account)
                .values(totp_secret="JBSWY3DPEHPK3PXP")
            )
            made = self.inbox.sessions.begin(session, self.account)
        self.token, self.csrf = made.token, made.csrf

    @property
    def cookie(self) -> Dict[str, str]:
        return {"name": SESSION, "value": self.token, "url": self.assistant.address}

    def set_present(self, present: bool = True) -> None:
        """As the button in the bar does."""
        with session_for(self.inbox.database_url) as session:
            session.execute(
                sa.update(AccountRow)
                .where(AccountRow.id == self.account)
                .values(present=present, seen_at=datetime.now(timezone.utc))
            )

    def post(self, path: str, **fields: str) -> requests.Response:
        """Send a form, as the script does."""
        return requests.post(
            f"{self.assistant.address}/inbox/{path}",
            data=fields,
            headers={
                "Accept": "application/json",
                "Origin": self.assistant.address,
                "X-CSRF": self.csrf,
            },
            cookies={SESSION: self.token},
            timeout=30,
            allow_redirects=False,
        )


class InboxPage:
    """A page of the inbox, as somebody of the practice uses it."""

    def __init__(self, page: Page, staff: Staff):
        self.page = page
        self.staff = staff
        self.trouble: List[str] = []
        page.on("console", lambda m: self.trouble.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))

    def go(self, path: str = "") -> "InboxPage":
        self.page.goto(f"{self.staff.assistant.address}/inbox{path}")
        return self

    def open(self, conversation: str) -> "InboxPage":
        return self.go(f"/gesprek/{conversation}")

    def row(self, conversation: str) -> Locator:
        return self.page.locator(f'.row[data-id="{conversation}"]')

    @property
    def rows(self) -> Locator:
        return self.page.locator(".rows .row")

    @property
    def messages(self) -> Locator:
        return self.page.locator(".log .item.message")

    @property
    def texts(self) -> Locator:
        return self.page.locator(".log .item.message .text")

    @property
    def lines(self) -> Locator:
        return self.page.locator(".log .item.line")

    @property
    def field(self) -> Locator:
        return self.page.get_by_label("Bericht aan de patiënt")

    @property
    def typing(self) -> Locator:
        return self.page.locator("[data-typing]")

    @property
    def told(self) -> Locator:
        return self.page.locator("[data-told]")

    @property
    def state(self) -> Locator:
        return self.page.locator('[data-field="state_text"]')

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def part(self, name: str) -> Locator:
        """The button that unfolds an action."""
        return self.page.locator("details.act > summary", has_text=name)

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def said(self) -> List[str]:
        """What everybody said, in order."""
        return [text.strip() for text in self.texts.all_text_contents()]


OpenInbox = Callable[..., InboxPage]


@contextmanager
def working(browser: Browser) -> Iterator[OpenInbox]:
    """Gives a function that opens the inbox; afterwards nothing may have gone wrong there.

    With ``may_lose_requests`` requests that did not come through are no trouble.
    """
    opened: List[InboxPage] = []
    lossy: List[InboxPage] = []

    def open_page(
        staff: Staff,
        path: str = "",
        screen: Any = DESKTOP_SCREEN,
        may_lose_requests: bool = False,
        before: Optional[Callable[[Page], None]] = None,
        **options: Any,
    ) -> InboxPage:
        width, height = screen
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.add_cookies([staff.cookie])  # type: ignore[list-item]
        one = InboxPage(context.new_page(), staff)
        if before is not None:
            before(one.page)
        opened.append(one)
        if may_lose_requests:
            lossy.append(one)
        return one.go(path)

    yield open_page
    for one in opened:
        one.page.context.close()
    trouble = [
        said
        for one in opened
        for said in one.trouble
        if _REFUSED not in said and not (one in lossy and LOST_REQUEST in said)
    ]
    assert trouble == []


def expect_said(page: InboxPage, *texts: str) -> None:
    """Wait for the last things that were said."""
    count = len(texts)
    for at, text in enumerate(texts):
        expect(page.texts.nth(at - count)).to_contain_text(text)
