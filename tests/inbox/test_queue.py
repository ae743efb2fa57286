"""The queue's queries, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rasa_project.conversation.events import reply_content
from rasa_project.conversation.log import ConversationLog
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.states import PATIENT_ACTOR, Actor, State
from rasa_project.inbox.desk import Desk
from rasa_project.inbox.queue import TABS, Queue, Wanted, shortened
from rasa_project.inbox.search import folded
from rasa_project.inbox.texts import inbox_texts
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow, CallbackRow, TopicRow

START = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)


class World:
    """Conversations at moments of the test's choosing."""

    def __init__(self, url):
        self.url = url
        self.moment = START
        self.log = ConversationLog(url, lambda: self.moment)
        self.ownerships = Ownerships(url, lambda: self.moment)
        self.desk = Desk(url, lambda: self.moment)
        self.queue = Queue(url)
        self.anna = self.account("Anna de Wit")
        self.karim = self.account("Karim Haddad")

    def account(self, name, role="therapeut", **fields):
        with session_for(self.url) as session:
            row = AccountRow(
                login=f"{name.split()[0].lower()}@x.nl",
                name=name,
                role=role,
                password_hash="x",
                created_at=START,
                **fields,
            )
            session.add(row)
            session.flush()
            return Actor.therapist(row.id, name)

    def begin(self, name, *messages, channel="website"):
        self.log.begin(name, channel, None, timedelta(hours=12))
        for number, text in enumerate(messages or ("Ik heb rugpijn.",)):
            self.log.add_message(name, f"client-{number:04d}", text)
            self.moment += timedelta(seconds=1)
        return name

    def wait(self, name):
        self.ownerships.ask_for_human(name, PATIENT_ACTOR, "asked")

    def page(self, tab="wacht", account=None, **wanted):
        account = (account or self.anna).account
        return self.queue.page(Wanted(tab, **wanted), account, self.moment)

    def ids(self, tab="wacht", **wanted):
        return [row.ownership.conversation for row in self.page(tab, **wanted).rows]


@pytest.fixture
def world(database):
    return World(database)


def test_an_unseen_alarm_comes_first_then_the_level_then_who_waits_longest(world):
    for name in ("early", "late", "soon", "today"):
        world.begin(name)
        world.wait(name)
    for name in ("soon", "today"):
        level = {"soon": Urgency.SOON, "today": Urgency.SAME_DAY}[name]
        world.ownerships.raise_urgency(name, level)
        world.ownerships.see_alarm(name)
    world.begin("alarm")
    world.ownerships.raise_urgency("alarm", Urgency.SAME_DAY)
    world.begin("emergency")
    world.ownerships.raise_urgency("emergency", Urgency.EMERGENCY)
    assert world.ids() == ["emergency", "alarm", "today", "soon", "early", "late"]


def test_who_was_put_back_has_waited_from_the_first_moment(world):
    world.begin("first")
    world.wait("first")
    world.begin("second")
    world.wait("second")
    assert world.ids() == ["first", "second"]
    waits = world.page().rows[0].ownership.waiting_since
    assert waits < world.moment


def test_each_tab_holds_its_own(world):
    world.begin("bot")
    world.begin("waiting")
    world.wait("waiting")
    world.begin("mine")
    world.ownerships.claim("mine", world.anna)
    world.begin("karims")
    world.ownerships.claim("karims", world.karim)
    world.begin("closed")
    world.ownerships.claim("closed", world.anna)
    world.ownerships.close("closed", world.anna, "answered", reply_content([{"text": "Dag"}]))
    world.begin("callback")
    with session_for(world.url) as session:
        for step in ("name", "done"):
            session.add(
                CallbackRow(
                    conversation="callback" if step == "done" else "bot",
                    created_at=START,
                    finished_at=START,
                    step=step,
                    why="asked",
                )
            )
    world.log.begin("silent", "website", None, timedelta(hours=1))
    assert world.ids("wacht") == ["waiting"]
    assert world.ids("mijn") == ["mine"]
    assert world.ids("assistent") == ["callback", "bot"]
    assert world.ids("terugbellen") == ["callback"]
    assert world.ids("gesloten") == ["closed"]
    everything = world.page("alles")
    assert {row.ownership.conversation for row in everything.rows} == {
        "bot", "waiting", "mine", "karims", "closed", "callback",
    }  # fmt: skip
    assert everything.counts == {
        "wacht": 1, "mijn": 1, "assistent": 2, "terugbellen": 1, "gesloten": 1,
    }  # fmt: skip
    assert everything.rows[0].ownership.conversation == "waiting"
    assert {row.owner_name for row in everything.rows} == {"", "Anna de Wit", "Karim Haddad"}


def test_what_was_said_long_ago_does_not_run(world):
    world.begin("old")
    world.moment += timedelta(hours=25)
    assert world.ids("assistent") == []
    assert world.ids("alles") == ["old"]


def test_a_row_tells_the_topic_the_last_line_and_what_is_unread(world):
    with session_for(world.url) as session:
        session.add(
            TopicRow(
                id="fietsen",
                topic_group="x",
                question="?",
                button="Mag ik fietsen?",
                position=1,
                active=True,
            )  # fmt: skip
        )
    world.begin("one", "Mag ik fietsen?", "En zwemmen?")
    first, second = world.log.events("one")
    answer = {"parts": [{"text": "Ja, **rustig** aan.", "buttons": []}], "topics": ["fietsen"]}
    world.log.add_reply("one", first["id"], answer)
    world.log.add_reply("one", second["id"], {"parts": [{"text": "Bedoel je …?"}], "topics": []})
    row = world.page("alles").rows[0]
    assert row.topics == ("Mag ik fietsen?",)
    assert (row.last_author, row.last_line) == ("assistant", "Bedoel je …?")
    assert row.unread == 2
    world.ownerships.read_up_to("one", first["id"])
    assert world.page("alles").rows[0].unread == 1


def test_what_is_noted_is_no_last_line(world):
    world.begin("one", "Hallo")
    message = world.log.events("one")[0]["id"]
    world.log.add_reply("one", message, {"findings": []}, "system", "noted")
    assert world.page("alles").rows[0].last_line == "Hallo"


SAID = {
    "cafe": "Na het Café deed mijn RUG zeer",
    "quote": 'Hij zei "au" en 100% \\ niets_',
    "emoji": "Pijn 😀 en een\nnieuwe regel",
    "other": "Mag ik zwemmen?",
}


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("rug", ["cafe"]),
        ("CAFÉ", ["cafe"]),
        ("cafe deed", ["cafe"]),
        ('zei "AU"', ["quote"]),
        ("100%", ["quote"]),
        ("%", ["quote"]),
        ("niets_", ["quote"]),
        ("\\", ["quote"]),
        ("😀", ["emoji"]),
        ("een nieuwe", ["emoji"]),
        ("text", []),
        ("parts", []),
        ("antwoord", ["other"]),
        ("   ", ["cafe", "emoji", "other", "quote"]),
    ],
)
def test_search_finds_what_was_said_whatever_its_capitals(world, sought, found):
    for name, text in SAID.items():
        world.begin(name, text)
    message = world.log.events("other")[0]["id"]
    world.log.add_reply("other", message, {"parts": [{"text": "Een Antwoord."}], "topics": []})
    assert sorted(world.ids("alles", search=sought)) == found


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.data())
def test_each_part_of_a_message_finds_it(searched, data):
    world, texts = searched
    name = data.draw(st.sampled_from(sorted(texts)))
    text = texts[name]
    start = data.draw(st.integers(0, len(text) - 3))
    part = text[start : start + data.draw(st.integers(3, 30))]
    change = data.draw(st.sampled_from([str, str.upper, str.lower]))
    found = world.ids("alles", search=change(part))
    assert name in found or not folded(part)


@pytest.fixture
def searched(world):
    texts = {
        "a": "Ik heb sinds één week pijn in m'n linkerbeen, ’s nachts érger!",
        "b": "ÇA FAIT MAL: straße, Œuf, İstanbul, ağrı, ból, болит, ألم شديد",
        "c": 'tab\ten\nregel "citaat" \\ schuin % _ 100% {x} <b>',
    }
    for name, text in texts.items():
        world.begin(name, text)
    return world, texts


def test_filters(world):
    world.begin("site", channel="website")
    world.begin("tg", channel="telegram")
    world.ownerships.raise_urgency("tg", Urgency.SAME_DAY)
    world.moment += timedelta(days=2)
    world.begin("later")
    assert world.ids("alles", channel="telegram") == ["tg"]
    assert world.ids("alles", urgency=Urgency.SOON) == ["tg"]
    assert world.ids("alles", urgency=Urgency.EMERGENCY) == []
    assert world.ids("alles", first_day=date(2026, 11, 24)) == ["later"]
    assert set(world.ids("alles", last_day=date(2026, 11, 23))) == {"site", "tg"}
    assert set(world.ids("alles", last_day=date(2026, 11, 25))) == {"site", "tg", "later"}
    assert world.ids("alles", first_day=date(2026, 11, 24), last_day=date(2026, 11, 24)) == []


def test_pages(world):
    for number in range(52):
        world.begin(f"c{number:02d}")
        world.wait(f"c{number:02d}")
    first, second = world.page(), world.page(page=2)
    assert (len(first.rows), len(second.rows), first.total, first.pages) == (50, 2, 52, 2)
    assert [row.ownership.conversation for row in second.rows] == ["c50", "c51"]
    assert world.page(page=9).page == 2


def test_what_calls_is_new_when_it_happens_again(world):
    world.begin("one")
    world.wait("one")
    before = world.page().calling
    assert len(before) == 1
    world.ownerships.claim("one", world.anna)
    assert world.page().calling == frozenset()
    world.ownerships.release("one", world.anna, reply_content([{"text": "x"}]))
    again = world.page().calling
    assert again
    assert not again & before
    world.ownerships.raise_urgency("one", Urgency.EMERGENCY)
    assert any(" alarm emergency" in one for one in world.page().calling - again)


def test_no_conversation_at_all(world):
    for tab in TABS:
        page = world.page(tab)
        assert (page.rows, page.total, page.pages) == ((), 0, 1)


# ---- The desk


def test_presence(world):
    anna = world.anna.account
    assert [one.is_present for one in world.desk.people()] == [False, False]
    world.desk.set_present(anna, True)
    assert [one.name for one in world.desk.people() if one.is_present] == ["Anna de Wit"]
    world.moment += timedelta(seconds=90)
    assert world.desk.seen(anna)
    world.moment += timedelta(seconds=90)
    assert [one.is_present for one in world.desk.people()] == [True, False]
    world.moment += timedelta(seconds=31)
    assert [one.is_present for one in world.desk.people()] == [False, False]
    # Who comes back says so again.
    assert not world.desk.seen(anna)
    assert [one.is_present for one in world.desk.people()] == [False, False]


def test_only_who_may_take_conversations_is_listed(world):
    world.account("Mo Kijker", role="meekijker", present=True, seen_at=START)
    world.account("Weg Gegaan", active=False, present=True, seen_at=START)
    assert [one.name for one in world.desk.people()] == ["Anna de Wit", "Karim Haddad"]


def test_a_callback_is_settled_once(world):
    world.begin("one")
    with session_for(world.url) as session:
        session.add(
            CallbackRow(
                conversation="one", created_at=START, finished_at=START, step="done", why="asked"
            )
        )
    assert world.desk.callback_handled("one", world.anna.account) == 1
    assert world.desk.callback_handled("one", world.karim.account) == 0


# ---- Lines


@given(st.text(max_size=300))
def test_a_shortened_line_is_one_line_and_short(text):
    line = shortened(text)
    assert len(line) <= 90
    assert "\n" not in line
    if len(" ".join(text.replace("**", "").split())) <= 90:
        assert line == " ".join(text.replace("**", "").split())
    else:
        assert line.endswith("…")


def test_a_line_is_cut_at_a_word():
    assert shortened("een twee drie", 9) == "een twee…"


def test_states_are_all_told():
    assert set(inbox_texts().states) == {state.value for state in State}
