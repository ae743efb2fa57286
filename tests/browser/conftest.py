"""A real headless Chromium on the page of the started assistant."""

from __future__ import annotations

import shutil
from typing import Iterator, List

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.dialogues.conftest import PROJECT, Assistant

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    running = Assistant(tmp_path_factory.mktemp("browser"), {}, PROJECT).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


class Chat:
    """The chat page as a patient uses it."""

    def __init__(self, page: Page, address: str):
        self.page = page
        self.trouble: List[str] = []
        page.on("console", lambda m: self.trouble.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.goto(f"{address}/chat")
        page.locator("#practice-line").wait_for()

    def ask(self, text: str) -> str:
        """Type a message, send it with Enter, and wait for what comes back."""
        before = self.page.locator("#log > *").count()
        self.page.get_by_label("Je vraag").fill(text)
        self.page.keyboard.press("Enter")
        self.page.wait_for_function(
            "n => document.querySelectorAll('#log > *').length >= n + 2", arg=before, timeout=30_000
        )
        return self.page.locator("#log > *").last.inner_text()


@pytest.fixture(params=[(360, 740), (1280, 800)], ids=["phone", "desktop"])
def chat(request: pytest.FixtureRequest, browser: Browser, assistant: Assistant) -> Iterator[Chat]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    yield Chat(context.new_page(), assistant.address)
    context.close()
