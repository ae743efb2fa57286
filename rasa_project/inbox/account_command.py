"""The command ``ruggesteun account``: who may log in to the inbox."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Callable, Dict

from rasa_project.inbox.access import ROLES
from rasa_project.inbox.accounts import OPERATOR, Account, AccountError, Accounts
from rasa_project.inbox.audit import Audit
from rasa_project.inbox.passwords import Passwords
from rasa_project.inbox.words import day_and_time
from rasa_project.settings import Settings, current_practice
from rasa_project.storage.migrate import migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe what may stand behind ``account``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")

    def action(name: str, help_text: str, needs_login: bool = True) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=help_text)
        if needs_login:
            made.add_argument("login", help="the mail address of the account")
        return made

    add = action("add", "make an account; asks for its password")
    add.add_argument("--name", required=True, help="what patients and colleagues see")
    add.add_argument("--role", required=True, choices=ROLES)
    password = action("password", "give an account another password")
    for asking in (add, password):
        asking.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input instead of asking for it",
        )
    action("list", "list all accounts", needs_login=False)
    action("totp-reset", "forget the code app; the next login sets up a new one")
    action("deactivate", "let somebody in no more")
    action("activate", "let somebody in again")
    action("role", "give an account another role").add_argument("role", choices=ROLES)


def run(settings: Settings, chosen: argparse.Namespace) -> None:
    """Do what was asked for.

    Raises:
        AccountError: It can't be done; the text says why.
        StorageError: The database can't be used.
    """
    migrate(settings.database_url)
    accounts = Accounts(settings.database_url, Passwords(), Audit(settings.database_url))
    _ACTIONS[chosen.action](accounts, chosen)


def _add(accounts: Accounts, chosen: argparse.Namespace) -> None:
    account = accounts.add(
        chosen.login,
        chosen.name,
        chosen.role,
        _password(chosen),
        current_practice().name,
        OPERATOR,
    )
    print(f"Made: {_line(account)}.")
    print(
        "At the first login the account is asked to set up a code app; leave the code empty then."
    )


def _list(accounts: Accounts, _chosen: argparse.Namespace) -> None:
    everybody = accounts.all()
    for account in everybody:
        remarks = [
            "active" if account.active else "switched off",
            "code app set up" if account.has_totp else "no code app yet",
            f"made {day_and_time(account.created_at)}",
        ]
        print(f"{_line(account)}: {', '.join(remarks)}")
    if not everybody:
        print('There are no accounts yet. Make one with `make account ARGS="add ..."`.')


def _set_password(accounts: Accounts, chosen: argparse.Namespace) -> None:
    account = accounts.of_login(chosen.login)
    accounts.set_password(account.id, _password(chosen), current_practice().name, OPERATOR)
    print(f"{account.login} has another password, and is logged out everywhere.")


def _reset_totp(accounts: Accounts, chosen: argparse.Namespace) -> None:
    account = accounts.of_login(chosen.login)
    accounts.reset_totp(account.id, OPERATOR)
    print(
        f"The code app of {account.login} is forgotten. The next login sets up a new one: "
        "the code is left empty then."
    )


def _deactivate(accounts: Accounts, chosen: argparse.Namespace) -> None:
    account = accounts.of_login(chosen.login)
    accounts.set_active(account.id, False, OPERATOR)
    print(f"{account.login} can't log in any more, and is logged out everywhere.")


def _activate(accounts: Accounts, chosen: argparse.Namespace) -> None:
    account = accounts.of_login(chosen.login)
    accounts.set_active(account.id, True, OPERATOR)
    print(f"{account.login} can log in again.")


def _set_role(accounts: Accounts, chosen: argparse.Namespace) -> None:
    account = accounts.of_login(chosen.login)
    accounts.set_role(account.id, chosen.role, OPERATOR)
    print(f"{account.login} is {chosen.role} now, and has to log in again.")


_ACTIONS: Dict[str, Callable[[Accounts, argparse.Namespace], None]] = {
    "add": _add,
    "list": _list,
    "password": _set_password,
    "totp-reset": _reset_totp,
    "deactivate": _deactivate,
    "activate": _activate,
    "role": _set_role,
}


def _line(account: Account) -> str:
    return f"{account.name} <{account.login}> ({account.role})"


def _password(chosen: argparse.Namespace) -> str:
    if chosen.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise AccountError(
            "password", "There is no terminal to ask for the password: use --password-stdin."
        )
    first = getpass.getpass("Password (at least 12 characters): ")
    if getpass.getpass("Once more: ") != first:
        raise AccountError("password", "The two passwords are not the same.")
    return first
