"""A conversation as a patient has it: asking, choosing, coming back, wiping."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ALARM, Seeded, token_key
from tests.dialogues.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.model]

FOCUSED = """() => {
  let focused = document.activeElement;
  while (focused && focused.shadowRoot) focused = focused.shadowRoot.activeElement;
  return focused ? focused.textContent || focused.ariaLabel || focused.id : "";
}"""


def focused(chat):
    return chat.page.evaluate(FOCUSED).strip()


def go_to(chat, key, name):
    for _ in range(80):
        if focused(chat) == name:
            return
        chat.page.keyboard.press(key)
    raise AssertionError(f"{key} does not come to {name!r}, but to {focused(chat)!r}")


def test_the_chat_says_what_it_is_before_the_first_message(visit, screen):
    chat = visit(screen=screen).open()
    welcome = chat.find(".welcome:not(.consent)")
    expect(welcome).to_contain_text("computerprogramma")
    expect(welcome).to_contain_text("concept")
    expect(welcome).to_contain_text(PHONE)
    expect(welcome.locator("a[href='tel:112']")).to_be_visible()
    expect(chat.panel).to_contain_text("Praktijk De Test")
    assert chat.fits()


def test_a_whole_conversation_goes_by_mouse(visit, screen):
    chat = visit(screen=screen)
    chat.open()
    first = chat.answer_to(lambda: chat.button("Mag ik blijven bewegen?").click())
    expect(first).to_contain_text("bewegen")
    expect(chat.button("Mag ik blijven bewegen?")).to_be_hidden()
    chat.input.click()
    chat.page.keyboard.insert_text("mag ik fietsen met rugpijn?")
    second = chat.answer_to(lambda: chat.button("Stuur").click())
    expect(second).to_contain_text("fietsen")
    expect(chat.input).to_have_value("")
    third = chat.answer_to(lambda: second.get_by_role("button", name="Meer uitleg").click())
    assert third.inner_text() != second.inner_text()
    expect(third).to_be_in_viewport()
    assert chat.fits()
    chat.button("Sluit de chat").click()
    expect(chat.panel).to_be_hidden()
    chat.open()
    assert [text for text in chat.shown() if text == "Meer uitleg"] == ["Meer uitleg"]


def test_a_whole_conversation_goes_by_keyboard_alone(visit, screen):
    chat = visit(screen=screen)
    keyboard = chat.page.keyboard
    go_to(chat, "Tab", "Vragen over je rug?")
    keyboard.press("Enter")
    expect(chat.input).to_be_focused()
    keyboard.type("is mijn rugpijn ernstig?")
    first = chat.answer_to(lambda: keyboard.press("Enter"))
    expect(chat.input).to_be_focused()
    go_to(chat, "Shift+Tab", first.get_by_role("button").first.inner_text())
    go_to(chat, "Tab", "Nee")
    chat.answer_to(lambda: keyboard.press("Enter"))
    go_to(chat, "Tab", "input")
    keyboard.type("mag ik zwemmen?")
    chat.answer_to(lambda: keyboard.press("Enter"))
    keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()
    keyboard.press("Enter")
    expect(chat.input).to_be_focused()
    assert [text for text in chat.shown() if text == "mag ik zwemmen?"] == ["mag ik zwemmen?"]


def test_shift_enter_makes_a_new_line_and_sends_nothing(visit):
    chat = visit("/chat")
    chat.input.press_sequentially("een")
    chat.input.press("Shift+Enter")
    chat.input.press_sequentially("twee")
    expect(chat.input).to_have_value("een\ntwee")
    assert chat.shown() == []
    chat.answer_to(lambda: chat.input.press("Enter"))
    assert chat.mine.inner_text().split("\n")[-2:] == ["een", "twee"]


def test_a_message_of_nothing_is_not_sent_and_that_is_said(visit):
    chat = visit("/chat")
    chat.type_and_send("  \n ")
    expect(chat.notice).to_have_text("Typ eerst je vraag.")
    assert chat.shown() == []


def test_a_quick_reply_is_said_by_the_patient_and_counts_once(visit):
    chat = visit("/chat")
    question = chat.ask("is mijn rugpijn ernstig?")
    no = question.get_by_role("button", name="Nee", exact=True)
    chat.answer_to(no.click)
    assert chat.mine.last.locator("p").inner_text() == "Nee"
    expect(no).to_have_attribute("aria-disabled", "true")
    said = chat.mine.count()
    no.click(force=True)
    no.press("Enter")
    chat.ask("mag ik zwemmen?")
    assert chat.mine.count() == said + 1


def test_sources_are_folded_away_until_they_are_asked_for(visit):
    chat = visit("/chat")
    answer = chat.ask("mag ik fietsen met rugpijn?")
    sources = answer.locator("details")
    expect(sources).to_have_count(1)
    expect(sources.locator("p")).to_be_hidden()
    sources.locator("summary").click()
    expect(sources.locator("p")).to_contain_text("richtlijn")
    everything = chat.answer_to(sources.get_by_role("button", name="Toon alle bronnen").click)
    expect(everything).to_contain_text("steunt op")
    expect(everything).to_contain_text("KNGF")


def test_more_explanation_comes_on_request(visit):
    chat = visit("/chat")
    answer = chat.ask("mag ik fietsen met rugpijn?")
    more = chat.answer_to(answer.get_by_role("button", name="Meer uitleg").click)
    assert chat.mine.last.locator("p").inner_text() == "Meer uitleg"
    assert more.locator("p").first.inner_text() != answer.locator("p").first.inner_text()


def test_a_thumb_stays_pressed_after_a_reload_and_can_be_taken_back(visit, assistant):
    chat = visit("/chat")
    chat.ask("mag ik fietsen met rugpijn?")
    kept = Seeded(assistant, chat.token(assistant))
    yes, no = chat.button("Ja, hier had ik iets aan"), chat.button("Nee, hier had ik niets aan")

    def expect_pressed(is_yes, is_no):
        expect(yes).to_have_attribute("aria-pressed", is_yes)
        expect(no).to_have_attribute("aria-pressed", is_no)

    expect_pressed("false", "false")
    yes.click()
    expect(chat.find(".thanks")).to_have_text("Dank je, dat helpt ons.")
    expect_pressed("true", "false")
    assert kept.rows()["feedback"] == 1
    chat.page.reload()
    expect_pressed("true", "false")
    with chat.page.expect_response("**/feedback"):
        no.click()
    expect_pressed("false", "true")
    chat.page.reload()
    expect_pressed("false", "true")
    with chat.page.expect_response("**/feedback"):
        no.click()
    expect_pressed("false", "false")
    chat.page.reload()
    expect_pressed("false", "false")
    assert kept.rows()["feedback"] == 0


def test_a_human_is_one_press_away(visit, screen):
    chat = visit(screen=screen).open()
    answer = chat.answer_to(chat.button("Praat met een mens").click)
    assert chat.mine.last.locator("p").inner_text() == "Ik wil graag een mens spreken"
    expect(answer).to_contain_text(PHONE)
    expect(answer.locator("a[href='tel:0101234567']").first).to_be_visible()


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ("Pagina om te lezen", "mijn-gegevens.html"),
        ("Bestand voor een computer", "mijn-gegevens.json"),
    ],
)
def test_the_download_has_both_sides_of_the_conversation(visit, tmp_path, choice, name):
    chat = visit("/chat")
    answer = chat.ask("mag ik fietsen met rugpijn?").locator("p").first.inner_text()
    chat.menu("Mijn gegevens")
    with chat.page.expect_download() as download:
        chat.button(choice).click()
    assert download.value.suggested_filename == name
    path = tmp_path / name
    download.value.save_as(path)
    text = path.read_text("utf-8")
    assert "Praktijk De Test" in text
    assert "mag ik fietsen met rugpijn?" in text
    assert answer.split(".")[0] in text
    expect(chat.button("Meer")).to_be_focused()


# ---- Wiping


def test_wiping_asks_first_and_escape_leaves_everything_as_it_was(visit, assistant):
    chat = visit().open()
    chat.ask("mag ik fietsen met rugpijn?")
    before, kept = chat.shown(), Seeded(assistant, chat.token(assistant))
    chat.menu("Verwijder mijn gegevens")
    question = chat.panel.get_by_role("alertdialog")
    expect(question).to_contain_text("Ook op de server")
    expect(chat.button("Nee, ga terug")).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(chat.button("Meer")).to_be_focused()
    chat.menu("Verwijder mijn gegevens")
    chat.button("Nee, ga terug").click()
    expect(chat.panel).to_be_visible()
    assert chat.shown() == before
    assert kept.rows()["conversation_event"] == 2


def test_a_wiped_conversation_is_gone_here_and_on_the_server(visit, assistant):
    chat = visit().open()
    chat.ask("mag ik fietsen met rugpijn?")
    chat.ask(ALARM)
    kept = Seeded(assistant, chat.token(assistant))
    with chat.page.expect_response("**/feedback"):
        chat.button("Ja, hier had ik iets aan").click()
    assert all(kept.rows().values()), kept.rows()
    chat.menu("Verwijder mijn gegevens")
    chat.button("Verwijder alles").click()
    expect(chat.notice).to_have_text("Het gesprek is gewist.")
    assert chat.shown() == []
    expect(chat.find(".bar")).to_be_hidden()
    assert not any(kept.rows().values()), kept.rows()
    assert chat.page.evaluate("key => localStorage.getItem(key)", token_key(assistant)) is None
    chat.page.reload()
    chat.open()
    assert chat.shown() == []
    chat.agree()
    chat.ask("mag ik zwemmen?")
    assert chat.mine.count() == 1
    assert chat.token(assistant) != kept.token


def test_wiping_in_one_tab_wipes_the_other(visit):
    chat = visit("/chat")
    chat.ask("mag ik fietsen met rugpijn?")
    other = chat.page.context.new_page()
    other.goto(chat.page.url)
    expect(other.locator("rugge-steun .bubble")).to_have_count(2)
    chat.page.bring_to_front()
    chat.menu("Verwijder mijn gegevens")
    chat.button("Verwijder alles").click()
    expect(other.locator("rugge-steun .bubble")).to_have_count(0)


# ---- Alarm


def test_an_alarm_is_announced_and_112_is_one_tap_away(visit, screen):
    chat = visit(screen=screen).open()
    chat.ask(ALARM)
    alert = chat.panel.get_by_role("alert")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("huisarts")
    expect(alert.locator("a.call[href='tel:112']")).to_be_in_viewport()
    assert chat.fits()


def test_the_alarm_bar_stays_on_top_whatever_is_said_next(visit, screen):
    chat = visit(screen=screen).open()
    chat.ask(ALARM)
    chat.ask("mag ik fietsen met rugpijn?")
    bar = chat.find(".bar")
    for end in ("0", "99999"):
        chat.find(".stream").evaluate("(stream, top) => stream.scrollTo(0, top)", end)
        chat.settle()
        expect(bar.locator("a[href='tel:112']")).to_be_in_viewport(ratio=1)
    header, stream = chat.find(".head").bounding_box(), chat.find(".stream").bounding_box()
    box = bar.bounding_box()
    assert header["y"] + header["height"] <= box["y"] + 1
    assert box["y"] + box["height"] <= stream["y"] + 1


def test_after_a_reload_the_alarm_is_shown_but_not_called_out_again(visit):
    chat = visit("/chat")
    chat.ask(ALARM)
    before = chat.shown()
    chat.page.reload()
    expect(chat.find(".alarm")).to_have_count(1)
    expect(chat.find(".bar a[href='tel:112']")).to_be_visible()
    expect(chat.log).to_have_attribute("aria-live", "polite")
    expect(chat.page.get_by_role("alert")).to_have_count(0)
    assert chat.shown() == before


def test_an_alarm_opens_a_chat_that_was_closed(visit, assistant):
    seeded = Seeded(assistant)
    seeded.exchange("dag", "Hallo.")
    chat = visit(token=seeded.token)
    expect(chat.theirs).to_have_count(1)
    expect(chat.panel).to_be_hidden()
    seeded.exchange(ALARM, "Bel **112**.", alarm="emergency", outcome="triage")
    expect(chat.panel).to_be_visible()
    expect(chat.panel.get_by_role("alert")).to_contain_text("112")


# ---- Coming back


@pytest.mark.parametrize("path", ["/chat", "/chat/demo"])
def test_a_reload_keeps_everything_once(visit, path):
    chat = visit(path)
    if path != "/chat":
        chat.open()
    chat.ask("is zwemmen goed voor mijn rug")
    chat.ask("is mijn rugpijn ernstig?")
    before = chat.shown()
    assert len(before) == 4
    for _ in range(2):
        chat.page.reload()
        expect(chat.theirs).to_have_count(2)
        assert chat.shown() == before
    if path != "/chat":
        chat.open()
    chat.answer_to(chat.button("Nee").click)
    assert chat.shown()[:4] == before


def test_a_second_tab_shows_the_same_and_hears_the_rest_live(visit):
    chat = visit("/chat")
    chat.ask("is zwemmen goed voor mijn rug")
    page = chat.page.context.new_page()
    other = type(chat)(page)
    page.goto(chat.page.url)
    expect(other.theirs).to_have_count(1)
    assert other.shown() == chat.shown()
    chat.ask("mag ik fietsen met rugpijn?")
    expect(other.theirs).to_have_count(2)
    other.ask("mag ik tillen?")
    expect(chat.theirs).to_have_count(3)
    assert other.shown() == chat.shown()
    assert other.trouble == []


def test_a_second_tab_hears_of_a_conversation_that_the_first_begins(visit):
    chat = visit("/chat")
    page = chat.page.context.new_page()
    other = type(chat)(page)
    page.goto(chat.page.url)
    expect(other.input).to_be_visible()
    chat.ask("is zwemmen goed voor mijn rug")
    expect(other.theirs).to_have_count(1)
    assert other.shown() == chat.shown()


def test_typing_is_told_only_to_a_human_and_not_at_each_letter(visit, assistant):
    seeded = Seeded(assistant)
    seeded.exchange("dag", "Hallo.")
    chat = visit(token=seeded.token)
    chat.open()
    expect(chat.theirs).to_have_count(1)
    calls = []
    chat.page.on("request", lambda sent: calls.append(sent.url) if "typing" in sent.url else None)
    chat.input.type("een vraag aan de computer")
    assert calls == []
    seeded.log.add_joined(seeded.id, "Anna de Wit")
    expect(chat.find(".line")).to_have_count(1)
    chat.input.type("een vraag aan een mens")
    chat.page.wait_for_timeout(300)
    # Once in three seconds, however long the typing takes.
    assert 1 <= len(calls) <= 3


def test_a_therapist_is_named_and_counted_while_the_chat_is_closed(visit, assistant):
    seeded = Seeded(assistant)
    seeded.exchange("dag", "Hallo.")
    chat = visit(token=seeded.token)
    expect(chat.theirs).to_have_count(1)
    badge = chat.find(".badge")
    expect(badge).to_be_hidden()
    seeded.log.add_joined(seeded.id, "Anna de Wit")
    seeded.log.add_therapist_message(seeded.id, "Anna de Wit", "Hoi, ik lees met je mee.")
    expect(badge).to_contain_text("2 nieuwe berichten")
    expect(chat.launcher).to_have_accessible_name("Vragen over je rug? (2 nieuwe berichten)")
    chat.open()
    assert chat.shown()[2:] == [
        "Anna de Wit doet mee aan het gesprek. Je praat nu met een mens.",
        "Anna de WitHoi, ik lees met je mee.",
    ]
    expect(chat.find(".human .who")).to_have_text("Anna de Wit")
    expect(chat.find(".practice")).to_have_text("Je praat met Anna de Wit")
    seeded.log.add_left(seeded.id, "Anna de Wit")
    expect(chat.find(".line").last).to_contain_text("Anna de Wit is weg uit het gesprek.")
    expect(chat.find(".practice")).not_to_contain_text("Anna de Wit")
    chat.button("Sluit de chat").click()
    expect(badge).to_be_hidden()


def test_a_conversation_of_200_messages_opens_at_its_end(visit, long_conversation, screen):
    chat = visit(screen=screen, token=long_conversation.token)
    expect(chat.bubbles).to_have_count(long_conversation.messages)
    chat.open()
    chat.settle()
    left = chat.find(".stream").evaluate("s => s.scrollHeight - s.clientHeight - s.scrollTop")
    assert left < 5
    expect(chat.theirs.last).to_be_in_viewport()
    assert chat.fits()
