"""Who is to be told of what; on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from rasa_project.conversation.router_rows import mark_unseen
from rasa_project.conversation.states import Actor
from rasa_project.handoff.occasions import MAIL, TELEGRAM, Occasions
from rasa_project.handoff.outbox import Outbox
from rasa_project.redflags.urgency import Urgency
from rasa_project.storage.engine import session_for
from tests.handoff.conftest import CONVERSATION, START

BOTH = (MAIL, TELEGRAM)


@pytest.fixture
def occasions(world):
    return Occasions(world.url, BOTH, world.clock)


def told(world, kind=None):
    rows = world.notifications(**({"kind": kind} if kind else {}))
    return [(row.kind, row.account, row.way) for row in rows if not row.failed]


def test_who_is_present_is_told_that_somebody_waits_and_only_once(world, occasions):
    here = world.person("anna@x.nl", present=True)
    world.person("bram@x.nl")
    world.wait()
    assert occasions.write_down() == 1
    assert told(world) == [("waiting", here, MAIL)]
    assert occasions.write_down() == 0
    world.clock.later(minutes=1)
    assert occasions.write_down() == 0


def test_when_nobody_is_present_but_it_is_open_everybody_who_wants_it_is_told(world, occasions):
    boss = world.person("bea@x.nl", role="beheerder")
    therapist = world.person("anna@x.nl", telegram_chat=7)
    world.person("mo@x.nl", role="meekijker")
    world.person("weg@x.nl", active=False)
    world.person("stil@x.nl", notify_by_mail=False)
    world.wait()
    occasions.write_down()
    assert told(world) == [
        ("waiting", boss, MAIL),
        ("waiting", therapist, MAIL),
        ("waiting", therapist, TELEGRAM),
    ]


def test_presence_ends_when_the_inbox_is_closed(world, occasions):
    gone = world.person("anna@x.nl", present=True)
    world.change(gone, seen_at=START - timedelta(minutes=3))
    here = world.person("bram@x.nl", present=True)
    world.wait()
    occasions.write_down()
    assert told(world) == [("waiting", here, MAIL)]


def test_while_the_practice_is_closed_nobody_is_told_at_once(world, occasions, at):
    at(START.replace(hour=22))
    world.person("anna@x.nl")
    world.wait()
    assert occasions.write_down() == 0


def test_an_alarm_is_told_to_all_who_want_it_also_in_the_evening(world, occasions, at):
    at(START.replace(hour=22))
    one, two = world.person("anna@x.nl"), world.person("bea@x.nl", role="beheerder")
    world.begin()
    world.alarm(CONVERSATION)
    occasions.write_down()
    assert told(world) == [("alarm", one, MAIL), ("alarm", two, MAIL)]
    assert all(row.urgent for row in world.notifications())
    # A worse one is news, the same isn't.
    assert occasions.write_down() == 0
    world.alarm(CONVERSATION, Urgency.EMERGENCY)
    assert occasions.write_down() == 2


def test_an_alarm_that_somebody_saw_is_told_to_nobody(world, occasions):
    world.person("anna@x.nl")
    world.begin()
    world.alarm(CONVERSATION)
    world.ownerships.see_alarm(CONVERSATION)
    assert occasions.write_down() == 0


def test_a_new_sign_after_somebody_looked_is_told_anew(world, occasions):
    world.person("anna@x.nl")
    world.begin()
    world.alarm(CONVERSATION)
    assert occasions.write_down() == 1
    world.ownerships.see_alarm(CONVERSATION)
    with session_for(world.url) as session:
        mark_unseen(session, CONVERSATION)
        # A second one while nobody looked is no news.
        mark_unseen(session, CONVERSATION)
    assert occasions.write_down() == 1
    assert occasions.write_down() == 0


def test_who_was_told_of_the_alarm_is_not_told_again_that_the_same_patient_waits(world, occasions):
    anna, bram = world.person("anna@x.nl", present=True), world.person("bram@x.nl")
    world.wait()
    world.alarm(CONVERSATION)
    occasions.write_down()
    assert told(world) == [("alarm", anna, MAIL), ("alarm", bram, MAIL)]
    world.clock.later(minutes=2.5)
    assert occasions.write_down() == 0


def test_when_nobody_claims_a_second_person_is_told(world, occasions):
    anna = world.person("anna@x.nl", present=True)
    bram = world.person("bram@x.nl")
    world.wait()
    occasions.write_down()
    world.clock.later(minutes=2.9)
    assert occasions.write_down() == 0
    world.clock.later(minutes=0.2)
    occasions.write_down()
    assert told(world) == [("waiting", anna, MAIL), ("escalation", bram, MAIL)]
    world.clock.later(minutes=30)
    assert occasions.write_down() == 0


def test_when_everybody_was_told_the_manager_is_told_again(world, occasions):
    world.person("anna@x.nl")
    boss = world.person("bea@x.nl", role="beheerder")
    world.wait()
    occasions.write_down()
    world.clock.later(minutes=4)
    occasions.write_down()
    assert told(world, "escalation") == [("escalation", boss, MAIL)]


def test_who_claimed_in_time_is_not_escalated(world, occasions):
    anna = world.person("anna@x.nl", present=True)
    world.person("bram@x.nl")
    world.wait()
    occasions.write_down()
    world.ownerships.claim(CONVERSATION, Actor.therapist(anna, "Anna"))
    world.clock.later(minutes=10)
    assert occasions.write_down() == 0


def test_put_back_into_the_queue_is_an_occasion_of_its_own(world, occasions):
    anna = world.person("anna@x.nl", present=True)
    bram = world.person("bram@x.nl", present=True)
    world.wait()
    assert occasions.write_down() == 2
    me = Actor.therapist(anna, "Anna")
    world.ownerships.claim(CONVERSATION, me)
    world.ownerships.release(CONVERSATION, me, {"parts": []})
    assert occasions.write_down() == 1
    assert told(world)[-1] == ("waiting", bram, MAIL)


def test_a_request_to_be_called_back_is_told_once(world, occasions):
    anna = world.person("anna@x.nl")
    world.begin()
    request = world.callback(CONVERSATION)
    occasions.write_down()
    assert [(row.kind, row.account, row.occasion) for row in world.notifications()] == [
        ("callback", anna, f"request {request}")
    ]
    assert occasions.write_down() == 0
    world.callback(CONVERSATION)
    assert occasions.write_down() == 1


def test_what_happened_long_ago_is_told_to_nobody_who_switches_it_on_today(world, occasions):
    world.wait()
    world.alarm(CONVERSATION)
    world.callback(CONVERSATION)
    world.clock.later(days=8)
    world.person("anna@x.nl")
    assert occasions.write_down() == 0


def test_without_any_way_nothing_is_written(world):
    world.person("anna@x.nl")
    world.wait()
    assert Occasions(world.url, (), world.clock).write_down() == 0


def test_an_erased_conversation_takes_its_notifications_along(world, occasions):
    world.person("anna@x.nl")
    world.wait()
    occasions.write_down()
    world.log.erase(CONVERSATION)
    assert world.notifications() == []
    assert Outbox(world.url, world.clock).take(MAIL) is None


def test_however_many_look_at_once_each_is_written_down_once(world):
    people = [world.person(f"p{n}@x.nl") for n in range(4)]
    waiting = [world.wait(f"web:{n:040d}") for n in range(6)]
    barrier = threading.Barrier(4)

    def look():
        looking = Occasions(world.url, (MAIL,), world.clock)
        barrier.wait()
        for _ in range(3):
            looking.write_down()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    Occasions(world.url, (MAIL,), world.clock).write_down()
    rows = world.notifications()
    assert sorted((row.conversation, row.account) for row in rows) == sorted(
        (conversation, account) for conversation in waiting for account in people
    )
