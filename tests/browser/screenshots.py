"""`make screenshots`: the pictures of docs/, made from the running assistant."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import List, NamedTuple, Tuple

from playwright.sync_api import Browser, Page, sync_playwright

from rasa_project.channels.tokens import conversation_of, hash_of
from rasa_project.privacy.consent_texts import consent_texts
from tests.browser.conftest import ARGUMENTS, CHROMIUM, Chat
from tests.browser.inbox import InboxPage, Staff
from tests.dialogues.conftest import PROJECT, Assistant
from tests.dialogues.web_chat import WebChat

PHONE, DESKTOP = (390, 844), (1280, 860)
MOST_BYTES = 200 * 1024


class Picture(NamedTuple):
    """One picture: docs/<name>.png.

    Attributes:
        said: What the patient says; with nothing the chat stays closed.
    """

    name: str
    path: str
    size: Tuple[int, int]
    scheme: str
    said: Tuple[str, ...] = ()


ANSWER = ("Mag ik blijven bewegen met rugpijn?",)
SPORT = ("mag ik met een hernia nog sporten",)
CHECK = ("Is mijn rugpijn ernstig?", "Nee")
DROP_FOOT = ("mijn voet klapt als ik loop, erg?",)
BLADDER = ("mijn rug doet zeer en ik kan niet meer plassen",)
PICTURES = [
    Picture("demo-phone", "/chat/demo", PHONE, "light"),
    Picture("demo-phone-dark", "/chat/demo", PHONE, "dark"),
    Picture("demo-desktop", "/chat/demo", DESKTOP, "light"),
    Picture("demo-desktop-dark", "/chat/demo", DESKTOP, "dark"),
    Picture("chat-phone", "/chat/demo", PHONE, "light", ANSWER),
    Picture("chat-phone-dark", "/chat/demo", PHONE, "dark", ANSWER),
    Picture("demo-open-desktop", "/chat/demo", DESKTOP, "light", SPORT),
    Picture("demo-open-desktop-dark", "/chat/demo", DESKTOP, "dark", SPORT),
    Picture("chat-desktop", "/chat", DESKTOP, "light", SPORT),
    Picture("chat-check-phone", "/chat/demo", PHONE, "light", CHECK),
    Picture("chat-check-desktop", "/chat/demo", DESKTOP, "dark", CHECK),
    Picture("chat-alarm-desktop", "/chat/demo", DESKTOP, "light", DROP_FOOT),
    Picture("chat-alarm-phone", "/chat/demo", PHONE, "dark", BLADDER),
    Picture("embed-desktop", "/chat/embed", (1280, 1120), "light"),
    Picture("embed-phone", "/chat/embed", PHONE, "dark"),
]


def take(browser: Browser, address: str, picture: Picture) -> Path:
    """Make one picture; gives its path."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=1,
        color_scheme=picture.scheme,  # type: ignore[arg-type]
    )
    chat = Chat(context.new_page())
    chat.page.goto(address + picture.path, wait_until="networkidle")
    if picture.said and picture.path != "/chat":
        chat.open()
    if picture.said:
        chat.agree()
    for message in picture.said:
        chat.ask(message)
    # Nothing lies under the mouse.
    chat.page.mouse.move(1, 1)
    chat.settle()
    path = PROJECT / "docs" / f"{picture.name}.png"
    chat.page.screenshot(path=path, caret="hide", animations="disabled")
    context.close()
    return path


def take_consent(browser: Browser, address: str, name: str, size: Tuple[int, int]) -> List[Path]:
    """The question, what comes before it and after a no, and what is kept; gives their paths."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height})
    chat = Chat(context.new_page())
    taken: List[Path] = []

    def shoot(subject: str, page: Page) -> None:
        path = PROJECT / "docs" / f"{subject}-{name}.png"
        page.screenshot(path=path, caret="hide", animations="disabled")
        taken.append(path)

    chat.page.goto(f"{address}/chat/demo", wait_until="networkidle")
    chat.open()
    chat.settle()
    shoot("consent", chat.page)
    chat.type_and_send(*BLADDER)
    chat.panel.get_by_role("alert").wait_for()
    chat.settle()
    shoot("consent-alarm", chat.page)
    chat.button(consent_texts().ask.no).click()
    chat.button(consent_texts().refused.yes).wait_for()
    chat.settle()
    shoot("consent-refused", chat.page)
    chat.button(consent_texts().refused.yes).click()
    chat.ask("Ik heb al 3 weken rugpijn, mag ik fietsen?")
    chat.menu("Mijn gegevens")
    with tempfile.TemporaryDirectory() as folder:
        with chat.page.expect_download() as download:
            chat.button("Pagina om te lezen").click()
        file = Path(folder) / "mijn-gegevens.html"
        download.value.save_as(file)
        page = context.new_page()
        page.goto(file.as_uri())
        shoot("own-data", page)
    context.close()
    return taken


class InboxPicture(NamedTuple):
    """One picture of the inbox: docs/<name>.png; ``talk`` with a conversation open."""

    name: str
    size: Tuple[int, int]
    scheme: str
    talk: bool


INBOX_PICTURES = [
    InboxPicture("inbox-queue-desktop", DESKTOP, "light", talk=False),
    InboxPicture("inbox-desktop", (1280, 720), "light", talk=True),
    InboxPicture("inbox-desktop-dark", (1280, 720), "dark", talk=True),
    InboxPicture("inbox-queue-phone", PHONE, "light", talk=False),
    InboxPicture("inbox-phone", PHONE, "dark", talk=True),
]
# What patients say; the last of them talks with Anna.
PATIENTS = (
    ("Kan ik iemand spreken?",),
    ("Helpt paracetamol?", "Mag ik zwemmen met rugpijn?"),
    BLADDER,
    ("Ik heb al 3 weken pijn in mijn rug en been.", *ANSWER, "Is mijn rugpijn ernstig?", "Nee"),
)


def people_for_inbox(assistant: Assistant) -> Tuple[Staff, str]:
    """Patients with something to say, and Anna who talks with the last; gives both."""
    anna = Staff(assistant, "Anna de Wit")
    anna.set_present()
    conversation = ""
    for said in PATIENTS:
        patient = WebChat(assistant)
        for text in said:
            patient.say(text)
        conversation = conversation_of(hash_of(patient.token))
    anna.post(f"gesprek/{conversation}/overnemen")
    said = "Hallo, ik ben Anna. Ik heb gelezen wat je schreef."
    anna.post(f"gesprek/{conversation}/schrijven", text=said, client_id="picture-1")
    patient.send("Fijn! Het straalt sinds gisteren uit tot in mijn voet.")
    anna.post(f"gesprek/{conversation}/notitie", text="Belt donderdag voor een afspraak.")
    return anna, conversation


def take_inbox(browser: Browser, picture: InboxPicture, anna: Staff, conversation: str) -> Path:
    """Make one picture of the inbox; gives its path."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=picture.scheme,  # type: ignore[arg-type]
    )
    context.add_cookies([anna.cookie])  # type: ignore[list-item]
    desk = InboxPage(context.new_page(), anna)
    desk.go(f"/gesprek/{conversation}?tab=alles" if picture.talk else "?tab=alles")
    # Longer than the calm between two frames of the queue.
    desk.page.wait_for_timeout(2_500)
    desk.page.mouse.move(1, 1)
    path = PROJECT / "docs" / f"{picture.name}.png"
    desk.page.screenshot(path=path, caret="hide", animations="disabled")
    context.close()
    return path


def main() -> int:
    """Write docs/*.png; 1 when there is no Chromium or a picture is too heavy."""
    if CHROMIUM is None:
        print("Chromium is not installed: apt-get install chromium", file=sys.stderr)
        return 1
    heavy: List[str] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        assistant = Assistant(Path(folder), {}, PROJECT).start()
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for picture in PICTURES:
                heavy += _weighed(take(browser, assistant.address, picture))
            for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
                for path in take_consent(browser, assistant.address, name, size):
                    heavy += _weighed(path)
            anna, conversation = people_for_inbox(assistant)
            for inbox_picture in INBOX_PICTURES:
                heavy += _weighed(take_inbox(browser, inbox_picture, anna, conversation))
        finally:
            assistant.stop()
    if heavy:
        print(f"More than {MOST_BYTES // 1024} KB: {', '.join(heavy)}", file=sys.stderr)
    return 1 if heavy else 0


def _weighed(path: Path) -> List[str]:
    """Print how heavy a picture is; its name when it is too heavy."""
    size = path.stat().st_size
    print(f"{path.relative_to(PROJECT)}: {size // 1024} KB")
    return [path.stem] if size > MOST_BYTES else []


if __name__ == "__main__":
    sys.exit(main())
