"""For everybody: axe-core finds nothing, and keyboard, screen reader, zoom and colours work."""

from __future__ import annotations

from functools import lru_cache

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ALARM, Seeded
from tests.conftest import PROJECT

pytestmark = [pytest.mark.browser, pytest.mark.model]

AXE = PROJECT / "rasa_project/web/widget/node_modules/axe-core/axe.min.js"
# Deep in the shadow tree.
DEEP = """
window.deep = (selector) => {
  const root = document.querySelector("rugge-steun").shadowRoot;
  return [...document.querySelectorAll(selector), ...root.querySelectorAll(selector)];
};
"""


@lru_cache(maxsize=1)
def axe_source():
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: `make widget-tools` (needs npm)")
    return AXE.read_text("utf-8")


def violations(chat, state):
    """What axe-core has to say in light and dark, with every rule that it has for us."""
    found = []
    for scheme in ("light", "dark"):
        chat.page.emulate_media(color_scheme=scheme)
        chat.settle()
        found += chat.page.evaluate(
            """([state, scheme]) => axe.run(document, {
              runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
              resultTypes: ["violations"],
            }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
              nodes.map(({ html, failureSummary }) =>
                `${state}, ${scheme}: ${id}: ${html.slice(0, 120)} ${failureSummary}`)))""",
            [state, scheme],
        )
    return found


@pytest.mark.parametrize("path", ["/chat", "/chat/demo", "/chat/embed"])
def test_axe_finds_nothing(visit, path, screen):
    chat = visit(path, screen=screen)
    chat.page.evaluate(axe_source())
    found = []
    if path != "/chat":
        found += violations(chat, "closed")
        chat.open()
    found += violations(chat, "welcome")
    chat.ask("mag ik fietsen met rugpijn?").locator("summary").click()
    found += violations(chat, "answer")
    chat.ask(ALARM)
    found += violations(chat, "alarm")
    chat.button("Meer").click()
    found += violations(chat, "menu")
    chat.button("Verwijder mijn gegevens").click()
    found += violations(chat, "erase?")
    chat.page.keyboard.press("Escape")
    chat.input.fill("te lang " * 300)
    chat.input.press("Enter")
    found += violations(chat, "too long")
    assert found == []


def test_axe_finds_nothing_with_a_therapist_and_an_unread_badge(visit, assistant):
    seeded = Seeded(assistant)
    seeded.exchange("dag", "Hallo.")
    chat = visit(token=seeded.token)
    chat.page.evaluate(axe_source())
    expect(chat.theirs).to_have_count(1)
    seeded.log.add_joined(seeded.id, "Anna de Wit")
    seeded.log.add_therapist_message(seeded.id, "Anna de Wit", "Hoi, ik lees met je mee.")
    expect(chat.find(".badge")).to_contain_text("2")
    found = violations(chat, "badge")
    chat.open()
    assert found + violations(chat, "therapist") == []


def test_axe_finds_what_is_wrong(visit):
    chat = visit("/chat")
    chat.page.evaluate(axe_source())
    chat.find(".send").evaluate("button => { button.textContent = ''; }")
    assert any(one.startswith("broken, light: button-name") for one in violations(chat, "broken"))


# ---- Screen readers


def test_the_roles_and_the_language_are_there(visit, screen):
    chat = visit(screen=screen)
    assert chat.page.locator("html").get_attribute("lang") == "nl"
    expect(chat.launcher).to_have_attribute("aria-expanded", "false")
    chat.open()
    expect(chat.launcher).to_have_attribute("aria-expanded", "true")
    expect(chat.page.get_by_role("dialog", name="Vragen over je rug")).to_be_visible()
    expect(chat.panel).to_have_attribute("lang", "nl")
    expect(chat.panel.get_by_role("log", name="Gesprek")).to_have_count(1)
    expect(chat.panel.get_by_role("status")).to_have_count(2)
    chat.button("Meer").click()
    expect(chat.button("Meer")).to_have_attribute("aria-expanded", "true")
    chat.page.keyboard.press("Escape")
    expect(chat.button("Meer")).to_be_focused()
    expect(chat.panel).to_be_visible()


# For each message that comes in: how the log was announced at that moment.
WATCH = """
window.announced = [];
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, options);
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      if (!target.classList?.contains("log")) continue;
      for (const node of addedNodes) announced.push([node.className, target.ariaLive]);
    }
  }).observe(root, { childList: true, subtree: true });
  return root;
};
"""


def watch(page):
    page.add_init_script(WATCH)


def ask_as_a_human(chat, text):
    # Nobody types faster.
    chat.input.press_sequentially(text, delay=40)
    chat.answer_to(lambda: chat.input.press("Enter"))


def announced(chat, kind):
    return [live for name, live in chat.page.evaluate("announced") if kind in name]


@pytest.mark.parametrize("path", ["/chat", "/chat/demo"])
def test_200_messages_of_before_are_not_read_out_but_a_new_one_is(visit, long_conversation, path):
    before = long_conversation.messages
    assert before >= 200
    chat = visit(path, token=long_conversation.token, before=watch)
    expect(chat.bubbles).to_have_count(before)
    if path != "/chat":
        chat.open()
    assert set(announced(chat, "bubble")) == {"off"}
    expect(chat.log).to_have_attribute("aria-live", "polite")
    chat.ask("mag ik fietsen?")
    assert announced(chat, "theirs")[before // 2 :] == ["polite"]


@pytest.mark.parametrize("path", ["/chat", "/chat/demo"])
def test_the_first_answer_of_all_is_read_out(visit, path):
    chat = visit(path, before=watch)
    if path != "/chat":
        chat.open()
    ask_as_a_human(chat, "mag ik fietsen?")
    assert announced(chat, "theirs") == ["polite"]


def test_the_first_answer_after_wiping_is_read_out(visit):
    chat = visit("/chat", before=watch)
    ask_as_a_human(chat, "mag ik fietsen?")
    chat.menu("Verwijder mijn gegevens")
    chat.button("Verwijder alles").click()
    expect(chat.theirs).to_have_count(0)
    chat.agree()
    ask_as_a_human(chat, "mag ik zwemmen?")
    assert announced(chat, "theirs")[1:] == ["polite"]


def test_an_answer_does_not_take_the_focus_away(visit, assistant):
    chat = visit("/chat")
    chat.ask("mag ik fietsen met rugpijn?")
    seeded = Seeded(assistant, chat.token(assistant))
    summary = chat.find("summary")
    summary.focus()
    seeded.log.add_therapist_message(seeded.id, "Anna de Wit", "Hoi.")
    expect(chat.theirs).to_have_count(2)
    expect(summary).to_be_focused()
    seeded.exchange(ALARM, "Bel **112**.", alarm="emergency", outcome="triage")
    expect(chat.panel.get_by_role("alert")).to_be_visible()
    expect(summary).to_be_focused()


def test_what_comes_in_while_typing_disturbs_nothing(visit, assistant):
    chat = visit("/chat")
    chat.ask("mag ik fietsen met rugpijn?")
    seeded = Seeded(assistant, chat.token(assistant))
    chat.input.press_sequentially("en mag ik ")
    seeded.log.add_therapist_message(seeded.id, "Anna de Wit", "Hoi.")
    expect(chat.theirs).to_have_count(2)
    chat.page.keyboard.type("ook tillen?")
    expect(chat.input).to_have_value("en mag ik ook tillen?")
    expect(chat.input).to_be_focused()


@pytest.mark.parametrize("name", ["Mag ik blijven bewegen?", "Praat met een mens"])
def test_a_button_that_was_pressed_does_not_lose_the_keyboard(visit, name):
    chat = visit().open()
    chat.button(name).focus()
    chat.answer_to(lambda: chat.page.keyboard.press("Enter"))
    assert chat.find(":focus").count() == 1
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()


def test_the_keyboard_stays_within_the_question_whether_to_erase(visit):
    chat = visit().open()
    chat.menu("Verwijder mijn gegevens")
    no, yes = chat.button("Nee, ga terug"), chat.button("Verwijder alles")
    for expected in (yes, no, yes):
        chat.page.keyboard.press("Tab")
        expect(expected).to_be_focused()
    chat.page.keyboard.press("Shift+Tab")
    expect(no).to_be_focused()


def test_everything_has_a_visible_focus(visit):
    chat = visit().open()
    chat.ask("mag ik fietsen met rugpijn?")
    for control in chat.find("button:visible, textarea, summary, .stream").all():
        if not control.is_visible():
            continue
        control.focus()
        chat.page.keyboard.press("Shift")
        outline = control.evaluate(
            """(one) => {
              one.blur();
              one.focus({ focusVisible: true });
              const { outlineStyle, outlineWidth } = getComputedStyle(one);
              return outlineStyle === "none" ? 0 : parseFloat(outlineWidth);
            }"""
        )
        assert outline >= 2, control.evaluate("one => one.outerHTML.slice(0, 100)")


# ---- Zoom, pointers, motion, colours

EVERYTHING = """() => deep("button, a, summary, textarea, input, select")
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }))
  .filter((one) => getComputedStyle(one).display !== "inline")
  .map((one) => {
    // A hidden input is pressed by way of its label.
    const target = (one.tagName === "INPUT" && one.closest("label")) || one;
    const { width, height } = target.getBoundingClientRect();
    return [one.outerHTML.slice(0, 80), width, height];
  })
  .filter(([, width, height]) => width > 1 && (width < 24 || height < 24))"""


@pytest.mark.parametrize("path", ["/chat", "/chat/demo", "/chat/embed"])
def test_everything_that_is_pressed_is_large_enough(visit, path, screen):
    chat = visit(path, screen=screen)
    chat.page.evaluate(DEEP)
    small = chat.page.evaluate(EVERYTHING)
    if path != "/chat":
        chat.open()
    chat.ask("mag ik fietsen met rugpijn?").locator("summary").click()
    chat.ask(ALARM)
    small += chat.page.evaluate(EVERYTHING)
    chat.button("Meer").click()
    small += chat.page.evaluate(EVERYTHING)
    assert small == []


@pytest.mark.parametrize("path", ["/chat", "/chat/demo", "/chat/embed"])
@pytest.mark.parametrize(
    ("size", "scale"), [((320, 640), 1), ((640, 360), 2)], ids=["320 px", "200 percent"]
)
def test_nothing_needs_to_be_scrolled_sideways(visit, path, size, scale):
    chat = visit(path, screen=size, device_scale_factor=scale)
    assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if path != "/chat":
        chat.open()
    assert chat.fits()
    chat.ask("mag ik fietsen met rugpijn?").locator("summary").click()
    chat.ask(ALARM)
    assert chat.fits()
    chat.button("Meer").click()
    chat.button("Verwijder mijn gegevens").click()
    assert chat.fits()


@pytest.mark.parametrize("path", ["/chat", "/chat/demo"])
def test_in_a_low_window_an_answer_comes_into_view_and_the_alarm_stays_there(visit, path):
    chat = visit(path, screen=(640, 360))
    if path != "/chat":
        chat.open()
    chat.ask("mag ik fietsen met rugpijn?")
    chat.settle()
    expect(chat.theirs.last.locator("p").first).to_be_in_viewport()
    chat.ask(ALARM)
    chat.settle()
    expect(chat.find(".alarm h3")).to_be_in_viewport()
    expect(chat.find(".bar a[href='tel:112']")).to_be_in_viewport()
    chat.input.focus()
    expect(chat.input).to_be_in_viewport()


def test_who_wants_no_motion_gets_none(visit):
    def moving(chat):
        chat.find(".typing").evaluate("one => { one.textContent = 'Ruggesteun typt…'; }")
        running = chat.page.evaluate(
            """() => document.getAnimations().length
              + document.querySelector("rugge-steun").shadowRoot.getAnimations().length"""
        )
        scrolling = chat.find(".stream").evaluate("one => getComputedStyle(one).scrollBehavior")
        return running, scrolling

    assert moving(visit("/chat", reduced_motion="reduce")) == (0, "auto")
    assert moving(visit("/chat", reduced_motion="no-preference")) == (1, "smooth")


def test_with_forced_colours_buttons_keep_a_border_and_a_thumb_its_state(visit):
    chat = visit(forced_colors="active")
    chat.page.evaluate(DEEP)
    without = """() => deep("rugge-steun, .launcher, .panel, .send, .choice, .call, .thumb, textarea")
      .filter((one) => one.matches("button, a, textarea") && one.checkVisibility())
      .filter((one) => {
        const style = getComputedStyle(one);
        return style.borderTopStyle === "none" || parseFloat(style.borderTopWidth) < 1
          || style.borderTopColor === style.backgroundColor;
      })
      .map((one) => one.outerHTML.slice(0, 80))"""
    assert chat.page.evaluate(without) == []
    chat.open()
    chat.ask("mag ik fietsen met rugpijn?")
    yes = chat.button("Ja, hier had ik iets aan")
    before = yes.evaluate("one => getComputedStyle(one).borderTopWidth")
    yes.click()
    expect(yes).to_have_attribute("aria-pressed", "true")
    assert yes.evaluate("one => getComputedStyle(one).borderTopWidth") != before
    chat.ask(ALARM)
    assert chat.page.evaluate(without) == []
    assert chat.mine.last.evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"


def test_text_that_is_twice_as_large_still_fits(visit):
    chat = visit("/chat", screen=(360, 740))
    chat.ask("mag ik fietsen met rugpijn?")
    chat.page.evaluate("document.querySelector('rugge-steun').style.fontSize = '200%'")
    assert chat.fits()
