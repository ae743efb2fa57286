"""A patient on Telegram and a therapist in the inbox, in a real browser; and who is mailed."""

from __future__ import annotations

import random
import re
import statistics
import time
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from rasa_project.channels.telegram_names import Names
from rasa_project.conversation.states import State
from rasa_project.conversation.texts import texts
from rasa_project.inbox.texts import inbox_texts
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow
from tests.browser.inbox import InboxPage, Staff, working
from tests.dialogues.conftest import PHONE, Assistant
from tests.handoff.mail_server import Taker
from tests.handoff.mail_server import start as start_mail_server
from tests.telegram.agreed import agree
from tests.telegram.stand_in import TOKEN, StandIn

pytestmark = [pytest.mark.browser, pytest.mark.model]

OURS = Names(TOKEN)
ADDRESS = "https://rug.debrug.example"
QUESTION = "Mag ik fietsen met lage rugpijn?"
EMERGENCY = "Ik heb druk op de borst en krijg bijna geen lucht"
PATIENCE = 30.0
# What may not stand in a log: the bot's token, and words that are said here.
SECRETS = [TOKEN.partition(":")[2], "fietsen", "Zandstraat", "98765432", "Van ", "Voor ", "druk op"]
ROUNDS = 10
MOST_SECONDS = 3.0
KILLS = 2
# So long nothing may come that shouldn't.
QUIET_SECONDS = 1.5


class Patient:
    """Somebody on Telegram, who reads what comes in order."""

    def __init__(self, telegram: StandIn, assistant: Assistant, chat: int):
        self.telegram = telegram
        self.assistant = assistant
        self.chat = chat
        self.id = OURS.conversation(chat)
        self._read = 0

    def says(self, text: str) -> None:
        self.telegram.says(self.chat, text)

    def presses(self, message: Dict[str, Any], title: str) -> str:
        return self.telegram.presses(self.chat, message, title)

    def presses_again(self, message: Dict[str, Any], title: str) -> str:
        """Press a button as it was shown, also when it isn't there any more."""
        named = [b for row in message["reply_markup"]["inline_keyboard"] for b in row]
        (data,) = [b["callback_data"] for b in named if b["text"] == title]
        return self.telegram.presses_data(self.chat, message, data)

    def hears(self, words: str) -> Dict[str, Any]:
        """Wait for the first message, after those that were read, in which these words are."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for at, message in enumerate(self.telegram.seen(self.chat)[self._read :]):
                if words in message["text"]:
                    self._read += at + 1
                    return message
            time.sleep(0.02)
        raise AssertionError(f"{words!r} did not come; there is {self.unread}")

    @property
    def unread(self) -> List[str]:
        return self.telegram.texts(self.chat)[self._read :]

    def hears_nothing(self) -> None:
        time.sleep(QUIET_SECONDS)
        assert self.unread == []

    @property
    def typing(self) -> int:
        """How often this patient was shown that somebody types."""
        calls = self.telegram.called("sendChatAction")
        return sum(values["chat_id"] == self.chat for values in calls)

    @property
    def told_to_rasa(self) -> List[str]:
        return self.assistant.said_by(self.id)


def buttons(message: Dict[str, Any]) -> List[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


def fixed(text: str) -> str:
    """The part of a text of ours before what is filled in."""
    return re.split(r"\{", text)[0].strip()


@pytest.fixture(scope="module")
def telegram() -> Iterator[StandIn]:
    server = StandIn(7).start()
    yield server
    server.stop()
    assert server.problems == []


@pytest.fixture(scope="module")
def mail() -> Iterator[Any]:
    taker = Taker()
    server = start_mail_server(taker)
    yield taker, server.port
    server.stop()


@pytest.fixture(scope="module")
def assistant(tmp_path_factory, snapshot, practice, telegram, mail):
    settings = telegram.settings(
        RUGGESTEUN_PRACTICE=str(practice),
        RUGGESTEUN_ADDRESS=ADDRESS,
        RUGGESTEUN_SMTP_HOST="127.0.0.1",
        RUGGESTEUN_SMTP_PORT=str(mail[1]),
        RUGGESTEUN_SMTP_SECURITY="none",
        RUGGESTEUN_SMTP_FROM="assistent@debrug.example",
    )
    running = Assistant(tmp_path_factory.mktemp("inbox-telegram"), settings, snapshot).start()
    telegram.agree = partial(agree, f"sqlite:///{running.database}")
    yield running
    running.stop()


def check_log(assistant: Assistant) -> None:
    """Nothing that anybody said stands in the log; a start begins a new one."""
    written = assistant.output + assistant.errors
    assert [word for word in SECRETS if word in written] == []


@pytest.fixture(autouse=True)
def quiet_log(assistant):
    yield
    check_log(assistant)


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
def nobody(anna, karim):
    """Nobody is there; whoever comes is away again afterwards."""
    yield
    for one in (anna, karim):
        one.set_present(False)


@pytest.fixture
def present(anna, nobody):
    anna.set_present()
    return anna


@pytest.fixture(scope="module")
def patient(telegram, assistant) -> Callable[[], Patient]:
    chats = iter(range(7_001_000_001, 7_001_000_100))
    return lambda: Patient(telegram, assistant, next(chats))


def take_over(desk: InboxPage, patient: Patient) -> None:
    """From the list, as soon as it stands there, until the patient knows."""
    row = desk.row(patient.id)
    expect(row).to_contain_text("Wacht op een mens")
    expect(row).to_contain_text("Telegram")
    row.locator("a").click()
    expect(desk.page.locator(".talk-head")).to_contain_text("Telegram, begonnen")
    desk.button("Overnemen").click()
    expect(desk.state).to_have_text("Bij jou")
    patient.hears(f"{desk.staff.name} {texts().telegram.joined}")


def with_human(staff: Staff, patient: Patient) -> None:
    """Begin a conversation that a therapist has, without a browser."""
    patient.says(QUESTION)
    patient.hears("fietsen")
    answer = staff.post(f"gesprek/{patient.id}/overnemen")
    assert answer.status_code == 200, answer.text
    patient.hears(f"{staff.name} {texts().telegram.joined}")


def from_therapist(desk: InboxPage, patient: Patient, text: str) -> float:
    """How long a message takes from the key to Telegram."""
    desk.field.fill(text)
    began = time.perf_counter()
    desk.field.press("Enter")
    whole = f"{desk.staff.name}:\n{text}"
    patient.telegram.wait(lambda: whole in patient.unread, text, every=0.005)
    seconds = time.perf_counter() - began
    patient.hears(whole)
    return seconds


def from_patient(desk: InboxPage, patient: Patient, text: str) -> float:
    """How long a message takes from Telegram to the therapist's screen."""
    began = time.perf_counter()
    patient.says(text)
    desk.page.wait_for_function(
        """text => [...document.querySelectorAll(".log .item.message.patient .text")]
          .some((one) => one.textContent.trim() === text)""",
        arg=text,
    )
    return time.perf_counter() - began


@pytest.mark.parametrize("words", ["/mens", "Ik wil liever met een echt persoon praten"])
def test_who_asks_is_told_who_comes_and_gets_them(work, present, patient, words):
    one = patient()
    desk = work(present)
    one.says(words)
    told = one.hears("Anna de Wit kijkt met je mee, meestal binnen 5 minuten.")
    assert texts().handoff.first_in_line in told["text"]
    assert buttons(told) == [texts().handoff.button_go_on, texts().handoff.button_callback]
    take_over(desk, one)
    desk.say("Dag, met Anna.")
    one.hears("Anna de Wit:\nDag, met Anna.")
    # A late press of what belonged to waiting is read by the therapist, and begins no form.
    one.presses(told, texts().handoff.button_callback)
    expect(desk.texts.last).to_have_text(texts().handoff.button_callback)
    one.hears_nothing()
    assert present.inbox.ownerships.of(one.id).state is State.HUMAN


def test_they_talk_live_and_go_back_to_the_assistant(work, present, patient):
    one = patient()
    one.says(QUESTION)
    one.hears("fietsen")
    desk = work(present)
    one.says("Kan ik iemand spreken?")
    one.hears("Anna de Wit kijkt met je mee")
    take_over(desk, one)
    to_rasa = one.told_to_rasa

    shown = one.typing
    desk.field.press_sequentially("Hallo, ik lees", delay=40)
    one.telegram.wait(lambda: one.typing > shown, "typing is shown")
    to_patient = [from_therapist(desk, one, f"Van Anna {n}") for n in range(ROUNDS)]
    to_therapist = [from_patient(desk, one, f"Van de patiënt {n}") for n in range(ROUNDS)]
    for side, taken in (("to Telegram", to_patient), ("to the inbox", to_therapist)):
        median = statistics.median(taken)
        print(f"A message {side}: median {median * 1000:.0f} ms, at most {max(taken) * 1000:.0f}")
        assert median < MOST_SECONDS

    said = desk.said()
    desk.page.reload()
    expect(desk.field).to_be_visible()
    assert desk.said() == said
    from_patient(desk, one, "Mag ik fietsen als het regent?")
    one.hears_nothing()
    assert one.told_to_rasa == to_rasa

    desk.part("Terug naar assistent").click()
    desk.button("Geef terug").click()
    expect(desk.state).to_have_text("Bij de assistent")
    one.hears(f"Anna de Wit {texts().telegram.left}")
    one.hears("Je praat nu weer met de assistent")
    assert one.unread == []
    one.says("Mag ik tillen?")
    one.hears("tillen")
    expect(desk.page.locator(".log .item.assistant").last).to_contain_text("tillen")
    assert one.told_to_rasa == [*to_rasa, "Mag ik tillen?"]


def test_an_emergency_told_to_the_therapist(work, present, patient):
    one = patient()
    with_human(present, one)
    to_rasa = one.told_to_rasa
    desk = work(present, f"/gesprek/{one.id}?tab=wacht")
    one.says(EMERGENCY)
    alarm = one.hears(texts().telegram.alarm["emergency"])
    assert "112" in alarm["text"]
    mark = desk.page.locator("mark")
    expect(mark.first).to_be_visible()
    assert mark.first.evaluate("one => one.firstChild.data") in EMERGENCY
    expect(desk.row(one.id)).to_contain_text("nog niet gezien")
    bar = desk.page.locator("[data-alarm]")
    expect(bar).to_contain_text(inbox_texts().urgency["emergency"])
    desk.button("Alarm gezien").click()
    expect(desk.button("Alarm gezien")).to_be_hidden()
    # Anna still has the conversation, and the assistant stays out of it.
    from_therapist(desk, one, "Bel nu 112. Ik blijf hier.")
    one.hears_nothing()
    assert one.told_to_rasa == to_rasa
    assert present.inbox.ownerships.of(one.id).owner == present.account


def test_closed_with_a_reason_the_patient_begins_anew(work, present, patient):
    one = patient()
    with_human(present, one)
    desk = work(present, f"/gesprek/{one.id}")
    desk.part("Afsluiten").click()
    desk.page.get_by_label("Waarom").select_option("answered")
    desk.button("Sluit af").click()
    expect(desk.state).to_have_text("Afgesloten")
    one.hears(f"Anna de Wit {fixed(texts().telegram.left_to['closed'])}")
    one.hears("Dit gesprek is afgesloten.")
    one.says("Helpt warmte?")
    one.hears("armte")
    expect(desk.state).to_have_text("Bij de assistent")
    assert one.told_to_rasa[-1] == "Helpt warmte?"


def test_take_over_in_the_middle_of_a_triage_question(work, present, patient):
    one = patient()
    one.says("Is mijn rugpijn ernstig?")
    question = one.hears("Vraag 1")
    assert buttons(question)[:2] == ["Ja", "Nee"]
    to_rasa = one.told_to_rasa
    desk = work(present, f"/gesprek/{one.id}")
    expect(desk.page.locator("[data-card]")).to_contain_text("nog geen antwoord")
    desk.button("Overnemen").click()
    one.hears(f"Anna de Wit {texts().telegram.joined}")
    from_therapist(desk, one, "Dag, met Anna.")
    one.presses(question, "Nee")
    expect(desk.texts.last).to_have_text("Nee")
    one.telegram.wait(lambda: "Jij koos: Nee" in one.telegram.texts(one.chat)[1], "it is shown")
    count = desk.messages.count()
    # Once more, as from a phone that was late.
    query = one.presses_again(question, "Nee")
    one.telegram.wait(lambda: one.telegram.callbacks[query], "the press is answered")
    one.hears_nothing()
    assert desk.messages.count() == count
    assert one.told_to_rasa == to_rasa
    assert present.inbox.ownerships.of(one.id).owner == present.account
    # The assistant goes on where it was.
    assert present.post(f"gesprek/{one.id}/teruggeven").status_code == 200
    one.hears("Je praat nu weer met de assistent")
    one.says("Nee")
    one.hears("Vraag 2")


def test_nobody_is_there_and_the_request_is_handled_in_the_inbox(work, anna, nobody, patient):
    ours = texts().handoff
    one = patient()
    one.says("/mens")
    told = one.hears("Er kan nu niemand meekijken in deze chat.")
    assert PHONE in told["text"]
    one.presses(told, ours.button_callback)
    one.hears("Hoe heet je?")
    one.says("Jan Zandstraat")
    one.hears(fixed(ours.ask_contact))
    one.says("06-98765432")
    asked = one.hears(fixed(ours.ask_moment))
    one.presses(asked, ours.moments[1])
    asked = one.hears("Klopt dit?")
    for text in ("Jan Zandstraat", "06", ours.moments[1]):
        assert text in asked["text"]
    assert anna.inbox.ownerships.of(one.id).state is State.BOT
    desk = work(anna, "?tab=terugbellen")
    # Not before the yes.
    expect(desk.row(one.id)).to_have_count(0)
    one.presses(asked, ours.button_consent)
    done = one.hears("Het is genoteerd, Jan Zandstraat.")
    assert ours.when_open in done["text"]
    expect(desk.row(one.id)).to_contain_text("Terugbellen")
    desk.row(one.id).locator("a").click()
    card = desk.page.locator("[data-card]")
    for text in ("Jan Zandstraat", "98765432", ours.moments[1].lower()):
        expect(card).to_contain_text(re.compile(text, re.IGNORECASE))
    desk.button("Teruggebeld").click()
    expect(desk.button("Teruggebeld")).to_be_hidden()
    expect(desk.row(one.id)).to_have_count(0)
    one.says(QUESTION)
    one.hears("fietsen")
    words = " ".join(one.told_to_rasa)
    assert "Zandstraat" not in words
    assert "98765432" not in words


def login_of(staff: Staff) -> str:
    with session_for(staff.inbox.database_url) as session:
        query = sa.select(AccountRow.login).where(AccountRow.id == staff.account)
        return str(session.execute(query).scalar_one())


def test_who_is_present_is_mailed_once_and_reads_nothing_about_the_patient(
    work, assistant, nobody, patient, telegram, mail
):
    mara = Staff(assistant, "Mara Bakker")
    mara.set_present()
    login, taker = login_of(mara), mail[0]
    one = patient()
    secrets = ("hernia", "fietsen", "Zandstraat", "borst", one.id, one.id[3:], str(one.chat))

    def mailed() -> List[Any]:
        return [message for to, message in list(taker.mail) if to == [login]]

    one.says("Mag ik fietsen met een hernia? Groeten, Jan Zandstraat")
    one.hears("hernia")
    one.says("/mens")
    one.hears("Mara Bakker kijkt met je mee")
    telegram.wait(mailed, "a mail")
    (message,) = mailed()
    assert message["Subject"] == "Nieuw gesprek wacht, urgent: nee"
    text = "\n".join(message.get_content().splitlines())
    link = re.search(f"^Openen: {re.escape(ADDRESS)}/inbox(/open/[0-9]+)$", text, re.MULTILINE)
    assert link, text
    assert text.startswith(f"Nieuw gesprek wacht, urgent: nee\n\n{link[0]}\n\n-- \n")
    # The link leads there, for who is logged in.
    desk = work(mara, link[1])
    expect(desk.page.locator("h1")).to_have_text(f"Gesprek {one.id[-4:].upper()}")
    # More than one look of the job later it is still one.
    time.sleep(3)
    assert len(mailed()) == 1
    one.says(EMERGENCY)
    one.hears(texts().telegram.alarm["emergency"])
    telegram.wait(lambda: len(mailed()) == 2, "a mail of the alarm")
    assert mailed()[1]["Subject"] == "Een gesprek vraagt aandacht, urgent: ja"
    for message in mailed():
        everything = message.as_string() + message.get_content()
        assert [word for word in secrets if word in everything] == []
    mara.set_present(False)


class Pair(NamedTuple):
    desk: InboxPage
    patient: Patient
    said: List[str]
    heard: List[str]
    told_to_rasa: List[str]


def sent_at_last(desk: InboxPage, text: str) -> None:
    """Press Enter again for as long as the text stands in the field."""
    for _ in range(300):
        if text in desk.said() and desk.field.input_value() == "":
            return
        if desk.field.input_value() == text:
            desk.field.press("Enter")
        desk.page.wait_for_timeout(100)
    raise AssertionError(f"never sent: {text}; {desk.said()}")


def test_killed_while_two_pairs_talk(work, assistant, telegram, anna, karim, nobody, patient):
    chance = random.Random(4)
    pairs = []
    for staff in (anna, karim):
        one = patient()
        with_human(staff, one)
        desk = work(staff, f"/gesprek/{one.id}?tab=mijn", may_lose_requests=True)
        pairs.append(Pair(desk, one, [], [], one.told_to_rasa))

    def patients_say(when: str) -> None:
        for n in range(2):
            for pair in pairs:
                pair.said.append(f"{when} {n}, aan {pair.desk.staff.name}")
                pair.patient.says(pair.said[-1])

    def therapists_say(when: str) -> None:
        for pair in pairs:
            pair.heard.append(f"{when}, van {pair.desk.staff.name}")
            pair.desk.say(pair.heard[-1])

    def all_sent() -> None:
        for pair in pairs:
            sent_at_last(pair.desk, pair.heard[-1])

    for number in range(KILLS):
        therapists_say(f"Voor {number}")
        all_sent()
        patients_say(f"Voor {number}")
        if number % 2:
            # The hardest moment: Telegram has it, and we don't know that.
            telegram.wait(telegram.is_all_confirmed)
            telegram.silenced, telegram.silent = 0, True
            therapists_say(f"Net voor {number}")
            telegram.wait(lambda: telegram.silenced == len(pairs), "both are taken")
        else:
            therapists_say(f"Net voor {number}")
            time.sleep(chance.uniform(0.0, 0.15))
        assistant.kill()
        telegram.silent = False
        check_log(assistant)
        patients_say(f"Tijdens {number}")
        assistant.start()
        all_sent()
        patients_say(f"Na {number}")
        therapists_say(f"Na {number}")
        all_sent()
    for desk, one, said, heard, _ in pairs:
        name = desk.staff.name
        one.hears(f"{name}:\n{heard[-1]}")
        expect(desk.page.locator(".log .item.message.patient .text").last).to_have_text(said[-1])
        desk.page.reload()
        shown = desk.page.locator(".log .item.message.patient .text").all_text_contents()
        assert [text.strip() for text in shown] == [QUESTION, *said]
        shown = desk.page.locator(".log .item.message.therapist .text").all_text_contents()
        assert [text.strip() for text in shown] == heard
    time.sleep(QUIET_SECONDS)
    for desk, one, _, heard, before in pairs:
        name = desk.staff.name
        everything = one.telegram.texts(one.chat)
        joined = everything.index(f"{name} {texts().telegram.joined}")
        assert everything[joined + 1 :] == [f"{name}:\n{text}" for text in heard]
        assert one.told_to_rasa == before
