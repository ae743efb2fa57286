"""The chat on a strict website, and on one that it does not know."""

from __future__ import annotations

import base64
import hashlib

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.conftest import ALARM, script_line
from tests.browser.website import JAVASCRIPT

pytestmark = [pytest.mark.browser, pytest.mark.model]

# In the page's own script, before the chat: it sees every violation.
COUNT = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => {
  const { violatedDirective, blockedURI, sourceFile, lineNumber } = event;
  violations.push(`${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
});
"""


def strict(assistant, script="'self'"):
    return (
        f"default-src 'none'; script-src {script}; style-src 'self'; "
        f"connect-src {assistant.address}"
    )


def whole_conversation(chat):
    """Everything that a patient can do."""
    chat.open()
    answer = chat.ask("mag ik fietsen met rugpijn?")
    answer.locator("summary").click()
    chat.answer_to(answer.get_by_role("button", name="Meer uitleg").click)
    chat.button("Ja, hier had ik iets aan").first.click()
    expect(chat.find(".thanks").first).to_have_text("Dank je, dat helpt ons.")
    chat.ask(ALARM)
    expect(chat.panel.get_by_role("alert")).to_be_visible()
    chat.menu("Mijn gegevens")
    with chat.page.expect_download():
        chat.button("Pagina om te lezen").click()
    chat.button("Sluit de chat").click()
    chat.open()
    chat.menu("Verwijder mijn gegevens")
    chat.button("Verwijder alles").click()
    expect(chat.notice).to_have_text("Het gesprek is gewist.")


def test_a_whole_conversation_violates_nothing_of_a_strict_policy(visit, website, assistant):
    script = requests.get(f"{assistant.address}/chat/ruggesteun.js", timeout=20).text
    integrity = base64.b64encode(hashlib.sha384(script.encode()).digest()).decode()
    website.add("/telt.js", COUNT, JAVASCRIPT)
    website.add("/ruggesteun.js", script, JAVASCRIPT)
    head = (
        '<script src="/telt.js"></script>'
        f'<script defer src="/ruggesteun.js" integrity="sha384-{integrity}"'
        f' data-address="{assistant.address}"></script>'
    )
    chat = visit(website.page("/streng", head=head, policy=strict(assistant)))
    whole_conversation(chat)
    assert chat.page.evaluate("violations") == []
    assert chat.trouble == []
    # The page sees violations at all.
    chat.page.evaluate("document.body.append(Object.assign(new Image(), { src: '/nee.png' }))")
    chat.page.wait_for_function("violations.length === 1")
    chat.trouble.clear()


def test_the_pasted_line_works_on_a_strict_website(visit, website, assistant):
    website.add("/telt.js", COUNT, JAVASCRIPT)
    head = '<script src="/telt.js"></script>' + script_line(assistant)
    policy = strict(assistant, f"'self' {assistant.address}")
    chat = visit(website.page("/geplakt", head=head, policy=policy))
    whole_conversation(chat)
    assert chat.page.evaluate("violations") == []


def test_the_chat_touches_nothing_of_the_page_around_it(visit, website, assistant):
    head = "<script>window.before = Object.keys(window)</script>" + script_line(assistant)
    chat = visit(website.page("/eigen", head=head))
    chat.open()
    chat.ask("mag ik fietsen?")
    added = chat.page.evaluate("Object.keys(window).filter((name) => !before.includes(name))")
    assert added == ["before"]
    assert chat.page.evaluate("document.querySelectorAll('body > *').length") == 2
    assert chat.page.evaluate("document.cookie") == ""


def test_a_script_that_was_tampered_with_is_not_loaded(visit, website, assistant):
    line = script_line(assistant).replace('integrity="sha384-', 'integrity="sha384-AAAA')
    chat = visit(website.page("/anders", head=line), may_lose_requests=True)
    chat.page.wait_for_load_state("load")
    expect(chat.page.locator("rugge-steun")).to_have_count(0)
    assert chat.page.evaluate("customElements.get('rugge-steun')") is None
    assert any("integrity" in said for said in chat.trouble)
    chat.trouble.clear()


def test_a_website_that_the_practice_does_not_know_gets_a_sentence_and_no_conversation(
    visit, other_website, assistant
):
    line = script_line(assistant)
    chat = visit(other_website.page("/vreemd", head=line), agrees=False, may_lose_requests=True)
    chat.open()
    expect(chat.notice).to_contain_text("Deze website mag de chat van Praktijk De Test niet tonen.")
    chat.type_and_send("mag ik fietsen?")
    expect(chat.notice).to_contain_text("Deze website mag de chat van Praktijk De Test niet tonen.")
    expect(chat.theirs).to_have_count(0)
    assert chat.page.evaluate("localStorage.length") == 0
    chat.trouble.clear()


def test_the_pages_of_the_assistant_itself_violate_nothing(visit):
    for path in ("/chat", "/chat/demo", "/chat/embed"):
        chat = visit(path, before=lambda page: page.add_init_script(COUNT))
        if path != "/chat":
            chat.open()
        chat.ask("mag ik fietsen?")
        assert chat.page.evaluate("violations") == [], path
