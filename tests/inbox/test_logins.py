"""Logging in and being kept out, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import List, Optional
from zoneinfo import ZoneInfo

import argon2
import pyotp
import pytest
import sqlalchemy as sa

from rasa_project.inbox import login as logins
from rasa_project.inbox.access import THERAPEUT
from rasa_project.inbox.accounts import OPERATOR
from rasa_project.inbox.audit import Filter
from rasa_project.inbox.login import Failed, pause_after
from rasa_project.inbox.passwords import Passwords
from rasa_project.inbox.services import Inbox, inbox_for
from rasa_project.inbox.sessions import NewSession
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import AccountRow
from tests.inbox.conftest import PASSWORD, Clock

LOGIN = "anna@debrug.example"


class Anna:
    """Somebody with an account and a phone."""

    def __init__(self, parts: Inbox, clock: Clock):
        self.parts = parts
        self.clock = clock
        self.id = parts.accounts.add(LOGIN, "Anna", THERAPEUT, PASSWORD, "", OPERATOR).id
        self.secret: Optional[str] = None

    def code(self, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(self.clock() + timedelta(seconds=30 * steps))

    def log_in(self, password: str = PASSWORD, code: str = "", source: str = "10.0.0.7"):
        return self.parts.logins.log_in(LOGIN, password, code, source)

    def set_up(self) -> NewSession:
        found = self.parts.sessions.find(self.log_in().token)
        self.secret = found.totp_secret
        made = self.parts.logins.confirm_totp(found.visitor, self.secret, self.code())
        self.clock.advance(seconds=60)
        return made

    def failures(self) -> int:
        with session_for(self.parts.database_url) as session:
            return session.get(AccountRow, self.id).failures


@pytest.fixture
def anna(parts: Inbox, clock: Clock) -> Anna:
    return Anna(parts, clock)


def actions(parts: Inbox) -> List[str]:
    """What the audit tells of logins, the oldest first."""
    lines = parts.audit.page(Filter(), ZoneInfo("UTC"), size=1000)
    return [f"{one.action} {one.detail}".strip() for one in reversed(lines)][1:]


# ---- getting in


def test_the_first_login_gives_a_session_that_only_sets_up_a_code(anna, parts):
    made = anna.log_in()
    found = parts.sessions.find(made.token)
    assert not found.is_complete
    assert len(found.totp_secret) == 32


def test_after_one_right_code_the_session_is_new_and_complete(anna, parts):
    first = anna.log_in()
    found = parts.sessions.find(first.token)
    anna.secret = found.totp_secret
    made = parts.logins.confirm_totp(found.visitor, anna.secret, anna.code())
    assert made.token != first.token
    assert parts.sessions.find(first.token) is None
    assert parts.sessions.find(made.token).is_complete


def test_a_wrong_code_sets_up_nothing(anna, parts):
    found = parts.sessions.find(anna.log_in().token)
    assert parts.logins.confirm_totp(found.visitor, found.totp_secret, "000000") is None
    assert not parts.accounts.get(anna.id).has_totp


def test_two_browsers_get_two_secrets_and_the_first_that_is_confirmed_holds(anna, parts):
    """Else who also has the password could be in without a code, or with the same one."""
    mine, theirs = (parts.sessions.find(anna.log_in().token) for _ in range(2))
    assert mine.totp_secret != theirs.totp_secret
    anna.secret = theirs.totp_secret
    theirs_code = anna.code()
    anna.secret = mine.totp_secret
    assert parts.logins.confirm_totp(mine.visitor, mine.totp_secret, anna.code()) is not None
    assert not parts.sessions.holds(theirs.visitor)
    assert parts.logins.confirm_totp(theirs.visitor, theirs.totp_secret, theirs_code) is None


def test_with_password_and_code_one_is_in(anna, parts):
    anna.set_up()
    made = anna.log_in(code=anna.code())
    assert parts.sessions.find(made.token).is_complete


@pytest.mark.parametrize("login", [" Anna@DeBrug.example ", LOGIN.upper()])
def test_a_login_may_be_typed_in_capitals(anna, parts, login):
    assert isinstance(parts.logins.log_in(login, PASSWORD, "", "10.0.0.7"), NewSession)


def test_the_same_code_lets_in_once(anna):
    anna.set_up()
    code = anna.code()
    assert isinstance(anna.log_in(code=code), NewSession)
    assert anna.log_in(code=code) is Failed.WRONG
    anna.clock.advance(seconds=30)
    assert isinstance(anna.log_in(code=anna.code()), NewSession)


def test_the_same_code_at_the_same_moment_lets_in_once(anna):
    anna.set_up()
    code, results = anna.code(), []
    tries = [
        threading.Thread(target=lambda: results.append(anna.log_in(code=code))) for _ in range(4)
    ]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert len([one for one in results if isinstance(one, NewSession)]) == 1


def test_an_old_session_of_the_same_browser_ends(anna, parts):
    visitor = parts.sessions.find(anna.set_up().token).visitor
    made = parts.logins.log_in(LOGIN, PASSWORD, anna.code(), "10.0.0.7", visitor.session)
    assert isinstance(made, NewSession)
    assert not parts.sessions.holds(visitor)


# ---- being kept out


@pytest.mark.parametrize(
    ("password", "code"),
    [("vier losse woorden nee", "right"), (PASSWORD, "000000"), (PASSWORD, ""), ("", "")],
)
def test_a_wrong_password_or_code_lets_nobody_in(anna, password, code):
    anna.set_up()
    assert anna.log_in(password, anna.code() if code == "right" else code) is Failed.WRONG


def test_the_code_of_another_phone_lets_nobody_in(anna):
    anna.set_up()
    anna.secret = pyotp.random_base32()
    assert anna.log_in(code=anna.code()) is Failed.WRONG


def test_who_is_switched_off_is_not_let_in(anna, parts):
    anna.set_up()
    parts.accounts.set_active(anna.id, False, OPERATOR)
    assert isinstance(anna.log_in(code=anna.code()), Failed)
    parts.accounts.set_active(anna.id, True, OPERATOR)
    assert isinstance(anna.log_in(code=anna.code()), NewSession)


def test_after_five_failures_also_the_right_password_has_to_wait(anna):
    anna.set_up()
    for _ in range(5):
        assert anna.log_in("fout") is Failed.WRONG
    assert anna.log_in(code=anna.code()) is Failed.PAUSED
    anna.clock.advance(seconds=61)
    assert isinstance(anna.log_in(code=anna.code()), NewSession)
    assert anna.failures() == 0


def test_wrong_codes_count_as_wrong_passwords_do(anna):
    anna.set_up()
    for _ in range(5):
        assert anna.log_in(code="000000") is Failed.WRONG
    assert anna.log_in(code=anna.code()) is Failed.PAUSED


def test_pauses_grow_to_a_quarter_of_an_hour():
    minutes = [pause_after(count) for count in range(4, 12)]
    assert minutes == [None, *(timedelta(minutes=one) for one in (1, 2, 4, 8, 15, 15, 15))]
    assert pause_after(10_000) == timedelta(minutes=15)


def test_each_failure_after_a_pause_makes_the_next_one_longer(anna, parts):
    for _ in range(5):
        anna.log_in("fout")
    for pause in (1, 2, 4, 8, 15, 15):
        locked = parts.accounts.get(anna.id).locked_until
        assert locked - anna.clock() == timedelta(minutes=pause)
        # Trying during the pause makes it no longer.
        assert anna.log_in("fout", source="10.0.0.8") is Failed.PAUSED
        assert parts.accounts.get(anna.id).locked_until == locked
        anna.clock.advance(minutes=pause)
        assert anna.log_in("fout", source=f"10.0.1.{pause}") is Failed.WRONG


def test_a_success_forgets_the_failures(anna):
    for _ in range(4):
        anna.log_in("fout")
    assert isinstance(anna.log_in(), NewSession)
    for _ in range(4):
        assert anna.log_in("fout") is Failed.WRONG
    assert isinstance(anna.log_in(), NewSession)


def test_many_tries_at_once_are_no_more_than_five(anna, monkeypatch):
    """Each counts before it is looked at: else fifty at once would be fifty guesses."""
    looked, hold = [], threading.Barrier(10, timeout=10)
    real = anna.parts.logins._begin

    def begin(which):
        made = real(which)
        looked.append(made.is_open)
        hold.wait()
        return made

    monkeypatch.setattr(anna.parts.logins, "_begin", begin)
    tries = [threading.Thread(target=anna.log_in, args=("fout",)) for _ in range(10)]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert sorted(looked) == [False] * 5 + [True] * 5


def test_one_address_is_kept_out_whoever_it_tries_to_be(parts, clock):
    anna = Anna(parts, clock)
    for number in range(logins.MOST_FROM_ONE_ADDRESS):
        parts.logins.log_in(f"{number}@debrug.example", "fout", "", "10.0.0.66")
    assert anna.log_in(source="10.0.0.66") is Failed.TOO_MANY
    assert isinstance(anna.log_in(source="10.0.0.7"), NewSession)
    clock.advance(seconds=logins.ADDRESS_WINDOW.total_seconds())
    assert isinstance(anna.log_in(source="10.0.0.66"), NewSession)


def test_an_address_that_is_kept_out_fills_no_audit(parts, anna):
    for _ in range(50):
        parts.logins.log_in("x@debrug.example", "fout", "", "10.0.0.66")
    assert len(actions(parts)) == logins.MOST_FROM_ONE_ADDRESS


class CountingPasswords(Passwords):
    """Counts what costs time."""

    compared = 0

    def matches(self, stored, password):
        CountingPasswords.compared += 1
        return super().matches(stored, password)


@pytest.mark.parametrize("who", ["nobody@debrug.example", LOGIN])
def test_a_login_that_does_not_exist_costs_as_much_as_one_that_does(database, clock, who):
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    parts = inbox_for(database, passwords=CountingPasswords(hasher), now=clock)
    Anna(parts, clock)
    for _ in range(8):
        # Also when it is paused.
        before = CountingPasswords.compared
        assert isinstance(parts.logins.log_in(who, "fout", "", "10.0.0.7"), Failed)
        assert CountingPasswords.compared == before + 1


def test_a_hash_is_made_anew_when_the_parameters_changed(anna, parts, clock):
    with session_for(parts.database_url) as session:
        before = session.get(AccountRow, anna.id).password_hash
    newer = argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    later = inbox_for(parts.database_url, passwords=Passwords(newer), now=clock)
    assert isinstance(later.logins.log_in(LOGIN, PASSWORD, "", "10.0.0.7"), NewSession)
    with session_for(parts.database_url) as session:
        after = session.get(AccountRow, anna.id).password_hash
    assert after != before
    assert argon2.extract_parameters(after).time_cost == 2
    assert isinstance(later.logins.log_in(LOGIN, PASSWORD, "", "10.0.0.7"), NewSession)


# ---- who is in


def test_the_own_password_is_asked_with_the_same_limit(anna, parts):
    visitor = parts.sessions.find(anna.set_up().token).visitor
    assert parts.logins.is_password_of(visitor, PASSWORD)
    for _ in range(5):
        assert not parts.logins.is_password_of(visitor, "fout")
    assert not parts.logins.is_password_of(visitor, PASSWORD)


def test_logging_out_ends_the_session_and_the_presence(anna, parts):
    visitor = parts.sessions.find(anna.set_up().token).visitor
    with session_for(parts.database_url) as session:
        session.execute(sa.update(AccountRow).values(present=True))
    parts.logins.log_out(visitor)
    assert not parts.sessions.holds(visitor)
    assert not parts.accounts.get(anna.id).present


def test_everything_is_in_the_audit_and_nothing_that_was_typed(anna, parts):
    anna.set_up()
    parts.logins.log_in("mijn wachtwoord is appeltje", "x", "", "10.0.0.9")
    for _ in range(6):
        anna.log_in("fout wachtwoord")
    assert actions(parts) == [
        "login",
        "account_totp_set",
        *["login_failed wrong"] * 6,
        "login_failed paused",
    ]
    lines = parts.audit.page(Filter(), ZoneInfo("UTC"))
    assert "appeltje" not in str(lines)
    assert "fout wachtwoord" not in str(lines)
    assert {one.source for one in lines} == {"", "10.0.0.7", "10.0.0.9"}
