"""The question about consent, as a patient sees it: first of all, once, and an alarm before it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from rasa_project.channels import tokens
from rasa_project.privacy.consent_texts import consent_texts
from tests.browser.conftest import ALARM, Seeded, begin, kept_key, token_key
from tests.browser.test_accessibility import DEEP, EVERYTHING, axe_source, violations
from tests.dialogues.conftest import PHONE
from tests.privacy.filled import where_in_database

pytestmark = [pytest.mark.browser, pytest.mark.model]
YES, NO, STILL = consent_texts().ask.yes, consent_texts().ask.no, consent_texts().refused.yes
QUESTION = "mag ik fietsen met rugpijn?"


@pytest.fixture
def new(visit):
    """A page of somebody who wasn't asked yet. A refusal is no trouble here."""

    def open_page(path="/chat/demo", **options):
        chat = visit(path, agrees=False, may_lose_requests=True, **options)
        return chat.open() if path != "/chat" else chat

    return open_page


def decisions(assistant, chat):
    name = tokens.conversation_of(tokens.hash_of(chat.token(assistant)))
    with closing(sqlite3.connect(assistant.database, timeout=20)) as connection:
        return connection.execute(
            "SELECT given FROM consent WHERE conversation = ? ORDER BY id", (name,)
        ).fetchall()


def test_the_question_is_the_first_thing_and_says_all(new, screen):
    chat = new(screen=screen)
    expect(chat.card).to_be_visible()
    expect(chat.find(".welcome:not(.consent)")).to_be_hidden()
    for words in ("computerprogramma", "geen arts", "112", "gezondheid", "30 dagen", PHONE):
        expect(chat.card).to_contain_text(words)
    expect(chat.card.locator("a[href='tel:112']")).to_be_visible()
    # Read out first, and no keyboard over it on a phone.
    expect(chat.card).to_be_focused()
    assert chat.fits()
    chat.button(YES).click()
    expect(chat.card).to_be_hidden()
    expect(chat.find(".welcome:not(.consent)")).to_be_visible()
    expect(chat.input).to_be_focused()
    chat.ask(QUESTION)
    assert chat.fits()


def test_it_goes_by_keyboard_alone(new):
    chat = new()
    expect(chat.card).to_be_focused()
    for _ in range(5):
        chat.page.keyboard.press("Tab")
        if chat.button(YES).evaluate("one => one.matches(':focus')"):
            break
    chat.page.keyboard.press("Enter")
    expect(chat.input).to_be_focused()
    chat.page.keyboard.type(QUESTION)
    chat.answer_to(lambda: chat.page.keyboard.press("Enter"))


def test_what_was_typed_before_is_sent_by_itself_after_it(new, assistant):
    chat = new("/chat")
    chat.type_and_send(f"{QUESTION} kwabbelsnor")
    expect(chat.find(".pending")).to_contain_text("wacht op je keuze")
    expect(chat.notice).to_contain_text("nog niet bewaard")
    url = f"sqlite:///{assistant.database}"
    assert where_in_database(url, "kwabbelsnor") == []
    chat.page.reload()
    expect(chat.find(".pending")).to_contain_text("wacht op je keuze")
    chat.answer_to(lambda: chat.button(YES).click())
    assert chat.shown()[0] == f"{QUESTION} kwabbelsnor"
    expect(chat.find(".pending")).to_have_count(0)
    assert decisions(assistant, chat) == [(1,)]
    chat.page.reload()
    expect(chat.theirs).to_have_count(1)
    expect(chat.card).to_be_hidden()


def test_a_starter_and_asking_for_a_human_wait_as_well(new):
    chat = new()
    chat.button("Praat met een mens").click()
    expect(chat.find(".pending")).to_have_count(1)
    expect(chat.button("Mag ik blijven bewegen?")).to_be_hidden()
    chat.answer_to(lambda: chat.button(YES).click())


def test_an_alarm_is_shown_at_once_and_stays_in_view(new, screen):
    chat = new(screen=screen)
    chat.type_and_send(ALARM)
    alert = chat.panel.get_by_role("alert")
    expect(alert).to_contain_text("huisarts")
    chat.settle()
    expect(chat.find(".alarm h3")).to_be_in_viewport()
    expect(chat.find(".bar a[href='tel:112']")).to_be_in_viewport()
    above = chat.find(".alarm").bounding_box()["y"]
    assert above < chat.card.bounding_box()["y"]
    assert chat.fits()
    # After the yes it is said again, and now kept.
    chat.answer_to(lambda: chat.button(YES).click())


def test_who_refuses_reads_what_to_do_and_may_still_agree(new, assistant, screen):
    chat = new(screen=screen)
    chat.type_and_send(QUESTION)
    expect(chat.find(".pending")).to_have_count(1)
    chat.button(NO).click()
    expect(chat.card).to_contain_text("dan bewaren we niets")
    for words in ("112", "huisarts", "113", PHONE):
        expect(chat.card).to_contain_text(words)
    expect(chat.card).to_be_focused()
    assert chat.fits()
    # Nothing is typed twice.
    expect(chat.input).to_have_value(QUESTION)
    expect(chat.find(".pending")).to_have_count(0)
    chat.input.fill(ALARM)
    chat.input.press("Enter")
    expect(chat.panel.get_by_role("alert")).to_contain_text("huisarts")
    chat.page.reload()
    chat.open()
    expect(chat.card).to_contain_text("dan bewaren we niets")
    chat.answer_to(lambda: chat.button(STILL).click())
    assert decisions(assistant, chat) == [(0,), (1,)]


def test_pressed_twice_it_is_one_decision(new, assistant):
    chat = new()
    chat.button(YES).dblclick()
    expect(chat.card).to_be_hidden()
    chat.ask(QUESTION)
    assert decisions(assistant, chat) == [(1,)]


def test_what_one_tab_agreed_to_holds_in_the_other(new, assistant):
    chat = new("/chat")
    page = chat.page.context.new_page()
    other = type(chat)(page)
    page.goto(chat.page.url)
    expect(other.card).to_be_visible()
    chat.agree()
    expect(other.card).to_be_hidden()
    chat.ask(QUESTION)
    expect(other.theirs).to_have_count(1)
    assert decisions(assistant, chat) == [(1,)]


def test_a_conversation_from_before_is_shown_and_asked_under_it(visit, assistant):
    seeded = Seeded(assistant, begin(assistant, agrees=False))
    seeded.exchange("dag", "Hallo.")
    chat = visit("/chat", token=seeded.token, agrees=False, may_lose_requests=True)
    expect(chat.theirs).to_have_count(1)
    expect(chat.card).to_be_visible()
    assert chat.theirs.bounding_box()["y"] < chat.card.bounding_box()["y"]
    chat.agree()
    chat.ask(QUESTION)
    assert chat.shown()[:2] == ["dag", "Hallo."]


def test_a_new_text_is_asked_although_an_older_one_was_agreed_to(visit, assistant):
    chat = visit("/chat", agrees=False, may_lose_requests=True)
    chat.agree()
    name = tokens.conversation_of(tokens.hash_of(chat.token(assistant)))
    with closing(sqlite3.connect(assistant.database, timeout=20)) as connection, connection:
        change = "UPDATE consent SET version = 'older' WHERE conversation = ?"
        connection.execute(change, (name,))
    # The browser still believes in the present one: the server tells.
    chat.type_and_send(QUESTION)
    expect(chat.card).to_be_visible()
    chat.answer_to(lambda: chat.button(YES).click())
    key = kept_key(assistant, "consent")
    chat.page.evaluate("key => localStorage.setItem(key, JSON.stringify('older'))", key)
    chat.page.reload()
    expect(chat.theirs).to_have_count(1)
    # And the other way round nobody is asked in vain.
    expect(chat.card).to_be_hidden()


def test_typed_rights_open_the_menus_questions(visit, new):
    chat = visit("/chat")
    chat.ask("mijn gegevens").get_by_role("button").click()
    expect(chat.panel.get_by_role("alertdialog")).to_contain_text("Download alles")
    chat.page.keyboard.press("Escape")
    chat.ask("verwijder mijn gegevens").get_by_role("button").click()
    expect(chat.panel.get_by_role("alertdialog")).to_contain_text("ongedaan")
    chat.button("Verwijder alles").click()
    expect(chat.notice).to_have_text("Het gesprek is gewist.")
    expect(chat.card).to_be_visible()
    # Without consent too, and then nothing of it is sent.
    chat = new("/chat")
    chat.type_and_send("wis mijn gegevens")
    expect(chat.panel.get_by_role("alertdialog")).to_contain_text("ongedaan")
    expect(chat.bubbles).to_have_count(0)


def test_the_file_for_a_computer_is_json_and_no_token_is_in_an_address(visit, assistant, tmp_path):
    chat = visit("/chat")
    asked = []
    chat.page.on("request", lambda request: asked.append(request.url))
    chat.ask(QUESTION)
    chat.menu("Mijn gegevens")
    with chat.page.expect_download() as download:
        chat.button("Bestand voor een computer").click()
    path = tmp_path / "data.json"
    download.value.save_as(path)
    assert json.loads(path.read_text("utf-8"))["messages"][0]["text"] == QUESTION
    token = chat.page.evaluate("k => JSON.parse(localStorage.getItem(k))", token_key(assistant))
    assert asked
    assert not [address for address in asked if token in address]


def test_axe_finds_nothing_in_the_question_and_the_page_of_data(new, screen, tmp_path):
    chat = new("/chat", screen=screen)
    expect(chat.card).to_be_visible()
    chat.page.evaluate(axe_source())
    chat.page.evaluate(DEEP)
    small = chat.page.evaluate(EVERYTHING)
    found = violations(chat, "question")
    chat.button(NO).click()
    expect(chat.card).to_contain_text("dan bewaren we niets")
    found += violations(chat, "refusal")
    small += chat.page.evaluate(EVERYTHING)
    chat.button(STILL).click()
    chat.ask(ALARM)
    chat.menu("Mijn gegevens")
    found += violations(chat, "data?")
    with chat.page.expect_download() as download:
        chat.button("Pagina om te lezen").click()
    path = tmp_path / "data.html"
    download.value.save_as(path)
    page = chat.page.context.new_page()
    # Its own policy lets no script run, which axe-core is.
    source = path.read_text("utf-8")
    path.write_text(source.replace('http-equiv="Content-Security-Policy"', "data-was"), "utf-8")
    page.goto(path.as_uri())
    page.evaluate(axe_source())
    found += page.evaluate("axe.run().then(({violations}) => violations.map(({id}) => id))")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (found, small) == ([], [])
