"""The pages and forms of conversations, by way of a running server."""

from __future__ import annotations

import html
import re

import pytest
import sqlalchemy as sa

from rasa_project.conversation.events import reply_content
from rasa_project.conversation.states import PATIENT_ACTOR, Actor, State, WrongState
from rasa_project.inbox.access import BEHEERDER, MEEKIJKER, THERAPEUT
from rasa_project.inbox.actions import MOST_CHARACTERS
from rasa_project.inbox.texts import inbox_texts
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import CallbackRow, ConversationEventRow

JSON = {"headers": {"Accept": "application/json"}}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7*7 }} \u202e😀"
_numbers = iter(range(1, 10_000))


@pytest.fixture(scope="module")
def server(inbox_server):
    return inbox_server


@pytest.fixture(scope="module")
def anna(server):
    return server.logged_in(THERAPEUT)


@pytest.fixture(scope="module")
def bea(server):
    return server.logged_in(BEHEERDER)


@pytest.fixture(scope="module")
def mo(server):
    return server.logged_in(MEEKIJKER)


@pytest.fixture
def begin(server):
    def begin(*messages, wait=False):
        name = f"web:{next(_numbers):040d}"
        server.begin_conversation(name, *(messages or ("Ik heb rugpijn.",)))
        if wait:
            server.inbox.ownerships.ask_for_human(name, PATIENT_ACTOR, "asked")
        return name

    return begin


def state_of(server, name):
    return server.inbox.ownerships.of(name)


def said(server, name):
    return [
        (
            event["author"],
            event["kind"],
            event["text"] or "".join(p["text"] for p in event["parts"]),
        )
        for event in server.inbox.log.events(name)
    ]


def audited(server, name):
    query = sa.text("SELECT action FROM audit WHERE conversation = :name ORDER BY id")
    with session_for(server.inbox.database_url) as session:
        return list(session.execute(query, {"name": name}).scalars())


def write(browser, name, text, client_id="abcdefgh-1", **options):
    return browser.post(
        f"gesprek/{name}/schrijven", {"text": text, "client_id": client_id}, **options
    )


# ---- Pages


def test_the_queue_shows_who_waits(server, anna, begin):
    name = begin("Kan ik iemand spreken?", wait=True)
    page = anna.get().text
    assert f'data-id="{name}"' in page
    assert "Wacht op een mens" in page
    assert "Patiënt: Kan ik iemand spreken?" in page
    assert "1 ongelezen" in page
    assert "wacht minder dan 1 min" in page


def test_a_conversation_is_shown_and_its_reading_is_written_down(server, anna, begin):
    name = begin("Hallo daar")
    page = anna.get(f"gesprek/{name}")
    assert page.status_code == 200
    assert "Hallo daar" in page.text
    assert audited(server, name) == ["read"]


def test_reading_makes_it_read_but_not_by_who_only_looks_along(server, anna, mo, begin):
    name = begin("Hallo daar", wait=True)
    mo.get(f"gesprek/{name}")
    assert "1 ongelezen" in mo.get().text
    assert "data-new>Nieuw<" in anna.get(f"gesprek/{name}").text
    assert "data-new>Nieuw<" not in anna.get(f"gesprek/{name}").text


def test_what_a_patient_writes_is_text_everywhere(server, anna, begin):
    name = begin(HOSTILE, wait=True)
    server.inbox.ownerships.claim(name, anna_actor(server))
    write(anna, name, HOSTILE)
    anna.post(f"gesprek/{name}/notitie", {"text": HOSTILE})
    for page in (
        anna.get(),
        anna.get(params={"zoek": HOSTILE}),
        anna.get(params={"tab": HOSTILE, "kanaal": HOSTILE, "van": HOSTILE, "pagina": HOSTILE}),
        anna.get(f"gesprek/{name}"),
        write(anna, name, HOSTILE * 200),
    ):
        text = page.text
        assert "<script>alert" not in text
        assert "<img" not in text
    assert html.escape("<img src=x onerror=alert(2)>") in anna.get(f"gesprek/{name}").text
    assert "{{ 7*7 }}" in anna.get(f"gesprek/{name}").text


def test_the_stream_says_as_text_what_a_patient_writes(server, anna, begin):
    name = begin(HOSTILE)
    answer = anna.get(f"gesprek/{name}/live")
    assert answer.headers["content-type"].startswith("application/json")
    frames = dict(answer.json()["frames"])
    assert frames["items"]["items"][0]["parts"] == [[{"text": HOSTILE}]]


def test_alarm_signs_are_marked_in_the_words_of_the_patient(server, anna, begin):
    name = begin("Ik kan mijn plas niet ophouden sinds gisteren", wait=True)
    message = server.inbox.log.events(name)[0]["id"]
    finding = {"flag": "RF01", "sign": "x", "urgency": "same_day", "start": 7, "end": 30}
    server.inbox.log.add_reply(
        name, message, {"findings": [finding], "urgency": "same_day"}, "system", "noted"
    )
    page = anna.get(f"gesprek/{name}").text
    assert '<mark class="same_day" title="Mogelijk cauda-equinasyndroom' in page
    assert ">mijn plas niet ophouden<span" in page
    assert "Alarmteken: Mogelijk cauda-equinasyndroom (Vandaag naar een arts)" in page


def test_hours_and_who_is_there(anna):
    page = anna.get("openingstijden").text
    assert "Anna de Wit: " in page


def test_there_is_nothing_to_do_for_who_only_looks_along(server, mo, begin):
    name = begin(wait=True)
    page = mo.get(f"gesprek/{name}").text
    assert "Je kijkt mee: je kunt lezen, niet schrijven." in page
    # Every form of the conversation is there for the script, and none is shown.
    forms = re.findall(r"<form[^>]*data-can[^>]*>", page)
    assert forms
    assert all(form.endswith(" hidden>") for form in forms)
    assert mo.post(f"gesprek/{name}/overnemen").status_code == 403
    assert state_of(server, name).state is State.WAITING


def test_pages_of_fifty(new_inbox_server):
    for number in range(51):
        new_inbox_server.begin_conversation(f"web:{number:040d}", "Hallo")
    anna = new_inbox_server.logged_in(THERAPEUT)
    first = anna.get(params={"tab": "alles"}).text
    assert first.count('<li class="row') == 50
    assert "Bladzijde 1 van 2" in first
    second = anna.get(params={"tab": "alles", "pagina": "2"}).text
    assert second.count('<li class="row') == 1
    assert anna.get(params={"tab": "alles", "pagina": "99"}).text.count('<li class="row') == 1


@pytest.mark.parametrize("tab", ["wacht", "mijn", "assistent", "terugbellen", "gesloten", "alles"])
def test_an_empty_list_says_something_kind(new_inbox_server, tab):
    anna = new_inbox_server.logged_in(THERAPEUT)
    assert html.escape(inbox_texts().empty[tab]) in anna.get(params={"tab": tab}).text


# ---- Actions


def anna_actor(server):
    return Actor.therapist(server.person(THERAPEUT).id, "Anna de Wit")


def bea_actor(server):
    return Actor.therapist(server.person(BEHEERDER).id, "Bea Baas")


@pytest.mark.parametrize("wait", [True, False], ids=["waiting", "with the assistant"])
def test_claim(server, anna, begin, wait):
    name = begin(wait=wait)
    answer = anna.post(f"gesprek/{name}/overnemen?tab=alles")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/inbox/gesprek/{name}?tab=alles",
    )
    assert state_of(server, name).owner == server.person(THERAPEUT).id
    assert ("therapist", "joined", "") in said(server, name)
    assert "Je bent aanwezig" in anna.get().text
    assert audited(server, name) == ["claimed"]


def test_who_loses_the_race_is_told_who_has_it(server, anna, bea, begin):
    name = begin(wait=True)
    assert anna.post(f"gesprek/{name}/overnemen").status_code == 303
    answer = bea.post(f"gesprek/{name}/overnemen")
    assert answer.status_code == 409
    assert "Anna de Wit heeft dit gesprek nu." in answer.text
    answer = bea.post(f"gesprek/{name}/overnemen", **JSON)
    assert answer.status_code == 409
    assert answer.json()["text"].startswith("Anna de Wit heeft dit gesprek nu.")
    assert audited(server, name) == ["claimed"]


def test_write_and_write_again(server, anna, begin):
    name = begin(wait=True)
    anna.post(f"gesprek/{name}/overnemen")
    for _ in range(2):
        assert write(anna, name, "  Hoi 👋\nhoe gaat het?  ").status_code == 303
    event = write(anna, name, "Hoi 👋\nhoe gaat het?", **JSON).json()["event"]
    assert event == server.inbox.log.events(name)[-1]["id"]
    # Who goes back and changes the text says something else, with the same form.
    write(anna, name, "Nog iets")
    texts = [text for author, kind, text in said(server, name) if author == "therapist" and text]
    assert texts == ["Hoi 👋\nhoe gaat het?", "Nog iets"]


def test_a_message_that_is_not_sent_stays_in_the_field(server, anna, bea, begin):
    name = begin(wait=True)
    bea.post(f"gesprek/{name}/overnemen")
    answer = write(anna, name, "Lange <b>zin</b> die niet weg mag zijn")
    assert answer.status_code == 409
    assert "Bea Baas heeft dit gesprek nu. Wat je typte, staat er nog." in answer.text
    assert "Lange &lt;b&gt;zin&lt;/b&gt; die niet weg mag zijn</textarea>" in answer.text
    assert [one for one in said(server, name) if one[1] == "message"] == [
        ("patient", "message", "Ik heb rugpijn.")
    ]


@pytest.mark.parametrize("text", ["", "   \n ", "\u0000"])
def test_an_empty_message_is_not_sent(server, anna, begin, text):
    name = begin(wait=True)
    anna.post(f"gesprek/{name}/overnemen")
    before = said(server, name)
    assert write(anna, name, text).status_code in (400, 409)
    assert said(server, name) == before


def test_ten_thousand_characters(server, anna, begin):
    name = begin(wait=True)
    anna.post(f"gesprek/{name}/overnemen")
    before = said(server, name)
    long = "😀" * 10_000
    answer = write(anna, name, long)
    assert answer.status_code == 409
    assert "ten hoogste 4.000 tekens" in answer.text
    assert long in answer.text
    assert said(server, name) == before
    assert write(anna, name, "é" * MOST_CHARACTERS).status_code == 303
    assert said(server, name)[-1][2] == "é" * MOST_CHARACTERS
    assert anna.post(f"gesprek/{name}/notitie", {"text": long}).status_code == 303
    assert long in anna.get(f"gesprek/{name}").text


def test_a_long_message_of_a_patient_is_shown_whole(anna, begin):
    long = "a" * 10_000
    assert long in anna.get(f"gesprek/{begin(long)}").text


def test_release_puts_it_back_into_the_queue(server, anna, begin):
    name = begin(wait=True)
    since = state_of(server, name).waiting_since
    anna.post(f"gesprek/{name}/overnemen")
    assert anna.post(f"gesprek/{name}/loslaten").status_code == 303
    now = state_of(server, name)
    assert (now.state, now.owner) == (State.WAITING, None)
    assert now.waiting_since >= since
    assert said(server, name)[-1][2].startswith("Je gesprek staat weer klaar voor een collega.")


def test_transfer_to_a_colleague_who_is_there(server, anna, bea, begin):
    name = begin(wait=True)
    anna.post(f"gesprek/{name}/overnemen")
    bea_id = server.person(BEHEERDER).id
    bea.post("aanwezig", {"present": "0"})
    answer = anna.post(f"gesprek/{name}/overdragen", {"account": str(bea_id)})
    assert answer.status_code == 409
    assert inbox_texts().told.nobody in answer.text
    assert bea.post("aanwezig", {"present": "1"}).status_code == 303
    assert f'<option value="{bea_id}">Bea Baas</option>' in anna.get(f"gesprek/{name}").text
    answer = anna.post(f"gesprek/{name}/overdragen", {"account": str(bea_id)})
    assert answer.status_code == 303
    assert state_of(server, name).owner == bea_id
    assert audited(server, name)[-1] == "transferred"


@pytest.mark.parametrize("account", ["", "0", "x", "999999", "1 OR 1=1"])
def test_transfer_to_nobody(server, anna, begin, account):
    name = begin(wait=True)
    anna.post(f"gesprek/{name}/overnemen")
    assert anna.post(f"gesprek/{name}/overdragen", {"account": account}).status_code == 409
    assert state_of(server, name).owner == server.person(THERAPEUT).id


@pytest.mark.parametrize(
    ("typed", "read"),
    [("", "Je praat nu weer met de assistent"), ("Probeer dit eens, {telefoon}", "Probeer dit")],
)
def test_give_back_with_a_line_to_the_patient(server, anna, begin, typed, read):
    name = begin(wait=True)
    anna.post(f"gesprek/{name}/overnemen")
    assert anna.post(f"gesprek/{name}/teruggeven", {"text": typed}).status_code == 303
    assert state_of(server, name).state is State.BOT
    last = said(server, name)[-1]
    assert last[:2] == ("system", "message")
    assert last[2].startswith(read)


def test_close_needs_a_reason_of_the_list(server, anna, begin):
    name = begin(wait=True)
    for reason in ("", "hernia", "<b>"):
        answer = anna.post(f"gesprek/{name}/sluiten", {"reason": reason})
        assert answer.status_code == 409
        assert inbox_texts().told.no_reason in answer.text
    assert anna.post(f"gesprek/{name}/sluiten", {"reason": "answered"}).status_code == 303
    now = state_of(server, name)
    assert (now.state, now.why) == (State.CLOSED, "answered")
    assert said(server, name)[-1][2].startswith("Dit gesprek is afgesloten.")
    assert "Afgesloten door Anna" not in anna.get(f"gesprek/{name}").text


def test_notes_are_never_for_the_patient(server, anna, begin):
    name = begin()
    before = said(server, name)
    assert anna.post(f"gesprek/{name}/notitie", {"text": "Belt morgen zelf."}).status_code == 303
    assert said(server, name) == before
    page = anna.get(f"gesprek/{name}").text
    assert "Belt morgen zelf." in page
    assert audited(server, name)[0] == "noted"


def test_an_alarm_is_on_top_until_it_is_seen(server, anna, begin):
    name = begin("Help")
    begin(wait=True)
    server.inbox.ownerships.raise_urgency(name, Urgency.EMERGENCY)
    page = anna.get().text
    assert page.index(f'data-id="{name}"') == page.index("data-id=")
    assert "Spoed: bel nu 112, nog niet gezien" in page
    assert anna.post(f"gesprek/{name}/alarm-gezien").status_code == 303
    assert state_of(server, name).alarm_seen
    assert f'data-id="{name}"' not in anna.get().text
    assert audited(server, name) == ["saw_alarm"]


def test_a_callback_is_handled(server, anna, begin):
    name = begin()
    now = server.clock()
    with session_for(server.inbox.database_url) as session:
        session.add(
            CallbackRow(
                conversation=name,
                created_at=now,
                finished_at=now,
                step="done",
                name="Jan <i>",
                contact="06 12345678",
                moment="morgen",
                why="asked",
            )
        )
    page = anna.get(params={"tab": "terugbellen"}).text
    assert f'data-id="{name}"' in page
    page = anna.get(f"gesprek/{name}").text
    assert "Jan &lt;i&gt;, 06 12345678, morgen (nog doen)" in page
    assert "Hallo Jan &lt;i&gt;, je spreekt met Anna de Wit" in page
    assert anna.post(f"gesprek/{name}/teruggebeld").status_code == 303
    assert f'data-id="{name}"' not in anna.get(params={"tab": "terugbellen"}).text
    assert "door Anna de Wit)" in anna.get(f"gesprek/{name}").text
    assert "handled" in audited(server, name)


def test_presence_ends_when_the_inbox_is_closed(new_inbox_server):
    server = new_inbox_server
    anna = server.logged_in(THERAPEUT)
    answer = anna.post("aanwezig", {"present": "1", "page": "/inbox/gesprek/web:1"})
    assert answer.headers["location"] == "/inbox/gesprek/web:1"
    assert "Je bent aanwezig" in anna.get().text
    server.clock.advance(minutes=3)
    assert "Anna de Wit: afwezig" in server.logged_in(BEHEERDER).get("openingstijden").text


def test_presence_lasts_while_an_open_page_says_so(new_inbox_server, monkeypatch):
    monkeypatch.setattr("rasa_project.inbox.context.SEEN_SECONDS", -1.0)
    server = new_inbox_server
    anna, bea = server.logged_in(THERAPEUT), server.logged_in(BEHEERDER)
    anna.post("aanwezig", {"present": "1"})
    for _ in range(4):
        server.clock.advance(seconds=60)
        assert anna.post("open").status_code == 204
    assert "Anna de Wit: aanwezig" in bea.get("openingstijden").text
    # An open stream alone doesn't tell that anybody is there.
    server.clock.advance(minutes=3)
    assert "Anna de Wit: afwezig" in server.logged_in(BEHEERDER).get("openingstijden").text


@pytest.mark.parametrize(
    "page", ["https://evil.example/", "//evil.example", "/chat", "javascript:1"]
)
def test_presence_leads_nowhere_else(anna, page):
    answer = anna.post("aanwezig", {"present": "0", "page": page})
    assert answer.headers["location"] == "/inbox"


# ---- What can't be done in a state

STATES = {
    "assistant": lambda ownerships, name, other: None,
    "waiting": lambda ownerships, name, other: ownerships.ask_for_human(
        name, PATIENT_ACTOR, "asked"
    ),
    "another's": lambda ownerships, name, other: ownerships.claim(name, other),
    "closed": lambda ownerships, name, other: (
        ownerships.claim(name, other),
        ownerships.close(name, other, "answered", reply_content([{"text": "Dag"}])),
    ),
}
FIELDS = {
    "schrijven": {"text": "Hallo", "client_id": "abcdefgh"},
    "loslaten": {},
    "teruggeven": {"text": "Hallo"},
    "sluiten": {"reason": "answered"},
    "overnemen": {},
}
ALLOWED = {
    ("overnemen", "assistant"),
    ("overnemen", "waiting"),
    ("sluiten", "waiting"),
}
TOLD = {
    "assistant": "Dit gesprek is bij de assistent.",
    "waiting": "Dit gesprek wacht weer op een mens.",
    "another's": "Bea Baas heeft dit gesprek nu.",
    "closed": "Dit gesprek is al afgesloten.",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", FIELDS)
def test_each_action_in_each_state(server, anna, begin, state, action):
    name = begin()
    STATES[state](server.inbox.ownerships, name, bea_actor(server))
    before = state_of(server, name), said(server, name)
    answer = anna.post(f"gesprek/{name}/{action}", FIELDS[action], **JSON)
    if (action, state) in ALLOWED:
        assert answer.status_code == 200
        assert state_of(server, name) != before[0]
        return
    assert answer.status_code == 409
    assert answer.json()["text"].startswith(TOLD[state])
    assert (state_of(server, name), said(server, name)) == before
    assert audited(server, name) == []


def test_typing_is_only_shown_of_who_has_the_conversation(server, anna, begin, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "rasa_project.inbox.actions.hub.therapist_types",
        lambda conversation, name: shown.append((conversation, name)),
    )
    name = begin(wait=True)
    assert anna.post(f"gesprek/{name}/typt", {"on": "1"}).status_code == 204
    assert shown == []
    anna.post(f"gesprek/{name}/overnemen")
    anna.post(f"gesprek/{name}/typt", {"on": "1"})
    assert shown == [(name, "Anna de Wit")]
    write(anna, name, "Hallo")
    assert shown[-1] == (name, None)


def test_read_up_to(server, anna, begin):
    name = begin("een", "twee", wait=True)
    first = server.inbox.log.events(name)[0]["id"]
    assert anna.post(f"gesprek/{name}/gelezen", {"event": str(first)}).status_code == 204
    assert "1 ongelezen" in anna.get().text
    assert anna.post(f"gesprek/{name}/gelezen", {"event": "x"}).status_code == 404


def test_what_is_noted_of_messages_without_an_alarm_sign_is_not_shown(server, anna, begin):
    name = begin(wait=True)
    message = server.inbox.log.events(name)[0]["id"]
    server.inbox.log.add_reply(name, message, {"findings": []}, "system", "noted")
    assert "Alleen voor de praktijk" not in anna.get(f"gesprek/{name}").text
    with session_for(server.inbox.database_url) as session:
        noted = sa.select(ConversationEventRow).where(ConversationEventRow.kind == "noted")
        assert session.execute(noted).first() is not None


def test_the_state_machine_itself_refuses_what_the_page_hides(server, begin):
    name = begin()
    with pytest.raises(WrongState):
        server.inbox.ownerships.write(name, anna_actor(server), "x", "abcdefgh")
