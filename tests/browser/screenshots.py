"""`make screenshots`: the pictures of docs/, made from the running assistant."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Chat
from tests.dialogues.conftest import PROJECT, Assistant

PICTURES = [
    ("chat-phone", (390, 844), "light", ["Ik ben door mijn rug gegaan, mag ik blijven bewegen?"]),
    ("chat-desktop", (1280, 860), "light", ["mag ik met een hernia nog sporten"]),
    ("chat-check-phone", (390, 844), "light", ["Is mijn rugpijn ernstig?", "Nee"]),
    ("chat-alarm-desktop", (1280, 860), "light", ["mijn voet klapt als ik loop, erg?"]),
    ("chat-alarm-phone", (390, 844), "dark", ["mijn rug doet zeer en ik kan niet meer plassen"]),
]


def main() -> int:
    """Write docs/*.png; 1 when there is no Chromium."""
    if CHROMIUM is None:
        print("Chromium is not installed: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        assistant = Assistant(Path(folder), {}, PROJECT).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, (width, height), scheme, messages in PICTURES:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]
            )
            chat = Chat(context.new_page(), assistant.address)
            for message in messages:
                chat.ask(message)
            chat.page.wait_for_timeout(800)
            path = PROJECT / "docs" / f"{name}.png"
            chat.page.screenshot(path=path)
            print(path.relative_to(PROJECT))
            context.close()
        browser.close()
        assistant.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
