"""Accounts and the audit, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from rasa_project.errors import StorageError
from rasa_project.inbox import audit
from rasa_project.inbox.access import BEHEERDER, MEEKIJKER, THERAPEUT, Visitor
from rasa_project.inbox.accounts import OPERATOR, Account, AccountError
from rasa_project.inbox.audit import Filter
from rasa_project.inbox.services import Inbox
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.tables import AuditRow
from tests.inbox.conftest import PASSWORD

ZONE = ZoneInfo("Europe/Amsterdam")
BEA = Visitor(7, "Bea", BEHEERDER, "", "", "10.0.0.7")


def add(parts: Inbox, login: str = "anna@debrug.example", role: str = THERAPEUT) -> Account:
    return parts.accounts.add(login, " Anna  de Wit ", role, PASSWORD, "De Brug", OPERATOR)


# ---- making them


def test_a_new_account_is_active_and_has_no_code_yet(parts, clock):
    made = add(parts, " Anna@DeBrug.example ")
    assert (made.login, made.name, made.role) == ("anna@debrug.example", "Anna de Wit", THERAPEUT)
    assert (made.active, made.has_totp, made.present, made.notify_by_mail) == (
        True,
        False,
        False,
        True,
    )
    assert made.created_at == clock()
    assert parts.accounts.all() == [made]
    assert parts.accounts.of_login("ANNA@debrug.example") == made


@pytest.mark.parametrize(
    ("login", "name", "role", "password", "code"),
    [
        ("anna", "Anna", THERAPEUT, PASSWORD, "login"),
        ("anna@debrug", "Anna", THERAPEUT, PASSWORD, "login"),
        ("a b@debrug.example", "Anna", THERAPEUT, PASSWORD, "login"),
        ("a@" + "b" * 260 + ".nl", "Anna", THERAPEUT, PASSWORD, "login"),
        ("a@b.nl\x00", "Anna", THERAPEUT, PASSWORD, "login"),
        ("anna@debrug.example", " ", THERAPEUT, PASSWORD, "name"),
        ("anna@debrug.example", "x" * 129, THERAPEUT, PASSWORD, "name"),
        ("anna@debrug.example", "An\x00na", THERAPEUT, PASSWORD, "name"),
        ("anna@debrug.example", "Anna", "admin", PASSWORD, "role"),
        ("anna@debrug.example", "Anna", THERAPEUT, "kort", "short"),
        ("anna@debrug.example", "Anna", THERAPEUT, "debrug2026!!", "own"),
    ],
)
def test_what_is_no_account_is_refused(parts, login, name, role, password, code):
    with pytest.raises(AccountError) as refused:
        parts.accounts.add(login, name, role, password, "De Brug", OPERATOR)
    assert refused.value.code == code
    assert parts.accounts.all() == []


def test_a_login_is_given_once(parts):
    add(parts)
    with pytest.raises(AccountError) as refused:
        add(parts, "ANNA@debrug.example")
    assert refused.value.code == "taken"
    assert len(parts.accounts.all()) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda accounts: accounts.set_password(9, "vijf losse woorden dan", "", BEA),
        lambda accounts: accounts.set_role(9, MEEKIJKER, BEA),
        lambda accounts: accounts.set_active(9, False, BEA),
        lambda accounts: accounts.reset_totp(9, BEA),
        lambda accounts: accounts.set_notify_by_mail(9, False, BEA),
        lambda accounts: accounts.get(9),
        lambda accounts: accounts.of_login("nobody@debrug.example"),
    ],
)
def test_an_account_that_is_not_there_can_not_be_changed(parts, change):
    with pytest.raises(AccountError) as refused:
        change(parts.accounts)
    assert refused.value.code == "unknown"
    assert lines(parts) == []


# ---- the last manager


@pytest.mark.parametrize(
    "change",
    [
        lambda accounts, one: accounts.set_active(one, False, BEA),
        lambda accounts, one: accounts.set_role(one, THERAPEUT, BEA),
    ],
)
def test_the_last_manager_stays(parts, change):
    manager = add(parts, "bea@debrug.example", BEHEERDER)
    gone = add(parts, "weg@debrug.example", BEHEERDER)
    parts.accounts.set_active(gone.id, False, BEA)
    with pytest.raises(AccountError) as refused:
        change(parts.accounts, manager.id)
    assert refused.value.code == "last_manager"
    now = parts.accounts.get(manager.id)
    assert (now.active, now.role) == (True, BEHEERDER)
    # With another one it may be.
    parts.accounts.set_active(gone.id, True, BEA)
    change(parts.accounts, manager.id)


def test_two_managers_can_not_remove_each_other_at_the_same_moment(parts):
    managers = [add(parts, f"{number}@debrug.example", BEHEERDER).id for number in range(2)]
    start, refused = threading.Barrier(2, timeout=10), []

    def remove(one: int) -> None:
        start.wait()
        try:
            parts.accounts.set_active(one, False, BEA)
        except (AccountError, StorageError) as error:
            refused.append(error)

    tries = [threading.Thread(target=remove, args=(one,)) for one in managers]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert len(refused) == 1
    assert len([one for one in parts.accounts.all() if one.active]) == 1


# ---- the audit


def lines(parts: Inbox, **wanted: Any) -> list:
    found = parts.audit.page(Filter(**wanted), ZONE)
    return [(one.action, one.name, one.conversation, one.detail) for one in found]


def test_each_change_stands_in_the_audit(parts):
    made = add(parts)
    add(parts, "bea@debrug.example", BEHEERDER)
    parts.accounts.set_role(made.id, MEEKIJKER, BEA)
    parts.accounts.set_role(made.id, MEEKIJKER, BEA)
    parts.accounts.set_active(made.id, False, BEA)
    parts.accounts.set_active(made.id, True, BEA)
    parts.accounts.reset_totp(made.id, BEA)
    parts.accounts.set_password(made.id, "vijf losse woorden dan", "", BEA)
    own = Visitor(made.id, "Anna", MEEKIJKER, "", "", "10.0.0.8")
    parts.accounts.set_notify_by_mail(made.id, False, own)
    login = made.login
    assert list(reversed(lines(parts))) == [
        ("account_added", "opdrachtregel", None, f"{login} therapeut"),
        ("account_added", "opdrachtregel", None, "bea@debrug.example beheerder"),
        ("account_role", "Bea", None, f"{login} therapeut -> meekijker"),
        ("account_off", "Bea", None, login),
        ("account_on", "Bea", None, login),
        ("account_totp_reset", "Bea", None, login),
        ("account_password", "Bea", None, login),
        ("account_settings", "Anna", None, "mail False"),
    ]


def test_a_change_that_fails_stands_nowhere(parts):
    manager = add(parts, "bea@debrug.example", BEHEERDER)
    before = lines(parts)
    with pytest.raises(AccountError):
        parts.accounts.set_active(manager.id, False, BEA)
    assert lines(parts) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET name = 'iemand anders'",
        "UPDATE audit SET detail = detail",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
    ],
)
def test_the_database_itself_refuses_to_change_or_forget(parts, statement):
    parts.audit.record(audit.READ, BEA, "web:1")
    before = lines(parts)
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        engine_for(parts.database_url).begin() as connection,
    ):
        connection.execute(sa.text(statement))
    assert lines(parts) == before != []


def test_there_is_no_way_around_it_either(parts):
    parts.audit.record(audit.READ, BEA, "web:1")
    before = lines(parts)
    if parts.database_url.startswith("sqlite"):
        around = (
            "INSERT OR REPLACE INTO audit (id, happened_at, name, action) "
            "VALUES (1, '2026-01-01 00:00:00', 'x', 'x')"
        )
    else:
        around = "TRUNCATE audit"
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        engine_for(parts.database_url).begin() as connection,
    ):
        connection.execute(sa.text(around))
    assert lines(parts) == before


def test_also_through_our_own_tables_nothing_can_be_changed(parts):
    parts.audit.record(audit.READ, BEA, "web:1")
    with pytest.raises(StorageError), session_for(parts.database_url) as session:
        session.execute(sa.select(AuditRow)).scalar_one().name = "iemand anders"
    with pytest.raises(StorageError), session_for(parts.database_url) as session:
        session.delete(session.execute(sa.select(AuditRow)).scalar_one())
    assert lines(parts) == [("read", "Bea", "web:1", "")]


def test_what_is_no_action_is_not_written(parts):
    with pytest.raises(ValueError, match="unknown"):
        parts.audit.record("looked around", BEA)
    assert lines(parts) == []


def test_a_long_detail_is_cut(parts):
    parts.audit.record(audit.EXPORTED, BEA, "web:1", "x" * 1000)
    assert lines(parts)[0][3] == "x" * 256


def test_the_audit_is_found_by_person_conversation_and_day(parts, clock):
    karim = Visitor(8, "Karim", THERAPEUT, "")
    parts.audit.record(audit.READ, BEA, "web:1")
    parts.audit.record(audit.READ, karim, "web:1")
    # It is the next day at the practice, and not yet in UTC.
    clock.advance(hours=14, minutes=30)
    parts.audit.record(audit.READ, karim, "web:2")
    found = {
        name: [(one[1], one[2]) for one in lines(parts, **wanted)]
        for name, wanted in {
            "person": {"account": 8},
            "conversation": {"conversation": "web:1"},
            "both": {"account": 8, "conversation": "web:1"},
            "first day": {"until": date(2026, 11, 23)},
            "second day": {"since": date(2026, 11, 24), "until": date(2026, 11, 24)},
            "later": {"since": date(2026, 11, 25)},
        }.items()
    }
    assert found == {
        "person": [("Karim", "web:2"), ("Karim", "web:1")],
        "conversation": [("Karim", "web:1"), ("Bea", "web:1")],
        "both": [("Karim", "web:1")],
        "first day": [("Karim", "web:1"), ("Bea", "web:1")],
        "second day": [("Karim", "web:2")],
        "later": [],
    }


def test_pages_follow_one_another_without_a_gap(parts):
    for number in range(7):
        parts.audit.record(audit.READ, BEA, f"web:{number}")
    seen, before = [], None
    while True:
        page = parts.audit.page(Filter(), ZONE, before, size=3)
        if not page:
            break
        seen += [one.conversation for one in page]
        before = page[-1].id
    assert seen == [f"web:{number}" for number in reversed(range(7))]
    assert [one.conversation for one in parts.audit.all(Filter(), ZONE)] == seen
