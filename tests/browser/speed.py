"""`python -m tests.browser.speed`: how long a patient waits for a reply, in the browser."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import List

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Chat
from tests.dialogues.conftest import PROJECT, Assistant

QUESTIONS = [
    "mag ik fietsen met rugpijn?",
    "is zwemmen goed voor mijn rug?",
    "helpt warmte bij rugpijn?",
    "mag ik tillen?",
    "hoe lang duurt rugpijn?",
    "heb ik een MRI nodig?",
    "wanneer moet ik naar de huisarts?",
    "ik ben door mijn rug gegaan, wat nu?",
    "mag ik blijven bewegen?",
    "welke oefeningen kan ik doen?",
    "wat is een hernia?",
    "mag ik met een hernia nog sporten?",
    "kan ik gewoon werken met rugpijn?",
    "hoe kan ik het beste slapen?",
    "welke pijnstiller mag ik nemen?",
    "helpt een massage?",
    "komt het door stress?",
    "is zitten slecht voor mijn rug?",
    "mag ik hardlopen?",
    "moet ik plat liggen?",
    "helpt een korset?",
    "is mijn rug versleten?",
    "wat doet een fysiotherapeut?",
    "heb ik een verwijzing nodig?",
    "zijn jullie morgen open?",
    "wat kost een behandeling?",
    "hoe maak ik een afspraak?",
    "wat is ischias?",
    "is mijn rugpijn ernstig?",
    "mag ik tuinieren?",
]
# The server takes 20 messages a minute in one conversation.
AT_ONCE = 15

# From the call of fetch, on the same machine about the arrival at the server, to the frame
# in which the reply stands on the screen.
CLOCK = """
window.waited = [];
let began = 0;
const usual = window.fetch;
window.fetch = (address, options = {}) => {
  if (options.method === "POST" && String(address).endsWith("/messages")) began = performance.now();
  return usual(address, options);
};
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, options);
  new MutationObserver((changes) => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
    if (!began || !added.some((node) => node.matches?.(".bubble.theirs"))) return;
    const since = began;
    began = 0;
    requestAnimationFrame(() => waited.push(performance.now() - since));
  }).observe(root, { childList: true, subtree: true });
  return root;
};
"""


def start_clock(page: Page) -> None:
    """Measure in a page that is opened after this."""
    page.add_init_script(CLOCK)


def waits(chat: Chat, questions: List[str]) -> List[float]:
    """Milliseconds from sending each question until its reply stood there."""
    for number, question in enumerate(questions, 1):
        chat.ask(question)
        chat.page.wait_for_function("n => waited.length === n", arg=number)
    return list(chat.page.evaluate("waited"))


def report(milliseconds: List[float]) -> str:
    """Median and 90th percentile in one line."""
    p90 = statistics.quantiles(milliseconds, n=10)[-1]
    return (
        f"{len(milliseconds)} questions: median {statistics.median(milliseconds):.0f} ms, "
        f"p90 {p90:.0f} ms, slowest {max(milliseconds):.0f} ms"
    )


def main() -> int:
    """Print the figures; 1 when there is no Chromium."""
    if CHROMIUM is None:
        print("Chromium is not installed: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        assistant = Assistant(Path(folder), {}, PROJECT).start()
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            found: List[float] = []
            for first in range(0, len(QUESTIONS), AT_ONCE):
                page = browser.new_context().new_page()
                start_clock(page)
                page.goto(f"{assistant.address}/chat")
                Chat(page).agree()
                found += waits(Chat(page), QUESTIONS[first : first + AT_ONCE])
            print(report(found))
        finally:
            assistant.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
