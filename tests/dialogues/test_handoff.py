"""To a human and back, with the real assistant: what the patient finally gets on each path."""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, Iterator, List

import pytest
import sqlalchemy as sa

from rasa_project.channels.tokens import conversation_of, hash_of
from rasa_project.clock import AHEAD
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.states import Actor, State
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.tables import AccountRow, ConversationRow
from tests.data_keys import opened
from tests.dialogues.conftest import PHONE, Assistant, write_practice
from tests.dialogues.web_chat import WebChat, said

pytestmark = pytest.mark.model

ALARM = "Ik kan niet meer plassen"
EMERGENCY = "Ik heb druk op de borst en krijg bijna geen lucht"
QUESTION = "Helpt paracetamol tegen rugpijn?"
HOURS = {"maandag": ["08:00-18:00"], "dinsdag": ["08:00-18:00"]}
EVENING = "2026-11-23T20:00+01:00"
BACK = {"parts": [{"text": "Je praat weer met de assistent.", "buttons": []}]}


class Practice:
    """The people of a practice, beside the server: in another process, as a second worker is."""

    def __init__(self, server: Assistant) -> None:
        self.url = f"sqlite:///{server.database}"
        self.ownerships = Ownerships(self.url)
        self.anna = self._person()

    def _person(self) -> Actor:
        now = datetime.now(timezone.utc)
        with session_for(self.url) as session:
            row = AccountRow(
                login=f"{uuid.uuid4().hex}@debrug.example",
                name="Anna de Wit",
                role="therapeut",
                password_hash="x",  # noqa: S106
                created_at=now,
            )
            session.add(row)
            session.flush()
            return Actor.therapist(row.id, row.name)

    def is_there(self, present: bool = True) -> None:
        # As if the inbox stayed open through a slow test; more would be a clock that is wrong.
        until = datetime.now(timezone.utc) + AHEAD * 0.9
        with session_for(self.url) as session:
            session.execute(
                sa.update(AccountRow)
                .where(AccountRow.id == self.anna.account)
                .values(present=present, seen_at=until)
            )

    def of(self, chat: WebChat) -> Any:
        return self.ownerships.of(conversation_id(chat))

    def minutes_ago(self, chat: WebChat, minutes: int) -> None:
        """The patient began to wait so long ago."""
        then = datetime.now(timezone.utc) - timedelta(minutes=minutes)
        with session_for(self.url) as session:
            session.execute(
                sa.update(ConversationRow)
                .where(ConversationRow.id == conversation_id(chat))
                .values(state_since=then, waiting_since=then)
            )

    def rasa_read(self, chat: WebChat) -> str:
        query = sa.text("SELECT data FROM events WHERE sender_id = :id ORDER BY id")
        with engine_for(self.url).connect() as connection:
            rows = connection.execute(query, {"id": conversation_id(chat)})
            return "\n".join(opened(data) for (data,) in rows)


def conversation_id(chat: WebChat) -> str:
    return conversation_of(hash_of(chat.token))


@pytest.fixture(scope="module")
def server(
    launch_for_file: Callable[..., Assistant], tmp_path_factory: pytest.TempPathFactory
) -> Assistant:
    practice = write_practice(
        tmp_path_factory.mktemp("practice") / "practice.yml",
        hours=HOURS,
        handoff={"always_human": ["klacht-over-de-praktijk"]},
    )
    return launch_for_file(RUGGESTEUN_PRACTICE=str(practice))


@pytest.fixture(scope="module")
def people(server: Assistant) -> Iterator[Practice]:
    made = Practice(server)
    yield made
    engine_for(made.url).dispose()


@pytest.fixture
def there(people: Practice) -> Iterator[Practice]:
    """Anna is there."""
    people.is_there()
    yield people
    people.is_there(False)


@pytest.fixture
def chat(server: Assistant) -> WebChat:
    return WebChat(server)


def payloads(event: Dict[str, Any]) -> List[str]:
    return [button["payload"] for part in event["parts"] for button in part["buttons"]]


def wait_for(chat: WebChat, fits: Callable[[Dict[str, Any]], bool], seconds: float = 30) -> Any:
    """The first event of a conversation that fits."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for event in chat.events():
            if fits(event):
                return event
        time.sleep(0.2)
    raise AssertionError(f"it did not come: {chat.events()}")


def is_said(words: str) -> Callable[[Dict[str, Any]], bool]:
    return lambda event: words in said(event)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Kan ik iemand spreken?", {}),
        ("ik wil liever met een echt persoon praten", {}),
        ("Ik wil graag een mens spreken", {"payload": "/mens-spreken"}),
    ],
)
def test_who_asks_for_a_human_talks_with_one_and_goes_back(there, chat, text, more):
    told = chat.say(text, **more)
    assert "Anna de Wit kijkt met je mee, meestal binnen 5 minuten." in said(told)
    assert payloads(told) == ["/verder-met-assistent", "/terugbellen"]
    assert there.of(chat).state is State.WAITING
    kept = chat.say("Het is mijn onderrug")
    assert "staat klaar" in said(kept)

    there.ownerships.claim(conversation_id(chat), there.anna)
    there.ownerships.write(conversation_id(chat), there.anna, "Dag, met Anna.", "client-anna")
    joined = wait_for(chat, lambda event: event["kind"] == "joined")
    assert joined["name"] == "Anna de Wit"
    assert wait_for(chat, lambda event: event["text"] == "Dag, met Anna.")

    event = chat.send(QUESTION)
    time.sleep(2)
    assert chat.events(event) == [], "the assistant doesn't answer what is for Anna"
    there.ownerships.give_back(conversation_id(chat), there.anna, BACK)
    assert chat.say(QUESTION)["topics"] == ["paracetamol"]
    read = there.rasa_read(chat)
    assert "onderrug" not in read
    assert read.count('"text": "Helpt paracetamol tegen rugpijn?"') >= 1


def test_the_patient_changes_their_mind(there, chat):
    chat.say("Kan ik iemand spreken?")
    assert "Je praat weer met mij" in said(chat.say("laat maar"))
    assert there.of(chat).state is State.BOT
    assert chat.say(QUESTION)["topics"] == ["paracetamol"]


def test_nobody_is_there_and_the_patient_is_called_back(server, people, chat):
    told = chat.say("Kan ik iemand spreken?")
    assert PHONE in said(told)
    assert payloads(told) == ["/terugbellen", "/verder-met-assistent"]
    assert "Hoe heet je?" in said(chat.say("ja graag"))
    chat.say("Jan Zandstraat")
    server.kill()
    server.start()
    assert "Wanneer" in said(chat.say("Je kunt me bellen op 06-98765432"))
    chat.say("donderdag na vieren")
    done = chat.say("Ja, dat is goed", payload="/terugbellen-akkoord")
    assert "nemen contact op zodra er iemand vrij is" in said(done)
    assert chat.say(QUESTION)["topics"] == ["paracetamol"]
    with engine_for(people.url).connect() as connection:
        row = connection.execute(
            sa.text("SELECT * FROM callback_request WHERE conversation = :id AND step = 'done'"),
            {"id": conversation_id(chat)},
        ).one()
    assert tuple(map(opened, (row.name, row.contact, row.moment))) == (
        "Jan Zandstraat", "0698765432", "donderdag na vieren",
    )  # fmt: skip
    for secret in ("Zandstraat", "98765432", "vieren"):
        assert secret not in people.rasa_read(chat), "Rasa doesn't get to know it"
        assert secret not in server.output + server.errors, "nor does a log"


def test_an_alarm_is_told_first_and_then_a_human_comes(there, chat):
    told = chat.say(ALARM)
    assert told["alarm"] == "same_day"
    now = there.of(chat)
    assert (now.urgency, now.alarm_seen) == (Urgency.SAME_DAY, False)
    if now.state is State.BOT:
        # First the question that may make it more urgent.
        assert "Nee" in payloads(told)
        told = chat.say("Nee")
    assert there.of(chat).state is State.WAITING
    assert said(told).index("Bel") < said(told).index("Anna de Wit leest ook met je mee")


def test_an_emergency_is_answered_whoever_has_the_conversation(there, chat):
    chat.say("Kan ik iemand spreken?")
    told = chat.say(EMERGENCY)
    assert (told["alarm"], "112" in said(told)) == ("emergency", True)
    there.ownerships.claim(conversation_id(chat), there.anna)
    again = chat.say(EMERGENCY)
    assert (again["alarm"], "112" in said(again)) == ("emergency", True)
    assert there.of(chat).state is State.HUMAN


def test_what_was_told_while_waiting_the_assistant_knows_afterwards(there, chat):
    chat.say("Kan ik iemand spreken?")
    chat.say(ALARM)
    chat.say("laat maar")
    answer = chat.say("Welke oefeningen kan ik doen?")
    assert (answer["outcome"], answer["alarm"]) == ("triage", "same_day")


def test_while_a_flag_is_active_a_human_can_be_asked_for_in_words(people, chat):
    chat.say(ALARM)
    chat.say("Nee")
    assert people.of(chat).state is State.BOT
    people.is_there()
    try:
        chat.say("Kan ik iemand spreken?")
    finally:
        people.is_there(False)
    assert (people.of(chat).state, people.of(chat).why) == (State.WAITING, "asked")


def test_a_takeover_in_the_middle_of_the_check(there, chat):
    asked = chat.say("Is mijn rugpijn ernstig?")
    assert "Vraag 1" in said(asked)
    there.ownerships.claim(conversation_id(chat), there.anna)
    event = chat.send("Nee")
    time.sleep(2)
    assert [e for e in chat.events(event) if e["author"] != "therapist"] == []
    there.ownerships.give_back(conversation_id(chat), there.anna, BACK)
    assert "Vraag 2" in said(chat.say("Nee"))


def test_two_misses_and_two_thumbs_offer_a_human(there, chat, unclear):
    for text in unclear[:2]:
        told = chat.say(text)
    assert "Anna de Wit is er nu" in said(told)
    assert payloads(told)[-1] == "/mens-spreken"
    assert there.of(chat).state is State.BOT
    for text in (QUESTION, "Mag ik tillen?"):
        reply = chat.say(text)
        body = {"event": reply["id"], "useful": False}
        assert chat.call("POST", "feedback", body).status_code == 204
    offer = wait_for(chat, is_said("Een mens kan vaak beter meedenken."))
    assert payloads(offer) == ["/mens-spreken"]


def test_a_topic_that_the_practice_keeps_for_itself(there, chat):
    told = chat.say("Een klacht", payload="/klacht-over-de-praktijk")
    assert said(told).index("klachtenfunctionaris") < said(told).index("Anna de Wit")
    assert there.of(chat).state is State.WAITING


def test_nobody_comes_in_time(there, chat):
    chat.say("Kan ik iemand spreken?")
    there.minutes_ago(chat, 11)
    with chat.stream() as stream:
        offer = stream.events(3)[-1]
    assert "Het duurt langer dan ik zei" in said(offer)
    assert there.of(chat).state is State.WAITING
    assert "Hoe heet je?" in said(chat.say("ja"))


def test_a_therapist_who_does_not_answer(there, chat):
    chat.say("Kan ik iemand spreken?")
    there.ownerships.claim(conversation_id(chat), there.anna)
    chat.send("Bent u er?")
    then = (datetime.now(timezone.utc) - timedelta(minutes=11)).replace(tzinfo=None)
    with engine_for(there.url).begin() as connection:
        for table, column in (
            ("conversation_event", "happened_at"),
            ("conversation", "state_since"),
        ):
            key = "conversation" if table == "conversation_event" else "id"
            connection.execute(
                sa.text(f"UPDATE {table} SET {column} = :then WHERE {key} = :id"),
                {"then": then.isoformat(" "), "id": conversation_id(chat)},
            )
    told = wait_for(chat, is_said("Anna de Wit kan nu even niet antwoorden"))
    assert there.of(chat).state is State.WAITING
    left = [event for event in chat.events() if event["kind"] == "left"]
    assert [event["to"] for event in left] == ["waiting"]
    assert payloads(told) == ["/terugbellen", "/verder-met-assistent"]


def test_a_patient_who_types_keeps_nothing(there, chat):
    chat.say("Kan ik iemand spreken?")
    there.ownerships.claim(conversation_id(chat), there.anna)
    before = chat.events()
    assert chat.call("POST", "typing", {}).status_code == 204
    assert chat.events() == before
    chat.token = "x" * 43
    assert chat.call("POST", "typing", {}).status_code == 401


def test_erasing_while_a_human_has_it(there, chat):
    chat.say("Kan ik iemand spreken?")
    there.ownerships.claim(conversation_id(chat), there.anna)
    assert chat.call("DELETE", "conversation").status_code == 204
    with engine_for(there.url).connect() as connection:
        found = connection.execute(
            sa.text("SELECT count(*) FROM conversation WHERE id = :id"),
            {"id": conversation_id(chat)},
        )
        assert found.scalar_one() == 0


def test_in_the_evening_and_after_closing_time(launch, tmp_path):
    practice = write_practice(tmp_path / "practice.yml", hours=HOURS)
    server = launch(RUGGESTEUN_PRACTICE=str(practice), RUGGESTEUN_FIXED_TIME=EVENING)
    people, chat = Practice(server), WebChat(server)
    try:
        people.is_there()
        told = chat.say("Kan ik iemand spreken?")
        assert "Morgen zijn we open vanaf 08:00 uur." in said(told)
        assert "huisartsenpost" in said(told)
        assert payloads(told) == ["/terugbellen", "/verder-met-assistent"]
        for text in ("ja", "Jan de Vries", "jan@voorbeeld.nl", "maakt niet uit"):
            chat.say(text)
        done = chat.say("ja")
        assert "We openen morgen om 08:00 uur, en nemen daarna contact op." in said(done)
        # Closing time passes while somebody waits.
        late = WebChat(server)
        late.say("hallo")
        people.ownerships.ask_for_human(conversation_id(late), Actor("patient"), "asked", BACK)
        closing = wait_for(late, is_said("niet meer gelukt"))
        assert payloads(closing) == ["/terugbellen", "/verder-met-assistent"]
        assert people.of(late).state is State.BOT
        assert late.say(QUESTION)["topics"] == ["paracetamol"]
    finally:
        engine_for(people.url).dispose()
        server.stop()
