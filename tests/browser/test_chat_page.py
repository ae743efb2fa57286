"""The plain chat page in a real browser."""

from __future__ import annotations

import pytest

from tests.dialogues.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.model]


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_page_says_what_it_is_before_the_first_message(chat):
    welcome = chat.page.locator("main").inner_text()
    assert "computerprogramma" in welcome
    assert "112" in welcome
    assert PHONE in welcome
    assert "concept" in welcome.lower()


def test_a_question_is_answered_with_sources_and_buttons(chat):
    reply = chat.ask("mag ik fietsen met rugpijn?")
    assert "fietsen" in reply.lower()
    assert "Bronnen:" in reply
    more = chat.page.get_by_role("button", name="Meer uitleg")
    before = chat.page.locator("#log > *").count()
    more.click()
    chat.page.wait_for_function(
        "n => document.querySelectorAll('#log > *').length >= n + 2", arg=before
    )
    assert "Meer uitleg" in chat.page.locator("#log > *").nth(before).inner_text()
    assert fits(chat.page)
    assert chat.trouble == []


def test_an_example_question_can_be_tapped(chat):
    chat.page.get_by_role("button", name="Mag ik blijven bewegen?").click()
    chat.page.get_by_text("Bronnen:").first.wait_for()
    assert chat.trouble == []


def test_an_alarm_is_announced_and_can_be_called_with_one_tap(chat):
    chat.ask("ik kan sinds gisteren niet meer plassen")
    alarm = chat.page.get_by_role("alert")
    assert alarm.is_visible()
    assert "huisarts" in alarm.inner_text()
    assert alarm.locator("a[href='tel:112']").count() >= 1
    assert fits(chat.page)


def test_a_reload_keeps_the_conversation(chat):
    chat.ask("is zwemmen goed voor mijn rug")
    shown = chat.page.locator("#log > *").count()
    chat.page.reload()
    chat.page.wait_for_function(
        "n => document.querySelectorAll('#log > *').length === n", arg=shown
    )
    assert "wemmen" in chat.page.locator("#log").inner_text()


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)> mag ik fietsen?",
        "<script>document.title='x'</script>",
        "javascript:alert(1) https://example.org/\u202egnp",
    ],
)
def test_hostile_text_is_shown_as_text(chat, hostile):
    title = chat.page.title()
    chat.ask(hostile)
    assert chat.page.locator("#log img, #log script").count() == 0
    assert chat.page.title() == title
    assert chat.trouble == []


def test_the_keyboard_is_enough(chat):
    page = chat.page
    page.get_by_label("Je vraag").focus()
    page.keyboard.type("helpt warmte?")
    page.keyboard.press("Enter")
    page.get_by_text("Bronnen:").first.wait_for()
    page.get_by_role("button", name="Meer uitleg").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#log > *').length >= 4")
    assert chat.trouble == []


def test_a_lost_connection_is_told_and_loses_nothing(chat):
    chat.page.context.set_offline(True)
    chat.page.get_by_label("Je vraag").fill("mag ik tillen?")
    chat.page.keyboard.press("Enter")
    chat.page.get_by_text("geen verbinding").wait_for()
    assert chat.page.get_by_label("Je vraag").input_value() == "mag ik tillen?"
    chat.page.context.set_offline(False)
    chat.page.keyboard.press("Enter")
    chat.page.get_by_text("Bronnen:").first.wait_for()
