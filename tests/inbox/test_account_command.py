"""`ruggesteun account`, as somebody at the server types it."""

from __future__ import annotations

import getpass
import io
from pathlib import Path
from typing import Callable, Iterator, List, Tuple
from zoneinfo import ZoneInfo

import pytest

from rasa_project.cli import main
from rasa_project.inbox.accounts import Accounts
from rasa_project.inbox.audit import Audit, Filter
from rasa_project.inbox.passwords import Passwords
from rasa_project.storage.engine import engine_for
from tests.inbox.conftest import PASSWORD, QUICK_HASHER

ANNA = "anna@debrug.example"
Run = Callable[..., Tuple[int, str, str]]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database that isn't there yet."""
    address = f"sqlite:///{tmp_path / 'var' / 'new.db'}"
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", address)
    yield address
    engine_for(address).dispose()


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Run:
    """A function that runs the command; gives the exit code and what it printed."""

    def command(*arguments: str, stdin: str = "") -> Tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main(["account", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def add(run: Run, login: str = ANNA, role: str = "therapeut", password: str = PASSWORD):
    options = ("--name", "Anna de Wit", "--role", role, "--password-stdin")
    return run("add", login, *options, stdin=f"{password}\n")


def accounts(url: str) -> Accounts:
    return Accounts(url, Passwords(QUICK_HASHER), Audit(url))


def test_an_account_is_made_in_a_database_that_was_not_there_yet(run, url):
    code, out, err = add(run)
    assert (code, err) == (0, "")
    assert "Anna de Wit <anna@debrug.example> (therapeut)" in out
    assert PASSWORD not in out
    made = accounts(url).of_login(ANNA)
    assert (made.name, made.role, made.active) == ("Anna de Wit", "therapeut", True)


def test_without_accounts_the_list_says_how_to_make_one(run):
    code, out, _ = run("list")
    assert code == 0
    assert "make account" in out


def test_the_list_shows_how_each_stands_and_no_secret(run, url):
    add(run)
    add(run, "bea@debrug.example", "beheerder")
    run("deactivate", ANNA)
    _, out, _ = run("list")
    lines = dict(line.split(": ", 1) for line in out.splitlines())
    assert "switched off, no code app yet" in lines["Anna de Wit <anna@debrug.example> (therapeut)"]
    assert lines["Anna de Wit <bea@debrug.example> (beheerder)"].startswith("active, ")
    assert "argon2" not in out


def test_each_change_is_made_and_told(run, url):
    add(run)
    for arguments, told in (
        (("role", ANNA, "meekijker"), "is meekijker now"),
        (("deactivate", ANNA), "can't log in any more"),
        (("activate", ANNA), "can log in again"),
        (("totp-reset", ANNA), "is forgotten"),
    ):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        assert told in out
    made = accounts(url).of_login(ANNA)
    assert (made.role, made.active) == ("meekijker", True)


def test_another_password_holds_from_then_on(run, url):
    add(run)
    before = hash_of(url)
    code, out, _ = run("password", ANNA, "--password-stdin", stdin="vijf losse woorden dan\n")
    assert code == 0
    assert "another password" in out
    assert Passwords(QUICK_HASHER).matches(hash_of(url), "vijf losse woorden dan")
    assert hash_of(url) != before


def hash_of(url: str) -> str:
    with engine_for(url).connect() as connection:
        return connection.exec_driver_sql("SELECT password_hash FROM account").scalar_one()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("password", "x@debrug.example", "--password-stdin"), "There is no account"),
        (("deactivate", "x@debrug.example"), "There is no account"),
        (("role", "bea@debrug.example", "therapeut"), "the last beheerder"),
        (("deactivate", "bea@debrug.example"), "the last beheerder"),
        (("password", "bea@debrug.example"), "--password-stdin"),
        (("password", "bea@debrug.example", "--password-stdin"), "at least 12 characters"),
    ],
)
def test_what_can_not_be_done_is_told_in_one_line(run, url, arguments, told):
    add(run, "bea@debrug.example", "beheerder")
    code, out, err = run(*arguments, stdin="kort\n")
    assert (code, out) == (1, "")
    assert told in err
    assert len(err.splitlines()) == 1


def test_the_same_login_again_is_refused(run):
    add(run)
    code, _, err = add(run, "ANNA@debrug.example")
    assert code == 1
    assert "already" in err


def test_the_password_is_asked_twice_without_showing_it(run, url, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def answers(*typed: str) -> List[str]:
        given = list(typed)
        monkeypatch.setattr(getpass, "getpass", lambda _prompt: given.pop(0))
        return given

    monkeypatch.setattr(io, "StringIO", Terminal)
    left = answers(PASSWORD, PASSWORD)
    assert run("add", ANNA, "--name", "Anna", "--role", "therapeut")[0] == 0
    assert left == []
    answers(PASSWORD, "iets heel anders")
    code, _, err = run("password", ANNA)
    assert code == 1
    assert "not the same" in err


def test_what_is_done_here_is_in_the_audit(run, url):
    add(run)
    run("totp-reset", ANNA)
    lines = Audit(url).page(Filter(), ZoneInfo("UTC"))
    assert [(one.action, one.name, one.account) for one in lines] == [
        ("account_totp_reset", "opdrachtregel", None),
        ("account_added", "opdrachtregel", None),
    ]


def test_a_role_that_does_not_exist_is_refused(run, capsys):
    with pytest.raises(SystemExit):
        run("add", ANNA, "--name", "Anna", "--role", "admin", "--password-stdin")
    assert "beheerder" in capsys.readouterr().err
