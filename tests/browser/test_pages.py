"""The pages around the chat, and what a website may choose."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE_SCREEN, script_line
from tests.dialogues.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.model]

CONTRAST = """one => {
  const { color, backgroundColor } = getComputedStyle(one);
  const channel = (text) => {
    const share = text / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const light = (css) => {
    const [r, g, b] = css.match(/[\\d.]+/g).map(Number).map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [light(color), light(backgroundColor)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""


PARTS = {"launcher": ".launcher", "head": ".head", "send": ".send"}


def background(locator):
    return locator.evaluate("one => getComputedStyle(one).backgroundColor")


@pytest.fixture
def embedded(visit, website, assistant):
    """A website with the pasted line and these choices, or with an element of its own."""

    def open_page(element="", screen=(1280, 800), scheme="light", **choices):
        path = f"/{abs(hash((element, tuple(choices.items()))))}"
        address = website.page(path, element, script_line(assistant, **choices))
        return visit(address, screen=screen, color_scheme=scheme)

    return open_page


# ---- The choices


def test_one_line_is_enough(embedded):
    chat = embedded()
    expect(chat.launcher).to_have_text("Vragen over je rug?")
    expect(chat.panel).to_be_hidden()
    chat.open()
    expect(chat.find(".greeting")).to_have_text("Hallo. Wat wil je weten over je rug?")


def test_the_heading_and_the_greeting_can_be_chosen(embedded):
    chat = embedded(heading="Vraag het ons", greeting="Goedemorgen. Waar kunnen we mee helpen?")
    expect(chat.launcher).to_have_text("Vraag het ons")
    chat.open()
    expect(chat.panel.get_by_role("heading", name="Vraag het ons")).to_be_visible()
    expect(chat.find(".greeting")).to_have_text("Goedemorgen. Waar kunnen we mee helpen?")


def test_a_heading_is_text_and_nothing_else(embedded):
    chat = embedded(heading="&lt;img src=x onerror=alert(1)&gt;")
    expect(chat.launcher).to_have_text("<img src=x onerror=alert(1)>")
    assert chat.find("img").count() == 0


def test_the_chat_can_stand_on_the_left(embedded):
    right, left = embedded(), embedded(position="left")
    assert right.launcher.bounding_box()["x"] > 640
    assert left.launcher.bounding_box()["x"] < 100
    left.open()
    assert left.panel.bounding_box()["x"] < 100


def test_the_chat_can_be_open_from_the_start_but_not_over_a_phone(embedded):
    chat = embedded(open="")
    expect(chat.panel).to_be_visible()
    assert chat.page.evaluate("document.activeElement === document.body")
    phone = embedded(open="", screen=PHONE_SCREEN)
    expect(phone.launcher).to_be_visible()
    expect(phone.panel).to_be_hidden()


def test_the_chat_can_stand_in_the_page(embedded):
    chat = embedded('<p>Voor.</p><rugge-steun inline heading="Hier"></rugge-steun><p>Na.</p>')
    expect(chat.panel).to_be_visible()
    expect(chat.launcher).to_have_count(0)
    expect(chat.button("Sluit de chat")).to_have_count(0)
    expect(chat.panel.get_by_role("heading", name="Hier")).to_be_visible()
    above, below = (chat.page.get_by_text(text, exact=True) for text in ("Voor.", "Na."))
    box = chat.panel.bounding_box()
    assert above.bounding_box()["y"] < box["y"]
    assert below.bounding_box()["y"] >= box["y"] + box["height"]
    chat.ask("mag ik fietsen?")
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_visible()


def test_a_theme_that_was_chosen_holds_whatever_the_device_says(embedded):
    seen = {}
    for theme in ("auto", "light", "dark"):
        chat = embedded(f'<rugge-steun inline theme="{theme}"></rugge-steun>')
        for scheme in ("light", "dark"):
            chat.page.emulate_media(color_scheme=scheme)
            seen[theme, scheme] = background(chat.panel)
    for theme in ("light", "dark"):
        assert seen[theme, "light"] == seen[theme, "dark"] == seen["auto", theme]
    assert seen["auto", "light"] != seen["auto", "dark"]


@pytest.mark.parametrize("colour", ["#2c4f86", "#ffe27a", "#ffffff", "#000", "#808080", "rood"])
def test_whatever_colour_is_chosen_its_text_can_be_read(embedded, colour):
    chat = embedded(color=colour)
    for part in ("launcher", "head", "send"):
        if part == "head":
            chat.open()
        for scheme in ("light", "dark"):
            chat.page.emulate_media(color_scheme=scheme)
            assert chat.find(PARTS[part]).evaluate(CONTRAST) >= 4.5, (part, scheme)


def test_a_good_colour_is_taken_and_no_colour_is_the_usual_one(embedded):
    assert background(embedded(color="#2c4f86").launcher) == "rgb(44, 79, 134)"
    assert background(embedded(color="rood").launcher) == background(embedded().launcher)


def test_a_colour_can_change_afterwards(embedded):
    chat = embedded(color="#2c4f86")
    chat.page.locator("rugge-steun").evaluate("one => one.setAttribute('color', '#8c3b4a')")
    assert background(chat.launcher) == "rgb(140, 59, 74)"


def test_the_address_of_the_assistant_can_be_given(visit, website, assistant, browser):
    asked = []
    line = script_line(assistant, address=f"{website.address}/elders/")
    chat = visit(
        website.page("/adres", head=line),
        may_lose_requests=True,
        before=lambda page: page.on("request", lambda request: asked.append(request.url)),
    )
    with chat.page.expect_request(f"{website.address}/elders/chat/api/info"):
        chat.open()
    assert not [url for url in asked if url.startswith(f"{assistant.address}/chat/api")]


def test_an_element_that_is_moved_in_the_page_keeps_its_conversation(embedded):
    chat = embedded("<div id=plaats></div><rugge-steun inline></rugge-steun>")
    chat.ask("mag ik fietsen?")
    before = chat.shown()
    chat.page.evaluate("plaats.append(document.querySelector('rugge-steun'))")
    chat.ask("mag ik zwemmen?")
    assert chat.shown()[:2] == before
    assert chat.mine.count() == 2


# ---- The pages


@pytest.mark.parametrize("path", ["/chat", "/chat/demo", "/chat/embed"])
def test_a_page_names_the_practice_and_its_links_lead_somewhere(visit, path):
    chat = visit(path)
    page = chat.page
    assert "Praktijk De Test" in page.title()
    expect(page.locator("h1")).to_have_count(1)
    assert "{{" not in page.content()
    links = page.locator("a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    assert {link for link in links if re.match(r"^\+?\d", link)} == set()
    for link in set(links):
        if link.startswith("/"):
            assert page.request.get(urljoin(page.url, link)).ok, link
        elif link.startswith("#"):
            assert page.locator(link).count() == 1, link


def test_without_javascript_the_page_says_whom_to_call(visit):
    chat = visit("/chat", java_script_enabled=False)
    expect(chat.page.locator("a[href='tel:0101234567']").first).to_be_visible()
    expect(chat.page.locator("a[href='tel:112']").first).to_be_visible()
    expect(chat.page.locator("main")).to_contain_text(PHONE)


def test_the_demo_page_shows_the_choices_at_once(visit):
    chat = visit()
    page = chat.page
    page.get_by_role("radio", name="Links").check()
    assert chat.launcher.bounding_box()["x"] < 100
    page.get_by_role("radio", name="Wijnrood").check()
    assert background(chat.launcher) == "rgb(140, 59, 74)"
    expect(page.locator("#snippet")).to_contain_text('data-color="#8c3b4a"')
    page.get_by_role("radio", name="In de pagina").check()
    expect(page.locator("#inline-place rugge-steun .panel")).to_be_visible()
    chat.ask("mag ik fietsen?")


def test_a_question_of_the_demo_page_can_be_pasted_into_the_chat(visit):
    chat = visit(permissions=["clipboard-read", "clipboard-write"])
    question = "Mag ik blijven bewegen met rugpijn?"
    chat.page.get_by_role("button", name=question).click()
    expect(chat.page.locator("#vraag-status")).to_contain_text("gekopieerd")
    chat.open()
    chat.page.keyboard.press("Control+V")
    expect(chat.input).to_have_value(question)


def test_the_line_of_the_embed_page_works_on_a_website(visit, website):
    embed = visit("/chat/embed", permissions=["clipboard-read", "clipboard-write"])
    page = embed.page
    page.get_by_label("Titel van de chat").fill('Vraag "het" & <ons>')
    page.get_by_role("radio", name="Links").check()
    page.get_by_label("Kleur", exact=True).fill("#8c3b4a")
    expect(embed.launcher).to_have_text('Vraag "het" & <ons>')
    page.get_by_role("button", name="Kopieer de code").click()
    expect(page.locator("#copy-status")).to_have_text("De code is gekopieerd.")
    line = page.evaluate("navigator.clipboard.readText()")
    assert line == page.locator("#snippet").inner_text()
    assert "integrity=" in line
    chat = visit(website.page("/nieuw", head=line))
    expect(chat.launcher).to_have_text('Vraag "het" & <ons>')
    assert chat.launcher.bounding_box()["x"] < 100
    assert background(chat.launcher) == "rgb(140, 59, 74)"
    chat.open()
    chat.ask("mag ik fietsen?")


def test_the_two_lines_for_within_a_page_work_on_a_website(visit, website):
    embed = visit("/chat/embed")
    embed.page.get_by_role("radio", name="In de pagina").check()
    expect(embed.page.locator("#slot rugge-steun[inline] .panel")).to_be_visible()
    expect(embed.page.locator("#snippet")).to_contain_text("<rugge-steun inline")
    lines = embed.page.locator("#snippet").inner_text()
    chat = visit(website.page("/binnen", body=lines))
    expect(chat.panel).to_be_visible()
    chat.ask("mag ik fietsen?")
    assert chat.page.locator("rugge-steun").count() == 1


def test_the_embed_page_warns_for_a_colour_that_is_too_light(visit):
    page = visit("/chat/embed").page
    page.get_by_label("Kleur", exact=True).fill("#ffe27a")
    expect(page.locator("#color-verdict")).to_contain_text("Te licht")
    page.get_by_label("Kleur", exact=True).fill("geel")
    expect(page.locator("#color-verdict")).to_contain_text("geen kleurcode")
    page.get_by_label("Kleur", exact=True).fill("#0d5f5a")
    expect(page.locator("#color-verdict")).to_contain_text("Goed te lezen")
