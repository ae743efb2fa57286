"""Which passwords are good enough, and how they are kept."""

from __future__ import annotations

import argon2
import pytest

from rasa_project.inbox.passwords import Passwords, WeakPassword, check_strength
from tests.inbox.conftest import QUICK_HASHER

OWN = ("anna.dewit@debrug.example", "Anna de Wit", "Fysiopraktijk De Brug")


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(QUICK_HASHER)


@pytest.mark.parametrize(
    "password",
    [
        "vier losse woorden dus",
        "paard-fiets-lamp-zee",
        "Xk9#mQ2!vLp7",
        "tandarts gitaar 71 stoep",
        "wachtwoord van de zolderkamer",
        "ﬁetsen in ’s-Gravenhage",
        "пароль из слов",
        "y" + "a b c d e f g h i j k l" + "z" * 100,
    ],
)
def test_what_is_hard_to_guess_is_taken(password):
    check_strength(password, OWN)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "short"),
        ("Xk9#mQ2!vLp", "short"),
        ("x" * 129, "long"),
        ("aaaaaaaaaaaa", "simple"),
        ("abababababab", "simple"),
        ("geheim!geheim!", "simple"),
        ("welkom123456", "common"),
        ("Welkom2026!!", "common"),
        ("W@chtw00rd1234", "common"),
        ("wachtwoord2026", "common"),
        ("passwordpassword1", "common"),
        ("fysiotherapie", "common"),
        ("Fysiotherapeut1", "common"),
        ("123456789012", "common"),
        ("qwertyuiop123", "common"),
        ("abcdefghijkl", "common"),
        ("correcthorsebatterystaple", "common"),
        ("anna.dewit@debrug.example", "own"),
        ("annadewit2026", "own"),
        ("Anna de Wit!", "own"),
        ("fysiopraktijk de brug", "own"),
        ("DeBrug2026!!", "own"),
    ],
)
def test_what_is_soon_guessed_is_refused_with_the_reason(password, code):
    with pytest.raises(WeakPassword) as refused:
        check_strength(password, OWN)
    assert refused.value.code == code


def test_a_hash_opens_for_its_own_password_only(passwords):
    stored = passwords.hash("vier losse woorden dus")
    assert stored.startswith("$argon2id$")
    assert "woorden" not in stored
    assert passwords.matches(stored, "vier losse woorden dus")
    assert not passwords.matches(stored, "vier losse woorden Dus")
    assert not passwords.matches(stored, "")
    assert passwords.hash("vier losse woorden dus") != stored


def test_the_same_letter_may_be_typed_in_two_ways(passwords):
    assert passwords.matches(passwords.hash("cafe\u0301 met taart"), "caf\u00e9 met taart")


def test_nobodys_password_never_matches(passwords):
    assert not passwords.matches(None, "nobody has this password")
    assert not passwords.matches("not a hash", "anything at all")


def test_a_hash_of_other_parameters_is_outdated(passwords):
    older = Passwords(argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    assert passwords.is_outdated(older.hash("vier losse woorden dus"))
    assert not passwords.is_outdated(passwords.hash("vier losse woorden dus"))


def test_as_installed_a_hash_is_argon2id_and_costs_what_is_advised():
    """RFC 9106's second recommendation: 64 MiB, three passes."""
    parameters = argon2.extract_parameters(Passwords().hash("vier losse woorden dus"))
    assert parameters.type is argon2.Type.ID
    assert parameters.memory_cost >= 64 * 1024
    assert parameters.time_cost >= 3
