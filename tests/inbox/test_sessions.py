"""Sessions, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from rasa_project.inbox.access import THERAPEUT
from rasa_project.inbox.accounts import OPERATOR
from rasa_project.inbox.services import Inbox
from rasa_project.inbox.sessions import IDLE, LONGEST, NewSession
from rasa_project.storage.engine import session_for
from rasa_project.storage.tables import InboxSessionRow
from tests.inbox.conftest import PASSWORD


@pytest.fixture
def account(parts: Inbox) -> int:
    return parts.accounts.add("anna@debrug.example", "Anna", THERAPEUT, PASSWORD, "", OPERATOR).id


def begin(parts: Inbox, account: int, secret: str = None) -> NewSession:
    with session_for(parts.database_url) as session:
        return parts.sessions.begin(session, account, secret)


def rows(parts: Inbox) -> int:
    with session_for(parts.database_url) as session:
        return session.execute(sa.select(sa.func.count()).select_from(InboxSessionRow)).scalar_one()


def test_a_token_finds_who_it_was_given_to(parts, account):
    made = begin(parts, account)
    found = parts.sessions.find(made.token, "10.0.0.7")
    visitor = found.visitor
    assert (visitor.account, visitor.name, visitor.role) == (account, "Anna", THERAPEUT)
    assert (visitor.csrf, visitor.source) == (made.csrf, "10.0.0.7")
    assert parts.sessions.holds(visitor)
    assert parts.sessions.find("x" * 43) is None
    assert parts.sessions.find("") is None


def test_the_database_holds_no_token(parts, account):
    made = begin(parts, account)
    with session_for(parts.database_url) as session:
        row = session.execute(sa.select(InboxSessionRow)).scalar_one()
        assert made.token not in (row.token_hash, row.csrf)
        # Who reads the hash can't use it as a token.
        assert parts.sessions.find(row.token_hash) is None


def test_tokens_and_forms_are_past_guessing_and_never_the_same(parts, account):
    made = [begin(parts, account) for _ in range(20)]
    everything = {text for one in made for text in one}
    assert len(everything) == 40
    assert min(len(text) for text in everything) == 43


def test_a_session_ends_when_it_is_not_used(parts, account, clock):
    made = begin(parts, account)
    for _ in range(3):
        clock.advance(seconds=IDLE.total_seconds() - 1)
        assert parts.sessions.find(made.token) is not None
    clock.advance(seconds=IDLE.total_seconds())
    assert parts.sessions.find(made.token) is None


def test_what_a_browser_does_by_itself_keeps_no_session_alive(parts, account, clock):
    made = begin(parts, account)
    visitor = parts.sessions.find(made.token).visitor
    clock.advance(seconds=IDLE.total_seconds() - 60)
    assert parts.sessions.find(made.token, keep_alive=False) is not None
    assert parts.sessions.holds(visitor)
    clock.advance(seconds=120)
    assert parts.sessions.find(made.token, keep_alive=False) is None
    assert not parts.sessions.holds(visitor)


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(parts, account, clock):
    made = begin(parts, account)
    visitor = parts.sessions.find(made.token).visitor
    end = clock.moment + LONGEST
    while clock.moment + IDLE / 2 < end:
        clock.advance(seconds=IDLE.total_seconds() / 2)
        assert parts.sessions.find(made.token) is not None
    clock.moment = end
    assert parts.sessions.find(made.token) is None
    assert not parts.sessions.holds(visitor)


def test_sessions_that_are_over_are_swept_out(parts, account, clock):
    begin(parts, account)
    clock.advance(seconds=IDLE.total_seconds() + 60)
    begin(parts, account)
    assert rows(parts) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda accounts, one: accounts.set_password(one, "vijf losse woorden dan", "", OPERATOR),
        lambda accounts, one: accounts.set_role(one, "meekijker", OPERATOR),
        lambda accounts, one: accounts.set_active(one, False, OPERATOR),
        lambda accounts, one: accounts.reset_totp(one, OPERATOR),
    ],
    ids=["password", "role", "deactivation", "totp"],
)
def test_a_change_of_the_account_ends_all_its_sessions_and_no_others(parts, account, change):
    colleague = parts.accounts.add(
        "karim@debrug.example", "Karim", THERAPEUT, PASSWORD, "", OPERATOR
    ).id
    here, there, other = begin(parts, account), begin(parts, account), begin(parts, colleague)
    visitor = parts.sessions.find(here.token).visitor
    change(parts.accounts, account)
    assert parts.sessions.find(here.token) is None
    assert parts.sessions.find(there.token) is None
    assert not parts.sessions.holds(visitor)
    assert parts.sessions.find(other.token) is not None


def test_a_session_that_sets_up_a_code_is_not_complete(parts, account):
    made = begin(parts, account, "ABCD")
    found = parts.sessions.find(made.token)
    assert (found.is_complete, found.totp_secret) == (False, "ABCD")
