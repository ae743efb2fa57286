"""A patient on the website and a therapist in the inbox, both in real browsers."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from rasa_project.channels import tokens
from rasa_project.conversation.states import Actor, State
from rasa_project.inbox.sessions import end_all
from rasa_project.storage.engine import session_for
from tests.browser.conftest import ALARM, Seeded
from tests.browser.inbox import Staff, working
from tests.browser.test_accessibility import axe_source

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.fixture
def work(browser):
    with working(browser) as open_inbox:
        yield open_inbox


@pytest.fixture(scope="module")
def anna(assistant):
    return Staff(assistant, "Anna de Wit")


@pytest.fixture(scope="module")
def karim(assistant):
    return Staff(assistant, "Karim Haddad")


@pytest.fixture
def present(anna):
    anna.set_present()
    yield anna
    anna.set_present(False)


def conversation_of(chat, assistant):
    return tokens.conversation_of(tokens.hash_of(chat.token(assistant)))


def claimed(staff, conversation):
    answer = staff.post(f"gesprek/{conversation}/overnemen")
    assert answer.status_code == 200, answer.text


def waiting(assistant, staff):
    """A conversation that waits, with some history."""
    seeded = Seeded(assistant)
    seeded.exchange("Mag ik fietsen?", "Ja, rustig aan.")
    staff.inbox.ownerships.ask_for_human(seeded.id, Actor("patient"), "asked")
    return seeded


def test_they_talk_live_and_the_assistant_goes_on_afterwards(visit, work, assistant, anna):
    desk = work(anna)
    desk.page.get_by_role("button", name="Je bent afwezig").click()
    expect(desk.page.locator("[data-presence-text]")).to_have_text("Je bent aanwezig")
    expect(desk.page.locator("[data-people]")).to_contain_text("Anna de Wit")

    chat = visit("/chat")
    told = chat.ask("Kan ik iemand spreken?")
    expect(told).to_contain_text("Anna de Wit")
    name = conversation_of(chat, assistant)
    expect(desk.row(name)).to_contain_text("Wacht op een mens")
    # Others may want something too.
    expect(desk.page).to_have_title(re.compile(r"^\(\d+\) "))
    desk.row(name).locator("a").click()
    expect(desk.page.locator("h1")).to_have_text(f"Gesprek {name[-4:].upper()}")
    expect(desk.texts.first).to_have_text("Kan ik iemand spreken?")

    desk.button("Overnemen").click()
    expect(desk.state).to_have_text("Bij jou")
    expect(desk.field).to_be_visible()
    expect(chat.log).to_contain_text("Anna de Wit")

    desk.field.press_sequentially("Hallo, ik ")
    expect(chat.find(".typing")).to_contain_text("Anna de Wit")
    desk.field.press_sequentially("lees met je mee.")
    desk.field.press("Enter")
    expect(chat.theirs.last).to_contain_text("Hallo, ik lees met je mee.")
    expect(chat.find(".typing")).to_have_text("")
    expect(desk.field).to_have_value("")
    expect(desk.texts.last).to_have_text("Hallo, ik lees met je mee.")

    chat.input.press_sequentially("Fijn, het zit ")
    expect(desk.typing).to_have_text("De patiënt typt…")
    chat.input.press_sequentially("rechtsonder.")
    chat.input.press("Enter")
    expect(desk.texts.last).to_have_text("Fijn, het zit rechtsonder.")
    expect(desk.typing).to_have_text("")

    desk.part("Terug naar assistent").click()
    desk.page.get_by_label("Wat de patiënt leest").fill("Je mag weer bij de assistent terecht.")
    desk.button("Geef terug").click()
    expect(desk.state).to_have_text("Bij de assistent")
    expect(chat.theirs.last).to_contain_text("Je mag weer bij de assistent terecht.")
    answer = chat.ask("mag ik fietsen met rugpijn?")
    expect(answer).to_contain_text("fietsen")
    expect(desk.texts.last).not_to_have_text("")
    expect(desk.page.locator("[data-card]")).to_contain_text("teruggegeven aan de assistent")
    anna.set_present(False)


def test_a_therapist_is_told_at_once_that_the_patient_erased(visit, work, assistant, anna):
    chat = visit("/chat")
    chat.ask("mag ik fietsen met rugpijn?")
    name = conversation_of(chat, assistant)
    desk = work(anna, f"/gesprek/{name}")
    desk.button("Overnemen").click()
    expect(chat.log).to_contain_text("Anna de Wit")
    chat.menu("Verwijder mijn gegevens")
    chat.button("Verwijder alles").click()
    expect(chat.notice).to_have_text("Het gesprek is gewist.")
    expect(desk.page.locator("[data-told]")).to_contain_text("De patiënt heeft dit gesprek gewist")
    # Nor is it left on the screen.
    expect(desk.page.locator("[data-log]")).to_be_empty()
    expect(desk.row(name)).to_have_count(0)


def test_take_over_in_the_middle_of_a_triage_question(visit, work, assistant, anna):
    chat = visit("/chat")
    chat.ask("Is mijn rugpijn ernstig?")
    name = conversation_of(chat, assistant)
    desk = work(anna, f"/gesprek/{name}")
    expect(desk.page.locator("[data-card]")).to_contain_text("nog geen antwoord")
    desk.button("Overnemen").click()
    expect(desk.field).to_be_focused()
    expect(chat.log).to_contain_text("Anna de Wit")
    before = desk.messages.count()
    chat.type_and_send("Nee")
    expect(desk.texts.last).to_have_text("Nee")
    desk.page.wait_for_timeout(1500)
    # The assistant asks no second question: the answer is for Anna.
    assert desk.messages.count() == before + 1
    desk.say("Dank je, dat is goed om te weten.")
    expect(chat.theirs.last).to_contain_text("Dank je, dat is goed om te weten.")


def test_an_alarm_sign_is_marked_and_comes_on_top(visit, work, assistant, anna):
    desk = work(anna)
    chat = visit("/chat")
    chat.ask(ALARM)
    name = conversation_of(chat, assistant)
    expect(desk.row(name)).to_contain_text("nog niet gezien")
    assert desk.rows.first.get_attribute("data-id") == name
    desk.row(name).locator("a").click()
    mark = desk.page.locator("mark")
    expect(mark.first).to_be_visible()
    assert (mark.first.evaluate("one => one.firstChild.data")) in ALARM
    expect(desk.page.locator("[data-card] h3").first).to_have_text("Alarmtekens")
    desk.button("Alarm gezien").click()
    expect(desk.button("Alarm gezien")).to_be_hidden()
    expect(desk.row(name)).to_have_count(0)


def test_two_race_for_one_claim(work, assistant, anna, karim):
    seeded = waiting(assistant, anna)
    first, second = work(anna, f"/gesprek/{seeded.id}"), work(karim, f"/gesprek/{seeded.id}")
    for one in (first, second):
        expect(one.button("Overnemen")).to_be_visible()
    for one in (first, second):
        one.page.evaluate("() => document.querySelector('[data-act=overnemen]').requestSubmit()")
    # One of the two is told, whoever that is.
    for _ in range(100):
        if first.told.is_visible() or second.told.is_visible():
            break
        first.page.wait_for_timeout(100)
    owner = anna.inbox.ownerships.of(seeded.id).owner
    assert owner in (anna.account, karim.account)
    winner, loser = (first, second) if owner == anna.account else (second, first)
    expect(winner.state).to_have_text("Bij jou")
    expect(loser.told).to_contain_text(f"{winner.staff.name} heeft dit gesprek nu.")
    expect(loser.field).to_be_hidden()
    assert anna.inbox.ownerships.of(seeded.id).state is State.HUMAN


def test_who_loses_a_conversation_while_typing_keeps_the_text(work, assistant, anna, karim):
    seeded = waiting(assistant, anna)
    claimed(anna, seeded.id)
    karim.set_present()
    desk = work(anna, f"/gesprek/{seeded.id}")
    desk.field.fill("Een lange zin die niet weg mag zijn")
    answer = anna.post(f"gesprek/{seeded.id}/overdragen", account=str(karim.account))
    assert answer.status_code == 200, answer.text
    expect(desk.state).to_have_text("Bij Karim Haddad")
    expect(desk.field).to_be_hidden()
    desk.page.evaluate("() => document.querySelector('[data-act=schrijven]').requestSubmit()")
    expect(desk.told).to_contain_text("Karim Haddad heeft dit gesprek nu.")
    expect(desk.field).to_have_value("Een lange zin die niet weg mag zijn")
    karim.set_present(False)
    back = karim.post(f"gesprek/{seeded.id}/loslaten")
    assert back.status_code == 200
    claimed(anna, seeded.id)
    expect(desk.field).to_be_visible()
    expect(desk.field).to_have_value("Een lange zin die niet weg mag zijn")


def test_both_reload_and_nothing_is_lost(visit, work, assistant, anna):
    chat = visit("/chat")
    chat.ask("mag ik fietsen?")
    name = conversation_of(chat, assistant)
    claimed(anna, name)
    desk = work(anna, f"/gesprek/{name}")
    desk.say("Hallo daar.")
    expect(chat.theirs.last).to_contain_text("Hallo daar.")
    expect(desk.texts.last).to_have_text("Hallo daar.")
    desk.field.fill("Nog niet verstuurd")
    desk.page.get_by_label("Nieuwe notitie").fill("Halve notitie")
    before = desk.said()
    desk.page.reload()
    expect(desk.field).to_have_value("Nog niet verstuurd")
    expect(desk.page.get_by_label("Nieuwe notitie")).to_have_value("Halve notitie")
    assert desk.said() == before
    shown = chat.shown()
    chat.page.reload()
    expect(chat.bubbles).to_have_count(3)
    assert chat.shown() == shown
    chat.type_and_send("Ik ben er nog.")
    expect(desk.texts.last).to_have_text("Ik ben er nog.")


def test_the_server_is_killed_and_nothing_is_lost_or_doubled(visit, work, assistant, anna):
    chat = visit("/chat", may_lose_requests=True)
    chat.ask("mag ik fietsen?")
    name = conversation_of(chat, assistant)
    claimed(anna, name)
    desk = work(anna, f"/gesprek/{name}", may_lose_requests=True)
    desk.say("Voor de storing.")
    expect(chat.theirs.last).to_contain_text("Voor de storing.")
    assistant.kill()
    try:
        desk.say("Tijdens de storing.")
        expect(desk.told).to_contain_text("Er is geen verbinding.")
        expect(desk.field).to_have_value("Tijdens de storing.")
    finally:
        # The other tests need it too.
        assistant.start()
    desk.field.press("Enter")
    expect(chat.theirs.last).to_contain_text("Tijdens de storing.", timeout=40_000)
    chat.type_and_send("Ik lees je weer.")
    expect(desk.texts.last).to_have_text("Ik lees je weer.")
    expect(desk.told).to_be_hidden()
    said = desk.said()
    for text in ("Voor de storing.", "Tijdens de storing.", "Ik lees je weer."):
        assert said.count(text) == 1
    desk.page.reload()
    assert desk.said() == said


def test_a_message_of_which_the_answer_got_lost_comes_once(visit, work, assistant, anna):
    seeded = waiting(assistant, anna)
    claimed(anna, seeded.id)
    desk = work(anna, f"/gesprek/{seeded.id}", may_lose_requests=True)

    def lose(route):
        route.fetch()
        route.abort()

    desk.page.route("**/schrijven*", lose, times=1)
    desk.say("Eén keer, graag.")
    expect(desk.texts.last).to_have_text("Eén keer, graag.")
    # It stands there, so it needn't be sent again.
    expect(desk.field).to_have_value("")
    assert desk.said().count("Eén keer, graag.") == 1


def test_a_reload_while_a_message_is_under_way_sends_it_once(work, assistant, anna):
    seeded = waiting(assistant, anna)
    claimed(anna, seeded.id)
    desk = work(anna, f"/gesprek/{seeded.id}", may_lose_requests=True)
    held = []

    def hold_the_first(route):
        held.append(route)
        if len(held) > 1:
            route.continue_()

    desk.page.route("**/schrijven*", hold_the_first)
    desk.say("Onderweg.")
    expect(desk.field).to_have_value("")
    desk.page.reload()
    expect(desk.field).to_have_value("Onderweg.")
    desk.field.press("Enter")
    expect(desk.texts.last).to_have_text("Onderweg.")
    assert desk.said().count("Onderweg.") == 1


class Way:
    """The way of the desk's messages, on which they wait until they are let go."""

    def __init__(self, desk):
        self.held = []
        self.is_open = False
        desk.page.route("**/schrijven*", self._take)

    def _take(self, route):
        if self.is_open:
            route.continue_()
        else:
            self.held.append(route)


QUICK = ["Ga maar zitten.", "Ik kijk even.", "Het valt mee."]


def say_quickly(desk):
    """Gives the way, with the first message of three on it."""
    way = Way(desk)
    for text in QUICK:
        desk.say(text)
        expect(desk.field).to_have_value("")
    until = time.monotonic() + 20
    while not way.held:
        assert time.monotonic() < until
        desk.page.wait_for_timeout(20)
    assert len(way.held) == 1, "one goes at a time"
    return way


def test_messages_written_faster_than_they_leave_all_come_in_order(visit, work, assistant, anna):
    chat = visit("/chat")
    chat.ask("mag ik fietsen?")
    name = conversation_of(chat, assistant)
    claimed(anna, name)
    desk = work(anna, f"/gesprek/{name}")
    way = say_quickly(desk)
    desk.field.fill("Nog niet af")
    way.is_open = True
    way.held[0].continue_()
    expect(desk.texts.last).to_have_text(QUICK[-1])
    assert desk.said()[-3:] == QUICK
    expect(desk.field).to_have_value("Nog niet af")
    expect(chat.theirs.last).to_contain_text(QUICK[-1])


def test_messages_that_wait_for_one_that_is_lost_come_back_to_be_sent(work, assistant, anna):
    seeded = waiting(assistant, anna)
    claimed(anna, seeded.id)
    desk = work(anna, f"/gesprek/{seeded.id}", may_lose_requests=True)
    way = say_quickly(desk)
    # The first comes through, but its answer does not.
    way.held[0].fetch()
    way.held[0].abort()
    expect(desk.texts.last).to_have_text(QUICK[0])
    rest = "\n".join(QUICK[1:])
    expect(desk.field).to_have_value(rest)
    way.is_open = True
    desk.field.press("Enter")
    expect(desk.texts.last).to_have_text(rest)
    assert desk.said().count(QUICK[0]) == 1


def test_a_reload_while_messages_wait_loses_none(work, assistant, anna):
    seeded = waiting(assistant, anna)
    claimed(anna, seeded.id)
    desk = work(anna, f"/gesprek/{seeded.id}", may_lose_requests=True)
    say_quickly(desk)
    desk.page.reload()
    expect(desk.field).to_have_value("\n".join(QUICK))


def test_canned_replies_are_put_into_the_draft_and_not_sent(work, assistant, anna):
    seeded = waiting(assistant, anna)
    claimed(anna, seeded.id)
    desk = work(anna, f"/gesprek/{seeded.id}")
    before = desk.messages.count()
    desk.field.fill("Hoi.")
    desk.page.get_by_label("Kant-en-klare zin").select_option(label="Bel de praktijk")
    value = desk.field.input_value()
    assert value.startswith("Hoi. Dit bespreek ik liever met je aan de telefoon.")
    assert "{" not in value
    expect(desk.field).to_be_focused()
    assert desk.messages.count() == before


def test_a_note_stays_within_the_practice(visit, work, assistant, anna, karim):
    seeded = waiting(assistant, anna)
    claimed(anna, seeded.id)
    desk, other = work(anna, f"/gesprek/{seeded.id}"), work(karim, f"/gesprek/{seeded.id}")
    desk.page.get_by_label("Nieuwe notitie").fill("Belt <b>morgen</b> zelf.")
    desk.button("Bewaar notitie").click()
    for one in (desk, other):
        expect(one.page.locator(".notes .text")).to_have_text("Belt <b>morgen</b> zelf.")
    chat = visit("/chat", token=seeded.token)
    expect(chat.log).not_to_contain_text("morgen")


def test_closing_tells_the_patient_who_begins_anew(visit, work, assistant, anna):
    chat = visit("/chat")
    chat.ask("mag ik fietsen?")
    name = conversation_of(chat, assistant)
    claimed(anna, name)
    desk = work(anna, f"/gesprek/{name}")
    desk.part("Afsluiten").click()
    desk.button("Sluit af").click()
    expect(desk.told).to_contain_text("Kies eerst waarom")
    desk.page.get_by_label("Waarom").select_option("answered")
    desk.button("Sluit af").click()
    expect(desk.state).to_have_text("Afgesloten")
    expect(chat.theirs.last).to_contain_text("Dit gesprek is afgesloten.")
    chat.ask("mag ik zwemmen?")
    expect(desk.state).to_have_text("Bij de assistent")


def test_without_javascript_everything_works(browser, assistant, anna):
    seeded = waiting(assistant, anna)
    with working(browser) as work:
        desk = work(anna, f"/gesprek/{seeded.id}", java_script_enabled=False)
        desk.button("Overnemen").click()
        desk.field.fill("Hallo zonder script")
        desk.button("Verstuur").click()
        expect(desk.texts.last).to_have_text("Hallo zonder script")
        desk.part("Afsluiten").click()
        desk.button("Sluit af").click()
        expect(desk.told).to_contain_text("Kies eerst waarom")
        desk.page.get_by_label("Waarom").select_option("appointment")
        desk.button("Sluit af").click()
        expect(desk.state).to_have_text("Afgesloten")


def test_who_waits_is_called_out_and_rings_only_when_asked_to(work, assistant, anna):
    count = """() => { window.beeps = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (at) { window.beeps += 1; start.call(this, at); };
    }"""
    desk = work(anna)
    desk.page.evaluate(count)
    expect(desk.page.locator("[data-people]")).not_to_have_text("")
    waiting(assistant, anna)
    expect(desk.page.locator("[data-called]")).to_have_text("Er wacht iemand in de inbox.")
    assert desk.page.evaluate("window.beeps") == 0
    sound = desk.page.get_by_role("button", name="Geluid en meldingen")
    expect(sound).to_have_attribute("aria-pressed", "false")
    sound.click()
    expect(sound).to_have_attribute("aria-pressed", "true")
    desk.page.wait_for_function("() => window.beeps > 0")
    before = desk.page.evaluate("window.beeps")
    waiting(assistant, anna)
    desk.page.wait_for_function("before => window.beeps > before", arg=before)
    desk.page.reload()
    expect(sound).to_have_attribute("aria-pressed", "true")


def test_a_notification_says_nothing_about_a_patient(work, assistant, anna):
    shown = """() => { window.shown = [];
      window.Notification = class { static permission = "granted";
        constructor(title, options) { window.shown.push([title, options.body]); } };
      document.hasFocus = () => false;
    }"""
    desk = work(anna, before=lambda page: page.add_init_script(f"({shown})()"))
    desk.page.get_by_role("button", name="Geluid en meldingen").click()
    waiting(assistant, anna)
    desk.page.wait_for_function("() => window.shown.length > 0")
    assert desk.page.evaluate("window.shown") == [["Ruggesteun", "Er wacht iemand in de inbox."]]


def test_who_is_logged_out_elsewhere_is_told_and_keeps_the_text(work, assistant):
    staff = Staff(assistant, "Tijdelijk Iemand")
    seeded = waiting(assistant, staff)
    claimed(staff, seeded.id)
    desk = work(staff, f"/gesprek/{seeded.id}", may_lose_requests=True)
    with session_for(staff.inbox.database_url) as session:
        end_all(session, staff.account)
    desk.say("Mag niet weg")
    expect(desk.told).to_contain_text("Je bent niet meer ingelogd.")
    expect(desk.field).to_have_value("Mag niet weg")


# ---- For everybody


def violations(page, state):
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(axe_source())
        found += page.evaluate(
            """([state, scheme]) => axe.run(document, {
              runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
              resultTypes: ["violations"],
            }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
              nodes.map(({ html, failureSummary }) =>
                `${state}, ${scheme}: ${id}: ${html.slice(0, 120)} ${failureSummary}`)))""",
            [state, scheme],
        )
    return found


def test_axe_finds_nothing(visit, work, assistant, anna, karim, screen):
    chat = visit("/chat")
    chat.ask(ALARM)
    alarm = conversation_of(chat, assistant)
    seeded = waiting(assistant, anna)
    desk = work(anna, screen=screen)
    desk.page.locator("details.filter summary").click()
    found = violations(desk.page, "queue")
    found += violations(desk.go("?tab=gesloten&zoek=zzzz").page, "nothing found")
    found += violations(desk.open(alarm).page, "alarm")
    found += violations(desk.go("/openingstijden").page, "hours")
    desk.open(seeded.id).button("Overnemen").click()
    desk.say("Hallo")
    for part in ("Terug naar assistent", "Overdragen", "Afsluiten"):
        desk.part(part).click()
    desk.page.get_by_label("Nieuwe notitie").fill("Een notitie")
    desk.button("Bewaar notitie").click()
    expect(desk.page.locator(".notes .text")).to_have_text("Een notitie")
    desk.button("Sluit af").click()
    expect(desk.told).to_be_visible()
    found += violations(desk.page, "own conversation")
    assert found == []


@pytest.mark.parametrize(
    ("size", "scale"), [((320, 640), 1), ((640, 360), 2)], ids=["320 px", "200 percent"]
)
def test_nothing_needs_to_be_scrolled_sideways(work, assistant, anna, size, scale):
    seeded = waiting(assistant, anna)
    seeded.exchange("a" * 500, "b" * 500)
    claimed(anna, seeded.id)
    desk = work(anna, screen=size, device_scale_factor=scale)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    desk.page.locator("details.filter summary").click()
    assert desk.page.evaluate(fits)
    desk.open(seeded.id)
    for part in ("Terug naar assistent", "Overdragen", "Afsluiten"):
        desk.part(part).click()
    assert desk.page.evaluate(fits)
    desk.go("/openingstijden")
    assert desk.page.evaluate(fits)


def test_a_phone_shows_the_list_or_the_conversation(work, assistant, anna, screen):
    seeded = waiting(assistant, anna)
    desk = work(anna, screen=screen)
    is_phone = screen[0] < 960
    desk.row(seeded.id).locator("a").click()
    expect(desk.page.locator(".talk h1")).to_be_visible()
    back = desk.page.get_by_role("link", name="Terug naar de lijst")
    if not is_phone:
        expect(desk.page.locator(".queue")).to_be_visible()
        expect(back).to_be_hidden()
        return
    expect(desk.page.locator(".queue")).to_be_hidden()
    back.click()
    expect(desk.row(seeded.id)).to_be_visible()


def test_what_comes_in_takes_no_focus_and_is_read_out(work, assistant, anna):
    seeded = waiting(assistant, anna)
    claimed(anna, seeded.id)
    desk = work(anna, f"/gesprek/{seeded.id}?tab=alles")
    log = desk.page.get_by_role("log", name="Berichten")
    expect(log).to_have_count(1)
    desk.field.press_sequentially("ik typ ")
    seeded.log.add_message(seeded.id, "later-00001", "Ben je daar?")
    expect(log).to_contain_text("Ben je daar?")
    desk.page.keyboard.type("verder")
    expect(desk.field).to_have_value("ik typ verder")
    row = desk.row(seeded.id).locator("a")
    row.focus()
    waiting(assistant, anna)
    desk.page.wait_for_timeout(2500)
    expect(row).to_be_focused()


def test_the_keyboard_alone_is_enough(work, assistant, anna):
    seeded = waiting(assistant, anna)
    desk = work(anna, f"/gesprek/{seeded.id}")
    claim = desk.button("Overnemen")
    claim.focus()
    desk.page.keyboard.press("Enter")
    expect(desk.field).to_be_focused()
    desk.page.keyboard.type("Met het toetsenbord")
    desk.page.keyboard.press("Shift+Enter")
    desk.page.keyboard.type("twee regels")
    desk.page.keyboard.press("Enter")
    expect(desk.texts.last).to_have_text("Met het toetsenbord\ntwee regels")
