"""The pages to log in and about accounts, in a real browser on the light server."""

from __future__ import annotations

from typing import Callable, Iterator, List

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from rasa_project.inbox.access import BEHEERDER, THERAPEUT
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.test_accessibility import axe_source
from tests.inbox.conftest import PASSWORD, InboxServer

pytestmark = pytest.mark.browser
PHONE, DESKTOP = (320, 640), (1280, 860)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = ["login", "account", "accounts", "audit", "nowhere"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of this module only: while one runs, no test can have a loop of its own."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A function that opens a browser; afterwards nothing may have gone wrong in any."""
    contexts: list = []
    trouble: List[str] = []

    def open_one(width: int = 1280, height: int = 860, **options) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else 0)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    # What was refused is an error to the browser; that is what was asked for.
    assert [text for text in trouble if "Failed to load resource" not in text] == []


def fill_in(page: Page, server: InboxServer, login: str, code: str = "") -> None:
    page.goto(server.url("login"))
    page.get_by_label("Mailadres").fill(login)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_label("Code van je telefoon").fill(code)
    page.get_by_role("button", name="Inloggen").click()


def log_in(page: Page, server: InboxServer, role: str) -> None:
    """With a session that was made elsewhere."""
    token = server.logged_in(role).http.cookies["ruggesteun_inbox"]
    page.context.add_cookies([{"name": "ruggesteun_inbox", "value": token, "url": server.url("x")}])


def violations(page: Page) -> List[str]:
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(axe_source())
        found += page.evaluate(
            """([rules, scheme]) => axe.run(document, { runOnly: rules }).then((result) =>
              result.violations.map((one) => `${scheme} ${one.id}: ${one.nodes[0].html}`))""",
            [RULES, scheme],
        )
    return found


def test_the_first_login_with_the_keyboard_alone(inbox_server, open_page):
    person = inbox_server.add_person("toetsen@debrug.example", THERAPEUT, "Tim Toets")
    page = open_page()
    page.goto(inbox_server.url())
    expect(page).to_have_url(inbox_server.url("login"))
    # The cursor stands in the first field.
    page.keyboard.type(person.login)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(inbox_server.url("code"))
    picture = page.get_by_role("img")
    page.wait_for_load_state()
    expect(picture).to_be_visible()
    assert picture.evaluate("one => one.complete && one.naturalWidth > 100")
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("De code die de app nu toont").fill(
        pyotp.TOTP(secret).at(inbox_server.clock())
    )
    page.keyboard.press("Enter")
    expect(page).to_have_url(inbox_server.url())
    expect(page.get_by_role("link", name="Tim Toets")).to_be_visible()
    page.get_by_role("button", name="Uitloggen").click()
    expect(page.get_by_role("status")).to_have_text("Je bent uitgelogd.")
    page.goto(inbox_server.url())
    expect(page).to_have_url(inbox_server.url("login"))


def test_a_wrong_login_is_told_and_keeps_what_was_typed(inbox_server, open_page):
    page = open_page()
    fill_in(page, inbox_server, "niemand@debrug.example")
    expect(page.get_by_role("alert")).to_contain_text("Dat klopt niet")
    expect(page.get_by_label("Mailadres")).to_have_value("niemand@debrug.example")
    expect(page.get_by_label("Wachtwoord")).to_have_value("")
    expect(page.get_by_label("Wachtwoord")).to_be_focused()


def test_a_manager_changes_a_role(inbox_server, open_page):
    somebody = inbox_server.add_person("rol@debrug.example", THERAPEUT, "Rolf Rol")
    page = open_page()
    log_in(page, inbox_server, BEHEERDER)
    page.goto(inbox_server.url("accounts"))
    card = page.get_by_role("listitem").filter(has_text="Rolf Rol")
    card.get_by_label("Rolf Rol: Rol").select_option("meekijker")
    card.get_by_role("button", name="Rol geven").click()
    expect(page.get_by_role("status")).to_contain_text("De rol is veranderd")
    assert inbox_server.inbox.accounts.get(somebody.id).role == "meekijker"


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_and_nothing_sticks_out(inbox_server, open_page, path, size):
    # The test reads the page with a script of its own, that the page would not load.
    page = open_page(*size, bypass_csp=True)
    if path != "login":
        log_in(page, inbox_server, BEHEERDER)
    page.goto(inbox_server.url(path))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert targets_too_small(page) == []


def targets_too_small(page: Page) -> List[str]:
    """Controls of less than 24 by 24, other than links in a sentence."""
    return page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a.button, .bar a")]
          .filter((one) => one.type !== "hidden" && !one.closest(".unseen, .skip"))
          .filter((one) => {
            const { width, height } = one.getBoundingClientRect();
            return width < 24 || height < 24;
          }).map((one) => one.outerHTML)"""
    )


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_also_the_page_to_set_up_a_code(inbox_server, open_page, size):
    person = inbox_server.add_person(f"axe-{size[0]}@debrug.example", THERAPEUT)
    page = open_page(*size, bypass_csp=True)
    fill_in(page, inbox_server, person.login)
    expect(page).to_have_url(inbox_server.url("code"))
    page.wait_for_load_state()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert targets_too_small(page) == []


def test_the_policy_lets_no_script_in_that_stands_in_the_page(inbox_server, browser):  # noqa: F811
    page = browser.new_page()
    said: List[str] = []
    page.on("console", lambda one: said.append(one.text))
    page.goto(inbox_server.url("login"))
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.broken = true";
          document.body.append(script);
        }"""
    )
    assert page.evaluate("window.broken === undefined")
    assert any("Content Security Policy" in text for text in said)
    page.close()
