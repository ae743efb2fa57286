"""Who owns a conversation: each change once, with its history, on both databases."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from typing import Any, List, Tuple

import pytest
import sqlalchemy as sa

from rasa_project.conversation.log import ConversationGone
from rasa_project.conversation.ownership import Ownerships
from rasa_project.conversation.states import (
    ASSISTANT_ACTOR,
    PATIENT_ACTOR,
    Actor,
    State,
    WrongState,
)
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import engine_for
from tests.storage.desk import ME, Desk

pytestmark = pytest.mark.usefixtures("rules_read_once")

SAID = {"parts": [{"text": "Zo gaat het verder.", "buttons": []}]}


@pytest.fixture
def desk(database: str, serve_practice: Any) -> Desk:
    serve_practice()
    return Desk(database)


def changes(desk: Desk) -> List[Tuple[str, str, str, str]]:
    return [(c["before"], c["after"], c["actor"], c["why"]) for c in desk.ownerships.history(ME)]


def test_the_whole_way_is_written_down_and_shown(desk):
    anna, karim = desk.person(), desk.person("Karim Haddad")
    desk.ownerships.ask_for_human(ME, PATIENT_ACTOR, "asked", SAID)
    desk.ownerships.claim(ME, anna)
    desk.ownerships.write(ME, anna, "Dag, met Anna.", "client-1")
    desk.ownerships.transfer(ME, anna, karim)
    desk.ownerships.give_back(ME, karim, SAID)
    assert changes(desk) == [
        ("bot", "waiting", "patient", "asked"),
        ("waiting", "human", "therapist", "claim"),
        ("human", "human", "therapist", "transfer"),
        ("human", "bot", "therapist", "give_back"),
    ]
    owners = [(change["account"], change["owner"]) for change in desk.ownerships.history(ME)]
    assert owners == [
        (None, None),
        (anna.account, anna.account),
        (anna.account, karim.account),
        (karim.account, None),
    ]
    shown = [(e["kind"], e["name"], e["to"]) for e in desk.seen_by_patient()]
    assert shown == [
        ("message", None, None),
        ("joined", "Anna de Wit", None),
        ("message", "Anna de Wit", None),
        ("left", "Anna de Wit", "therapist"),
        ("joined", "Karim Haddad", None),
        ("left", "Karim Haddad", "bot"),
        ("message", None, None),
    ]


def test_asking_twice_is_waiting_once(desk):
    for _ in range(2):
        desk.ownerships.ask_for_human(ME, PATIENT_ACTOR, "asked")
    assert len(changes(desk)) == 1


def test_a_running_conversation_is_taken_over_at_once(desk):
    assert desk.ownerships.claim(ME, desk.person()).state is State.HUMAN


@pytest.mark.parametrize(
    "change",
    [
        lambda o, who: o.claim(ME, who),
        lambda o, who: o.transfer(ME, who, who),
        lambda o, who: o.release(ME, who, SAID),
        lambda o, who: o.give_back(ME, who, SAID),
        lambda o, who: o.close(ME, who, "klaar", SAID),
        lambda o, who: o.write(ME, who, "Dag", "client-1"),
        lambda o, who: o.back_to_assistant(ME, who, "x"),
    ],
)
def test_nobody_changes_what_is_a_colleagues(desk, change):
    anna, karim = desk.person(), desk.person("Karim Haddad")
    desk.ownerships.claim(ME, anna)
    before = desk.seen_by_patient()
    with pytest.raises(WrongState) as caught:
        change(desk.ownerships, karim)
    assert (caught.value.now.state, caught.value.now.owner) == (State.HUMAN, anna.account)
    assert desk.seen_by_patient() == before
    assert len(changes(desk)) == 1


def test_what_is_written_twice_is_said_once(desk):
    anna = desk.person()
    desk.ownerships.claim(ME, anna)
    first = desk.ownerships.write(ME, anna, "Dag", "client-1")
    assert desk.ownerships.write(ME, anna, "Dag", "client-1") == first
    assert [e["text"] for e in desk.seen_by_patient()] == [None, "Dag"]


def test_closed_is_begun_again_by_the_patient_only_once(desk):
    anna = desk.person()
    desk.ownerships.claim(ME, anna)
    desk.ownerships.close(ME, anna, "klaar", SAID)
    with pytest.raises(WrongState):
        desk.ownerships.claim(ME, anna)
    assert desk.ownerships.reopen(ME).state is State.BOT
    assert desk.ownerships.reopen(ME).version == desk.of().version


def test_an_alarm_is_unseen_until_somebody_comes_and_never_drops(desk):
    assert desk.ownerships.raise_urgency(ME, Urgency.SAME_DAY)
    assert not desk.ownerships.raise_urgency(ME, Urgency.SOON)
    assert (desk.of().urgency, desk.of().alarm_seen) == (Urgency.SAME_DAY, False)
    desk.ownerships.claim(ME, desk.person())
    assert desk.of().alarm_seen
    assert desk.ownerships.raise_urgency(ME, Urgency.EMERGENCY)
    assert (desk.of().urgency, desk.of().alarm_seen) == (Urgency.EMERGENCY, False)


def test_what_is_not_there_is_said_so(desk):
    with pytest.raises(ConversationGone):
        desk.ownerships.of("web:nobody")
    with pytest.raises(ConversationGone):
        desk.ownerships.ask_for_human("web:nobody", ASSISTANT_ACTOR, "alarm")


def test_of_many_claims_at_once_one_wins(desk):
    desk.ownerships.ask_for_human(ME, PATIENT_ACTOR, "asked")
    people = [desk.person(f"Therapeut {number}") for number in range(8)]

    def claim(who: Actor) -> bool:
        try:
            return bool(desk.ownerships.claim(ME, who))
        except WrongState:
            return False

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(claim, people))
    assert won.count(True) == 1
    assert desk.of().owner == people[won.index(True)].account
    assert [event["kind"] for event in desk.seen_by_patient()] == ["joined"]


def _claims(database: str, account: int, ready: Any, results: Any) -> None:
    ready.wait()
    try:
        Ownerships(database).claim(ME, Actor.therapist(account, f"Therapeut {account}"))
        results.put((account, "won"))
    except WrongState as error:
        results.put((account, error.now.owner))


def test_of_two_processes_one_wins_and_the_other_is_told_who(desk):
    desk.ownerships.ask_for_human(ME, PATIENT_ACTOR, "asked")
    people = [desk.person(f"Therapeut {number}").account for number in range(2)]
    engine_for(desk.database).dispose()
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(2), context.Queue()
    processes = [
        context.Process(target=_claims, args=(desk.database, account, ready, results))
        for account in people
    ]
    for process in processes:
        process.start()
    told = dict(results.get(timeout=60) for _ in processes)
    for process in processes:
        process.join(60)
    (winner,) = [account for account, result in told.items() if result == "won"]
    (loser,) = [account for account in people if account != winner]
    assert told[loser] == winner == desk.of().owner


def test_erasing_leaves_nothing(desk):
    anna = desk.person()
    desk.ownerships.ask_for_human(ME, PATIENT_ACTOR, "asked", SAID)
    desk.says("bel me terug")
    desk.says("Jan de Vries")
    desk.ownerships.claim(ME, anna)
    desk.log.erase(ME)
    with engine_for(desk.database).connect() as connection:
        for table in ("conversation_event", "conversation_change", "callback_request"):
            query = sa.text(f"SELECT count(*) FROM {table} WHERE conversation = :id")
            assert connection.execute(query, {"id": ME}).scalar_one() == 0, table
    with pytest.raises(ConversationGone):
        desk.of()
