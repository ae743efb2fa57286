"""A real headless Chromium, and the chat in it as a patient uses it."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from rasa_project.channels import tokens
from rasa_project.conversation.log import ConversationLog
from rasa_project.privacy.consent_texts import consent_texts
from tests.browser.website import Website
from tests.dialogues.conftest import (
    Assistant,
    snapshot_of_project,
    write_practice,
)
from tests.dialogues.web_chat import WebChat
from tests.ports import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PHONE_SCREEN, DESKTOP_SCREEN = (360, 740), (1280, 800)
SCREENS = {"phone": PHONE_SCREEN, "desktop": DESKTOP_SCREEN}
WIDGET = "rugge-steun"
ALARM = "Ik heb rugpijn en kan sinds vanochtend mijn plas niet meer ophouden."
# What the browser itself reports about a request that could not be made.
LOST_REQUEST = "Failed to load resource"

expect.set_options(timeout=20_000)


# ---- The assistant


@pytest.fixture(scope="package")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it was when the tests began, so that nobody's editing disturbs them."""
    return snapshot_of_project(tmp_path_factory.mktemp("snapshot") / "project")


@pytest.fixture(scope="package")
def allowed_port() -> int:
    """Where the website runs that the practice allows."""
    return free_port()


@pytest.fixture(scope="package")
def practice(tmp_path_factory: pytest.TempPathFactory, allowed_port: int) -> Path:
    """The example practice, with a website on another origin."""
    return write_practice(
        tmp_path_factory.mktemp("practice") / "practice.yml",
        hours={"maandag": ["08:00-18:00"]},
        websites=[f"http://127.0.0.1:{allowed_port}"],
    )


@pytest.fixture(scope="package")
def assistant(
    tmp_path_factory: pytest.TempPathFactory, snapshot: Path, practice: Path
) -> Iterator[Assistant]:
    settings = {"RUGGESTEUN_PRACTICE": str(practice)}
    running = Assistant(tmp_path_factory.mktemp("browser"), settings, snapshot).start()
    yield running
    running.stop()


class Seeded:
    """A conversation that another process than the server writes to."""

    def __init__(self, assistant: Assistant, token: Optional[str] = None):
        self.assistant = assistant
        self.token = token or begin(assistant)
        self.id = tokens.conversation_of(tokens.hash_of(self.token))
        self.log = ConversationLog(f"sqlite:///{assistant.database}")
        self._said = 0

    def exchange(self, question: str, *parts: str, **content: Any) -> None:
        """A question and its answer, as they stand in the database."""
        self._said += 1
        asked = self.log.add_message(self.id, f"seeded-{self._said:05}", question)
        reply = {
            "parts": [{"text": text, "buttons": []} for text in parts],
            "alarm": "",
            "outcome": "answered",
            "topics": [],
            **content,
        }
        self.log.add_reply(self.id, asked.event, reply)

    @property
    def messages(self) -> int:
        """How many messages of patient and assistant stand in the database."""
        return self.rows()["conversation_event"]

    def rows(self) -> Dict[str, int]:
        """How many rows each table has of it."""
        columns = {
            "conversation": "id",
            "conversation_event": "conversation",
            "feedback": "conversation",
            "red_flag_event": "conversation",
            "events": "sender_id",
        }
        with closing(sqlite3.connect(self.assistant.database, timeout=20)) as connection:
            return {
                table: connection.execute(
                    f"SELECT count(*) FROM {table} WHERE {column} = ?", (self.id,)
                ).fetchone()[0]
                for table, column in columns.items()
            }


def begin(assistant: Assistant, agrees: bool = True) -> str:
    """The token of a new conversation, of a patient who agreed to what is kept."""
    return WebChat(assistant, agrees=agrees).token


@pytest.fixture(scope="package")
def long_conversation(assistant: Assistant) -> Seeded:
    """At least 200 messages; tests may add to it."""
    seeded = Seeded(assistant)
    for number in range(100):
        seeded.exchange(f"vraag {number}", f"Antwoord {number}. " + "Blijf bewegen. " * 12)
    return seeded


# ---- The browser


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


class Chat:
    """The chat on a page, as a patient uses it."""

    def __init__(self, page: Page):
        self.page = page
        self.trouble: List[str] = []
        page.on("console", lambda m: self.trouble.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))

    def find(self, selector: str) -> Locator:
        return self.page.locator(f"{WIDGET} {selector}")

    @property
    def launcher(self) -> Locator:
        return self.find(".launcher")

    @property
    def panel(self) -> Locator:
        return self.find(".panel")

    @property
    def log(self) -> Locator:
        return self.find(".log")

    @property
    def input(self) -> Locator:
        return self.page.get_by_label("Je vraag", exact=True)

    @property
    def mine(self) -> Locator:
        return self.find(".bubble.mine")

    @property
    def theirs(self) -> Locator:
        return self.find(".bubble.theirs")

    @property
    def bubbles(self) -> Locator:
        return self.find(".bubble")

    @property
    def card(self) -> Locator:
        """The question about consent."""
        return self.find(".consent")

    def agree(self) -> None:
        """Agree to what is kept."""
        self.button(consent_texts().ask.yes).click()
        expect(self.card).to_be_hidden()

    @property
    def notice(self) -> Locator:
        return self.find(".notice")

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    def open(self) -> "Chat":
        self.launcher.click()
        expect(self.panel).to_be_visible()
        return self

    def type_and_send(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def ask(self, text: str) -> Locator:
        """Send a message with Enter, and wait for what comes back."""
        return self.answer_to(lambda: self.type_and_send(text))

    def answer_to(self, act: Callable[[], None]) -> Locator:
        """The bubble that comes after doing something."""
        before = self.theirs.count()
        act()
        expect(self.theirs).to_have_count(before + 1)
        return self.theirs.nth(before)

    def menu(self, item: str) -> None:
        self.button("Meer").click()
        self.button(item).click()

    def shown(self) -> List[str]:
        """Every message and line of the conversation, in order, without buttons."""
        return self.log.evaluate(
            """log => [...log.children].map((one) => {
              const copy = one.cloneNode(true);
              copy.querySelectorAll("button, .thumbs, .sr").forEach((node) => node.remove());
              return copy.textContent.trim();
            })"""
        )

    def token(self, assistant: Assistant) -> str:
        key = token_key(assistant)
        self.page.wait_for_function("key => localStorage.getItem(key)", arg=key)
        return self.page.evaluate("key => JSON.parse(localStorage.getItem(key))", key)

    def settle(self) -> None:
        """Wait until nothing scrolls or moves any more."""
        self.page.wait_for_function(
            """() => {
              const stream = document.querySelector("rugge-steun")?.shadowRoot
                ?.querySelector(".stream");
              const now = `${scrollY} ${stream?.scrollTop} ${stream?.scrollHeight}`;
              const seen = (window.seenAt ??= { now, since: performance.now() });
              if (seen.now !== now) window.seenAt = { now, since: performance.now() };
              return performance.now() - window.seenAt.since > 200;
            }""",
            polling=50,
        )

    def fits(self) -> bool:
        """Whether nothing sticks out at the side, neither of the page nor of the chat."""
        return self.page.evaluate(
            """() => {
              const root = document.querySelector("rugge-steun").shadowRoot;
              const inside = [...root.querySelectorAll(".panel, .stream, .log, .dock, .bar")];
              const tooWide = inside.filter((one) => one.scrollWidth > one.clientWidth + 1);
              return document.documentElement.scrollWidth <= innerWidth && tooWide.length === 0;
            }"""
        )


def kept_key(assistant: Assistant, name: str) -> str:
    return f"ruggesteun:{assistant.address}:{name}"


def token_key(assistant: Assistant) -> str:
    return kept_key(assistant, "token")


Visit = Callable[..., Chat]


@contextmanager
def visiting(browser: Browser, assistant: Assistant) -> Iterator[Visit]:
    """Gives a function that opens a page; afterwards nothing may have gone wrong in any.

    The patient agreed before to what is kept, unless ``agrees`` is false. With ``token`` the
    browser already has that conversation; with ``may_lose_requests`` requests that did not
    come through are no trouble; other names go to the context.
    """
    opened: List[Chat] = []
    lossy: List[Chat] = []

    def open_page(
        path: str = "/chat/demo",
        screen: Any = DESKTOP_SCREEN,
        token: Optional[str] = None,
        agrees: bool = True,
        may_lose_requests: bool = False,
        before: Optional[Callable[[Page], None]] = None,
        **options: Any,
    ) -> Chat:
        address = path if path.startswith("http") else assistant.address + path
        if token is None and agrees:
            token = begin(assistant)
        if token is not None:
            origin = re.match("https?://[^/]+", address)[0]
            kept = [{"name": token_key(assistant), "value": f'"{token}"'}]
            if agrees:
                version = consent_texts().version
                kept.append({"name": kept_key(assistant, "consent"), "value": f'"{version}"'})
            options["storage_state"] = {"origins": [{"origin": origin, "localStorage": kept}]}
        width, height = screen
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        page = context.new_page()
        chat = Chat(page)
        opened.append(chat)
        if may_lose_requests:
            lossy.append(chat)
        if before is not None:
            before(page)
        page.goto(address)
        return chat

    yield open_page
    for chat in opened:
        chat.page.context.close()
    trouble = [
        said
        for chat in opened
        for said in chat.trouble
        if not (chat in lossy and LOST_REQUEST in said)
    ]
    assert trouble == []


@pytest.fixture
def visit(browser: Browser, assistant: Assistant) -> Iterator[Visit]:
    """A function that opens a page for one test."""
    with visiting(browser, assistant) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def visit_once(browser: Browser, assistant: Assistant) -> Iterator[Visit]:
    """A function that opens a page for all tests of a file."""
    with visiting(browser, assistant) as open_page:
        yield open_page


@pytest.fixture(params=SCREENS.values(), ids=SCREENS.keys())
def screen(request: pytest.FixtureRequest) -> Any:
    """The size of a phone, and of a desktop."""
    return request.param


@pytest.fixture(scope="package")
def website(allowed_port: int) -> Iterator[Website]:
    """The website that the practice allows."""
    running = Website(allowed_port)
    yield running
    running.stop()


@pytest.fixture(scope="package")
def other_website() -> Iterator[Website]:
    """A website that the practice does not know."""
    running = Website()
    yield running
    running.stop()


def script_line(assistant: Assistant, **choices: str) -> str:
    """The line that a website pastes, for the script of the running assistant."""
    info = requests.get(f"{assistant.address}/chat/api/info", timeout=20).json()["script"]
    data = "".join(f' data-{name}="{value}"' for name, value in choices.items())
    return (
        f'<script defer src="{assistant.address}{info["path"]}"'
        f' integrity="{info["integrity"]}" crossorigin="anonymous"{data}></script>'
    )
