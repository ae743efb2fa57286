"""Whatever is typed, pasted or stored: it is shown, and never done."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seeded

pytestmark = [pytest.mark.browser, pytest.mark.model]

BIDI = "veilig \u202egnp.exe\u202c en \u2067abc\u2069 \u061c\u200fklaar"
INVISIBLE = "ja\u200bva\u200cscr\u200dipt\u2060:\ufeffalert(1)"
HOSTILE = {
    "image": "<img src=x onerror=\"document.title='x'\"> mag ik fietsen?",
    "script": "<script>document.title='x'</script>",
    "closing tags": "</p></div></rugge-steun><h1 onclick=alert(1)>kop</h1>",
    "javascript link": "javascript:document.title='x' [klik](javascript:alert(1))",
    "data link": "data:text/html,<script>alert(1)</script> http://example.org/onveilig",
    "broken link": "https://example.org/\"onmouseover=\"document.title='x'",
    "bidi": BIDI,
    "invisible": INVISIBLE,
    "template": "${document.title='x'} {{7*7}} {praktijk} %s %(naam)s",
    "markdown": "# kop **vet** *schuin* [link](https://example.org) `code`\n- een\n- twee",
    "entities": "&lt;b&gt; &amp;nbsp; &#60;script&#62;",
}
ALLOWED_TAGS = {
    "A",
    "BDI",
    "BR",
    "BUTTON",
    "DETAILS",
    "DIV",
    "H3",
    "LI",
    "P",
    "PATH",
    "SPAN",
    "STRONG",
    "SUMMARY",
    "SVG",
    "UL",
}
hostile_texts = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())


@pytest.fixture
def chat(visit):
    return visit("/chat")


def nothing_was_done(chat):
    """No element, attribute or title that a text could have brought in."""
    assert chat.page.title().startswith("Vragen over je rug")
    tags, attributes, links = chat.log.evaluate(
        """log => {
          const all = [...log.querySelectorAll("*")];
          return [
            all.map((one) => one.tagName.toUpperCase()),
            all.flatMap((one) => one.getAttributeNames()),
            all.filter((one) => one.href).map((one) => one.getAttribute("href")),
          ];
        }"""
    )
    assert set(tags) <= ALLOWED_TAGS
    assert not [name for name in attributes if name.startswith("on") or name == "style"]
    assert all(link.startswith(("https://", "tel:")) for link in links), links


@pytest.fixture(scope="module")
def one_chat(visit_once):
    """One conversation for all that is typed."""
    return visit_once("/chat")


@hostile_texts
def test_what_a_patient_types_is_shown_as_typed(one_chat, text):
    one_chat.ask(text)
    said = one_chat.mine.last.locator("p")
    shown = said.evaluate(
        "p => [...p.childNodes].map((n) => n.nodeName === 'BR' ? '\\n' : n.data).join('')"
    )
    assert shown == text
    assert said.locator("*:not(br)").count() == 0
    nothing_was_done(one_chat)
    assert one_chat.fits()


def test_hostile_text_comes_back_the_same_after_a_reload(chat):
    for text in list(HOSTILE.values())[:3]:
        chat.ask(text)
    before = chat.shown()
    chat.page.reload()
    expect(chat.theirs).to_have_count(3)
    assert chat.shown() == before
    nothing_was_done(chat)


@pytest.fixture(scope="module")
def stored(visit_once, assistant):
    """A conversation in which everybody says each hostile text."""
    seeded = Seeded(assistant)
    for text in HOSTILE.values():
        button = {"title": text, "payload": "/bewegen"}
        seeded.exchange(text, parts=[{"text": text, "buttons": [button]}])
        seeded.log.add_joined(seeded.id, text[:120])
        seeded.log.add_therapist_message(seeded.id, "Anna de Wit", text)
    seeded.exchange("alarm?", *HOSTILE.values(), alarm="emergency", outcome="triage")
    chat = visit_once("/chat", token=seeded.token)
    expect(chat.find(".alarm")).to_have_count(1)
    return chat


@hostile_texts
def test_what_a_therapist_or_an_answer_says_does_nothing(stored, text):
    first = 2 * list(HOSTILE.values()).index(text)
    words = text.replace("**", "").replace("- ", "").split()
    for bubble in (stored.theirs.nth(first), stored.theirs.nth(first + 1), stored.find(".alarm")):
        shown = bubble.evaluate("bubble => bubble.textContent")
        assert all(word in shown for word in words if not word.startswith("http"))
    nothing_was_done(stored)
    assert stored.fits()


def test_only_https_becomes_a_link_and_it_opens_without_ties(visit, assistant):
    text = (
        "Zie https://example.org/pad?a=1, http://onveilig.example, javascript:alert(1), "
        "JAVASCRIPT:alert(1), data:text/html,x, //example.net, ftp://example.net, "
        "mailto:a@example.org, www.example.com, <a href='https://nee.example'>x</a>"
    )
    seeded = Seeded(assistant)
    seeded.exchange("waar?", text)
    seeded.log.add_therapist_message(seeded.id, "Anna de Wit", text)
    chat = visit("/chat", token=seeded.token)
    expect(chat.theirs).to_have_count(2)
    for bubble in chat.theirs.all():
        links = bubble.locator("a")
        addresses = [link.get_attribute("href") for link in links.all()]
        assert "https://example.org/pad?a=1" in addresses
        assert all(address.startswith("https://") for address in addresses), addresses
        for link in links.all():
            assert link.inner_text() == link.get_attribute("href")
            assert link.get_attribute("rel") == "noopener noreferrer"
            assert link.get_attribute("target") == "_blank"


def test_a_name_cannot_turn_the_words_beside_it_around(visit, assistant):
    seeded = Seeded(assistant)
    seeded.log.add_joined(seeded.id, "Anna \u202etiW")
    chat = visit("/chat", token=seeded.token)
    expect(chat.find(".line")).to_be_visible()
    places = chat.find(".line").evaluate(
        """line => {
          const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
          for (let node; (node = walker.nextNode()); ) {
            const at = node.data.indexOf("doet mee");
            if (at < 0) continue;
            return [0, 5].map((more) => {
              const range = document.createRange();
              range.setStart(node, at + more);
              range.setEnd(node, at + more + 1);
              return range.getBoundingClientRect().x;
            });
          }
        }"""
    )
    assert places[0] < places[1]


def test_10000_pasted_characters_cannot_be_sent_and_are_not_lost(chat):
    text = "mijn rug doet pijn " * 527
    assert len(text.strip()) > 10_000
    chat.input.fill(text)
    excess = f"{len(text.strip()) - 2000} tekens te lang"
    expect(chat.find(".counter")).to_contain_text(excess)
    expect(chat.input).to_have_attribute("aria-invalid", "true")
    chat.button("Stuur").click()
    expect(chat.notice).to_contain_text(excess)
    chat.input.press("Enter")
    assert chat.input.input_value() == text
    assert chat.shown() == []
    assert chat.fits()
    expect(chat.button("Stuur")).to_be_in_viewport()
    chat.input.fill("mag ik fietsen?")
    expect(chat.find(".counter")).to_be_empty()
    expect(chat.input).to_have_attribute("aria-invalid", "false")
    chat.answer_to(lambda: chat.input.press("Enter"))
    expect(chat.notice).to_be_empty()


def test_2000_characters_are_just_not_too_many(chat):
    chat.input.fill("a" * 2001)
    expect(chat.find(".counter")).to_have_text(
        "Je bericht is 1 tekens te lang. Maak het korter of stuur het in delen."
    )
    chat.input.fill("a" * 2000)
    expect(chat.find(".counter")).to_have_text("Nog 0 tekens.")
    chat.answer_to(lambda: chat.input.press("Enter"))
    assert chat.mine.locator("p").inner_text() == "a" * 2000


@pytest.mark.parametrize("path", ["/chat", "/chat/demo"])
def test_a_word_of_2000_characters_widens_nothing(visit, assistant, path):
    word = "w" * 2000
    seeded = Seeded(assistant)
    button = {"title": word, "payload": "/x"}
    seeded.exchange(word, parts=[{"text": word, "buttons": [button]}])
    seeded.exchange("alarm?", word, alarm="same_day", outcome="triage")
    seeded.log.add_joined(seeded.id, word[:120])
    seeded.log.add_therapist_message(seeded.id, word[:120], word)
    chat = visit(path, screen=(320, 640), token=seeded.token)
    expect(chat.theirs).to_have_count(3)
    if path != "/chat":
        chat.open()
    chat.ask(word)
    assert chat.fits()


def test_a_message_of_only_invisible_characters_harms_nothing(visit):
    chat = visit("/chat", may_lose_requests=True)
    chat.type_and_send("\u200b\u200b\u202e")
    chat.page.wait_for_function(
        """() => {
          const root = document.querySelector("rugge-steun").shadowRoot;
          return root.querySelector(".theirs") || root.querySelector(".notice").textContent;
        }"""
    )
    chat.ask("mag ik fietsen?")
    expect(chat.theirs.last).to_contain_text("fietsen")
